"""What a question asks for, how long its answer is, and how much of it the text says itself.

The type goes by the question's own words, in the languages that firth knows; the first pattern that
occurs decides. Lengths are counted in words, or in characters where words are not set apart.
Overlap is the share of the question's distinct words (pairs of characters, where words are not set
apart) that the sentence with the answer has too: a question that repeats its sentence is easy.
"""

from __future__ import annotations

import re
from itertools import pairwise

from firth.text.squad_records import Item

TYPES = ("who", "when", "where", "how many", "why", "how", "what", "other")

_PATTERNS: dict[str, dict[str, str]] = {
    "en": {
        "how many": r"\bhow (many|much|long|old|far|tall|high|deep|large|big|often|wide|heavy)\b",
        "when": r"\b(when|(what|which) (year|day|date|month|century|decade|time|season))\b",
        "who": r"\b(who|whom|whose)\b",
        "where": r"\b(where|(what|which) (city|country|state|continent|town|place|region))\b",
        "why": r"\bwhy\b",
        "how": r"\bhow\b",
        "what": r"\b(what|which)\b",
    },
    "zh": {
        "why": "为什么|為什麼|為什么|为何|為何|何以|什么原因|什麼原因",
        "who": "谁|誰|何人|哪位|哪一位|什么人|什麼人|哪个人|哪個人",
        "when": "什么时候|什麼時候|何时|何時|哪一年|哪年|哪个月|哪個月|哪一天|哪天|几点|幾點|"
        "几月|幾月|哪个世纪|哪個世紀|哪个季节|哪個季節|西元幾年|公元几年",
        "where": "哪里|哪裡|哪裏|哪儿|何处|何處|何地|什么地方|什麼地方|哪个国家|哪個國家|哪个城市|"
        "哪個城市|哪座城市|哪国|哪國|哪座岛|哪个省|哪個省",
        "how many": "多少|几|幾|多大|多长|多長|多高|多久|多远|多遠|多深|多宽|多寬|多重|多快",
        "how": "如何|怎么|怎麼|怎样|怎樣",
        "what": r"什么|什麼|甚麼|哪|何|啥|(为|為|是|叫|称作|稱作)\s*[?？]\s*$",
    },
    "de": {
        "how many": r"\bwie (viele?|lang|lange|alt|weit|groß|hoch|oft|tief|schwer)\b",
        "when": r"\b(wann|welche[mns]? (jahr|tag|jahrhundert|monat|datum))\b",
        "who": r"\b(wer|wem|wen|wessen)\b",
        "where": r"\b(wo|wohin|woher|welche[mnrs]? (stadt|land|ort))\b",
        "why": r"\b(warum|weshalb|wieso|weswegen)\b",
        "how": r"\bwie\b",
        "what": r"\b(was|welche[mnrs]?|wofür|womit|worauf|wonach|wovon|wodurch|worin|wozu)\b",
    },
    "es": {
        "how many": r"\bcuánt[oa]s?\b",
        "when": r"\b(cuándo|qué (año|día|fecha|mes|siglo|década))\b",
        "who": r"\bquién(es)?\b",
        "where": r"\b(dónde|adónde|qué (ciudad|país|lugar))\b",
        "why": r"\bpor qué\b",
        "how": r"\bcómo\b",
        "what": r"\b(qué|cuál(es)?)\b",
    },
    "ru": {
        "how many": r"\bскольк(о|им|их)\b",
        "when": r"\b(когда|как(ом|ого) (году|года)|в каком веке)\b",
        "who": r"\b(кто|кого|кому|кем|ком|чей|чья|чьё|чьи)\b",
        "where": r"\b(где|куда|откуда|в как(ом|ой) (городе|стране|месте))\b",
        "why": r"\b(почему|зачем)\b",
        "how": r"\bкак\b",
        "what": r"\b(что|чего|чему|чем|чём|как(ой|ая|ое|ие|ую|ого|ому|им|их|ом))\b",
    },
    "ja": {
        "why": "なぜ|何故|どうして",
        "who": "誰|だれ",
        "when": "いつ|何年|何月|何日|何時",
        "where": "どこ|何処|どの国|どの都市",
        "how many": "いくつ|いくら|何人|何個|何本|何回|どれくらい|どのくらい",
        "how": "どのように|どうやって",
        "what": "何|どの|どれ|どんな|なに",
    },
}  # fmt: skip
_UNSPACED = frozenset({"zh", "ja", "th"})
# Upper ends of the groups of lengths, in words and in characters.
_ENDS = {True: (2, 4, 8, 16), False: (1, 2, 4, 9)}
_STOP = re.compile(r"[。！？!?\n]|\.(?=\s|$)")


def question_type(question: str, language: str) -> str:
    """Return one of `TYPES`; ``other`` also for every question of a language without patterns."""
    lowered = question.lower()
    for kind, pattern in _PATTERNS.get(_main(language), {}).items():
        if re.search(pattern, lowered):
            return kind
    return "other"


def answer_length(answer: str, language: str) -> int:
    """Return the length of an answer in words, or in characters where words are not set apart."""
    words = answer.split()
    return sum(map(len, words)) if _main(language) in _UNSPACED else len(words)


def length_groups(language: str) -> tuple[str, ...]:
    """Return the groups that lengths of a language fall into, ascending."""
    ends = _ENDS[_main(language) in _UNSPACED]
    names = [
        str(high) if high == low else f"{low}-{high}"
        for low, high in zip((1, *(end + 1 for end in ends)), ends, strict=False)
    ]
    return (*names, f"{ends[-1] + 1}+")


def length_group(answer: str, language: str) -> str:
    """Return the group that an answer is of."""
    length = answer_length(answer, language)
    ends = _ENDS[_main(language) in _UNSPACED]
    place = sum(length > end for end in ends)
    return length_groups(language)[place]


OVERLAPS = ("0-25 %", "25-50 %", "50-75 %", "75-100 %")


def overlap_with_sentence(item: Item, language: str) -> float | None:
    """Return which share of the question's units the answer's sentence has.

    Returns:
        None where the place of the answer is not known, or the question has no units.
    """
    spans = item.question.spans
    if not spans or spans[0].start is None:
        return None
    asked = _units(item.question.text, language)
    if not asked:
        return None
    said = _units(sentence_at(item.context, spans[0].start), language)
    return len(asked & said) / len(asked)


def overlap_group(share: float) -> str:
    """Return one of `OVERLAPS`."""
    return OVERLAPS[min(3, int(share * 4))]


def sentence_at(context: str, start: int) -> str:
    """Return the sentence of a text that holds a place, roughly."""
    begin = 0
    for stop in _STOP.finditer(context):
        if stop.end() > start:
            return context[begin : stop.end()]
        begin = stop.end()
    return context[begin:]


def _units(text: str, language: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    if _main(language) not in _UNSPACED:
        return set(words)
    return {a + b for word in words for a, b in pairwise(word)}


def _main(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]
