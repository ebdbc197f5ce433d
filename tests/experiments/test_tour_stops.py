"""The stops of the tour: what they leave, and why one is skipped."""

from __future__ import annotations

import pytest

from firth.cli.tour import line_of
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.errors import ModelError, OptionError
from firth.experiments.tour import STOPS, Stop, Visit, Walk, visit
from firth.report.words import languages, words
from firth.results.store import results_below


@pytest.fixture(scope="module")
def headless(mini, tmp_path_factory) -> Encoder:
    """Mini without its masked-LM head: an encoder that somebody fine-tuned."""
    from transformers import BertModel

    folder = tmp_path_factory.mktemp("headless") / "model"
    mini.tokenizer.save_pretrained(folder)
    model = BertModel(mini.model.config, add_pooling_layer=False)
    model.load_state_dict(mini.model.state_dict(), strict=False)
    model.save_pretrained(folder)
    return load(str(folder), dtype="fp32")


def stop_of(name: str) -> Stop:
    return next(one for one in STOPS if one.name == name)


@pytest.mark.parametrize("name", ["cloze", "shift"])
def test_what_an_encoder_cannot_do_is_skipped_and_says_why(headless, tmp_path, name):
    made = visit(stop_of(name), Walk(headless, out=str(tmp_path)))
    assert made.results == []
    assert "has no masked-LM head" in made.missing
    for language in languages():
        say = words(language)
        line = line_of(made, 3, 8, say)
        assert line.startswith(f"3/8 {say['tour'][name]} (")
        assert made.missing in line


def test_a_stop_of_another_encoder_leaves_results_of_its_own(headless, tmp_path):
    made = visit(stop_of("senses"), Walk(headless, out=str(tmp_path), fresh=True))
    assert made.missing == ""
    assert {one.model.name for one in made.results} == {headless.name}
    assert len(list(results_below(tmp_path))) == len(made.results) == 2
    assert "苹果" in line_of(made, 1, 8, words("zh"))


def test_other_faults_are_not_swallowed(mini, tmp_path):
    def fail(_walk: Walk) -> list:
        raise OptionError("a fault")

    with pytest.raises(OptionError, match="a fault"):
        visit(Stop("senses", fail), Walk(mini, out=str(tmp_path)))

    def lack(_walk: Walk) -> list:
        raise ModelError("it lacks a head")

    assert visit(Stop("senses", lack), Walk(mini, out=str(tmp_path))).missing == "it lacks a head"


def test_the_line_of_a_stop_is_one_line(mini, tmp_path):
    (result,) = stop_of("pretrain").ask(Walk(mini, out=str(tmp_path)))
    line = line_of(Visit(stop_of("pretrain"), [result], 1.25, ""), 7, 8, words("en"))
    assert "\n" not in line
    assert line.startswith("7/8 ")
    assert "(1.2 s)" in line


def test_every_stop_has_words():
    for language in languages():
        assert {stop.name for stop in STOPS} <= set(words(language)["tour"])
