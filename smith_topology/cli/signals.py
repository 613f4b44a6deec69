"""What Ctrl-C, SIGTERM and SIGHUP do, from the first line of the program to its last.

Imported before everything else, it imports only what Python has loaded by then: a Ctrl-C that comes before ``install`` ends the
start of Python itself, with Python's traceback. The handlers are plain ones. Those of an event loop wait for the loop, which
stands still while a reader of the output takes nothing.
"""

import _signal  # type: ignore[import-not-found]  # `signal` loads `enum`: a third of the time until `install`
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

SIGINT, SIGTERM, SIGHUP = int(_signal.SIGINT), int(_signal.SIGTERM), int(_signal.SIGHUP)
SIGNALS = (SIGINT, SIGTERM, SIGHUP)
"""The last one comes when the terminal or the ssh connection goes away; what runs under ``nohup`` does not get it."""
INTERRUPTED, TERMINATED = 130, 143


class _End:
    """What a signal makes of the command at this moment: what it says, and the exit code; 0 is the one of the signal."""

    line = "Interrupted: nothing was changed."
    code: int | None = None


def install() -> None:
    """Have every signal end the program at once with one line, the one of ``ends_with``."""
    for number in SIGNALS:
        _handle(number, end)


def ends_with(line: str, code: int | None = None) -> None:
    """Say what a signal means from here on. Without a ``code`` it is 130 or 143."""
    _End.line, _End.code = line, code


def code_of(number: int) -> int:
    return INTERRUPTED if number == SIGINT else TERMINATED


def end(number: int) -> None:
    """End the program at once. An exception could come up anywhere, and be lost or reported as something else."""
    ignore()
    try:
        say(_End.line)
    finally:
        os._exit(code_of(number) if _End.code is None else _End.code)


def ignore() -> None:
    """From here on the result is decided, and a signal has come too late to change it."""
    for number in SIGNALS:
        _signal.signal(number, _signal.SIG_IGN)


def say(line: str) -> None:
    """Write a line to stderr from within a handler: not through a buffer that may be in use, and not where it would block."""
    if sys.__stderr__ is None:
        return  # closed from the start: another file may have its number by now
    from select import POLLOUT, poll

    ready = poll()
    ready.register(2, POLLOUT)
    if ready.poll(0):
        os.write(2, f"\n{line}\n".encode() if os.isatty(2) else f"{line}\n".encode())


class handled:  # noqa: N801  # used like a function; contextlib's are not loaded yet
    """For the length of a block, have each signal make this call instead."""

    def __init__(self, call: "Callable[[int], object]") -> None:
        self._call, self._before = call, {number: _signal.getsignal(number) for number in SIGNALS}

    def __enter__(self) -> None:
        for number in SIGNALS:
            _handle(number, self._call)

    def __exit__(self, kind: "type[BaseException] | None", error: BaseException | None, trace: "TracebackType | None") -> None:
        for number, handler in self._before.items():
            _signal.signal(number, handler)


def _handle(number: int, call: "Callable[[int], object]") -> None:
    if number != SIGHUP or _signal.getsignal(number) != _signal.SIG_IGN:
        _signal.signal(number, lambda number, _frame: call(number))
