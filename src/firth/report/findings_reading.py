"""What ``reading``, its arms and ``ask`` say in a line or two."""

from __future__ import annotations

from firth.report.numbers import decimals, interval_of, probability
from firth.report.reading_data import (
    EVERYWHERE,
    Row,
    arm_name,
    arms_of,
    language_name,
    own_scorer,
    score_of,
    tests_of,
)
from firth.report.words import Words
from firth.results.schema import Result

MOST_ANSWERS = 8


def of_reading(result: Result, say: Words) -> list[str]:
    """Return a line for each test: EM and F1 by its own scorer, F1 by the common one, published."""
    text = say["reading_finding"]
    return [_of_test(result, test, None, say) for test in tests_of(result, say)] + [text["scorers"]]


def _of_test(result: Result, test: str, arm: str | None, say: Words) -> str:
    text = say["reading_finding"]
    scorer = own_scorer(result, test)
    f1 = score_of(result, "f1", test, scorer, arm)
    em = score_of(result, "exact_match", test, scorer, arm)
    if f1 is None or em is None:
        return say["page"]["no_finding"]
    line = text["test"].format(
        test=test, language=language_name(str(f1.language), say), n=f"{f1.n:,}", scorer=scorer,
        f1=decimals(f1.value), f1_interval=interval_of(f1, say), em=decimals(em.value),
        em_interval=interval_of(em, say),
    )  # fmt: skip
    common = score_of(result, "f1", test, EVERYWHERE, arm)
    if common is not None and scorer != EVERYWHERE:
        line += text["common"].format(f1=decimals(common.value))
    beside = [
        text["of_model"].format(model=row["model"], f1=decimals(float(str(row["f1"]))))
        for row in result.tables.get("published", [])
        if row["test"] == test
    ]
    return line + (text["published"].format(models=text["comma"].join(beside)) if beside else "")


def of_reading_arms(result: Result, say: Words) -> list[str]:
    """Return for each test what the arms score, then the contrasts of F1."""
    text = say["reading_finding"]
    lines: list[str] = []
    for test in tests_of(result, say):
        scorer = own_scorer(result, test)
        means = [
            text["mean"].format(
                arm=arm_name(arm, say), f1=decimals(score.value), interval=interval_of(score, say)
            )
            for arm in arms_of(result)
            if (score := score_of(result, "f1", test, scorer, arm)) is not None
        ]
        lines.append(text["arms"].format(test=test, scorer=scorer, means="; ".join(means)))
    for row in result.tables.get("contrasts", []):
        if row["metric"] == "f1":
            lines.append(_of_contrast(row, say))
    return lines


def _of_contrast(row: Row, say: Words) -> str:
    text = say["reading_finding"]
    line = text["contrast"].format(
        test=row["test"], first=arm_name(str(row["first"]), say),
        second=arm_name(str(row["second"]), say), value=f"{float(row['difference']):+.3f}",
        n=f"{row['n']:,}",
    )  # fmt: skip
    if row.get("low") is None:
        return line + text["stop"]
    ends = say["finding"]["interval"].format(low=decimals(row["low"]), high=decimals(row["high"]))
    p = probability(float(row["p_adjusted"]))
    sign = "" if p.startswith("<") else "= "
    return line + ends + text["tested"].format(p=f"{sign}{p}")


def of_asking(result: Result, say: Words) -> list[str]:
    """Return a line for each question: the answer, where it stands, how sure the reader is."""
    text = say["reading_finding"]
    lines: list[str] = []
    for row in result.tables["questions"][:MOST_ANSWERS]:
        first = [
            one
            for one in result.tables["answers"]
            if one["question"] == row["question"] and one["rank"] == 1
        ]
        if not row["answer"] or not first:
            lines.append(text["unanswered"].format(question=row["question"]))
            continue
        lines.append(
            text["answered"].format(
                question=row["question"], answer=row["answer"], line=first[0]["line"],
                column=first[0]["column"], p=decimals(float(str(row["probability"]))),
            )
        )  # fmt: skip
    return lines
