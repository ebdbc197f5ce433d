import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

import firth
from firth.encoder.cloze import load_head
from firth.errors import InputError, OptionError, ResultError
from firth.experiments.consistency import consistency
from firth.experiments.consistency_blanks import Asker
from firth.experiments.rerun import rerun
from firth.results.schema import Result

CORPORA = {
    "en": [
        "I ate an apple, and then", "another apple.", "The price of Apple shares", "rose again!",
        "today shares", "I ate shares",
    ],
    "zh": ["我吃了一个苹果。", "苹果酱", "苹果派都很甜", "苹果公司今天", "发布了新手机", "苹果 苹果"],
}  # fmt: skip


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory):
    return firth.load(
        str(tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert")), dtype="fp32"
    )


@pytest.fixture(scope="module")
def result(encoder) -> Result:
    return consistency(encoder, CORPORA, blanks=3, seed=1)


def test_every_row_of_the_confusion_is_a_whole(result: Result):
    for language in CORPORA:
        for scorer in ("mass", "top_1"):
            shares = [
                row["share"] for row in result.tables["confusion"]
                if row["language"] == language and row["scorer"] == scorer
            ]  # fmt: skip
            assert len(shares) == 4  # en, zh, shared, foreign
            assert sum(shares) == pytest.approx(1, abs=1e-5)
    for control in ("vocabulary", "unigram", "no_context"):
        rows = [row for row in result.tables["mixes"] if row["control"] == control]
        assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_scores_are_ratios_of_the_confusion(result: Result):
    for language in CORPORA:
        shares = {
            row["filled"]: row["share"] for row in result.tables["confusion"]
            if row["language"] == language and row["scorer"] == "mass"
        }  # fmt: skip
        (shared,) = result.rows("shared_tokens", language=language, scorer="mass")
        assert shared.value == pytest.approx(shares["shared"], abs=1e-6)
        (own,) = result.rows("language_consistency", language=language, scorer="mass")
        assert own.value == pytest.approx(shares[language] / (1 - shares["shared"]), abs=1e-6)
        assert own.low is not None
        assert own.high is not None
        assert own.low <= own.value <= own.high
        (accuracy,) = result.rows("mlm_accuracy", language=language, control=None)
        assert accuracy.n == shared.n <= 3 * 3
    both = [
        r.value
        for lang in CORPORA
        for r in result.rows("language_consistency", language=lang, scorer="mass")
    ]
    (mean,) = result.rows("language_consistency", language=None, scorer="mass")
    assert mean.value == pytest.approx(np.mean(both))


def test_mass_by_group_is_the_reference_models(encoder):
    """Softmax over all but special tokens, summed by group, with transformers' own forward."""
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    head = load_head(encoder)
    rng = np.random.default_rng(0)
    groups = np.eye(3, dtype=bool)[rng.integers(3, size=head.vocabulary)]
    tokenizer = AutoTokenizer.from_pretrained(encoder.folder)
    groups[tokenizer.all_special_ids] = False
    sentence = CORPORA["en"][2]
    asked = Asker(head, groups).ask([sentence], 99, np.random.default_rng(0))
    model = AutoModelForMaskedLM.from_pretrained(encoder.folder).eval()
    ids = tokenizer(sentence, return_tensors="pt")["input_ids"]
    open_ = [p for p, i in enumerate(ids[0].tolist()) if groups[i].any()]
    assert len(asked.gold) == len(open_)
    for at, place in enumerate(open_):
        masked = ids.clone()
        masked[0, place] = tokenizer.mask_token_id
        with torch.no_grad():
            logits = model(masked).logits[0, place]
        logits[torch.from_numpy(~groups.any(axis=1))] = -torch.inf
        shares = logits.softmax(-1).numpy()
        assert asked.gold[at] == int(ids[0, place])
        assert asked.first[at] == shares.argmax()
        assert asked.mass[at] == pytest.approx(shares @ groups, abs=1e-5)
        assert asked.texts[at].count("[MASK]") == 1


def test_other_sentences_change_nothing(encoder):
    head = load_head(encoder)
    groups = np.ones((head.vocabulary, 1), dtype=bool)
    groups[encoder.tokenizer.all_special_ids] = False
    asker = Asker(head, groups)
    alone = asker.ask(CORPORA["en"][:1], 2, np.random.default_rng(3))
    beside = asker.ask([CORPORA["en"][0], "I ate an apple " * 20], 2, np.random.default_rng(3))
    assert alone.texts == beside.texts[:2]
    assert alone.first.tolist() == beside.first[:2].tolist()
    assert alone.chance == pytest.approx(beside.chance[:2], abs=1e-6)


def test_what_is_scored_is_not_counted(encoder):
    found = consistency(encoder, CORPORA, blanks=99, seed=0)
    tokens = {lang: sum(len(load_head(encoder).blanker.blank([t])[0].ids) for t in own)
              for lang, own in CORPORA.items()}  # fmt: skip
    scored = sum(r.n for r in found.rows("mlm_accuracy", control=None))
    (unigram,) = found.rows("language_consistency", control="unigram", language="en")
    # Hidden tokens and counted ones together are all there are, unknown ones aside.
    assert scored + unigram.n <= sum(tokens.values())
    assert unigram.n >= 1


def test_the_store_answers_again(encoder, tmp_path: Path):
    first = consistency(encoder, CORPORA, runs=str(tmp_path), blanks=2)
    again = consistency(encoder, CORPORA, runs=str(tmp_path), blanks=2)
    assert again.started == first.started
    assert again.scores == first.scores
    other = consistency(encoder, CORPORA, runs=str(tmp_path), blanks=3)
    assert other.config["blanks"] == 3


def test_carried_texts_are_the_default(encoder):
    found = consistency(encoder, blanks=1, most=5)
    assert found.config["carried"] is True
    assert [card.name for card in found.data][:2] == ["en: carried", "zh: carried"]


def test_bad_input_gets_a_line(encoder):
    with pytest.raises(InputError, match="at least two languages"):
        consistency(encoder, {"en": CORPORA["en"]})
    with pytest.raises(InputError, match="zh text has 1 different sentences"):
        consistency(encoder, {"en": CORPORA["en"], "zh": ["好", "好"]})
    with pytest.raises(OptionError, match="blanks 0"):
        consistency(encoder, CORPORA, blanks=0)


def test_a_result_of_files_can_be_run_again(encoder, tmp_path: Path):
    files = {language: str(tmp_path / language) for language in CORPORA}
    for language, own in CORPORA.items():
        Path(files[language]).write_text("\n".join(own), encoding="utf-8")
    first = consistency(encoder, files=files, blanks=2)
    again = rerun(first, encoder)
    assert again.scores == first.scores
    assert again.data == first.data
    with pytest.raises(ResultError, match="not read from files"):
        rerun(consistency(encoder, CORPORA, blanks=1), encoder)


def test_texts_that_share_all_tokens_have_no_consistency(encoder):
    digits = ["1 2", "2 3", "3 4", "4 5", "1 3"]
    found = consistency(encoder, {"en": digits, "de": digits}, blanks=1)
    assert not list(found.rows("language_consistency", control="unigram"))
    assert all(row.value == 1 for row in found.rows("shared_tokens", control="text"))
