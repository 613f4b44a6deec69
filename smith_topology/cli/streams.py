"""Results on stdout, messages on stderr; a stream that takes nothing any more does not end the work."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from typing import IO, Any

from smith_topology.core.secrets import without_secrets


def to_stdout(text: str) -> None:
    """The result, to stdout."""
    _write(sys.stdout, text)


def to_stderr(text: str) -> None:
    """Progress and remarks, to stderr."""
    _write(sys.stderr, text)


def prepare() -> None:
    """Give a closed stream somewhere to go, and characters that a terminal's encoding lacks a spelling that it has.

    From here on secrets are taken out of all that is written, also of typer's usage errors and of tracebacks.
    """
    sys.stdout, sys.stderr = (_prepared(each) for each in (sys.stdout, sys.stderr))


def _prepared(stream: IO[str] | None) -> Any:
    if stream is None:
        return _Nowhere()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream if isinstance(stream, _WithoutSecrets) else _WithoutSecrets(stream)


def unwritten() -> str:
    """Why a result could not be written, or ``""``; what a command did meanwhile it has done all the same."""
    return sys.stdout.why if isinstance(sys.stdout, _Nowhere) else ""


class _WithoutSecrets:
    """The stream, with words in place of whatever looks like a secret in what is written at once."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(without_secrets(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Nowhere(io.StringIO):
    """Stands in for a stream that takes nothing any more, so that the work goes on; what is written to it is dropped."""

    def __init__(self, why: str = "") -> None:
        super().__init__()
        self.why = why

    def write(self, text: str) -> int:
        return len(text)


def _write(stream: IO[str], text: str) -> None:
    """Write a line or more. A pipe that was closed (``| head``) is no error; anything else is reported when the command ends."""
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
