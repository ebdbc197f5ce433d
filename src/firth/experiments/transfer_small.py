"""A small `transfer` that needs no file: a made-up grammar, the lowest blocks of an encoder.

The classes of the grammar (`firth.text.grammar`) differ in the order of their symbols and in
nothing else. It shows how the experiment goes, in seconds; what it finds is about this grammar.
"""

from __future__ import annotations

import copy
import hashlib
import tempfile
from dataclasses import replace
from typing import Any

import torch

from firth.encoder.blocks import BERT_SHAPED
from firth.encoder.model import Encoder
from firth.encoder.windows import EncodingReport
from firth.experiments.transfer import transfer
from firth.experiments.transfer_arms import FROZEN, KMERS, MAJORITY, Settings
from firth.experiments.transfer_runs import Tell
from firth.experiments.transfer_weights import PRETRAINED, RANDOM, SHUFFLED
from firth.results.schema import Result
from firth.text.grammar import grammar
from firth.train.plan import Dtype

BLOCKS = 3
GRAMMAR: dict[str, Any] = {"n": 480, "length": 12, "classes": 2, "noise": 0.1}
SETTINGS: dict[str, Any] = {
    "arms": (PRETRAINED, RANDOM, SHUFFLED, FROZEN, KMERS, MAJORITY), "controls": (), "maps": 2,
    "seeds": 1, "epochs": 2.0, "search_epochs": 2.0, "rates": (3e-4, 1e-3), "warmups": (0.1,),
    "validations": 6, "shares": (0.6, 0.2, 0.2),
}  # fmt: skip


def small(
    encoder: Encoder, *, seed: int = 0, runs: str | None = None, tell: Tell | None = None
) -> Result:
    """Ask whether what an encoder learnt from text helps it to learn a made-up grammar.

    Args:
        encoder: Any; its lowest blocks are fine-tuned.
        seed: Of the grammar, maps, weights and batches.
        runs: A store; without one nothing is kept.
        tell: Called with each row of a training.
    """
    dtype: Dtype = "bf16" if encoder.dtype == torch.bfloat16 else "fp32"
    data = grammar(**GRAMMAR, seed=seed)
    settings = Settings(**SETTINGS, first_seed=seed, dtype=dtype)
    source = {"grammar": GRAMMAR | {"seed": seed}, "blocks": BLOCKS}
    with tempfile.TemporaryDirectory(prefix="firth-transfer-") as scratch:
        result, _ = transfer(
            lowest(encoder, BLOCKS), data, settings, out=runs or scratch, source=source, tell=tell
        )
    return result


def lowest(encoder: Encoder, blocks: int) -> Encoder:
    """Return an encoder of the lowest blocks of another one.

    Args:
        encoder: The other one; it stays as it is. Of families that are not BERT-shaped it is
            returned whole.
        blocks: How many.
    """
    if encoder.model.config.model_type not in BERT_SHAPED or encoder.n_layers <= blocks:
        return encoder
    model = copy.copy(encoder.model)
    model._modules = dict(model._modules)  # a copy of the list of parts, not of the weights
    model.config = copy.deepcopy(encoder.model.config)
    model.config.num_hidden_layers = blocks
    inner = copy.copy(encoder.model.encoder)
    inner._modules = dict(inner._modules)
    inner.layer = torch.nn.ModuleList(list(encoder.model.encoder.layer)[:blocks])
    model.encoder = inner
    said = f"{encoder.card.fingerprint} lowest {blocks}"
    card = encoder.card.model_copy(
        update={
            "layers": blocks,
            "parameters": sum(one.numel() for one in model.parameters()),
            "fingerprint": hashlib.sha256(said.encode()).hexdigest(),
            "revision": f"{encoder.card.revision}, lowest {blocks} of {encoder.n_layers} blocks",
        }
    )
    return replace(encoder, card=card, model=model, report=EncodingReport(), moved={})
