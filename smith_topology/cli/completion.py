"""``smith-topo completion``: the script that completes commands in a shell."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

VARIABLE = "_SMITH_TOPO_COMPLETE"


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(context: typer.Context, shell: Annotated[Shell, typer.Argument(help="Whose script to print.")]) -> None:
    """Print the completion script of a shell. Use it as eval "$(smith-topo completion bash)"."""
    os.environ[VARIABLE] = f"source_{shell.value}"
    prepare()
    try:
        context.find_root().command(args=[], prog_name="smith-topo")
    finally:
        del os.environ[VARIABLE]


def prepare() -> None:
    """Register the shells with typer. Called only when a shell asks for completions, as it takes time."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]  # public by name, not by __all__

        completion_init()
