"""What ``pretrain`` says: is it the data, does the loss rest and drop, when do languages align."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean, median
from typing import Any

from firth.report.numbers import decimals, interval_of, probability
from firth.report.pretrain_data import (
    ALONE,
    CBOW,
    EQUAL_EPOCHS,
    EQUAL_STEPS,
    LEAST_POINTS,
    TRAIN,
    UNIGRAM,
    ArmOf,
    Row,
    arms_of,
    chance_of,
    count,
    language_name,
    languages_of,
    loss_curves,
    mean_curve,
    mean_of,
    named_layer,
    rank_curves,
)
from firth.report.words import Words
from firth.results.schema import Result


def of_pretraining(result: Result, say: Words) -> list[str]:
    """Return the lines: MRR by sentences, plateau and drop, the rise, held-out loss, controls.

    Args:
        result: A result of ``pretrain``.
        say: The words of a language.
    """
    every = arms_of(result, say)
    arms = [one for one in every if one.control is None]
    lines = _of_sizes(result, arms, say) + _of_plateaus(result, arms, say)
    lines += _of_rises(result, arms, say) + _of_held_out(result, arms, say)
    for one in every:
        if one.control == ALONE:
            lines += _alone(result, one, arms[-1], say)
        elif one.control == CBOW:
            if one.sentences == arms[-1].sentences:
                lines += _shallow(result, one, arms[-1], say)
        elif one.control is not None:
            lines += _switched(result, one, say)
    return lines


def _of_sizes(result: Result, arms: list[ArmOf], say: Words) -> list[str]:
    """Return the means of all arms, and their contrasts at equal steps and at equal epochs."""
    text, layer = say["pretrain_finding"], named_layer(result)
    if layer is None:
        return [text["unaligned"]]
    means = [
        text["mean"].format(n=arm.name, value=decimals(mean.value), interval=interval_of(mean, say))
        for arm in arms
        if (mean := mean_of(result, "mrr", arm, split=EQUAL_STEPS)) is not None
    ]
    untrained = [
        float(str(row["centred"]))
        for arm in arms
        for row in result.tables["alignment"]
        if row["arm"] == arm.key and row["layer"] == layer and row["step"] == 0
    ]
    lines = [
        text["means"].format(
            layer=layer, layers=result.model.layers, means=text["semicolon"].join(means),
            steps=count(result.config["settings"]["steps"]),
            chance=decimals(chance_of(result) or 0.0), untrained=decimals(fmean(untrained)),
        )
    ]  # fmt: skip
    more = [row for row in result.tables["contrasts"] if row["contrast"] == "more sentences"]
    for pair in dict.fromkeys((str(row["first"]), str(row["second"])) for row in more):
        own = {row["at"]: row for row in more if (row["first"], row["second"]) == pair}
        if {EQUAL_STEPS, EQUAL_EPOCHS} <= set(own):
            lines.append(
                text["more"].format(
                    first=count(int(pair[0])), second=count(int(pair[1])),
                    steps=_difference(own[EQUAL_STEPS], say),
                    epochs=_difference(own[EQUAL_EPOCHS], say),
                )
            )  # fmt: skip
    if max(len(arm.seeds) for arm in arms) == 1:
        lines.append(text["one_seed"])
    return lines


def _difference(row: Row, say: Words) -> str:
    """Return a difference with what there is of interval, p and number of seeds."""
    text = say["pretrain_finding"]
    said = f"{row['difference']:+.3f}"
    if row["low"] is None or row["p"] is None:
        return said
    p = row["p"]
    ends = say["finding"]["interval"].format(low=decimals(row["low"]), high=decimals(row["high"]))
    tested = text["p_below" if p < 0.001 else "p"].format(p=probability(p).removeprefix("< "))
    return said + ends + text["tested"].format(p=tested, n=row["seeds"])


def _changes(result: Result, arms: list[ArmOf]) -> list[Row]:
    keys = {arm.key for arm in arms}
    return [row for row in result.tables["changes"] if row["arm"] in keys]


def _by_arm(arms: list[ArmOf], rows: list[Row], holds: Callable[[Row], bool], say: Words) -> str:
    text = say["pretrain_finding"]
    return text["semicolon"].join(
        text["of_arm"].format(arm=arm.name, k=sum(map(holds, own)), n=len(own))
        for arm in arms
        if (own := [row for row in rows if row["arm"] == arm.key])
    )


def _of_plateaus(result: Result, arms: list[ArmOf], say: Words) -> list[str]:
    """Return in how many runs the held-out loss rests and drops, and where the drop begins."""
    text, rows = say["pretrain_finding"], _changes(result, arms)
    if len(loss_points(result, arms[0])) < LEAST_POINTS:
        return [text["few_losses"].format(least=LEAST_POINTS)]
    rests = [row for row in rows if row.get("plateau_start") is not None]
    if not rests:
        return [text["no_plateau"].format(n=len(rows))]
    drops = [row["drop_start"] for row in rests if row.get("drop_start") is not None]
    line = text["plateau"].format(
        k=len(rests), n=len(rows), m=len(drops),
        arms=_by_arm(arms, rows, lambda row: row.get("plateau_start") is not None, say),
    )  # fmt: skip
    if len(rests) < len(rows):
        line += text["without"].format(k=len(rows) - len(rests), n=len(rows))
    if drops:
        line += text["drop"].format(
            step=count(round(median(drops))), low=count(round(min(drops))),
            high=count(round(max(drops))), n=len(drops),
        )  # fmt: skip
    return [line]


def loss_points(result: Result, arm: ArmOf) -> list[Row]:
    """Return the rows of validation of an arm's first seed, from step 1 on, of one language."""
    held_out = [
        row
        for row in result.tables["loss"]
        if row["arm"] == arm.key and row["text"] != TRAIN and row["seed"] == arm.seeds[0]
        and row["step"]
    ]  # fmt: skip
    return [row for row in held_out if row["text"] == held_out[0]["text"]]


