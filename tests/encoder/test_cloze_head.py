"""The masked-LM head equals the library's; blanks are tokenised as models saw them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
import tiny_mlm
import torch
import transformers

from firth.encoder.cloze import MaskedLMHead, Query, load_head
from firth.encoder.likelihood import pseudo_log_likelihoods
from firth.encoder.load import load
from firth.encoder.quantised import read_int8_rows
from firth.errors import ModelError

TEXTS = [
    "I ate an [MASK] and then",
    "[MASK] shares rose again [MASK] today",
    "no blank at all",
    "苹果 [MASK]",
]
HeadOf = Callable[..., tuple[Path, MaskedLMHead]]


@pytest.fixture(scope="module")
def head_of(tmp_path_factory: pytest.TempPathFactory) -> HeadOf:
    made: dict[str, tuple[Path, MaskedLMHead]] = {}

    def head(name: str, **changed: object) -> tuple[Path, MaskedLMHead]:
        key = f"{name}{changed}"
        if key not in made:
            folder = tiny_mlm.save(name, tmp_path_factory.mktemp("mlm") / name, **changed)
            made[key] = folder, load_head(load(str(folder), device="cpu", dtype="fp32"))
        return made[key]

    return head


def reference(folder: Path, head: MaskedLMHead, text: str) -> np.ndarray:
    """The library's own probabilities at the masks of a text."""
    model = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(text, return_tensors="pt").input_ids
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
    return logits[ids[0] == tokenizer.mask_token_id].softmax(-1).numpy()


@pytest.mark.parametrize("name", tiny.FAMILIES)
def test_probabilities_equal_the_library(name: str, head_of: HeadOf) -> None:
    folder, head = head_of(name)
    for text, logits in zip(TEXTS, head.logits(TEXTS), strict=True):
        own = torch.from_numpy(logits).softmax(-1).numpy()
        np.testing.assert_allclose(own, reference(folder, head, text), atol=1e-5)


@pytest.mark.parametrize("name", ["deberta", "deberta-v3"])
def test_deberta_with_its_own_head(name: str, head_of: HeadOf) -> None:
    folder, head = head_of(name, legacy=False)
    own = torch.from_numpy(head.logits(TEXTS)[0]).softmax(-1).numpy()
    np.testing.assert_allclose(own, reference(folder, head, TEXTS[0]), atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_the_pipeline_says_the_same(name: str, head_of: HeadOf) -> None:
    folder, head = head_of(name)
    pipe = transformers.pipeline("fill-mask", model=str(folder), device="cpu")
    own = torch.from_numpy(head.logits(TEXTS[:1])[0]).softmax(-1)[0]
    for row in pipe(TEXTS[0], top_k=5):
        assert abs(float(own[row["token"]]) - row["score"]) < 1e-5


@pytest.mark.parametrize("name", tiny.FAMILIES)
def test_a_model_without_a_head_is_refused(name: str, folder_of: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match="has no masked-LM head") as caught:
        load_head(load(str(folder_of(name)), dtype="fp32"))
    assert "firth senses" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_head_that_is_missing_a_part_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_mlm.save("bert", tmp_path / "bert")
    state = load_file(folder / "model.safetensors")
    del state["cls.predictions.transform.dense.weight"]
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"transform\.dense\.weight is not in its weights"):
        load_head(load(str(folder)))


def test_int8_rows_with_a_head(tmp_path: Path) -> None:
    folder = tiny_mlm.to_int8_rows(tiny_mlm.save("bert", tmp_path / "bert"))
    head = load_head(load(str(folder), dtype="fp32"))
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.BertForMaskedLM(config).eval()
    model.load_state_dict(read_int8_rows(folder / "model.safetensors"), strict=False)
    model.tie_weights()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(TEXTS[1], return_tensors="pt").input_ids
    with torch.no_grad():
        wanted = model(input_ids=ids).logits[0][ids[0] == tokenizer.mask_token_id]
    np.testing.assert_allclose(head.logits(TEXTS[1:2])[0], wanted.numpy(), atol=1e-4)


def test_int8_rows_without_a_head_are_refused(tmp_path: Path) -> None:
    from recipes.mini.quantise import save_int8_rows

    folder = tiny_mlm.to_int8_rows(tiny_mlm.save("bert", tmp_path / "bert"))
    state = read_int8_rows(folder / "model.safetensors")
    state = {key: w.numpy() for key, w in state.items() if key.startswith("bert.")}
    save_int8_rows(state, folder / "model.safetensors", {"edition": "0"})
    with pytest.raises(ModelError, match="has no masked-LM head"):
        load_head(load(str(folder)))


def test_mini_equals_the_library() -> None:
    encoder = load("mini", dtype="fp32")
    try:
        head = load_head(encoder)
    except ModelError:
        pytest.skip("mini has no head")
    folder = encoder.folder
    assert folder is not None
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.BertForMaskedLM(config).eval()
    model.load_state_dict(read_int8_rows(folder / "model.safetensors"), strict=False)
    model.tie_weights()
    blanked = head.blanker.blank(["北京是中国的[MASK]都", "The capital of France is [MASK]."])
    for one in blanked:
        ids = torch.tensor([[*head.blanker.prefix, *one.ids.tolist(), *head.blanker.suffix]])
        with torch.no_grad():
            wanted = model(input_ids=ids).logits[0][ids[0] == head.blanker.mask_id].softmax(-1)
        own = torch.from_numpy(head.logits([one.text])[0]).softmax(-1)
        np.testing.assert_allclose(own, wanted, atol=1e-5)


