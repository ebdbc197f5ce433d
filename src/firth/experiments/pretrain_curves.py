"""What the runs of `firth.experiments.pretrain` show: curves, change points, means over seeds.

Tables:
    loss       rows of the training log (``text`` train) and of validation by language
    alignment  MRR of each kept checkpoint by layer, mean of both directions
    changes    plateau and drop of each run's held-out loss (mean over languages; that of the text
               it learns also drops where it is learnt by heart) and rise of its MRR, in steps,
               each with the interval that `firth.probe.change_point` draws; the time before the
               loss comes near that of guessing by frequency is left out; ``lag`` is how many
               doublings of the step lie between the beginning of the drop and that of the rise
    contrasts  arms against each other over seeds, Student's t: more sentences at equal steps, the
               same at equal epochs, and the same arm with more steps
    models     what was trained, and where it lies
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from firth.experiments.answer import Measured
from firth.experiments.pretrain_arms import UNIGRAM, Arm, Settings, equal_epochs
from firth.experiments.pretrain_runs import Run, unigrams
from firth.probe.change_point import Estimate, Rise, find_plateau, find_rise
from firth.probe.statistics import student_interval, student_p
from firth.results.schema import Cell, Score

EQUAL_STEPS, EQUAL_EPOCHS = "equal_steps", "equal_epochs"
TRAIN = "train"
SIMILARITY = "centred"  # of curves, contrasts and change points
LEAST_POINTS = 12  # of a curve in which a bend is looked for

Row = dict[str, Cell]


def named_layer(settings: Settings) -> int:
    """Return the layer of curves and contrasts: 8 of 12 (Dufter & Schütze 2020), 3 of 4 ..."""
    return max(1, round(2 / 3 * settings.recipe.shape.layers))


def add_curves(runs: Sequence[Run], settings: Settings, found: Measured) -> None:
    """Add scores and tables of all runs.

    Args:
        runs: Finished ones.
        settings: Of the experiment.
        found: Gets them.
    """
    for name in ("loss", "alignment", "changes", "contrasts", "models"):
        found.tables[name] = []
    for run in runs:
        losses = _loss_rows(run)
        found.tables["loss"] += losses
        found.tables["models"].append(_model_row(run, settings))
        found.scores += _loss_scores(run) + _unigram_scores(run)
        aligned = _alignment_rows(run)
        found.tables["alignment"] += aligned
        found.scores += _alignment_scores(run, settings)
        layer = named_layer(settings)
        found.tables["changes"].append(
            _changes(run, losses, [row for row in aligned if row["layer"] == layer])
        )
    _add_means(runs, settings, found)
    _add_contrasts(settings, found)


def _named(run: Run) -> Row:
    arm = run.arm
    return {"arm": arm.name, "sentences": arm.sentences, "control": arm.control, "seed": arm.seed}


def _loss_rows(run: Run) -> list[Row]:
    rows: list[Row] = []
    for row in run.log.rows():
        step: Row = _named(run) | {"step": row["step"], "seconds": row["seconds"]}
        if row["kind"] == "resumed":
            continue
        if row["kind"] == "train":
            loss, right = row["mlm_loss_sum"] / row["masked"], row["right"] / row["masked"]
            rows.append(step | {"text": TRAIN, "loss": loss, "accuracy": right})
        else:
            rows += [
                step | {"text": language, "loss": own["mlm_loss"], "accuracy": own["mlm_accuracy"]}
                for language, own in row["languages"].items()
            ]
    return rows


def _model_row(run: Run, settings: Settings) -> Row:
    trained = run.log.rows("train")
    tokens = sum(row["tokens"] for row in trained)
    seconds = trained[-1]["seconds"] if trained else 0.0
    return _named(run) | {
        "languages": list(run.arm.languages), "steps": settings.steps, "tokens": tokens,
        "tokens_per_second": tokens / max(seconds, 1e-9), "seconds": seconds,
        "folder": str(run.folder),
    }  # fmt: skip


def _loss_scores(run: Run) -> list[Score]:
    """Return loss and accuracy at the kept steps and at the end, by language."""
    rows = {row["step"]: row for row in run.log.rows("validation")}
    kept = {row["step"] for row in run.alignment.rows()} or {max(rows)}
    return [
        Score(
            metric=metric, value=own[metric], n=own["n"], unit="blank", language=language,
            checkpoint=str(step), **run.arm.fields,
        )
        for step in sorted(kept & set(rows))
        for language, own in rows[step]["languages"].items()
        for metric in ("mlm_loss", "mlm_accuracy")
    ]  # fmt: skip


def _unigram_scores(run: Run) -> list[Score]:
    """Return what guessing by frequency scores, once for every size."""
    known = unigrams(run)
    if known is None or run.arm.control is not None or run.arm.seed != run.settings.first_seed:
        return []
    return [
        Score(
            metric=metric, value=own[metric], n=int(own["n"]), unit="blank", language=language,
            arm=str(run.arm.sentences), control=UNIGRAM,
        )
        for language, own in known.items()
        for metric in ("mlm_loss", "mlm_accuracy")
    ]  # fmt: skip


def _alignment_rows(run: Run) -> list[Row]:
    rows: list[Row] = []
    for kept in run.alignment.rows():
        by_layer: dict[int, dict[str, list[float]]] = {}
        chances: list[float] = []
        for score in kept["scores"]:
            if score["metric"] != "mrr":
                continue
            if score.get("control") == "chance":
                chances.append(score["value"])
                continue
            own = by_layer.setdefault(score["layer"], {})
            own.setdefault(score["similarity"], []).append(score["value"])
        rows += [
            _named(run)
            | {"step": kept["step"], "layer": layer, "chance": float(np.mean(chances))}
            | {name: float(np.mean(values)) for name, values in own.items()}
            for layer, own in by_layer.items()
        ]
    return rows


def _alignment_scores(run: Run, settings: Settings) -> list[Score]:
    """Return every layer of the last checkpoint, and the named layer of all."""
    scores: list[Score] = []
    for kept in run.alignment.rows():
        is_last = kept["step"] == settings.steps
        for row in kept["scores"]:
            if is_last or (row.get("layer") == named_layer(settings) and row["metric"] == "mrr"):
                own = dict(row)
                if own.get("control") == "chance":  # the arm's own control keeps its name
                    own |= {"scorer": own["metric"], "metric": "chance"}
                    del own["control"]
                scores.append(Score(**own, checkpoint=str(kept["step"]), **run.arm.fields))
    return scores


def _changes(run: Run, losses: Sequence[Row], aligned: Sequence[Row]) -> Row:
    """Return where the run's loss rests and drops, and where its MRR rises."""
    rng = np.random.default_rng(run.arm.seed)
    row: Row = _named(run)
    steps, loss = _from_unigram(*_held_out(losses), unigrams(run))
    plateau = find_plateau(steps, loss, rng=rng) if len(steps) >= LEAST_POINTS else None
    if plateau is not None:
        row |= _estimate("plateau_start", plateau.start) | _estimate("drop_start", plateau.end)
        row |= _estimate("drop_end", plateau.drop_end) | _estimate("depth", plateau.depth)
        row |= {"level": plateau.level.value, "plateau_found": plateau.found_share}
    rise = _rise(aligned, rng)
    if rise is not None:
        row |= _estimate("rise_start", rise.start) | _estimate("rise_end", rise.end)
        row |= {"mrr_before": rise.low.value, "mrr_after": rise.high.value,
                "rise_found": rise.found_share}  # fmt: skip
    if plateau is not None and plateau.end is not None and rise is not None and rise.start:
        row["lag"] = math.log2(rise.start.value / plateau.end.value)
    return row


