"""``firth models``, ``doctor``, ``prefetch``: what is here, and what this machine can do."""

from __future__ import annotations

import json as js
from typing import Annotated, Any

import typer

from firth.cli import options


def models(json: options.Json = False) -> None:
    """List the encoders that load without a network, and the families that can be loaded."""
    from firth.encoder.families import FAMILIES
    from firth.encoder.hub import cached_encoders

    here: list[dict[str, Any]] = [
        {"name": "mini", "family": "bert", "note": "aboard: 12 layers, 384 wide; en zh ja de es ru"}
    ]
    here += [{**one, "note": "fetched before"} for one in cached_encoders()]
    if json:
        typer.echo(js.dumps({"models": here, "families": FAMILIES}, ensure_ascii=False, indent=1))
        return
    for one in here:
        typer.echo(f"{one['name']:<40} {one['family']:<12} {one['note']}")
    typer.echo(
        f"\nAny folder with Hugging Face files or hub id of: {', '.join(FAMILIES.values())}."
    )


def prefetch(
    name: Annotated[str, typer.Argument(metavar="ID", help="A hub id: owner/model.")],
    revision: Annotated[
        str | None, typer.Option("--revision", help="Commit, tag or branch.")
    ] = None,
) -> None:
    """Fetch an encoder from the hub, so that it loads without a network afterwards."""
    from firth.encoder.hub import fetch
    from firth.encoder.load import load

    folder = fetch(name, revision)
    encoder = load(name, revision=revision)
    typer.echo(
        f"{name} at {encoder.card.revision}: {encoder.n_layers} layers, {encoder.width} wide"
    )
    typer.echo(str(folder))


def doctor(json: options.Json = False) -> None:
    """Say what this machine is, what firth will use of it, and what is missing."""
    import time

    import torch

    from firth.encoder.load import has_bf16
    from firth.report.fonts import status
    from firth.results.manifest import environment

    rates: dict[str, float] = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a = torch.ones(1024, 1024, dtype=dtype)
        torch.matmul(a, a)
        begun, n = time.perf_counter(), 0
        while time.perf_counter() - begun < 0.3:
            torch.matmul(a, a)
            n += 1
        rates[name] = 2 * 1024**3 * n / (time.perf_counter() - begun) / 1e9
    used = "bf16" if has_bf16() else "fp32"
    report = environment(used, torch.get_num_threads()) | {
        "bf16_in_hardware": has_bf16(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "gflops": rates,
        "font": status(),
    }
    if json:
        typer.echo(js.dumps(report, ensure_ascii=False, indent=1))
        return
    for key, value in report.items():
        if isinstance(value, dict):
            parts = (
                f"{name} {one:.0f}" if isinstance(one, float) else f"{name} {one}"
                for name, one in value.items()
            )
            value = ", ".join(parts)
        typer.echo(f"{key:<18} {value}")
