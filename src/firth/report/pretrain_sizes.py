"""Is it the data? MRR and held-out loss over the number of sentences, beside the controls.

More sentences at as many steps are read less often. So every arm stands twice above: after as many
steps as all, and where it had read its text as often as the largest arm will have at its end.
"""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.pretrain_data import (
    BERT,
    CBOW,
    EQUAL_EPOCHS,
    EQUAL_STEPS,
    UNIGRAM,
    ArmOf,
    Row,
    arms_of,
    chance_of,
    language_name,
    languages_of,
    mean_of,
    named_layer,
)
from firth.report.pretrain_points import Panel, points_panel
from firth.report.vega import PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result, Score

SPLITS = (EQUAL_STEPS, EQUAL_EPOCHS)
# Controls that stand at the number of sentences that they read, not in columns of their own.
PLACED = (None, CBOW)


def pretrain_sizes(
    result: Result, *, controls: bool = True, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw what more sentences bring: each seed, their mean and its t interval.

    Args:
        result: A result of ``pretrain``.
        controls: Whether controls stand beside the arms.
        language: Of titles and axes.

    Raises:
        ResultError: There is nothing to draw.
    """
    say = words(language)
    text = say["pretrain_sizes"]
    arms = [one for one in arms_of(result, say) if controls or one.control is None]
    panels = [one for one in _panels(result, arms, controls, say) if one.rows]
    if not panels:
        raise ResultError(text["missing"])
    columns = sum(arm.control not in PLACED for arm in arms)
    seeds = max(len(arm.seeds) for arm in arms)
    subtitle = [text["subtitle_seeds" if seeds > 1 else "subtitle"].format(n=seeds)]
    chance: list[Row] = []
    if panels[0].name == "mrr":
        subtitle.append(text["subtitle_mrr"].format(layer=named_layer(result)))
        chance = [{"panel": "mrr", "series": "chance", "value": chance_of(result)}]
    if any(panel.cuts for panel in panels):
        subtitle.append(text["cut"])
    names: dict[str, dict[str, str]] = {
        f"{panel.name}_names": {one: name for one, (name, _) in panel.looks.items()}
        for panel in panels
    }
    names["arm_names"] = {one.key: one.name for one in arms}
    names["kind_names"] = {
        BERT: text[BERT], CBOW: say["pretrain"][CBOW], UNIGRAM: say["control"][UNIGRAM],
    }  # fmt: skip
    apart = {"color": "independent", "shape": "independent"}
    return text["title"], document(
        text["title"],
        subtitle,
        [row for panel in panels for row in panel.rows] + chance,
        params=[
            *({"name": name, "value": value} for name, value in names.items()),
            {"name": "chance_name", "value": say["control"]["chance"]},
        ],
        vconcat=[points_panel(panel, arms, columns, say) for panel in panels],
        spacing=22,
        resolve={"scale": apart, "legend": apart},
        usermeta=layout(),
    )


def _panels(result: Result, arms: list[ArmOf], controls: bool, say: Words) -> list[Panel]:
    text, colours = say["pretrain_sizes"], iter(PALETTE)
    splits = {split: (str(text[split]), next(colours)) for split in SPLITS}
    spoken = {one: (language_name(one, say), next(colours)) for one in languages_of(result)[:6]}
    ranks = [row for arm in arms for row in _ranks(result, arm)]
    losses = [row for arm in arms for row in _losses(result, arm)]
    if controls:
        losses += _unigrams(result, arms)
    if not any(row["series"] == EQUAL_EPOCHS and "joint" not in row for row in ranks):
        splits = {EQUAL_STEPS: splits[EQUAL_STEPS]}
        ranks = [row for row in ranks if row["series"] == EQUAL_STEPS]
    return [
        Panel("mrr", ranks, splits, text["mrr"], floor=0.0),
        Panel("loss", losses, spoken, text["loss"]),
    ]


def _ranks(result: Result, arm: ArmOf) -> list[Row]:
    layer = named_layer(result)
    rows: list[Row] = []
    for split in SPLITS:
        mean = mean_of(result, "mrr", arm, split=split)
        # The largest arm has one end, which is that of both.
        if mean is None and split == EQUAL_EPOCHS and arm.control is None:
            mean = mean_of(result, "mrr", arm, split=EQUAL_STEPS)
            if mean is not None:
                rows.append(_of_mean("mrr", split, arm, mean) | {"joint": True})
        elif mean is not None:
            own = [
                (row["seed"], row["centred"])
                for row in result.tables["alignment"]
                if (row["arm"], row["layer"]) == (arm.key, layer)
                and str(row["step"]) == mean.checkpoint
            ]
            rows += [_of_mean("mrr", split, arm, mean), *_of_seeds("mrr", split, arm, own)]
    return rows


def _losses(result: Result, arm: ArmOf) -> list[Row]:
    rows: list[Row] = []
    last = result.config["settings"]["steps"]
    for language in languages_of(result):
        mean = mean_of(result, "mlm_loss", arm, language=language, split=EQUAL_STEPS)
        own = [
            (row["seed"], row["loss"])
            for row in result.tables["loss"]
            if (row["arm"], row["text"], row["step"]) == (arm.key, language, last)
        ]
        # The control "alone" has both languages, each in an arm of its own.
        if mean is not None and own:
            rows += [_of_mean("loss", language, arm, mean), *_of_seeds("loss", language, arm, own)]
    return rows


def _unigrams(result: Result, arms: list[ArmOf]) -> list[Row]:
    """Return what guessing by frequency scores, at the number of sentences it was counted on."""
    return [
        {
            "panel": "loss", "series": one.language, "kind": UNIGRAM, "arm": arm.key,
            "sentences": arm.sentences, "control": UNIGRAM, "beside": False, "value": one.value,
        }
        for arm in arms
        if arm.control is None
        for one in result.rows("mlm_loss", control=UNIGRAM, arm=str(arm.sentences))
    ]  # fmt: skip


def _about(panel: str, series: str, arm: ArmOf) -> Row:
    return {
        "panel": panel, "series": series, "kind": CBOW if arm.control == CBOW else BERT,
        "arm": arm.key, "sentences": arm.sentences, "control": arm.control,
        "beside": arm.control not in PLACED,
    }  # fmt: skip


def _of_mean(panel: str, series: str, arm: ArmOf, mean: Score) -> Row:
    row = _about(panel, series, arm) | {"value": mean.value, "n": mean.n}
    return row if mean.low is None else row | {"low": mean.low, "high": mean.high}


def _of_seeds(panel: str, series: str, arm: ArmOf, values: list[tuple[Any, Any]]) -> list[Row]:
    # One run is its own mean.
    if len(values) < 2:
        return []
    return [_about(panel, series, arm) | {"seed": seed, "value": one} for seed, one in values]
