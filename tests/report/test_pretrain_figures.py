"""Figures and findings of ``pretrain``, on curves made by hand and read by the experiment."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from pretrain_made import SWITCHES, made

from firth.errors import OptionError, ResultError
from firth.experiments import pretrain_curves as experiment
from firth.report.charts import figures_of
from firth.report.findings import findings, title_of
from firth.report.meanings import meaning
from firth.report.page import write_report
from firth.report.pretrain_data import (
    ALONE,
    CBOW,
    EQUAL_EPOCHS,
    EQUAL_STEPS,
    FAKE,
    LEAST_POINTS,
    TRAIN,
    UNIGRAM,
    arms_of,
    named_layer,
)
from firth.report.words import words
from firth.results.metrics import METRICS
from firth.text import fake

NAMES = ("curves", "sizes", "layers")
EN = words("en")
SWITCHED = "+".join(SWITCHES[0])


@pytest.fixture(scope="module")
def full():
    """Three sizes, three seeds, both kinds of control: 14 runs."""
    return made()


@pytest.fixture(scope="module")
def small():
    """One seed, two sizes, short: nothing bends."""
    flat = {2_000: None, 20_000: None}
    return made(seeds=1, sizes=(2_000, 20_000), steps=60, switches=(), drops=flat)


@pytest.fixture(scope="module")
def unaligned():
    return made(aligned=False, seeds=1, sizes=(2_000, 20_000), steps=60, switches=())


def drawn(figure, folder):
    return figure.save(folder / "a.svg").read_text(encoding="utf-8")


def own(figure, **fields):
    return [
        row for row in figure.rows() if all(row.get(key) == cell for key, cell in fields.items())
    ]


def test_names_are_those_of_the_experiment():
    assert LEAST_POINTS == experiment.LEAST_POINTS
    assert (EQUAL_STEPS, EQUAL_EPOCHS) == (experiment.EQUAL_STEPS, experiment.EQUAL_EPOCHS)
    assert TRAIN == experiment.TRAIN
    assert fake.FAKE == FAKE
    assert METRICS["mlm_loss"].better == "lower"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_draws_in_both_languages(full, name, language, tmp_path):
    assert figures_of(full, "result") == list(NAMES)
    figure = full.figure(name, language=language)
    svg = drawn(figure, tmp_path)
    assert figure.title in svg
    assert words(language)["control"]["chance"] in svg
    written = re.findall(r">([^<>]*)</text>", svg)
    assert not [one for one in written if re.search(r"undefined|NaN|null|\{", one)]


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_valid(small, name):
    # Altair validates against the schema.
    assert small.figure(name).chart.to_dict()["$schema"].endswith("v6.json")


def test_curves_are_means_of_the_table(full):
    rows = own(full.figure("curves"), panel="loss", arm="75000", line=TRAIN)
    seeds = [row for row in rows if "seed" in row]
    means = {row["step"]: row["value"] for row in rows if "seed" not in row}
    assert len(seeds) == 3 * len(means)
    for step, value in means.items():
        assert value == pytest.approx(
            np.mean([row["value"] for row in seeds if row["step"] == step])
        )
    # Every point of the log is in one of the drawn ones, and none in two.
    table = [
        row for row in full.tables["loss"]
        if (row["arm"], row["text"], row["seed"]) == ("75000", TRAIN, 1)
    ]  # fmt: skip
    early = (table[0]["step"] - 1) / 2
    bins = {}
    for row in table:
        bins.setdefault(int(math.log2(row["step"] - early) * 8), []).append(row["loss"])
    found = [row["value"] for row in seeds if row["seed"] == 1]
    assert found == pytest.approx([np.mean(losses) for losses in bins.values()])
    assert len(found) < len(table)


def test_curves_of_held_out_text_are_of_arms_only(full):
    figure = full.figure("curves")
    lines = {(row["arm"], row["line"]) for row in own(figure, panel="loss")}
    arms = {"2000", "20000", "75000"}
    assert {arm for arm, line in lines if line == "zh"} == arms
    assert {arm for arm, line in lines if line == TRAIN} == {
        *arms, SWITCHED, "en alone", "zh alone",
    }  # fmt: skip
    assert {arm for arm, line in lines if line == CBOW} == {f"{arm} cbow" for arm in arms}
    ranks = own(figure, panel="mrr", arm="75000")
    assert min(row["step"] for row in ranks) >= 1
    layer = named_layer(full)
    assert layer == 3
    last = [row["value"] for row in ranks if row["step"] == 20_000 and "seed" not in row]
    assert last == pytest.approx(
        [row.value for row in full.rows("mrr", arm="75000", split=EQUAL_STEPS, control=None)]
    )


def test_every_point_that_was_found_is_a_mark(full, tmp_path):
    figure = full.figure("curves")
    marks = {
        (row["arm"], row["seed"], row["point"]): (row["step"], row["low"], row["high"])
        for row in own(figure, panel="changes")
    }
    names = ("plateau_start", "drop_start", "drop_end", "rise_start")
    wanted = {
        (row["arm"], row["seed"], name): tuple(row[f"{name}{end}"] for end in ("", "_low", "_high"))
        for row in full.tables["changes"] for name in names if row.get(name) is not None
    }  # fmt: skip
    assert marks == wanted
    assert {name for *_, name in wanted} == set(names)
    svg = drawn(figure, tmp_path)
    for name in names:
        assert f">{EN['pretrain_curves'][name]}<" in svg
    for low, value, high in ((low, value, high) for value, low, high in wanted.values()):
        assert low <= value <= high


def test_which_arms_are_drawn_is_an_option(full):
    every = arms_of(full, EN)
    assert [arm.key for arm in every] == [
        "2000", "20000", "75000", SWITCHED, "en alone", "zh alone", "2000 cbow", "20000 cbow",
        "75000 cbow",
    ]  # fmt: skip
    assert len({arm.colour for arm in every}) == 6
    assert [arm.colour for arm in every[:3]] == [arm.colour for arm in every[6:]]
    plain = full.figure("curves", controls=False)
    arms = {row["arm"] for row in plain.rows() if "arm" in row}
    assert arms == {"2000", "20000", "75000"}
    one = full.figure("curves", arms=75_000)
    assert {row["arm"] for row in one.rows() if "arm" in row} == {"75000"}
    # An arm keeps its colour, whichever others are drawn.
    assert every[2].colour in json.dumps(one.spec)
    assert every[0].colour not in json.dumps(one.spec)
    two = full.figure("layers", arms=["2000", SWITCHED])
    assert {row["arm"] for row in two.rows() if "arm" in row} == {"2000", SWITCHED}
    with pytest.raises(OptionError, match=r"no arm '7500' here; there are 2000.*'75000'"):
        full.figure("curves", arms="7500")
    with pytest.raises(OptionError, match="similarity='csls' is not one of"):
        full.figure("curves", similarity="csls")


@pytest.mark.parametrize("controls", [True, False])
def test_sizes_are_means_seeds_and_controls(full, controls):
    figure = full.figure("sizes", controls=controls)
    for split in (EQUAL_STEPS, EQUAL_EPOCHS):
        shown = {
            row["sentences"]: (row["value"], row["low"], row["high"])
            for row in own(figure, panel="mrr", series=split, control=None)
            if "seed" not in row and not row.get("joint")
        }
        assert shown == {
            int(one.arm): (one.value, one.low, one.high)
            for one in full.rows("mrr", split=split, control=None)
        }
    # At equal epochs the seeds are read off an earlier checkpoint.
    (mean,) = full.rows("mrr", split=EQUAL_EPOCHS, arm="20000")
    assert mean.checkpoint == "5333"
    seeds = [row["value"] for row in own(figure, series=EQUAL_EPOCHS, arm="20000") if "seed" in row]
    assert len(seeds) == 3
    assert np.mean(seeds) == pytest.approx(mean.value)
    (joint,) = own(figure, joint=True)
    (largest,) = full.rows("mrr", split=EQUAL_STEPS, arm="75000", control=None)
    assert (joint["sentences"], joint["value"]) == (75_000, largest.value)
    beside = {
        (row["panel"], row["arm"], row["series"]) for row in figure.rows() if row.get("beside")
    }
    wanted = {
        ("mrr", SWITCHED, EQUAL_STEPS), ("loss", SWITCHED, "en"), ("loss", SWITCHED, "zh"),
        ("loss", "en alone", "en"), ("loss", "zh alone", "zh"),
    }  # fmt: skip
    assert beside == (wanted if controls else set())
    # CBOW and guessing by frequency stand at the sentences that they read.
    for control, unit in ((CBOW, "seed"), (UNIGRAM, "blank")):
        shown = {
            (row["sentences"], row["series"]): row["value"]
            for row in figure.rows() if row.get("kind") == control
        }  # fmt: skip
        wanted = full.rows("mlm_loss", control=control, unit=unit)
        values = {(int(one.arm), one.language): one.value for one in wanted}
        assert shown == (values if controls else {})
        assert len(values) == 6


def test_sizes_of_one_seed_have_no_second_points(small, tmp_path):
    figure = small.figure("sizes")
    assert not [row for row in figure.rows() if "seed" in row or "low" in row]
    assert figure.spec["title"]["subtitle"][0] == "One seed an arm: there are no intervals."
    svg = drawn(figure, tmp_path)
    for name in (EN["pretrain_sizes"]["equal_epochs"], "BERT", "CBOW", "unigrams"):
        assert f">{name}<" in svg


def test_an_interval_that_leaves_the_frame_is_said():
    wide = made(seeds=2, sizes=(2_000, 20_000), steps=60, switches=())
    scores = [
        one.model_copy(update={"low": 0.0, "high": 1.0})
        if (one.metric, one.split) == ("mrr", EQUAL_STEPS) else one
        for one in wide.scores
    ]  # fmt: skip
    subtitle = EN["pretrain_sizes"]["cut"]
    assert (
        subtitle
        in wide.model_copy(update={"scores": scores}).figure("sizes").spec["title"]["subtitle"]
    )


def test_layers_are_the_table_at_every_checkpoint(full):
    figure = full.figure("layers", step=5_333, similarity="raw")
    (at,) = (one["value"] for one in figure.spec["params"] if one["name"] == "at")
    (steps,) = (one["value"] for one in figure.spec["params"] if one["name"] == "steps")
    assert steps[at] == 5_333
    assert steps == sorted({row["step"] for row in full.tables["alignment"]})
    found = {
        (row["arm"], row["step"], row["seed"], row["layer"]): (row["centred"], row["raw"])
        for row in figure.rows() if "seed" in row
    }  # fmt: skip
    assert found == {
        (row["arm"], row["step"], row["seed"], row["layer"]): (row["centred"], row["raw"])
        for row in full.tables["alignment"]
    }
    means = [row["raw"] for row in own(figure, arm="75000", step=20_000) if "seed" not in row]
    seeds = [row["raw"] for row in own(figure, arm="75000", step=20_000) if "seed" in row]
    assert means == pytest.approx(np.reshape(seeds, (3, 5)).mean(axis=0))
    with pytest.raises(OptionError, match=r"no checkpoint of step 7; there are 0, 8"):
        full.figure("layers", step=7)


def test_findings_say_the_numbers(full):
    lines = findings(full, EN)
    text = "\n".join(lines)
    (largest,) = full.rows("mrr", split=EQUAL_STEPS, arm="75000", control=None)
    assert f"75,000: {largest.value:.3f} [{largest.low:.3f}, {largest.high:.3f}]" in lines[0]
    for row in full.tables["contrasts"]:
        if row["contrast"] != "more steps":
            assert f"{row['difference']:+.3f} [{row['low']:.3f}, {row['high']:.3f}] (p" in text
    (shallow,) = full.rows("mlm_loss", control=CBOW, arm="75000", language="en", unit="seed")
    assert "CBOW at the same blanks, 75,000 sentences: held-out loss English" in text
    assert f"English {shallow.value:.3f}, unigrams 6.300, BERT" in text
    assert "20,000 against 2,000 sentences" in lines[1]
    changes = [row for row in full.tables["changes"] if row["control"] is None]
    rests = sum("plateau_start" in row for row in changes)
    assert f"a plateau was found in {rests} of 9 runs" in text
    lags = sorted(row["lag"] for row in changes if "lag" in row)
    assert f"In the {len(lags)} runs that have both" in text
    assert f"begins {abs(np.median(lags)):.1f} doublings of the step after the loss" in text
    assert f"{lags[0]:+.1f} to {lags[-1]:+.1f}" in text
    counts = re.search(r"before the drop in (\d+), after it in (\d+); in (\d+)", text)
    assert sum(map(int, counts.groups())) == len(lags)
    assert "with: 2,000: " in text
    assert "own positions + own specials + no random, 75,000 sentences: MRR" in text
    for language in ("en", "zh"):
        (alone,) = full.rows("mlm_loss", control=ALONE, language=language, unit="seed")
        assert f"held-out loss {alone.value:.3f}; learnt together" in text


def test_lags_are_counted_by_their_intervals(full):
    def result(*ends):
        rows = [
            {"arm": "75000", "sentences": 75_000, "control": None, "seed": seed,
             "plateau_start": 10.0, "drop_start": 100.0, "drop_start_low": 90.0,
             "drop_start_high": 110.0, "rise_start": value, "rise_start_low": low,
             "rise_start_high": high, "mrr_after": 0.5, "lag": math.log2(value / 100)}
            for seed, (low, value, high) in enumerate(ends)
        ]  # fmt: skip
        return full.model_copy(update={"tables": full.tables | {"changes": rows}})

    text = "\n".join(findings(result((40, 50, 60), (80, 100, 120), (180, 200, 300)), EN))
    assert "begins 0.0 doublings of the step after" in text
    assert "-1.0 to +1.0" in text
    assert "before the drop in 1, after it in 1; in 1 they overlap" in text
    text = "\n".join(findings(result((40, 50, 60)), EN))
    assert "In the 1 run that has both, it begins 1.0 doublings of the step before" in text


def test_what_was_not_found_is_said(small, unaligned, full):
    lines = findings(small, EN)
    text = "\n".join(lines)
    assert "One seed an arm: there are no intervals" in text
    assert "no plateau was found in 2 of 2 runs" in text
    assert not re.search(r"p [=<]|\[", text)
    rows = [{key: row[key] for key in ("arm", "sentences", "control", "seed")}
            for row in full.tables["changes"]]  # fmt: skip
    none = full.model_copy(update={"tables": full.tables | {"changes": rows}})
    text = "\n".join(findings(none, EN))
    assert "no plateau was found in 9 of 9 runs" in text
    assert "no rise was found in 9 of 9 runs" in text
    assert "no plateau was found in 1 of 1 runs" in text
    some = [row | ({"plateau_start": 9.0} if row["seed"] == 0 else {}) for row in rows]
    text = "\n".join(
        findings(full.model_copy(update={"tables": full.tables | {"changes": some}}), EN)
    )
    assert "a plateau was found in 3 of 9 runs" in text
    assert "a drop after it in 0. No plateau was found in 6 of 9 runs." in text
    assert "12 points" in "\n".join(findings(made(seeds=1, steps=8, switches=()), EN))
    assert "12 checkpoints" in "\n".join(findings(made(seeds=1, steps=60, checkpoints=4), EN))
    lines = findings(unaligned, EN)
    assert lines[0] == "Alignment was not measured: there was no dictionary."
    assert not any(line.startswith("MRR") for line in lines)


def test_without_a_dictionary_losses_are_drawn(unaligned, tmp_path):
    assert len(unaligned.figure("curves").spec["vconcat"]) == 1 + any(
        "plateau_start" in row for row in unaligned.tables["changes"]
    )
    assert len(unaligned.figure("sizes").spec["vconcat"]) == 1
    drawn(unaligned.figure("curves"), tmp_path)
    drawn(unaligned.figure("sizes"), tmp_path)
    with pytest.raises(ResultError, match="measured no alignment"):
        unaligned.figure("layers")
    bare = unaligned.model_copy(update={"scores": [], "tables": unaligned.tables | {"loss": []}})
    for name in ("curves", "sizes"):
        with pytest.raises(ResultError, match="this result has no losses"):
            bare.figure(name)


def test_fake_languages_have_names(tmp_path):
    result = made(("en", "en-x-fake"), seeds=1, sizes=(2_000,), steps=60, switches=())
    assert title_of(result, EN).startswith("A BERT from nothing: do English and fake English align")
    assert "假英文" in title_of(result, words("zh"))
    assert ">held out, fake English<" in drawn(result.figure("curves"), tmp_path)
    assert "fake English alone, 2,000 sentences" in "\n".join(findings(result, EN))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_its_section(full, language, tmp_path):
    full.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "p.html", language=language)
    html = page.read_text(encoding="utf-8")
    say = words(language)
    assert html.count("data-figure=") >= 3
    for name in NAMES:
        assert say[f"pretrain_{name}"]["title"] in html
    for line in findings(full, say):
        assert line.replace("'", "&#39;") in html
    assert "en: a &lt;warning&gt;" in html
    assert meaning("mlm_loss", language) in html
