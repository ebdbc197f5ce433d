"""A reader in a few megabytes: what training changed about an encoder, at low rank in int8 rows.

A trained weight is that of the encoder aboard plus a change, and the change of each matrix is close
to a product of two thin ones (as Hu et al. 2022 train it; here it is found afterwards, by singular
values). `recipes/reader` writes the file: for a matrix ``NAME`` of the backbone, [r, c],
``NAME/left`` [k, r] and ``NAME/right`` [k, c], both int8 rows (`firth.encoder.quantised`), the
change being left^T right; for a vector, ``NAME/change``; for the head, ``head/NAME``, flat.

Legend of dimensions: r rows, c columns, k rank.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError

from firth.encoder.load import BUILT_IN
from firth.encoder.model import Encoder
from firth.encoder.quantised import read_header, read_int8_rows
from firth.encoder.reader import Reader, reader_settings
from firth.encoder.span_head import read_span_head, span_head_of
from firth.encoder.windows import EncodingReport
from firth.errors import ModelError, first_line

ABOARD = Path(__file__).parent / "mini_reader"
WEIGHTS = "change.safetensors"
HEAD, LEFT, RIGHT, CHANGE = "head/", "/left", "/right", "/change"


def reader_of(encoder: Encoder) -> Reader:
    """Return the reader that an encoder is: its span head, or for ``mini`` what travels with it.

    Raises:
        ModelError: It is none.
    """
    if encoder.name in BUILT_IN:
        return compact_reader(encoder)
    options, threshold = reader_settings(encoder, encoder.folder)
    return Reader(encoder, read_span_head(encoder), options, threshold)


def compact_reader(encoder: Encoder, folder: Path = ABOARD) -> Reader:
    """Make the reader of a folder that holds a change only.

    Args:
        encoder: What the change is of; it stays as it is.
        folder: ``change.safetensors`` and ``reader.json``.

    Raises:
        ModelError: There is none, it cannot be read, or it is of another encoder.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(
            f"no reader travels with {encoder.name} here; train one with firth reading train, and "
            "give it as --reader"
        )
    if read_header(path).get("base") != encoder.card.fingerprint:
        raise ModelError(
            f"{path} belongs to other weights of {encoder.name} than these; train a reader with "
            "firth reading train, and give it as --reader"
        )
    try:
        stored = read_int8_rows(path)
    except SafetensorError as error:
        raise ModelError(f"{path} cannot be read: {first_line(error)}") from error
    model = copy.deepcopy(encoder.model)
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for key, change in stored.items():
            if key.endswith(LEFT):
                name = key.removesuffix(LEFT)
                weights[name] += (change.T @ stored[name + RIGHT]).to(encoder.device)  # [r, c]
            elif key.endswith(CHANGE):
                weights[key.removesuffix(CHANGE)] += change.to(encoder.device)
    head = {key.removeprefix(HEAD): own for key, own in stored.items() if key.startswith(HEAD)}
    digest = hashlib.sha256(encoder.card.fingerprint.encode())
    digest.update(path.read_bytes())
    card = encoder.card.model_copy(
        update={"name": f"{encoder.name} reader", "fingerprint": digest.hexdigest()}
    )
    own = replace(encoder, card=card, model=model, report=EncodingReport(), moved={}, folder=None)
    options, threshold = reader_settings(own, folder)
    return Reader(own, span_head_of(own, head), options, threshold)
