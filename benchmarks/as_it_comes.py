"""The ratio that a user meets: firth in the type it takes by itself, the other library in fp32."""

from __future__ import annotations

from collections.abc import Mapping

from firth.encoder.load import has_bf16


def print_as_it_comes(rates: Mapping[tuple[str, str], float], peer: str) -> None:
    """Print it, where the processor has bf16.

    Args:
        rates: (way, dtype) -> units of work a second.
        peer: The other way.
    """
    if has_bf16():
        ratio = rates["firth", "bf16"] / rates[peer, "fp32"]
        print(f"each as it comes here (firth bf16, {peer} fp32): {ratio:.2f}", flush=True)
