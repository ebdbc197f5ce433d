"""The carried homographs cannot be told apart by position and segmentation."""

import numpy as np
import pytest

from firth.experiments.centring import background, token_means
from firth.experiments.controls import Gathered, static_control
from firth.probe.scores import score_labels
from firth.probe.similarity import centre, cosine
from firth.text.carried import HOMOGRAPH_LANGUAGES, homographs
from firth.text.sentences import group_by_word

EVERY = [
    (language, word)
    for language in HOMOGRAPH_LANGUAGES
    for word in group_by_word(homographs(language))
]


@pytest.fixture(scope="module")
def means(mini):
    return {
        language: token_means(mini, background([], None, language), (0,))
        for language in HOMOGRAPH_LANGUAGES
    }


def sense_codes(own):
    names = list(dict.fromkeys(one.label for one in own))
    return np.array([names.index(one.label) for one in own])


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_layer_0_does_not_tell_the_senses_apart(mini, means, language, word):
    own = group_by_word(homographs(language))[word]
    items = [(one.sentence, ((one.start, one.end),)) for one in own]
    pooled = list(mini.word_vectors(items, layers=(0,)))
    assert all(one.counts[0] for one in pooled)
    vectors = np.concatenate([one.vectors for one in pooled], axis=1)
    for some in (vectors, centre(vectors, means[language])):
        (area,) = score_labels(cosine(some), sense_codes(own), np.random.default_rng(0)).auc
        assert area.p >= 0.05


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_the_static_vector_is_at_chance(mini, language, word):
    own = group_by_word(homographs(language))[word]
    gathered = Gathered()
    static_control(mini, own, sense_codes(own), word, np.random.default_rng(0), gathered)
    (area,) = [score for score in gathered.scores if score.metric == "auc"]
    assert area.value == area.low == area.high == 0.5
    assert gathered.warnings == []
