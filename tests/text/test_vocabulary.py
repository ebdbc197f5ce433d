import numpy as np
import pytest

from firth.errors import OptionError
from firth.text.vocabulary import FOREIGN, SHARED, carried_languages, check_language, token_language

SURFACES = ["the", "und", "中", "の", "да", "7", "zz", "ß", "que", "한"]
COUNTS = {
    "en": np.array([9, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    "de": np.array([0, 9, 0, 0, 0, 1, 0, 0, 0, 0]),
    "zh": np.array([0, 0, 5, 0, 0, 1, 0, 0, 0, 0]),
    "ja": np.array([0, 0, 0, 5, 0, 1, 0, 0, 0, 0]),
    "ru": np.array([0, 0, 0, 0, 5, 1, 0, 0, 0, 0]),
    "es": np.array([0, 0, 0, 0, 0, 1, 0, 0, 9, 0]),
}
TEXTS = {"en": ["the"], "de": ["und"], "zh": ["中"], "ja": ["の"], "ru": ["да"], "es": ["que"]}


def test_a_token_belongs_to_the_language_that_has_it():
    found = token_language(SURFACES, COUNTS, TEXTS)
    names = [found.languages[code] if code >= 0 else code for code in found.codes]
    assert names == ["en", "de", "zh", "ja", "ru", SHARED, SHARED, "de", "es", FOREIGN]
    assert found.groups().sum(axis=1).tolist() == [1] * 10
    assert found.groups()[:, -2:].sum(axis=0).tolist() == [2, 1]
    sums = found.posterior.sum(axis=1)
    assert np.all(np.isclose(sums, 1) | (sums == 0))
    assert sums[5] == 0


def test_what_may_stand_in_a_blank():
    found = token_language(SURFACES, COUNTS, TEXTS)
    allowed = {name: [SURFACES[i] for i in np.flatnonzero(found.allowed(name))] for name in COUNTS}
    assert allowed["zh"] == ["中"]
    assert allowed["ja"] == ["の"]
    assert allowed["ru"] == ["да"]
    assert allowed["en"] == ["the", "zz"]
    assert allowed["de"] == ["und", "zz", "ß"]
    assert allowed["es"] == ["zz", "que"]


def test_who_writes_a_script_is_read_off_the_texts():
    counts = {
        "ko": np.array([0, 9, 0, 0, 0]),
        "ja": np.array([3, 0, 7, 0, 0]),
        "zh": np.array([9, 0, 0, 0, 0]),
    }
    texts = {"ko": ["한" * 9], "ja": ["中の" * 3 + "の" * 4], "zh": ["中" * 99 + "Ω"]}
    found = token_language(["中", "한", "の", "国", "Ω"], counts, texts)
    # Han is written in both, so that an unseen character is Chinese at 10 : 3 only.
    assert found.posterior[3] == pytest.approx([0, 0.3 / 1.3, 1 / 1.3])
    assert found.codes.tolist() == [SHARED, 0, 1, SHARED, FOREIGN]  # one letter is no script


def test_the_length_of_a_text_claims_nothing():
    counts = {"en": np.array([10, 90]), "de": np.array([1000, 9000])}
    found = token_language(["in", "er"], counts, {"en": ["in"], "de": ["er"]})
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
