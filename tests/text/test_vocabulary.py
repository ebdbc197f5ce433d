import numpy as np
import pytest

from firth.errors import OptionError
from firth.text.vocabulary import SHARED, carried_languages, check_language, token_language

SURFACES = ["the", "und", "中", "の", "да", "7", "zz", "ß"]
COUNTS = {
    "en": np.array([9, 0, 0, 0, 0, 1, 0, 0]),
    "de": np.array([0, 9, 0, 0, 0, 1, 0, 0]),
    "zh": np.array([0, 0, 5, 0, 0, 1, 0, 0]),
    "ja": np.array([0, 0, 0, 5, 0, 1, 0, 0]),
    "ru": np.array([0, 0, 0, 0, 5, 1, 0, 0]),
    "es": np.array([0, 0, 0, 0, 0, 1, 0, 0]),
}


def test_a_token_belongs_to_the_language_that_has_it():
    found = token_language(SURFACES, COUNTS)
    names = [found.languages[code] if code != SHARED else None for code in found.codes]
    assert names == ["en", "de", "zh", "ja", "ru", None, None, "de"]
    sums = found.posterior.sum(axis=1)
    assert np.all(np.isclose(sums, 1) | (sums == 0))
    assert sums[5] == 0


def test_what_may_stand_in_a_blank():
    found = token_language(SURFACES, COUNTS)
    allowed = {name: [SURFACES[i] for i in np.flatnonzero(found.allowed(name))] for name in COUNTS}
    assert allowed["zh"] == ["中"]
    assert allowed["ja"] == ["の"]
    assert allowed["ru"] == ["да"]
    assert allowed["en"] == ["the", "zz"]
    assert allowed["de"] == ["und", "zz", "ß"]
    assert allowed["es"] == ["zz"]


def test_the_length_of_a_text_claims_nothing():
    counts = {"en": np.array([10, 90]), "de": np.array([1000, 9000])}
    found = token_language(["in", "er"], counts)
    assert (found.codes == SHARED).all()


def test_carried_texts_know_the_commonest_words():
    words = ["the", "der", "的", "は", "и", "Haus"]
    index = {word: i for i, word in enumerate(words)}

    def tokenise(texts):
        return [
            np.array([index[p] for p in [*t.split(), *t] if p in index], dtype=np.int64)
            for t in texts
        ]

    found = carried_languages(words, tokenise)
    names = [found.languages[code] for code in found.codes[:5]]
    assert names == ["en", "de", "zh", "ja", "ru"]


def test_an_unknown_language_is_suggested():
    with pytest.raises(OptionError, match="Did you mean 'zh'"):
        check_language("zhh")
