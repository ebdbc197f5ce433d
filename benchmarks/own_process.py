"""Each way of a benchmark in a process of its own, so that none finds what another has set up."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from firth.memory import keep_freed_memory

P = ParamSpec("P")
R = TypeVar("R")


def in_own_process(firth: bool, run: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
    """Return what ``run`` gives in a fresh process.

    Args:
        firth: It is firth's way: memory is kept as firth's command line keeps it. Other libraries
            run as their guides have it, with the allocator as it comes.
        run: A function of a module, with what it takes.
        given: Its arguments.
        named: Its named arguments.
    """
    context = multiprocessing.get_context("spawn")
    prepare = keep_freed_memory if firth else None
    with ProcessPoolExecutor(1, mp_context=context, initializer=prepare) as pool:
        return pool.submit(run, *given, **named).result()
