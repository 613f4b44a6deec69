"""Ctrl-C, SIGTERM and SIGHUP as calls in the event loop, so that none arrives in the middle of something else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one comes when the terminal or the ssh connection goes away."""


@contextmanager
def signals_to(call: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Have each signal make this call, between two steps of the loop. Afterwards they do what they did before."""
    loop, before = asyncio.get_running_loop(), {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        loop.add_signal_handler(number, call, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
