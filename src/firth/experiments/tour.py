"""The lecture, stop by stop, on the texts that firth brings along.

A stop is a story: one or a few experiments, of which one has the finding that is told in a line. A
stop that the encoder cannot make (no masked-LM head, no reader) is skipped, and says why; whatever
else goes wrong goes wrong aloud. All results are stored and make a report.

Source of the stories: Hung-yi Lee's lecture "Fun facts about BERT".
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firth.encoder.model import Encoder
from firth.errors import InputError, ModelError
from firth.results.schema import Result

# Questions of each language that the stop ``reading`` asks, the same in both.
SOME_QUESTIONS = 40


@dataclass(frozen=True)
class Walk:
    """Who goes, and where the results go.

    Attributes:
        encoder: The encoder.
        seed: Of whatever is drawn.
        out: The store; word vectors that the tour trains lie there too.
        fresh: Ask everything again, whatever the store knows.
    """

    encoder: Encoder
    seed: int = 0
    out: str = "runs"
    fresh: bool = False

    @property
    def store(self) -> str | None:
        """The store that may answer."""
        return None if self.fresh else self.out


@dataclass(frozen=True)
class Stop:
    """A story.

    Attributes:
        name: Its command.
        ask: Makes its results, the one with the finding first.
    """

    name: str
    ask: Callable[[Walk], list[Result]]


@dataclass(frozen=True)
class Visit:
    """What became of a stop.

    Attributes:
        stop: The stop.
        results: Its results, the one with the finding first; empty where it was skipped.
        seconds: How long it took.
        missing: Why it was skipped.
    """

    stop: Stop
    results: list[Result]
    seconds: float
    missing: str = ""


def visit(stop: Stop, walk: Walk) -> Visit:
    """Make a stop, or say what the encoder lacks for it."""
    begun, results, missing = time.perf_counter(), list[Result](), ""
    try:
        results = stop.ask(walk)
    except (ModelError, InputError) as error:
        missing = str(error)
    if walk.fresh:
        for one in results:
            one.save(walk.out)
    return Visit(stop, results, time.perf_counter() - begun, missing)


def _senses(walk: Walk) -> list[Result]:
    from firth.experiments.senses import senses
    from firth.text.carried import anchors
    from firth.text.reading import Source

    ask = partial(senses, walk.encoder, seed=walk.seed, runs=walk.store)
    return [ask(anchors=anchors()), ask(source=Source((), "carried"))]


def _cbow(walk: Walk) -> list[Result]:
    """Ask a static vector the same: it cannot tell the fruit from the company."""
    from firth.experiments.senses import senses

    return [senses(_ancestor(walk.out, walk.seed), seed=walk.seed, runs=walk.store)]


def _ancestor(out: str, seed: int) -> Encoder:
    """Train CBOW by characters on all the text that firth brings, in seconds; no context left."""
    from firth.encoder.load import load
    from firth.encoder.vectors import save_vectors
    from firth.text.carried import apples
    from firth.text.corpora import read_corpora
    from firth.text.plain_corpus import splitter
    from firth.train.cbow import Settings, train_cbow

    lines = [one.sentence for one in apples()]
    lines += [line for own in read_corpora({}).values() for line in own]
    settings = Settings(width=50, epochs=20, min_count=1, seed=seed)
    Path(out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "carried.txt"
        text.write_text("\n".join(lines), encoding="utf-8")
        vectors = train_cbow(
            [text], splitter("characters", lower=True), settings,
            about={"unit": "characters"}, scratch=scratch,
        )  # fmt: skip
    place = Path(out) / "cbow-carried.safetensors"
    save_vectors(vectors, place)
    return load(f"cbow:{place}")


def _cloze(walk: Walk) -> list[Result]:
    from firth.experiments.cloze import cloze
    from firth.experiments.consistency import consistency
    from firth.text.carried import blanks

    _, sentences, answers = zip(*blanks(), strict=True)
    seed, runs = walk.seed, walk.store
    fills = cloze(walk.encoder, sentences, answers=answers, top=3, seed=seed, runs=runs)
    return [consistency(walk.encoder, seed=seed, runs=runs), fills]


def _transfer(walk: Walk) -> list[Result]:
    """Let the lowest blocks learn a made-up grammar, with and without what they know of text."""
    from firth.experiments.transfer_small import small

    return [small(walk.encoder, seed=walk.seed, runs=walk.store)]


def _reading(walk: Walk) -> list[Result]:
    """Ask in Chinese and in English what the same paragraphs say; only English was trained on."""
    from firth.encoder.compact_reader import reader_of
    from firth.experiments.reading import Asking, reading
    from firth.text.question_files import CARRIED, QuestionFile

    files = [QuestionFile(language, CARRIED) for language in ("zh", "en")]
    asking = Asking(most=SOME_QUESTIONS, seed=walk.seed)
    return [reading(reader_of(walk.encoder), files, asking, runs=walk.store)]


def _align(walk: Walk) -> list[Result]:
    from firth.experiments.align import align

    return [align(walk.encoder, seed=walk.seed, runs=walk.store)]


def _pretrain(walk: Walk) -> list[Result]:
    """Read the checkpoints of a training that travels along; the encoder has no part in it."""
    from firth.experiments.grown import grown

    return [grown(runs=walk.store)]


def _shift(walk: Walk) -> list[Result]:
    """Move the lecture's sentence; where no language vectors are aboard, some are made here."""
    from firth.encoder.cloze import load_head
    from firth.encoder.languages import fit_languages, languages_of
    from firth.experiments.translate import translate
    from firth.text.carried import girl, sentences

    load_head(walk.encoder)
    try:
        vectors = languages_of(walk.encoder)
    except InputError:
        vectors = fit_languages(walk.encoder, {code: sentences(code) for code in ("en", "zh")})
    sentence = girl()
    return [
        translate(
            walk.encoder, [sentence[source]], source=source, target=target, vectors=vectors,
            seed=walk.seed, runs=walk.store,
        )
        for source, target in (("en", "zh"), ("zh", "en"))
    ]  # fmt: skip


STOPS = (
    Stop("senses", _senses),
    Stop("cbow", _cbow),
    Stop("cloze", _cloze),
    Stop("transfer", _transfer),
    Stop("reading", _reading),
    Stop("align", _align),
    Stop("pretrain", _pretrain),
    Stop("shift", _shift),
)
