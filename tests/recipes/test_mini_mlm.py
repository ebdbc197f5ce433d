"""The recipe of mini's masked-LM head: what it reads, and what it writes."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from recipes.mini import mlm_texts  # noqa: E402
from recipes.mini.mlm import parser, plan_of, seed_of  # noqa: E402
from recipes.mini.mlm_model import (  # noqa: E402
    copy_frame,
    export,
    read_model,
    read_tokenizer,
    vocabulary_of,
)
from recipes.mini.mlm_texts import FILES, held_out_pairs, read_texts, rows  # noqa: E402

from firth.encoder.load import MINI_FOLDER, load  # noqa: E402
from firth.train.checkpoint import Progress, save_checkpoint  # noqa: E402


def data(folder: Path) -> Path:
    (folder / "parallel").mkdir()
    for name in FILES:
        kind = name.removeprefix("parallel/").split(".")[0]
        own = name if kind != "bible" else "bible"  # the English verses are the same
        text = "".join(f"{kind} {i} {own}\t{name} {i}\n" for i in range(300))
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.write(text + text)
    return folder


def test_only_parallel_files_can_be_opened(tmp_path: Path) -> None:
    assert FILES
    assert all(name.startswith("parallel/") and name.endswith(".tsv.gz") for name in FILES)
    for room in ("qa", "senses", "alignment", "words", "dictionaries", "transfer"):
        assert not any(room in name for name in FILES)
    for name in ("qa/xquad.en.json.gz", "parallel/../qa/xquad.en.json.gz", "words/ca8.tsv"):
        with pytest.raises(ValueError, match="not a text for training"):
            next(rows(tmp_path, name))
    source = (ROOT / "recipes/mini/mlm_texts.py").read_text()
    assert source.count("open(") == 1  # the one behind the check


def test_lines_are_held_out_or_read_once(tmp_path: Path) -> None:
    folder = data(tmp_path)
    texts = read_texts(folder)
    assert set(texts.training) == set(mlm_texts.LANGUAGES)
    for language, kinds in texts.training.items():
        lines = [line for own in kinds.values() for line in own]
        assert len(lines) == len(set(lines)), language
        held = {line for own in texts.held_out[language].values() for line in own}
        assert not held & set(lines)
    assert len(texts.training["en"]["bible"]) + len(texts.held_out["en"]["bible"]) == 300
    trained = {line for kinds in texts.training.values() for own in kinds.values() for line in own}
    for pair in held_out_pairs(folder, 500):
        assert not set(pair) & trained


def test_defaults_are_a_plan() -> None:
    plan = plan_of(parser().parse_args(["--output", "x", "--hours", "2"]))
    assert plan.hours == 2
    assert plan.schedule == "warmup_stable_decay"


def test_export_is_an_encoder_and_a_masked_lm(tmp_path: Path) -> None:
    start, has_head = read_model(MINI_FOLDER)
    assert has_head
    assert vocabulary_of(read_tokenizer(MINI_FOLDER)).mask == 47_999
    # Export is about names and files: two layers are enough.
    small = BertForMaskedLM(BertConfig(**start.config.to_dict() | {"num_hidden_layers": 2}))
    state = start.state_dict()
    small.load_state_dict({k: state[k] for k in small.state_dict()})
    run, output = tmp_path / "run", tmp_path / "model"
    copy_frame(MINI_FOLDER, run)
    config = (run / "config.json").read_text().replace('hidden_layers": 12', 'hidden_layers": 2')
    (run / "config.json").write_text(config)
    named = dict(small.named_parameters())
    save_checkpoint(run, Progress(7, 1.0, {}, {}, {}), named, torch.optim.AdamW(named.values()))
    export(run, output, "2")
    encoder = load(str(output), dtype="fp32")
    assert encoder.n_layers == 2
    again, has_head = read_model(output)
    assert has_head
    assert again.cls.predictions.decoder.weight is again.bert.embeddings.word_embeddings.weight
    bias = again.cls.predictions.bias.detach().numpy()
    np.testing.assert_array_equal(bias, small.cls.predictions.bias.detach().numpy())
    with pytest.raises(ValueError, match="no checkpoint"):
        export(tmp_path, output, "2")


def test_another_start_reads_other_sequences() -> None:
    first, second = "00000001" + "0" * 56, "00000002" + "0" * 56
    assert seed_of(0, first) != seed_of(0, second)
    assert seed_of(0, first) == seed_of(0, first) != seed_of(1, first)
