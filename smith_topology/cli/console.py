"""Results on stdout, talk on stderr, colour only where somebody looks at it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from smith_topology.core.model import Diagnostic
from smith_topology.render import diagnostics as boxes
from smith_topology.render.text import Style


def tell(text: str) -> None:
    """The result, to stdout."""
    _write(sys.stdout, text)


def talk(text: str) -> None:
    """Progress and remarks, to stderr."""
    _write(sys.stderr, text)


def complain(diagnostics: Iterable[Diagnostic]) -> None:
    if text := boxes.render(diagnostics, style(sys.stderr)):
        talk(text)


def style(stream: IO[str]) -> Style:
    """``NO_COLOR`` wins over ``FORCE_COLOR``, which wins over what the stream is."""
    colour = not os.environ.get("NO_COLOR") and bool(os.environ.get("FORCE_COLOR") or stream.isatty())
    return Style(colour, min(shutil.get_terminal_size((100, 24)).columns, 120))


def is_interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and not os.environ.get("CI")


def _write(stream: IO[str], text: str) -> None:
    """A reader that has gone (``| head``) is no error of ours."""
    try:
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()
    except BrokenPipeError:
        if stream is sys.stderr:
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # as below
            return
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # so that the flush at exit is quiet
