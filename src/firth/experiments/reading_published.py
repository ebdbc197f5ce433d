"""Published figures of zero-shot reading comprehension: never computed here, each with its source.

XQuAD: the repository of Artetxe, Ruder & Yogatama 2020 (google-deepmind/xquad, README): mBERT and
XLM-R Large fine-tuned on the whole English SQuAD 1.1 (87,599 questions), scored by
``evaluate-v1.1.py``; this is the scorer ``xquad`` here.

DRCD: Hsu, Liu & Lee 2019 as the lecture shows it, from memory; its rows stand in
the table ``lecture`` of a study that is tested on DRCD.
"""

from __future__ import annotations

from collections.abc import Sequence

from firth.experiments.answer import Measured
from firth.experiments.reading_exams import Exam

XQUAD = "google-deepmind/xquad, README, zero-shot from English SQuAD 1.1"
QUESTIONS = 87_599
_LANGUAGES = ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh", "ro")
# Model -> F1 and EM by language, per cent as published.
_ROWS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "mBERT": (
        (83.5, 61.5, 70.6, 62.6, 75.5, 59.2, 71.3, 42.7, 55.4, 69.5, 58.0, 72.7),
        (72.2, 45.1, 54.0, 44.9, 56.9, 46.0, 53.3, 33.5, 40.1, 49.6, 48.3, 59.9),
    ),
    "XLM-R Large": (
        (86.5, 68.6, 80.4, 79.8, 82.0, 76.7, 80.1, 74.2, 75.9, 79.1, 59.3, 83.6),
        (75.7, 49.0, 63.4, 61.7, 63.9, 59.7, 64.3, 62.8, 59.3, 59.0, 50.0, 69.7),
    ),
}

# The lecture's table: model, pre-trained on, fine-tuned on, EM and F1 on DRCD's test part.
LECTURE = (
    ("QANet", "none", "Chinese", 66.1, 78.1),
    ("BERT", "Chinese", "Chinese", 82.0, 89.1),
    ("BERT", "104 languages", "Chinese", 81.2, 88.7),
    ("BERT", "104 languages", "English", 63.3, 78.8),
    ("BERT", "104 languages", "Chinese + English", 82.6, 90.1),
)


def add_published(exams: Sequence[Exam], found: Measured) -> None:
    """Add a row for each published model and each test that is XQuAD, by the name of its file."""
    for exam in exams:
        if "xquad" not in exam.name.lower() or exam.language not in _LANGUAGES:
            continue
        place = _LANGUAGES.index(exam.language)
        for model, (f1, em) in _ROWS.items():
            found.tables.setdefault("published", []).append(
                {
                    "test": exam.name, "language": exam.language, "model": model,
                    "f1": f1[place] / 100, "exact_match": em[place] / 100, "scorer": "xquad",
                    "trained_on": QUESTIONS, "source": XQUAD,
                }
            )  # fmt: skip


def add_lecture(exams: Sequence[Exam], found: Measured) -> None:
    """Add the lecture's table where a test is DRCD, by the name of its file."""
    if not any("drcd" in exam.name.lower() for exam in exams):
        return
    found.tables["lecture"] = [
        {
            "model": model, "pretrained_on": before, "trained_on": learnt,
            "exact_match": em / 100, "f1": f1 / 100, "test": "DRCD test",
            "source": "Hsu, Liu & Lee 2019, as the lecture shows it, from memory",
        }
        for model, before, learnt, em, f1 in LECTURE
    ]  # fmt: skip
