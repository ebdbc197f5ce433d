"""What ``transfer`` says: which arm is how good, is the difference more than chance, how fast."""

from __future__ import annotations

from firth.report.numbers import decimals, interval_of, probability
from firth.report.transfer_data import (
    ARMS,
    PRETRAINED,
    RIVALS,
    TUNED,
    UNITS,
    arm_name,
    arms_scored,
    metric_name,
    metric_of,
    runs_of,
)
from firth.report.words import Words
from firth.results.schema import Result, Score

# A test is passed below this, corrected.
ALPHA = 0.05


def of_transfer(result: Result, say: Words) -> list[str]:
    """Return the lines: arms, contrasts, what of the weights it is, speed, controls.

    Args:
        result: A result of ``transfer``.
        say: The words of a language.
    """
    lines: list[str] = []
    for unit in UNITS:
        lines += _of_arms(result, unit, say) + _of_contrasts(result, unit, say)
    return lines + _of_practice(result, say) + _of_speed(result, say) + _of_controls(result, say)


def _joined(parts: list[str], say: Words) -> str:
    return str(say["transfer_finding"]["semicolon"]).join(parts)


def _with_interval(name: str, score: Score, say: Words) -> str:
    pattern = say["transfer_finding"]["arm"]
    value = decimals(score.value)
    return str(pattern).format(arm=name, value=value, interval=interval_of(score, say))


def _of_arms(result: Result, unit: str, say: Words) -> list[str]:
    """Return what each arm scores."""
    own = [one for one in arms_scored(result, unit) if one.control is None]
    if not own:
        return []
    parts = [_with_interval(arm_name(str(one.arm), None, say), one, say) for one in own]
    runs = len(runs_of(result, PRETRAINED))
    return [
        say["transfer_finding"]["scores"].format(
            metric=metric_name(result, say), n=f"{own[0].n:,}",
            unit=say["unit"].get(unit, unit), scores=_joined(parts, say), runs=runs,
        )
    ]  # fmt: skip


def _of_contrasts(result: Result, unit: str, say: Words) -> list[str]:
    """Return the tested contrasts, those that are more than chance first."""
    text = say["transfer_finding"]
    own = sorted(result.rows("difference", unit=unit), key=lambda one: RIVALS.index(str(one.arm)))
    if not own:
        return []
    parts: list[str] = []
    for one in own:
        p = probability(1.0 if one.p_adjusted is None else one.p_adjusted)
        tested = text["p_below" if p.startswith("<") else "p"].format(p=p.lstrip("< "))
        parts.append(
            text["contrast"].format(
                arm=arm_name(str(one.arm), None, say), value=f"{one.value:+.3f}",
                interval=interval_of(one, say), p=tested,
            )
        )  # fmt: skip
    sure = [one for one in own if one.p_adjusted is not None and one.p_adjusted < ALPHA]
    better = [arm_name(str(one.arm), None, say) for one in sure if one.value > 0]
    worse = [arm_name(str(one.arm), None, say) for one in sure if one.value < 0]
    lines = [text["contrasts"].format(contrasts=_joined(parts, say))]
    comma = str(text["comma"])
    if better:
        lines.append(text["better"].format(arms=comma.join(better)))
    if worse:
        lines.append(text["worse"].format(arms=comma.join(worse)))
    if not sure:
        lines.append(text["neither"])
    return lines


def _of_practice(result: Result, say: Words) -> list[str]:
    """Return whether a text model is worth it: its best arm beside what needs none."""
    own = {one.arm: one for one in arms_scored(result, UNITS[0]) if one.control is None}
    plain = [own[arm] for arm in ("kmers", "cnn") if arm in own]
    if PRETRAINED not in own or not plain:
        return []
    best = max(plain, key=lambda one: one.value)
    text = say["transfer_finding"]
    key = "worth" if own[PRETRAINED].value > best.value else "not_worth"
    return [
        text[key].format(
            arm=arm_name(str(best.arm), None, say), plain=decimals(best.value),
            value=decimals(own[PRETRAINED].value), metric=metric_name(result, say),
        )
    ]  # fmt: skip


def _of_speed(result: Result, say: Words) -> list[str]:
    """Return the steps to the target."""
    text = say["transfer_finding"]
    steps = {one.arm: one for one in result.rows("steps_to")}
    seconds = {one.arm: one for one in result.rows("seconds_to")}
    if not steps:
        return []
    target = str(next(iter(steps.values())).scorer).split(" ")[1]
    parts: list[str] = []
    for arm in ARMS:
        name = arm_name(arm, None, say)
        if arm in steps:
            parts.append(
                text["reached"].format(
                    arm=name, steps=f"{steps[arm].value:,.0f}",
                    seconds=f"{seconds[arm].value:,.1f}",
                )
            )  # fmt: skip
        elif arm in TUNED and (runs := runs_of(result, arm)):
            k = sum(row.get("steps_to") is not None for row in runs)
            parts.append(text["missed"].format(arm=name, k=k, n=len(runs)))
    return [
        text["speed"].format(
            target=target, metric=metric_name(result, say), steps=_joined(parts, say)
        )
    ]


def _of_controls(result: Result, say: Words) -> list[str]:
    """Return what controls score, beside the guess."""
    own = arms_scored(result, UNITS[0])
    parts = [
        _with_interval(arm_name(str(one.arm), one.control, say), one, say)
        for one in own
        if one.control is not None
    ]
    guess = result.rows(metric_of(result), unit=UNITS[0], arm="majority")
    parts += [_with_interval(arm_name("majority", None, say), one, say) for one in guess]
    text = say["transfer_finding"]
    return [text["controls"].format(controls=_joined(parts, say))] if len(parts) > 1 else []
