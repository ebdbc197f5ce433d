"""What stands in the fields of a stop at first: the lecture's texts, and some of firth's own."""

from __future__ import annotations

from functools import cache
from typing import Any

from firth.report.vega import shorten
from firth.text.carried import apples, girl, homographs

# Columns of an example's text on its button.
_LABEL = 24


def label_of(example: dict[str, Any], names: dict[str, str]) -> str:
    """Return what stands on the button of an example: its name, or how it begins."""
    if "name" in example:
        return names[example["name"]]
    text = next(str(example[key]) for key in ("question", "text", "word") if key in example)
    return shorten(text, 0, 1, _LABEL)


@cache
def examples_of(name: str) -> list[dict[str, Any]]:
    """Return the examples of a stop, the first one to begin with; fields as in its request."""
    return _EXAMPLES[name]() if name in _EXAMPLES else []


def _senses() -> list[dict[str, Any]]:
    bank = [one.sentence for one in homographs("en") if one.word == "bank"]
    return [
        {"name": "apples", "word": "苹果", "sentences": [one.sentence for one in apples()]},
        {"name": "bank", "word": "bank", "sentences": bank},
        {
            "name": "translations",
            "word": "",
            "sentences": [
                "The cat sleeps on the sofa.", "猫在沙发上睡觉。", "猫がソファで寝ている。",
                "Die Katze schläft auf dem Sofa.", "El gato duerme en el sofá.",
                "Кошка спит на диване.", "The train leaves at nine.", "火车九点出发。",
                "電車は九時に出発する。", "Der Zug fährt um neun Uhr ab.",
                "El tren sale a las nueve.", "Поезд отправляется в девять.",
            ],
        },
    ]  # fmt: skip


def _cloze() -> list[dict[str, Any]]:
    texts = (
        "我每天早上喝一杯[MASK]。", "The capital of France is [MASK].", "太阳从[MASK]边升起。",
        "I was so [MASK] that I went to [MASK].", "今天天气很[MASK]。",
    )  # fmt: skip
    return [{"text": text} for text in texts]


def _shift() -> list[dict[str, Any]]:
    lecture = girl()
    return [
        {"text": "没有人可以帮助我", "source": "zh", "target": "en"},
        {"text": lecture["en"], "source": "en", "target": "zh"},
        {"text": "The weather is very good today.", "source": "en", "target": "de"},
    ]


def _reading() -> list[dict[str, Any]]:
    chinese = (
        "黄河是中国第二长河，发源于青藏高原的巴颜喀拉山脉，流经九个省区，在山东省注入渤海。"
        "它全长约五千四百六十四公里。因为河水带着大量泥沙，呈黄色，所以叫黄河。"
    )
    english = (
        "The Yellow River is the second longest river in China. It rises in the Bayan Har "
        "Mountains and flows through nine provinces into the Bohai Sea. Its name comes from the "
        "yellow silt that it carries."
    )
    return [
        {"context": chinese, "question": "黄河发源于哪里？"},
        {"context": english, "question": "Where does the Yellow River get its name from?"},
        {"context": chinese, "question": "How long is the river?"},
    ]


def _neighbours() -> list[dict[str, Any]]:
    return [{"word": word} for word in ("water", "北京", "Montag", "seven", "苹果")]


_EXAMPLES = {
    "senses": _senses, "cloze": _cloze, "shift": _shift, "reading": _reading,
    "neighbours": _neighbours,
}  # fmt: skip
