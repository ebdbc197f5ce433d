"""Tiny random readers, and the plain loop over the library's own calls that they must equal."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from firth.encoder.load import load
from firth.encoder.question_windows import WindowOptions
from firth.text.squad_records import Answer, Item, Question
from firth.train.reader import new_reader
from firth.train.reader_folder import write_reader

OPTIONS = WindowOptions(length=32, stride=6, question_length=8)


def item(question: str, context: str, gold: str | None = None, name: str = "q") -> Item:
    """A question whose answer stands in its context once, or which has none."""
    if gold is None:
        return Item("article", context, Question(name, question, (), True))
    return Item("article", context, Question(name, question, (Answer(gold, context.index(gold)),)))


def with_pairs(folder: Path) -> Path:
    """Give a tokenizer that knows single texts a template for pairs, as XLM-R or as BERT has it."""
    path = folder / "tokenizer.json"
    state = json.loads(path.read_text())
    processor = state["post_processor"]
    template = processor["processors"][-1] if processor["type"] == "Sequence" else processor
    first, a, last = template["single"]
    metaspace = state["pre_tokenizer"]["type"] == "Metaspace"
    b = {"Sequence": {"id": "B", "type_id": 0 if metaspace else 1}}
    end = {"SpecialToken": {"id": last["SpecialToken"]["id"], "type_id": 0 if metaspace else 1}}
    template["pair"] = [first, a, last, *([last] if metaspace else []), b, end]
    path.write_text(json.dumps(state))
    if not metaspace:  # else the library hands no token types on
        path = folder / "tokenizer_config.json"
        names = ["input_ids", "token_type_ids", "attention_mask"]
        path.write_text(json.dumps(json.loads(path.read_text()) | {"model_input_names": names}))
    return folder


def reader_folder(source: Path, target: Path, **options: Any) -> Path:
    """A reader with a random head, made from a folder of `tiny`."""
    encoder = load(str(with_pairs(source)), device="cpu", dtype="fp32")
    model = new_reader(encoder, seed=1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.startswith(("qa_outputs", "classifier")):
                weight.normal_(0, 2, generator=torch.Generator().manual_seed(5))
    write_reader(target, model, encoder.tokenizer, OPTIONS, "# A tiny reader\n", **options)
    return target


class PlainLoop:
    """One window at a time, every span in turn; white space counts for what stands behind it."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
        sizes = getattr(self.model.config, "type_vocab_size", 0)
        self.typed = sizes > 1 and "token_type_ids" in self.tokenizer.model_input_names

    def encode(self, question: str, context: str) -> Any:
        return self.tokenizer(
            question, context, truncation="only_second", max_length=OPTIONS.length,
            stride=OPTIONS.stride, return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip

    def scores(
        self, question: str, context: str, most: int
    ) -> tuple[dict[tuple[int, int], float], float]:
        """Return the score of each legal span of characters, and that of no answer."""
        coded = self.encode(question, context)
        spans: dict[tuple[int, int], float] = {}
        none = math.inf
        for row, ids in enumerate(coded["input_ids"]):
            inputs = {"input_ids": torch.tensor([ids])}
            if self.typed:
                inputs["token_type_ids"] = torch.tensor([coded["token_type_ids"][row]])
            with torch.inference_mode():
                output = self.model(**inputs)
            starts, ends = output.start_logits[0].tolist(), output.end_logits[0].tolist()
            none = min(none, starts[0] + ends[0])
            pieces = self.tokenizer.convert_ids_to_tokens(ids)
            opens: dict[int, int] = {}  # character -> the first token of those that begin there
            closes: dict[int, int] = {}  # character -> the last token of those that end there
            opening: dict[int, float] = {}
            closing: dict[int, float] = {}
            for at, (own, (a, b)) in enumerate(
                zip(coded.sequence_ids(row), coded["offset_mapping"][row], strict=True)
            ):
                if own != 1:
                    continue
                while a < len(context) and context[a].isspace():
                    a += 1
                opening[a] = max(opening.get(a, -math.inf), starts[at])
                text = context[a:b].strip()
                if text and pieces[at] not in ("▁", "Ġ"):
                    opens.setdefault(a, at)
                    closes[a + len(text)] = at
                    closing[a + len(text)] = max(closing.get(a + len(text), -math.inf), ends[at])
            for a, i in opens.items():
                for b, j in closes.items():
                    if i <= j < i + most:
                        score = opening[a] + closing[b]
                        spans[a, b] = max(spans.get((a, b), -math.inf), score)
        return spans, none

    def best(self, question: str, context: str, most: int) -> tuple[str, int, int, float, float]:
        """Return text, start, end, probability and that of no answer."""
        spans, none = self.scores(question, context, most)
        top = max(spans, key=lambda span: spans[span])
        total = sum(math.exp(score) for score in spans.values())
        probability = math.exp(spans[top]) / total
        silent = math.exp(none) / (math.exp(none) + total)
        return context[top[0] : top[1]], *top, probability, silent