def _of_rises(result: Result, arms: list[ArmOf], say: Words) -> list[str]:
    """Return in how many runs the MRR rises, and how that lies to the drop of the loss."""
    text, layer = say["pretrain_finding"], named_layer(result)
    if layer is None:
        return []
    points = rank_curves(result, arms[0], layer, "centred")
    if len([row for row in points if row["seed"] == arms[0].seeds[0]]) < LEAST_POINTS:
        return [text["few_checkpoints"].format(least=LEAST_POINTS)]
    rows = _changes(result, arms)
    risen = [row for row in rows if row.get("mrr_after") is not None]
    if not risen:
        return [text["no_rise"].format(n=len(rows))]
    line = text["rise"].format(
        k=len(risen), n=len(rows),
        arms=_by_arm(arms, rows, lambda row: row.get("mrr_after") is not None, say),
    )  # fmt: skip
    both = [row for row in rows if row.get("lag") is not None]
    if not both:
        return [line + text["no_lag"]]
    lags = [row["lag"] for row in both]
    middle = median(lags)
    before = sum(row["rise_start_high"] < row["drop_start_low"] for row in both)
    after = sum(row["rise_start_low"] > row["drop_start_high"] for row in both)
    way = text["before" if middle < 0 else "after"]
    said: dict[str, Any] = {
        "n": len(both), "lag": f"{abs(middle):.1f}", "way": way, "low": f"{min(lags):+.1f}",
        "high": f"{max(lags):+.1f}", "before": before, "after": after,
        "same": len(both) - before - after,
    }  # fmt: skip
    return [line + text["lag" if len(both) > 1 else "one_lag"].format(**said)]


def _of_held_out(result: Result, arms: list[ArmOf], say: Words) -> list[str]:
    """Return a line on arms whose held-out loss was lowest a doubling or more before the end."""
    text, found = say["pretrain_finding"], []
    for arm in arms:
        curves = [mean_curve(loss_curves(result, arm, one)) for one in languages_of(result)]
        steps = [row["step"] for row in curves[0]]
        losses = [fmean(values) for values in zip(*map(_values, curves), strict=True)]
        lowest = min(range(len(losses)), key=losses.__getitem__)
        if 2 * steps[lowest] <= steps[-1]:
            found.append(
                text["turn"].format(
                    arm=arm.name, step=count(round(steps[lowest])), loss=decimals(losses[lowest]),
                    last=decimals(losses[-1]),
                )
            )  # fmt: skip
    return [text["turns"].format(arms=text["semicolon"].join(found))] if found else []


def _values(curve: list[Row]) -> list[float]:
    return [row["value"] for row in curve]


def _alone(result: Result, control: ArmOf, largest: ArmOf, say: Words) -> list[str]:
    text = say["pretrain_finding"]
    code = control.key.removesuffix(f" {ALONE}")
    about: dict[str, Any] = {"language": code, "split": EQUAL_STEPS}
    own = mean_of(result, "mlm_loss", control, **about)
    with_other = mean_of(result, "mlm_loss", largest, **about)
    if own is None or with_other is None:
        return []
    rows = [row for row in result.tables["changes"] if row["arm"] == control.key]
    line = text["alone"].format(
        language=language_name(code, say), n=count(control.sentences), value=decimals(own.value),
        interval=interval_of(own, say), other=decimals(with_other.value),
        other_interval=interval_of(with_other, say),
    )  # fmt: skip
    if len(loss_points(result, control)) >= LEAST_POINTS:
        rests = [row for row in rows if row.get("plateau_start") is not None]
        drops = [row for row in rests if row.get("drop_start") is not None]
        kind = "alone_plateau" if rests else "alone_none"
        line += text[kind].format(k=len(rests), m=len(drops), n=len(rows))
    return [line]


def _shallow(result: Result, control: ArmOf, largest: ArmOf, say: Words) -> list[str]:
    """Return how CBOW and guessing by frequency fill the blanks, beside the largest arm."""
    text, losses = say["pretrain_finding"], list[str]()
    for language in languages_of(result):
        about: dict[str, Any] = {"language": language, "split": EQUAL_STEPS}
        own = mean_of(result, "mlm_loss", control, **about)
        deep = mean_of(result, "mlm_loss", largest, **about)
        guess = result.rows(
            "mlm_loss", control=UNIGRAM, arm=str(control.sentences), language=language
        )
        if own is not None and deep is not None:
            losses.append(
                text["shallow_unigram" if guess else "shallow_loss"].format(
                    language=language_name(language, say), value=decimals(own.value),
                    deep=decimals(deep.value), interval=interval_of(deep, say),
                    unigram=decimals(guess[0].value) if guess else "",
                )
            )  # fmt: skip
    joined = text["semicolon"].join(losses)
    return [text["shallow"].format(n=count(control.sentences), losses=joined)] if losses else []


def _switched(result: Result, control: ArmOf, say: Words) -> list[str]:
    text = say["pretrain_finding"]
    mean = mean_of(result, "mrr", control, split=EQUAL_STEPS)
    rows = [
        row for row in result.tables["contrasts"]
        if row["contrast"] == "control" and row["first"] == control.key
    ]  # fmt: skip
    if mean is None or not rows:
        return []
    return [
        text["switched"].format(
            name=control.name, n=count(control.sentences), value=decimals(mean.value),
            interval=interval_of(mean, say), difference=_difference(rows[0], say),
        )
    ]  # fmt: skip
