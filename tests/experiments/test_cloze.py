"""Filling blanks on a tiny random model: the numbers of a result, and what is said."""

import json
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

import firth
from firth.encoder.cloze import load_head
from firth.encoder.likelihood import pseudo_log_likelihoods
from firth.encoder.load import load
from firth.errors import InputError, ModelError, OptionError, ResultError
from firth.experiments.cloze import cloze
from firth.experiments.cloze_fills import Settings
from firth.experiments.cloze_stream import fill_to_file
from firth.experiments.rerun import rerun
from firth.results.store import load as load_result
from firth.text.cloze import read_blanks, read_words

TEXTS = ["I ate an [MASK] today", "[MASK] shares [MASK] again", "我吃了一个[MASK]果。"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert")
    return load(str(folder), device="cpu", dtype="fp32")


def test_tables_and_probabilities(encoder):
    result = cloze(encoder, TEXTS, top=4)
    fills, sentences = result.tables["fills"], result.tables["sentences"]
    assert len(fills) == 4 * 4
    assert [row["blanks"] for row in sentences] == [1, 2, 1]
    head = load_head(encoder)
    import torch

    logs = torch.from_numpy(head.logits(TEXTS[:1])[0][0]).log_softmax(0)
    special = encoder.tokenizer.all_special_ids
    logs[special] = -torch.inf
    values, ids = logs.topk(4)
    own = [row for row in fills if row["sentence"] == 1]
    assert [row["token"] for row in own] == encoder.tokenizer.convert_ids_to_tokens(ids.tolist())
    assert [row["probability"] for row in own] == pytest.approx(values.exp().tolist(), abs=1e-6)
    assert all("[MASK]" not in str(row["filled"]) for row in fills)
    assert own[2]["joint_log_probability"] == pytest.approx(float(values[2]), abs=1e-5)
    second = [row for row in fills if row["sentence"] == 2]
    assert [row["joint_log_probability"] is None for row in second] == [False, True, True, True] * 2
    lead = [row for row in second if row["rank"] == 1]
    total = sum(math.log(row["probability"]) for row in lead)
    assert lead[0]["joint_log_probability"] == pytest.approx(total)
    assert lead[0]["filled"] == lead[1]["filled"] == sentences[1]["filled"]


def test_the_store_answers_again(encoder, tmp_path):
    first = cloze(encoder, TEXTS, score=True, runs=str(tmp_path))
    again = cloze(encoder, TEXTS, score=True, runs=str(tmp_path))
    assert again.started == first.started
    stored = load_result(next(tmp_path.glob("cloze/*/*")))
    assert stored.scores == first.scores
    other = cloze(encoder, TEXTS, score=True, runs=str(tmp_path), decode="beam")
    assert other.config["decode"] == "beam"
    assert len(list(tmp_path.glob("cloze/*/*"))) == 2
    assert "table" in first._repr_html_()


def test_likelihoods_are_scored_with_intervals(encoder):
    # The first word is in no training text, so it has several tokens in every vocabulary.
    sentences = ["Übergrößenträgern apple", "Apple shares rose", "苹果酱和苹果派都很甜"]
    result = cloze(encoder, sentences, score=True)
    found = pseudo_log_likelihoods(load_head(encoder), sentences)
    row = result.rows("pseudo_log_likelihood")[0]
    assert row.value == pytest.approx(sum(one.total for one in found) / 3)
    assert (row.n, row.unit, row.scorer) == (3, "sentence", "original")
    assert row.low < row.value < row.high
    perplexity = result.rows("pseudo_perplexity")[0]
    mean = sum(one.total for one in found) / sum(one.tokens for one in found)
    assert perplexity.value == pytest.approx(math.exp(-mean))
    assert perplexity.low <= perplexity.value <= perplexity.high
    assert result.tables["fills"] == []
    within = cloze(encoder, sentences, score="within-word")
    assert within.rows("pseudo_log_likelihood")[0].value != row.value


def test_answers_are_judged(encoder):
    top = [row["answer"] for row in cloze(encoder, TEXTS).tables["sentences"]]
    result = cloze(encoder, TEXTS, answers=[top[0], "wrong", None])
    row = result.rows("mlm_accuracy")[0]
    assert (row.value, row.n) == (0.5, 2)
    assert (row.low, row.high) == (0.0, 1.0)
    assert [r.get("right") for r in result.tables["sentences"]] == [True, False, None]
    long = cloze(encoder, TEXTS[:1], answers=["apples and pears"])
    assert "more tokens" in long.warnings[0]


def test_words_of_several_tokens_fill_one_blank(encoder):
    words = ["apple", "Übergrößenträger", "苹果"]
    result = cloze(encoder, TEXTS[:2], words=words, top=3)
    own = [row for row in result.tables["fills"] if row["sentence"] == 1]
    assert {row["token"] for row in own} == set(words)
    assert own[0]["probability"] >= own[1]["probability"] >= own[2]["probability"]
    assert own[0]["filled"] == TEXTS[0].replace("[MASK]", str(own[0]["token"]))
    assert result.config["decode"] == "left-to-right"
    single = {row["token"]: row["probability"] for row in own}["apple"]
    head = load_head(encoder)
    import torch

    row = torch.from_numpy(head.logits(TEXTS[:1])[0][0]).softmax(0)
    if len(ids := head.blanker.word_ids("apple", spaced=True)) == 1:
        assert single == pytest.approx(float(row[ids[0]]), abs=1e-6)


def test_only_one_language(encoder):
    result = cloze(encoder, TEXTS, only_language="zh", top=5)
    tokens = {str(row["token"]) for row in result.tables["fills"]}
    assert all("\u3400" <= token[-1] <= "\u9fff" for token in tokens), tokens
    with pytest.raises(OptionError, match="Did you mean 'zh'"):
        cloze(encoder, TEXTS, only_language="zhh")


def test_many_blanks_and_long_texts(encoder):
    fifty = cloze(encoder, ["[MASK] " * 50], top=2)
    assert len(fifty.tables["fills"]) == 100
    assert "longer than the encoder" in fifty.warnings[0]
    long = "我吃了" * 500 + "[MASK]" + "苹果。" * 500
    result = cloze(encoder, [long], top=1)
    filled = str(result.tables["sentences"][0]["filled"])
    assert filled.startswith("我吃了" * 500)
    assert filled.endswith("苹果。" * 500)


def test_lines_without_blanks_are_counted(encoder):
    result = cloze(encoder, [TEXTS[0], "", "no blank"], top=1)
    assert result.warnings == [
        "1 of 3 lines are empty: skipped",
        "1 of 3 sentences have no blank: left out",
    ]
    assert [row["sentence"] for row in result.tables["sentences"]] == [1]


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"texts": ["nothing here"]}, InputError, "no sentence has a blank"),
        ({"texts": ["", " "]}, InputError, "no sentences"),
        ({"texts": [], "score": True}, InputError, "no sentences"),
        ({"decode": "beem"}, OptionError, "Did you mean 'beam'"),
        ({"score": "within"}, OptionError, "legal are original, within-word"),
        ({"words": []}, InputError, "list of words is empty"),
        ({"words": ["a"], "decode": "beam"}, OptionError, "no use here"),
        ({"words": ["a"], "only_language": "zh"}, OptionError, "cannot both"),
        ({"top": 0}, OptionError, "at least 1"),
        ({"answers": ["a"]}, InputError, "3 texts but 1 answers"),
    ],
)
def test_mistakes(encoder, arguments, error, said):
    with pytest.raises(error, match=said) as caught:
        cloze(encoder, **({"texts": TEXTS} | arguments))
    assert "\n" not in str(caught.value)


