"""The training loop: exact resume, budgets, atomic files, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from firth.errors import OptionError, ResultError
from firth.train import checkpoint as checkpoint_module
from firth.train.checkpoint import CHECKPOINT, read_progress, read_weights
from firth.train.loop import Paused, train
from firth.train.plan import Plan
from firth.train.replicas import WHOLE, Part


class Line:
    """A toy: fit a line; what is drawn depends on the step alone."""

    def __init__(self, stop_at: int | None = None, name: str = "line") -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 1))
        self.stop_at, self.name = stop_at, name
        self.losses: dict[int, float] = {}

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        return {"all": dict(self.model.named_parameters())}

    def loss(self, step: int, part: Part = WHOLE) -> tuple[torch.Tensor, dict[str, float]]:
        if step == self.stop_at:
            raise KeyboardInterrupt
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        loss = (self.model(x)[:, 0] - x.sum(1)).square().mean()
        self.losses[step] = loss.item()
        return loss, {"tokens": 16}

    def validate(self) -> dict[str, Any]:
        return {"weight": self.model[0].weight.sum().item()}

    def config(self) -> dict[str, Any]:
        return {"name": self.name}


PLAN = Plan(
    rates={"all": 1e-2}, steps=24, warmup=4, schedule="warmup_stable_decay",
    log_every=5, validate_every=8, keep_at=(2,),
)  # fmt: skip


def rows(log: Any) -> list[dict[str, Any]]:
    clocked = {"seconds", "tokens_per_second"}
    told = [row for row in log.rows() if row["kind"] != "resumed"]
    return [{k: v for k, v in row.items() if k not in clocked} for row in told]


def test_a_killed_run_goes_on_exactly(tmp_path: Path) -> None:
    whole, first, second = Line(), Line(stop_at=13), Line()
    log = train(whole, PLAN, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(first, PLAN, tmp_path / "killed")
    progress = read_progress(tmp_path / "killed")
    assert progress is not None
    assert progress.step == 13
    again = train(second, PLAN, tmp_path / "killed")
    assert first.losses | second.losses == whole.losses
    assert min(second.losses) == 13
    assert rows(again) == rows(log)
    assert [row["step"] for row in again.rows("resumed")] == [13]
    for name, weight in read_weights(tmp_path / "whole").items():
        assert torch.equal(weight, read_weights(tmp_path / "killed")[name]), name
    assert (tmp_path / "whole" / "step-00000002.safetensors").is_file()
    assert [row["step"] for row in log.rows("validation")] == [2, 8, 16, 24]


def test_after_a_crash_the_rows_behind_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    class Crash(Line):
        def loss(self, step: int, part: Part = WHOLE) -> tuple[torch.Tensor, dict[str, float]]:
            if step == 19:
                raise RuntimeError("power")
            return super().loss(step, part)

    plan = replace(PLAN, checkpoint_steps=12)
    whole = train(Line(), plan, tmp_path / "whole")
    with pytest.raises(RuntimeError):
        train(Crash(), plan, tmp_path / "crashed")
    with (tmp_path / "crashed" / "log.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')  # torn
    again = Line()
    log = train(again, plan, tmp_path / "crashed")
    assert min(again.losses) == 12
    assert rows(log) == rows(whole)
    lines = (tmp_path / "crashed" / "log.jsonl").read_text().splitlines()
    assert all(json.loads(line) for line in lines)


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    class Busy(Line):
        refused = ""

        def loss(self, step: int, part: Part = WHOLE) -> tuple[torch.Tensor, dict[str, float]]:
            if step == 9:
                before = sorted(tmp_path.iterdir())
                with pytest.raises(ResultError) as caught:
                    train(second, PLAN, tmp_path)
                self.refused = str(caught.value)
                assert sorted(tmp_path.iterdir()) == before
            return super().loss(step, part)

    second, busy = Line(), Busy()
    log = train(busy, PLAN, tmp_path)
    assert "another process is at work on this run" in busy.refused
    assert rows(log) == rows(train(Line(), PLAN, tmp_path.with_name("alone")))
    assert train(Line(), PLAN, tmp_path).rows("train") == log.rows("train")  # it let go


def test_time_is_counted_over_resumed_runs(tmp_path: Path) -> None:
    def ticking() -> Any:
        state = {"now": 0.0}

        def clock() -> float:
            state["now"] += 1.0
            return state["now"]

        return clock

    plan = replace(PLAN, steps=None, hours=200 / 3600, validate_every=0, checkpoint_minutes=None)
    with pytest.raises(KeyboardInterrupt):
        train(Line(stop_at=10), plan, tmp_path, clock=ticking())
    before = read_progress(tmp_path)
    assert before is not None
    assert 0 < before.seconds < 200
    second = Line()
    train(second, plan, tmp_path, clock=ticking())
    after = read_progress(tmp_path)
    assert after is not None
    assert 200 <= after.seconds < 220
    assert len(second.losses) > 5


def test_a_checkpoint_is_whole_or_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(Line(stop_at=5), PLAN, tmp_path)
    old = (tmp_path / CHECKPOINT).read_bytes()

    def half(tensors: Any, path: Path, metadata: Any = None) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint_module, "save_file", half)
    with pytest.raises(ResultError, match="at step 9: disk full; the last checkpoint is whole"):
        train(Line(stop_at=9), replace(PLAN, keep_at=(2,)), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == old
    assert not list(tmp_path.glob(".checkpoint*"))


def test_another_plan_or_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(Line(stop_at=3), PLAN, tmp_path)
    with pytest.raises(ResultError, match="another plan: warmup was 4 and is now 9"):
        train(Line(), replace(PLAN, warmup=9), tmp_path)
    with pytest.raises(ResultError, match="another task: name was 'line'"):
        train(Line(name="curve"), PLAN, tmp_path)
    with pytest.raises(ResultError, match="holds a run already"):
        train(Line(), PLAN, tmp_path, resume=False)
    with pytest.raises(ResultError, match="groups"):
        train(Line(), replace(PLAN, rates={"head": 1.0}), tmp_path)


def test_plans() -> None:
    assert [PLAN.factor(step, 0) for step in (0, 3, 10, 24)] == [0.25, 1, 1, 0]
    assert PLAN.factor(22, 0) == pytest.approx((2 / 24) / 0.2)
    timed = replace(PLAN, steps=None, hours=1.0)
    assert timed.factor(100, 3600 * 0.9) == pytest.approx(0.5)
    assert replace(PLAN, schedule="linear", warmup=0).factor(6, 0) == 0.75
    with pytest.raises(OptionError, match="budget"):
        Plan(rates={})
    with pytest.raises(OptionError, match="Did you mean 'linear'"):
        Plan(rates={}, steps=1, schedule="liner")  # pyright: ignore


def test_a_loss_that_is_no_number_stops_at_the_last_good_checkpoint(tmp_path: Path) -> None:
    class Lost(Line):
        def loss(self, step: int, part: Part = WHOLE) -> tuple[torch.Tensor, dict[str, float]]:
            loss, counts = super().loss(step, part)
            return (loss * float("nan") if step == 9 else loss), counts

    plan = replace(PLAN, checkpoint_steps=4)
    with pytest.raises(ResultError, match=r"step 9: .* is not a number; the checkpoint of step 8"):
        train(Lost(), plan, tmp_path)
    stored = read_weights(tmp_path)
    assert all(weight.isfinite().all() for weight in stored.values())
    again = Line()
    train(again, plan, tmp_path)
    assert min(again.losses) == 8


def test_a_validation_that_is_no_number_stops_too(tmp_path: Path) -> None:
    class Lost(Line):
        def validate(self) -> dict[str, Any]:
            return {"weight": float("nan")}

    with pytest.raises(ResultError, match="is not a number; there is no checkpoint yet"):
        train(Lost(), PLAN, tmp_path)


def test_a_pause_is_gone_on_from(tmp_path: Path) -> None:
    whole, first, second = Line(), Line(), Line()
    train(whole, PLAN, tmp_path / "whole")
    with pytest.raises(Paused, match="step 7"):
        train(first, PLAN, tmp_path / "paused", pause=lambda: len(first.losses) == 7)
    train(second, PLAN, tmp_path / "paused")
    assert first.losses | second.losses == whole.losses
