"""Figures and findings of the translation trick, on small real results and on one made by hand."""

import itertools
import sys
from pathlib import Path

import pytest
import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

import firth
from firth.errors import OptionError, ResultError
from firth.experiments.language_vectors import fit
from firth.experiments.sweep import sweep
from firth.experiments.translate import translate
from firth.report.charts import figures_of
from firth.report.findings import findings, title_of
from firth.report.page import write_report
from firth.report.shift_data import way_name
from firth.report.words import words
from firth.results.schema import ModelCard, Result, Score
from firth.text.dictionary import Dictionary
from firth.text.parallel import Parallel

ENGLISH = ["apple", "price", "shares", "today", "again", "another"]
CHINESE = ["苹果", "价钱", "公司", "今天", "新", "甜"]
GERMAN = ["Äpfel", "essen", "Übergrößenträger"] * 2
NUMBERS = range(6)
PAIRS = [
    (f"the {ENGLISH[i]} {ENGLISH[j]} {k}", f"{CHINESE[i]}{CHINESE[j]}{k}。")
    for i, j, k in itertools.product(NUMBERS, NUMBERS, "ab")
]
IN_GERMAN = {
    source: f"{GERMAN[i]} {GERMAN[j]} {k}"
    for (source, _), (i, j, k) in zip(PAIRS, itertools.product(NUMBERS, NUMBERS, "ab"), strict=True)
}
TEXTS = ["今天天气很好，我们去公园吧。", "我今天吃了一个苹果，又甜又脆。" * 16]
CARD = ModelCard(
    name="m", revision="1", fingerprint="0", parameters=1, family="bert", layers=2, width=4,
    source="m",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny model that gives a text back: its blocks add little to the embeddings."""
    folder = tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert")
    model = transformers.AutoModelForMaskedLM.from_pretrained(folder)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "output.dense" in name or "position" in name or "token_type" in name:
                weight.mul_(0.02)
        transform = model.cls.predictions.transform.dense
        transform.weight.copy_(torch.eye(len(transform.weight)))
    model.save_pretrained(folder)
    return firth.load(str(folder), dtype="fp32")


@pytest.fixture(scope="module")
def swept(tiny):
    dictionary = Dictionary("en", "zh", tuple(zip(ENGLISH, CHINESE, strict=True)))
    texts = [
        Parallel("en", "zh", tuple(PAIRS)),
        Parallel("en", "de", tuple(IN_GERMAN.items())),
    ]
    return sweep(tiny, texts, [dictionary], layers=[0, 2, 3], alphas=[1.0, 4.0], dev=12, test=12)


@pytest.fixture(scope="module")
def moved(mini):
    return translate(mini, TEXTS, source="zh", target="en", layer=7)


@pytest.fixture(scope="module")
def fitted(tiny):
    corpora = {"en": [a for a, _ in PAIRS], "zh-Hant": [b for _, b in PAIRS]}
    return fit(tiny, corpora)[1]


def drawn(figure, folder):
    figure.save(folder / "a.svg")
    return (folder / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tokens_are_the_table(moved, language, tmp_path):
    figure = moved.figure("tokens", language=language)
    own = [row for row in moved.tables["tokens"] if row["text_number"] == 1]
    assert [{"text_number": 1} | row for row in figure.rows()] == own
    svg, say = drawn(figure, tmp_path), words(language)
    for row in own:
        assert f">{row['token']}</text>" in svg
        assert f">{row['output']}</text>" in svg
    assert figure.title == TEXTS[0]
    languages = {row[f"{side}_language"] for row in own for side in ("token", "output")}
    assert (f">{say['tokens']['other']}<" in svg) == bool(languages - {"zh", "en", "shared"})
    assert f">{say['tokens']['unknown']}<" not in svg
    assert f">{say['languages']['zh']}<" in svg


def test_a_long_text_wraps_and_is_cut(moved):
    figure = moved.figure("tokens", sentence=2)
    n = sum(row["text_number"] == 2 for row in moved.tables["tokens"])
    assert n > 120
    assert len(figure.rows()) == 120
    assert f"The first 120 of {n} tokens." in figure.spec["title"]["subtitle"][1]
    (places,) = (one["value"] for one in figure.spec["params"] if one["name"] == "places")
    assert len(places) == 120
    assert max(place["line"] for place in places) > 2
    for before, after in itertools.pairwise(places):
        below = after["line"] == before["line"] + 1 and after["left"] == 0
        assert below or (after["line"] == before["line"] and after["left"] > before["right"])
    assert max(place["right"] for place in places) <= 720


def test_what_tokens_cannot_draw(moved):
    with pytest.raises(OptionError, match="sentence 3: the result has tokens of 1, 2"):
        moved.figure("tokens", sentence=3)
    empty = moved.model_copy(update={"tables": {"texts": [], "tokens": []}})
    with pytest.raises(ResultError, match="No tokens"):
        empty.figure("tokens")


def test_tokens_of_which_nobody_knows_the_language(moved, tmp_path):
    bare = [
        {key: cell for key, cell in row.items() if not key.endswith("_language")}
        for row in moved.tables["tokens"]
    ]
    result = moved.model_copy(update={"tables": moved.tables | {"tokens": bare}})
    assert ">not known<" in drawn(result.figure("tokens"), tmp_path)


def test_the_findings_of_a_translation(moved):
    first, second, rate = findings(moved, words("en"))
    assert first == f"{TEXTS[0]} → {moved.tables['texts'][0]['output']}"
    assert second.startswith(TEXTS[1][:20])
    assert "…" in second
    (score,) = moved.scores
    assert rate.startswith(
        f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}] of the {score.n}"
    )
    assert rate.endswith("English (layer 7, alpha 2).")
    bound = moved.model_copy(update={"config": moved.config | {"tokens": "target"}})
    assert findings(bound, words("en"))[-1].endswith("shared ones, were allowed.")
    assert "中文" not in findings(moved, words("zh"))[-1]
    assert "英文" in findings(moved, words("zh"))[-1]


@pytest.mark.parametrize("way", ["en-zh", "zh-en", "en-de", "de-en"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_trade_off_is_the_scores(swept, way, language, tmp_path):
    figure = swept.figure("tradeoff", pair=way, language=language)
    (chosen,) = (row for row in swept.tables["chosen"] if row["direction"] == way)
    rows = [row for row in figure.rows() if row["split"] == "dev"]
    assert len(rows) == 6
    metrics = ("conversion_rate", "bleu_1", "dictionary_hit_rate")
    found = {
        (row["layer"], row["alpha"], metric, row[metric])
        for row in rows for metric in metrics if metric in row
    }  # fmt: skip
    assert found == {
        (one.layer, one.alpha, one.metric, one.value)
        for one in swept.rows(direction=way, split="dev")
    }
    (marked,) = (row for row in rows if row.get("series") == "dev")
    assert (marked["layer"], marked["alpha"]) == (chosen["layer"], chosen["alpha"])
    tested = {row["series"] for row in figure.rows() if row["split"] == "test"}
    wanted = {"chosen", "target_tokens", "alpha_0", "random", "third_language"}
    assert tested == (wanted | {"dictionary"} if "zh" in way else wanted)
    assert len(figure.spec["title"]["subtitle"]) == 2
    svg, say = drawn(figure, tmp_path), words(language)
    for name in ("alpha_0", "random", "third_language"):
        assert say["control"][name] in svg
    (choice,) = (one for one in figure.spec["params"] if one["name"] == "metric")
    assert choice["value"] == chosen["by"]
    assert ("bind" in choice) == ("zh" in way)


def test_settings_without_a_conversion_rate_are_counted(swept):
    def without(n):
        rates = swept.rows("conversion_rate", direction="zh-en", split="dev")[:n]
        scores = [one for one in swept.scores if one not in rates]
        return swept.model_copy(update={"scores": scores})

    figure = without(2).figure("tradeoff", pair="zh-en")
    assert "2 settings, whose tokens have no language" in figure.spec["title"]["subtitle"][2]
    assert sum(row["split"] == "dev" for row in figure.rows()) == 6  # the data keeps them
    with pytest.raises(ResultError, match="zh-en has no conversion rates"):
        without(6).figure("tradeoff", pair="zh-en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_controls_are_the_scores(swept, language, tmp_path):
    figure = swept.figure("controls", pair="en-zh", language=language)
    found = {(row["metric"], row["value"], row["low"], row["high"]) for row in figure.rows()}
    own = swept.rows(direction="en-zh", split="test")
    assert found == {(one.metric, one.value, one.low, one.high) for one in own}
    assert len(figure.rows()) == len(own) == 16
    assert len(figure.spec["hconcat"]) == 3
    svg, say = drawn(figure, tmp_path), words(language)
    for name in say["shift_metric"].values():
        assert name in svg
    assert say["control"]["dictionary"] in svg
    # Without a dictionary there are no hits, and no lookup.
    bare = swept.figure("controls", pair="de-en", language=language)
    assert len(bare.spec["hconcat"]) == 2
    assert say["control"]["dictionary"] not in drawn(bare, tmp_path)


@pytest.mark.parametrize("way", ["en-zh", "de-en"])
def test_the_grid_outlines_what_was_chosen(swept, way):
    figure = swept.figure("grid", pair=way, language="zh")
    (chosen,) = (row for row in swept.tables["chosen"] if row["direction"] == way)
    (cell,) = (row for row in figure.rows() if row.get("chosen"))
    assert (cell["layer"], cell["alpha"]) == (chosen["layer"], chosen["alpha"])
    assert cell[chosen["by"]] == max(row[chosen["by"]] for row in figure.rows())
    assert len(figure.rows()) == 6
    assert words("zh")["shift_metric"][chosen["by"]] in figure.spec["title"]["subtitle"][0]


def test_what_a_sweep_cannot_draw(swept):
    assert figures_of(swept, "pair") == ["tradeoff", "controls", "grid"]
    for name in figures_of(swept):
        assert swept.figure(name).title == swept.figure(name, pair="en-zh").title
        with pytest.raises(OptionError, match="no pair 'en-zhh' here.*Did you mean 'en-zh'"):
            swept.figure(name, pair="en-zhh")
    with pytest.raises(OptionError, match="metric='bleu' is not one of"):
        swept.figure("tradeoff", metric="bleu")
    with pytest.raises(ResultError, match="en-de has no scores dictionary hit rate"):
        swept.figure("grid", pair="en-de", metric="dictionary_hit_rate")


def made(own, random, metric="dictionary_hit_rate"):
    """Return a sweep of two directions whose intervals are ``own`` and that of a random vector."""
    scores, chosen = [], []
    for way in ("en-zh-Hant", "zh-Hant-en"):
        about = {"pair": way, "direction": way, "split": "test", "layer": 1, "alpha": 2.0}

        def score(name, value, ends=(None, None), about=about, **more):
            low, high = ends
            scores.append(
                Score(
                    metric=name, value=value, n=50, unit="word", low=low, high=high,
                    **about, **more,
                )
            )  # fmt: skip

        chosen.append(
            {"direction": way, "layer": 1, "alpha": 2.0, "by": metric, "dev": 10, "test": 20}
        )
        score(metric, sum(own) / 2, own)
        score(metric, sum(random) / 2, random, control="random")
        if metric != "bleu_1":
            score("bleu_1", 0.125)
            score("bleu_1", 0.25, control="dictionary")
    return Result(
        experiment="sweep", version="0", config={}, model=CARD, data=[], seed=0, scores=scores,
        tables={"chosen": chosen, "examples": []}, environment={}, started="2026-01-01T00:00:00",
        seconds=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("metric", ["dictionary_hit_rate", "bleu_1"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_score_within_the_random_vectors_interval_is_said_plainly(metric, language):
    say = words(language)
    plainly = say["sweep_finding"]["within"].format(metric=say["shift_metric"][metric])
    for own, random, said in (
        ((0.3, 0.5), (0.1, 0.2), False),
        ((0.2, 0.4), (0.0, 0.2), True),  # they touch
        ((0.0, 0.1), (0.1, 0.2), True),
    ):
        there, back = findings(made(own, random, metric), say)
        assert (plainly in there, plainly in back) == (said, said)
        assert f"{sum(own) / 2:.3f} [{own[0]:.3f}, {own[1]:.3f}]" in there
        assert f"{say['control']['random']} {sum(random) / 2:.3f}" in there
        if metric != "bleu_1":
            assert f"{say['control']['dictionary']} 0.250" in there


def test_a_direction_of_a_language_with_a_hyphen():
    result, say = made((0.3, 0.5), (0.1, 0.2)), words("en")
    assert way_name(result, "zh-Hant-en", say) == "Chinese (trad.) → English"
    assert way_name(result, "en-zh-Hant", say) == "English → Chinese (trad.)"


def test_the_findings_of_a_sweep(swept):
    say = words("en")
    lines = findings(swept, say)
    assert len(lines) == 4
    for line, chosen in zip(lines, swept.tables["chosen"], strict=True):
        way = chosen["direction"]
        assert f"layer {chosen['layer']}, alpha {chosen['alpha']:g}" in line
        for one in swept.rows(direction=way, split="test", arm=None):
            # BLEU-1 of the vectors that are no translation counts where there are no hits.
            told = "zh" not in way or one.metric != "bleu_1" or one.control in (None, "dictionary")
            if told and (one.control is None or one.metric != "conversion_rate"):
                assert f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" in line
    assert lines[0].startswith("English → Chinese")


def test_stability_is_the_scores(fitted, tmp_path):
    figure = fitted.figure("stability")
    assert sorted((row["layer"], row["n"], row["value"]) for row in figure.rows()) == sorted(
        (one.layer, one.n, one.value) for one in fitted.scores
    )
    assert figure.spec["params"][0]["value"] == 2  # of layers 0 to 3
    svg = drawn(fitted.figure("stability", layer=3, language="zh"), tmp_path)
    assert "第 3 层" in svg
    assert "英文 – 繁体中文" in svg
    with pytest.raises(OptionError, match="no layer 4 here; there are 0, 1, 2, 3"):
        fitted.figure("stability", layer=4)
    with pytest.raises(ResultError, match="compares no halves"):
        fitted.model_copy(update={"scores": []}).figure("stability")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_findings_of_stability(fitted, language):
    say = words(language)
    middle, worst = findings(fitted, say)
    counts = sorted({one.n for one in fitted.scores})
    for n in (counts[0], counts[-1]):
        (score,) = fitted.rows(layer=2, n=n)
        assert f"{score.value:.3f}" in middle
        assert f"{n} " in middle
    least = min(fitted.rows(n=counts[-1]), key=lambda one: one.value)
    assert f"{least.value:.3f}" in worst
    assert say["title"]["language_vectors"] in title_of(fitted, say)


def test_stability_of_several_pairs(tiny):
    corpora = {
        "en": [a for a, _ in PAIRS[:40]], "zh": [b for _, b in PAIRS[:40]],
        "de": list(IN_GERMAN.values())[:24],
    }  # fmt: skip
    result = fit(tiny, corpora)[1]
    middle, _ = findings(result, words("en"))
    values = [one.value for one in result.rows(layer=2, n=10)]
    assert f"10 sentences a half {sum(values) / 3:.3f}, least {min(values):.3f}" in middle
    assert "10–20 sentences a half" in middle  # German has only 12 a half
    assert {row["pair"] for row in result.figure("stability").rows()} == {"en-zh", "en-de", "zh-de"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_page_tells_all_three(moved, swept, fitted, language, tmp_path):
    say = words(language)
    for result in (moved, swept, fitted):
        result.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html", language=language)
    text = page.read_text(encoding="utf-8")
    for name in ("translate", "sweep", "language_vectors"):
        assert say["title"][name] in text
    assert say["page"]["no_finding"] not in text
    model = swept.model.name
    for way in ("en-zh", "zh-en", "en-de", "de-en"):
        for name in ("tradeoff", "controls", "grid"):
            assert f"sweep-{way}-{name}-{model}" in text
    assert "translate-2-tokens-mini" in text
    assert f"language_vectors-stability-{model}" in text
    assert f"<td>{say['control']['third_language']}</td>" in text


def test_texts_that_are_not_drawn_are_said_with_a_call_that_works(moved, tmp_path):
    tables = {
        name: [row | {"text_number": at} for at in range(1, 9) for row in rows
               if row["text_number"] == 1]
        for name, rows in moved.tables.items()
    }  # fmt: skip
    moved.model_copy(update={"tables": tables}).save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html").read_text(encoding="utf-8")
    assert "6 of 8 sentences" in page
    assert "result.figure(&#34;tokens&#34;, sentence=7)" in page
