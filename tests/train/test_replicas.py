"""Two processes learn what one learns; one that dies leaves a checkpoint that goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from firth.text.carried import plain
from firth.train.checkpoint import read_progress, read_weights
from firth.train.log import Log
from firth.train.loop import LOG
from firth.train.tokenizer import train_tokenizer

SCRIPT = Path(__file__).with_name("replicas_run.py")


def run(folder: Path, *options: str, processes: int = 1) -> subprocess.CompletedProcess[str]:
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--nproc-per-node", str(processes),
                  "--master-port", "0", "--standalone"]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*start, str(SCRIPT), str(folder), str(tokenizer()), *options],
        capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip


@cache
def tokenizer() -> Path:
    """Train it once: two trainings may differ in ties."""
    path = Path(tempfile.mkdtemp()) / "tokenizer.json"
    texts = {language: plain(language) for language in ("en", "zh")}
    train_tokenizer(texts, "wordpiece", 900).save(str(path))
    return path


def losses(folder: Path) -> list[tuple[int, float, Any]]:
    rows = Log(folder / LOG).rows("train")
    return [(row["step"], row["mlm_loss_sum"] / row["masked"], row["masked"]) for row in rows]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder


def check_equal(one: Path, other: Path) -> None:
    for (step, loss, masked), (same, own, count) in zip(losses(one), losses(other), strict=True):
        assert (step, masked) == (same, count)
        assert own == pytest.approx(loss, abs=1e-4)
    weights = read_weights(other)
    for name, weight in read_weights(one).items():
        torch.testing.assert_close(weights[name], weight, atol=1e-4, rtol=1e-3)


def test_two_processes_learn_what_one_learns(alone: Path, tmp_path: Path) -> None:
    done = run(tmp_path, processes=2)
    assert done.returncode == 0, done.stderr
    check_equal(alone, tmp_path)
    kept = sorted(path.name for path in tmp_path.glob("step-*"))
    assert kept == ["step-00000000.safetensors", "step-00000004.safetensors"]


def test_a_process_that_dies_ends_the_run(alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dies"
    done = run(folder, "--die", "1", "7", processes=2)
    assert done.returncode != 0
    assert "a process of this run has died at step 7" in done.stderr
    assert "the same command goes on" in done.stderr
    progress = read_progress(folder)
    assert progress is not None
    assert progress.step == 7
    again = run(folder, processes=2)
    assert again.returncode == 0, again.stderr
    weights = read_weights(folder)
    for name, weight in read_weights(alone).items():
        torch.testing.assert_close(weights[name], weight, atol=1e-4, rtol=1e-3)