def _held_out(losses: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Return steps from 1 on, and the held-out loss there, the mean over languages."""
    found: dict[int, list[float]] = {}
    for row in losses:
        if row["text"] != TRAIN and _whole(row["step"]) >= 1:
            found.setdefault(_whole(row["step"]), []).append(_number(row["loss"]))
    steps = sorted(found)
    means = [float(np.mean(found[step])) for step in steps]
    return np.array(steps, dtype=np.float64), np.array(means)


def _from_unigram(
    steps: np.ndarray, loss: np.ndarray, guessed: Mapping[str, Mapping[str, float]] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve from where it comes near the loss of guessing by frequency.

    Before, a model of two languages rests a while at ln 2 above it: it knows how frequent pieces
    are, but not yet which language it reads. Half of that is taken for near.
    """
    if guessed is None or not len(steps):
        return steps, loss
    level = float(np.mean([own["mlm_loss"] for own in guessed.values()]))
    near = np.flatnonzero(loss < level + math.log(2) / 2)
    first = max(0, int(near[0]) - 1) if len(near) else len(loss)
    return steps[first:], loss[first:]


def _rise(aligned: Sequence[Row], rng: np.random.Generator) -> Rise | None:
    later = [row for row in aligned if isinstance(row["step"], int) and row["step"] >= 1]
    if len(later) < LEAST_POINTS:
        return None
    floor = float(_column(later, "chance").mean())
    return find_rise(_column(later, "step"), _column(later, SIMILARITY), floor, rng=rng)


def _estimate(name: str, found: Estimate | None) -> Row:
    if found is None:
        return {}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _column(rows: Sequence[Row], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _mrr(found: Measured, layer: int) -> dict[tuple[str, Cell], dict[int, dict[int, float]]]:
    """Return (arm, control) -> step -> seed -> MRR at a layer."""
    every: dict[tuple[str, Cell], dict[int, dict[int, float]]] = {}
    for row in found.tables["alignment"]:
        if row["layer"] == layer:
            key = (str(row["arm"]), row["control"])
            own = every.setdefault(key, {}).setdefault(_whole(row["step"]), {})
            own[_whole(row["seed"])] = _number(row[SIMILARITY])
    return every


def _whole(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell


def _number(cell: Cell) -> float:
    assert isinstance(cell, int | float)
    return float(cell)


def _add_means(runs: Sequence[Run], settings: Settings, found: Measured) -> None:
    """Add means over seeds: MRR at the end and at equal epochs, losses at the end."""
    layer = named_layer(settings)
    sentences = {run.arm.name: run.arm for run in runs}
    for (name, control), by_step in _mrr(found, layer).items():
        arm = sentences[name]
        fields: dict[str, Any] = {"arm": str(arm.sentences), "layer": layer}
        if control is not None:
            fields["control"] = control
        for split, step in _places(settings, arm):
            if step in by_step:
                values = np.array(list(by_step[step].values()))
                found.scores.append(
                    _mean("mrr", values, split=split, checkpoint=str(step), similarity=SIMILARITY,
                          **fields)
                )  # fmt: skip
    ends: dict[tuple[str, str, int], list[float]] = {}
    for row in found.tables["loss"]:
        if row["text"] != TRAIN:
            key = (str(row["arm"]), str(row["text"]), _whole(row["step"]))
            ends.setdefault(key, []).append(_number(row["loss"]))
    for (name, language, step), losses in ends.items():
        arm = sentences[name]
        fields = {"control": arm.control} if arm.control else {}
        for split, place in _places(settings, arm):
            if step == place:
                found.scores.append(
                    _mean("mlm_loss", np.array(losses), language=language,
                          arm=str(arm.sentences), split=split, checkpoint=str(step), **fields)
                )  # fmt: skip


def _places(settings: Settings, arm: Arm) -> list[tuple[str, int]]:
    """Return where an arm is compared: at its end, and as many epochs in as the largest's end."""
    places = [(EQUAL_STEPS, settings.steps)]
    if arm.sentences < settings.sizes[-1] and arm.control is None:
        step = equal_epochs(settings, arm.sentences, settings.sizes[-1])
        places.append((EQUAL_EPOCHS, step))
    return places


def _mean(metric: str, values: np.ndarray, **fields: Any) -> Score:
    ends = student_interval(values)
    if ends is not None:
        low, high = ends
        fields |= {"low": max(low, 0.0), "high": min(high, 1.0) if metric == "mrr" else high}
    return Score(metric=metric, value=float(values.mean()), n=len(values), unit="seed", **fields)


def _add_contrasts(settings: Settings, found: Measured) -> None:
    """Add the contrasts that were named before.

    Neighbouring sizes, the largest against the smallest, more steps, and each control.
    """
    every = _mrr(found, named_layer(settings))
    sizes = settings.sizes
    pairs = list(pairwise(sizes))
    for less, more in [*pairs, *([(sizes[0], sizes[-1])] if len(sizes) > 2 else [])]:
        small, large = every.get((str(less), None), {}), every.get((str(more), None), {})
        early = equal_epochs(settings, less, more)
        for split, step in ((EQUAL_STEPS, settings.steps), (EQUAL_EPOCHS, early)):
            _contrast(found, "more sentences", split, str(more), str(less),
                      large.get(settings.steps, {}), small.get(step, {}))  # fmt: skip
        _contrast(
            found, "more steps", "same sentences", f"{less}, step {settings.steps}",
            f"{less}, step {early}", small.get(settings.steps, {}), small.get(early, {}),
        )  # fmt: skip
    most = str(settings.sizes[-1])
    plain = every.get((most, None), {}).get(settings.steps, {})
    for (name, control), by_step in every.items():
        if control is not None:
            _contrast(found, "control", EQUAL_STEPS, name, most, by_step.get(settings.steps, {}),
                      plain)  # fmt: skip


def _contrast(
    found: Measured,
    what: str,
    split: str,
    first: str,
    second: str,
    of_first: dict[int, float],
    of_second: dict[int, float],
) -> None:
    seeds = sorted(of_first.keys() & of_second.keys())
    if not seeds:
        return
    values = np.array([of_first[seed] - of_second[seed] for seed in seeds])
    ends = student_interval(values) or (None, None)
    found.tables["contrasts"].append(
        {
            "contrast": what, "at": split, "first": first, "second": second,
            "difference": float(values.mean()), "low": ends[0], "high": ends[1],
            "p": student_p(values), "seeds": len(seeds),
        }
    )  # fmt: skip
