"""The terminal: whether there is one, its width, and whether it takes colours."""

from __future__ import annotations

import os
import shutil
import sys
from typing import IO

from smith_topology.render.text import Style


def style(stream: IO[str]) -> Style:
    """``NO_COLOR`` wins over ``FORCE_COLOR``, which wins over what the stream is."""
    colour = not os.environ.get("NO_COLOR") and bool(os.environ.get("FORCE_COLOR") or stream.isatty())
    width = shutil.get_terminal_size((100, 24)).columns
    return Style(colour, min(width, 120), width if stream.isatty() else 0)


def is_interactive() -> bool:
    """Whether a question can be answered: stdin and stderr are terminals."""
    return sys.stdin.isatty() and not os.environ.get("CI")
