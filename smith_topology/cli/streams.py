"""Results on stdout, messages on stderr; a stream that takes nothing any more does not end the work."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from typing import IO


def to_stdout(text: str) -> None:
    """The result, to stdout."""
    _write(sys.stdout, text)


def to_stderr(text: str) -> None:
    """Progress and remarks, to stderr."""
    _write(sys.stderr, text)


def prepare() -> None:
    """Give a closed stream somewhere to go, and characters that a terminal's encoding lacks a spelling that it has."""
    sys.stdout, sys.stderr = (_Nowhere() if each is None else each for each in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def unwritten() -> str:
    """Why a result could not be written, or ``""``; what a command did meanwhile it has done all the same."""
    return sys.stdout.why if isinstance(sys.stdout, _Nowhere) else ""


class _Nowhere(io.StringIO):
    """Stands in for a stream that takes nothing any more, so that the work goes on; what is written to it is dropped."""

    def __init__(self, why: str = "") -> None:
        super().__init__()
        self.why = why

    def write(self, text: str) -> int:
        return len(text)


def _write(stream: IO[str], text: str) -> None:
    """A reader that has gone (``| head``) is no error; a full disk is one, reported at the end."""
    try:
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()
    except OSError as error:
        nowhere = _Nowhere("" if isinstance(error, BrokenPipeError) else error.strerror or "it takes nothing")
        with suppress(OSError):
            stream.close()  # what it still holds would be tried again when the program ends
        if stream is sys.stderr:
            sys.stderr = nowhere
        else:
            sys.stdout = nowhere
