"""How it looks: colour only where somebody looks at it, diagnostics in their box."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import IO

from smith_topology.cli.streams import to_stderr
from smith_topology.core.model import Diagnostic
from smith_topology.render import diagnostics as boxes
from smith_topology.render.text import Style


def report(diagnostics: Iterable[Diagnostic]) -> None:
    if text := boxes.render(diagnostics, style(sys.stderr)):
        to_stderr(text)


def style(stream: IO[str]) -> Style:
    """``NO_COLOR`` wins over ``FORCE_COLOR``, which wins over what the stream is."""
    colour = not os.environ.get("NO_COLOR") and bool(os.environ.get("FORCE_COLOR") or stream.isatty())
    return Style(colour, min(shutil.get_terminal_size((100, 24)).columns, 120))


def is_interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and not os.environ.get("CI")
