"""Make ``src/firth/experiments/grown``: ``python -m recipes.grown.build --run FOLDER``.

FOLDER is the run that this command leaves below ``runs/pretraining`` (about ten minutes on two
cores); TEXT is English, a sentence a line::

    firth pretrain --corpus en=TEXT --fake en --sentences 80000 --steps 4000 --layers 2 \
        --width 128 --heads 4 --inner 256 --vocabulary 768 --batch 64 --length 32 --rate 2e-3 \
        --checkpoints 13 --control none --dtype bf16 --held-out 2000

Weights become int8 rows; of the log every row of validation stays and one in four of training.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from recipes.mini.quantise import save_int8_rows
from safetensors.numpy import load_file

from firth.experiments.grown import FOLDER, declaration
from firth.experiments.pretrain_arms import Arm, Settings, kept_steps
from firth.experiments.pretrain_runs import UNIGRAMS
from firth.train.log import Log
from firth.train.loop import LOG, kept_name

EVERY = 4
Row = dict[str, Any]


def build(run: Path, output: Path, text: str) -> None:
    """Write the folder.

    Args:
        run: A finished run of ``firth pretrain``.
        output: Where to.
        text: What the model read, for the README.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name in ("arm.json", "tokenizer.json", UNIGRAMS):
        shutil.copy(run / name, output / name)
    settings, arm = declaration(output)
    trained = Log(run / LOG).rows("train")
    rows = Log(run / LOG).rows("validation")
    for at in range(0, len(trained), EVERY):
        rows.append(_joined(trained[at : at + EVERY]))
    rows.sort(key=lambda row: row["step"])
    lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    (output / LOG).write_text(lines, encoding="utf-8")
    for step in kept_steps(settings):
        state = load_file(run / kept_name(step))
        state.pop("cls.predictions.decoder.weight", None)
        save_int8_rows(state, output / kept_name(step), {"step": str(step)})
    last = Log(run / LOG).rows("validation")[-1]["languages"]
    (output / "README.md").write_text(_readme(run, settings, arm, text, last), encoding="utf-8")


def _joined(rows: list[Row]) -> Row:
    """Return rows of training as one: sums of what is a sum, the last of what is a place."""
    sums = ("masked", "right", "mlm_loss_sum", "tokens")
    joined = rows[-1] | {name: sum(row[name] for row in rows) for name in sums}
    kept = ("kind", "step", "seconds", *sums)
    return {name: joined[name] for name in kept} | {
        "loss": joined["mlm_loss_sum"] / joined["masked"]
    }


def _readme(run: Path, settings: Settings, arm: Arm, text: str, last: Row) -> str:
    recipe = settings.recipe
    (answers,) = run.glob("alignment-*.jsonl")
    (asked,) = [row for row in Log(answers).rows() if row["step"] == settings.steps]
    losses = [
        f"| {language} | {own['mlm_loss']:.3f} | {own['mlm_accuracy']:.3f} | {own['n']} |"
        for language, own in last.items()
    ]
    found = [
        f"| {row['direction']} | {row['layer']} | {row['value']:.3f} | {row['n']} |"
        for row in asked["scores"]
        if row["metric"] == "mrr" and row.get("similarity") == "centred"
    ]
    return "\n".join(
        [
            "# A small BERT, from nothing: English and fake English",
            "",
            "Checkpoints of one run of `firth pretrain`, their weights in int8 rows. It read "
            f"{text}.",
            "",
            f"{recipe.shape.layers} layers, {recipe.shape.width} wide, {recipe.shape.heads} heads; "
            f"{settings.vocabulary} pieces, half of them the shifted twins of the other half; "
            f"{settings.steps:,} steps of {recipe.batch} sequences of {recipe.length} pieces at a "
            f"constant rate of {settings.rate}, seed {arm.seed}. `recipes/grown/build.py` has the "
            "command.",
            "",
            "Held-out text of the same sources, at the last step, before int8:",
            "",
            "| text | loss | right | blanks |",
            "|---|---:|---:|---:|",
            *losses,
            "",
            "| direction | layer | MRR | words |",
            "|---|---|---:|---:|",
            *found,
            "",
        ]
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--text", required=True, help="what the model read, for the README")
    given = parser.parse_args()
    build(given.run, given.output, given.text)


if __name__ == "__main__":
    main()