def test_a_stream_says_what_the_result_says(encoder, tmp_path):
    file, output = tmp_path / "in.tsv", tmp_path / "out.jsonl"
    answer = cloze(encoder, TEXTS[:1]).tables["sentences"][0]["answer"]
    rows = ["sentence\tanswer", f"{TEXTS[0]}\t{answer}", "", f"{TEXTS[1]}\tx y", "none\tz"]
    file.write_text("\n".join(rows) + "\n")
    report = fill_to_file(
        load_head(encoder), read_blanks(file), output, Settings(top=3), "original"
    )
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line["line"] for line in lines] == [2, 4, 5]
    result = cloze(encoder, TEXTS[:2], top=3, score=True)
    for line, row in zip(lines, result.tables["sentences"], strict=False):
        assert line["filled"] == row["filled"]
        assert line["pseudo_log_likelihood"] == pytest.approx(
            row["pseudo_log_likelihood"], abs=1e-4
        )
    assert report.summary(0)["mlm_accuracy"]["value"] == 0.5
    assert report.empty == 1
    before = output.read_bytes()
    with pytest.raises(InputError, match="no sentence has a blank"):
        fill_to_file(load_head(encoder), read_blanks_of("a\nb\n", tmp_path), output, Settings())
    assert output.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in.tsv", "out.jsonl", "plain.txt"}


def read_blanks_of(text, folder):
    (folder / "plain.txt").write_text(text)
    return read_blanks(folder / "plain.txt")


def test_words_are_read_once_each(tmp_path):
    (tmp_path / "w.txt").write_text("a\nb \n\na\n")
    assert read_words(tmp_path / "w.txt") == ("a", "b")


def test_the_public_name():
    assert firth.cloze is cloze


def test_mini_fills_when_it_has_a_head(mini):
    try:
        load_head(mini)
    except ModelError:
        pytest.skip("mini has no head")
    assert len(cloze(mini, "北京是中国的[MASK]都", top=3).tables["fills"]) == 3


@pytest.mark.parametrize(
    "settings",
    [{}, {"decode": "beam", "beam": 3, "score": "within-word"}, {"words": ["apple", "again"]}],
)
def test_a_result_can_be_run_again(encoder, settings):
    first = cloze(encoder, TEXTS, answers=["apple", None, None], top=3, seed=2, **settings)
    again = rerun(first, encoder)
    assert again.scores == first.scores
    assert again.tables == first.tables
    assert again.config == first.config


def test_a_result_with_lines_left_out_is_run_again_from_its_file(encoder, tmp_path):
    texts = [*TEXTS, "no blank here"]
    with pytest.raises(ResultError, match="left out"):
        rerun(cloze(encoder, texts), encoder)
    (tmp_path / "in.txt").write_text("\n".join(texts), encoding="utf-8")
    first = cloze(encoder, texts, source=str(tmp_path / "in.txt"))
    again = rerun(first, encoder)
    assert again.tables == first.tables
    assert again.data == first.data
