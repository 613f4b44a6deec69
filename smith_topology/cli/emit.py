"""Results on stdout in the format that was asked for, diagnostics on stderr; which function writes it says ``render/formats``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Any

from smith_topology import __version__
from smith_topology.cli.console import style
from smith_topology.cli.exits import ExitWith
from smith_topology.cli.streams import to_stderr, to_stdout
from smith_topology.core.model import Diagnostic
from smith_topology.render.formats import Format, View, renderer
from smith_topology.render.text import Look, fitted


def emit(view: View, output: StrEnum, subject: Any, *, verb: str = "apply") -> None:
    """Write a result to stdout. ``output`` is one of the view's formats, ``verb`` the command that carries a plan out."""
    to_stdout(rendered(view, output, subject, verb=verb))


def rendered(view: View, output: StrEnum, subject: Any, *, verb: str = "apply") -> str:
    """The text of a result for stdout; what people read fits their terminal."""
    chosen = look(sys.stdout, verb=verb)
    text = renderer(view, Format(output))(subject, chosen)
    return fitted(text, chosen.style) if output == Format.HUMAN else text


def remark(text: str) -> None:
    """A question or a remark, to stderr."""
    to_stderr(fitted(text, style(sys.stderr)))


def look(stream: IO[str], *, verb: str = "apply") -> Look:
    """How text for this stream is written: colours, width, time."""
    return Look(style(stream), datetime.now(UTC), verb)


def report(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics for people, to stderr."""
    if text := renderer(View.DIAGNOSTICS, Format.HUMAN)(diagnostics, look(sys.stderr)):
        remark(text)


@contextmanager
def machine_readable(output: StrEnum) -> Iterator[None]:
    """Write to a machine's stdout what ended the command, so that it can tell one failure from another.

    A stream of lines begins with the line that names the version.
    """
    if output == Format.NDJSON:
        from smith_topology.render.documents import lines

        to_stdout(lines.version(__version__, look(sys.stdout)))
    try:
        yield
    except ExitWith as end:
        if end.diagnostics and output in (Format.JSON, Format.NDJSON):
            emit(View.DIAGNOSTICS, output, end.diagnostics)
        raise