def test_batches_do_not_matter(head_of: HeadOf) -> None:
    for name in ("bert", "deberta-v3"):
        head = head_of(name)[1]
        together = head.logits([*TEXTS, *TEXTS[::-1]])
        for text, logits in zip([*TEXTS, *TEXTS[::-1]], together, strict=True):
            np.testing.assert_allclose(logits, head.logits([text])[0], atol=1e-4)


def test_long_texts_are_seen_through_a_window(head_of: HeadOf) -> None:
    head = head_of("bert")[1]
    text = "apple " * 100 + "[MASK] apple [MASK]" + " shares" * 100
    before = head.longer
    logits = head.logits([text])[0]
    assert logits.shape == (2, head.vocabulary)
    assert head.longer == before + 1
    assert "longer than the encoder" in head.sentences()[0]
    one = head.blanker.blank([text])[0]
    start = int(one.blanks[0]) - head.room // 2
    window = one.ids[start : start + head.room]
    again = head.predict(
        [Query(window, np.array([head.room // 2]))],
        lambda rows, _: list(rows.numpy()),
        normalise=False,
    )[0][0]
    np.testing.assert_allclose(logits[0], again, atol=1e-4)


@pytest.mark.parametrize("name", ["bert", "roberta", "albert", "xlm-roberta"])
def test_blanks_keep_the_rest(name: str, head_of: HeadOf) -> None:
    blanker = head_of(name)[1].blanker
    text = "苹果[MASK]司今天 [MASK] and [MASK][MASK]."
    one = blanker.blank([text])[0]
    assert (one.ids[one.blanks] == blanker.mask_id).all()
    assert [text[a:b] for a, b in one.spans] == ["[MASK]"] * 4
    covered = set()
    for (a, b), token in zip(one.offsets, one.ids, strict=True):
        if token != blanker.mask_id:
            assert "[" not in text[a:b]
            covered |= set(range(a, b))
    letters = {i for i, c in enumerate(text) if c not in " [MASK]"}
    assert letters <= covered


def test_no_word_begins_behind_a_mask_without_a_blank(head_of: HeadOf) -> None:
    blanker = head_of("xlm-roberta")[1].blanker
    behind = [
        blanker.tokenizer.convert_ids_to_tokens(one.ids.tolist())[int(one.blanks[0]) + 1]
        for one in blanker.blank(["苹[MASK]酱", "an [MASK] apple", "x[MASK]."])
    ]
    assert not behind[0].startswith("▁")
    assert behind[1].startswith("▁")
    assert not behind[2].startswith("▁")


@pytest.mark.parametrize(
    ("name", "text", "tokens", "filled"),
    [
        ("bert", "an [MASK] rose", ["apple"], "an apple rose"),
        ("bert", "Äpf[MASK].", ["##el"], "Äpfel."),
        ("bert", "苹[MASK]酱", ["one"], "苹one酱"),
        ("bert", "[MASK][MASK]!", ["one", "apple"], "one apple!"),
        ("roberta", "an[MASK] rose", ["Ġapple"], "an apple rose"),
        ("roberta", "an [MASK] rose", ["Ġapple"], "an apple rose"),
        ("xlm-roberta", "[MASK] rose", ["▁apple"], "apple rose"),
    ],
)
def test_tokens_become_text(
    name: str, text: str, tokens: list[str], filled: str, head_of: HeadOf
) -> None:
    blanker = head_of(name)[1].blanker
    vocabulary = blanker.tokenizer.get_vocab()
    if not set(tokens) <= set(vocabulary):
        pytest.skip(f"the tiny vocabulary has not all of {tokens}")
    one = blanker.blank([text])[0]
    assert blanker.render(one, [vocabulary[token] for token in tokens]) == filled


def test_pseudo_log_likelihood_is_the_sum_of_masked_copies(head_of: HeadOf) -> None:
    folder, head = head_of("bert")
    texts = ["Apple shares rose again", "我吃了一个苹果。", ""]
    found = pseudo_log_likelihoods(head, texts)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    for text, one in zip(texts, found, strict=True):
        ids = tokenizer(text, return_tensors="pt").input_ids
        total = 0.0
        for position in range(1, ids.shape[1] - 1):
            copy = ids.clone()
            copy[0, position] = tokenizer.mask_token_id
            with torch.no_grad():
                rows = model(input_ids=copy).logits[0, position].log_softmax(-1)
            total += float(rows[ids[0, position]])
        assert one.tokens == ids.shape[1] - 2
        assert abs(one.total - total) < 1e-3
    assert found[2].perplexity is None
    assert found[0].perplexity == pytest.approx(np.exp(-found[0].total / found[0].tokens))


def test_within_word_masks_the_rest_of_the_word(head_of: HeadOf) -> None:
    from firth.encoder.likelihood import _copies, _words

    head = head_of("bert")[1]
    one = head.blanker.blank(["Übergrößenträgern zz"])[0]
    words = _words(one.text, one.offsets)
    n = int((words == 0).sum())
    assert n > 1
    mask = head.blanker.mask_id
    copies = _copies(one.ids, words, mask, "within-word")
    for position, (query, gold) in enumerate(copies):
        assert gold == one.ids[position]
        behind = np.arange(len(words)) >= position
        masked = behind & (words == words[position])
        np.testing.assert_array_equal(query.ids, np.where(masked, mask, one.ids))
    original, within = (
        pseudo_log_likelihoods(head, [one.text], masking)[0].total
        for masking in ("original", "within-word")
    )
    assert original != within
