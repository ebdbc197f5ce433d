"""The training that travels with firth: real checkpoints, asked here and now."""

from __future__ import annotations

from pathlib import Path

import pytest

from firth.errors import FirthError
from firth.experiments.grown import FOLDER, declaration, grown, texts
from firth.experiments.pretrain_arms import kept_steps
from firth.experiments.pretrain_curves import named_layer
from firth.experiments.rerun import compare
from firth.experiments.rerun_pretrain import rerun_pretrain
from firth.results.schema import Result
from firth.text.fake import unfake
from firth.train.loop import kept_name


@pytest.fixture(scope="module")
def result() -> Result:
    return grown()


def test_the_two_languages_share_no_sentence() -> None:
    own = texts()
    assert list(own) == ["en", "en-x-fake"]
    assert not {*own["en"]} & {unfake(sentence) for sentence in own["en-x-fake"]}
    assert min(map(len, own.values())) > 100


def test_every_checkpoint_is_there_and_asked(result: Result) -> None:
    settings, _ = declaration()
    steps = kept_steps(settings)
    assert all((FOLDER / kept_name(step)).is_file() for step in steps)
    asked = {
        int(row.checkpoint) for row in result.rows("mrr", unit="source word") if row.checkpoint
    }
    assert asked == set(steps)
    kept = {row["step"] for row in result.tables["loss"] if row["text"] == "en"}
    assert set(steps) <= kept


def test_the_languages_align_when_the_loss_drops(result: Result) -> None:
    settings, _ = declaration()
    (change,) = result.tables["changes"]
    assert change["plateau_start"] < change["drop_start"] < change["drop_end"]
    rows = result.rows("mrr", unit="source word", layer=named_layer(settings), similarity="centred")
    ends = {
        step: [row for row in rows if row.checkpoint == str(step)] for step in (0, settings.steps)
    }
    for before, after in zip(*ends.values(), strict=True):
        assert before.direction == after.direction
        assert after.low is not None
        assert before.high is not None
        assert after.low > before.high
    guess = max(row.value for row in result.rows("chance", scorer="mrr"))
    assert ends[settings.steps][0].value > 4 * guess


def test_it_is_answered_from_the_store(tmp_path: Path) -> None:
    first = grown(runs=str(tmp_path))
    assert grown(runs=str(tmp_path)).started == first.started
    again = rerun_pretrain(first)
    assert compare(first, again)[0].startswith(f"{len(first.scores)} of {len(first.scores)} scores")
    with pytest.raises((FirthError, OSError)):
        declaration(tmp_path)
