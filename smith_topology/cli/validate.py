"""``smith-topo validate``: everything that can be known without a server."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.emit import emit, look, report
from smith_topology.cli.exits import ExitWith
from smith_topology.cli.options import Files, TextOrJson
from smith_topology.cli.streams import to_stderr
from smith_topology.render.diagnostics import ignored
from smith_topology.render.formats import View
from smith_topology.render.validation import Checked


def validate(
    files: Files,
    output: Annotated[TextOrJson, typer.Option("--output", "-o", help="What to print.")] = TextOrJson.HUMAN,
    show_ignored: Annotated[
        bool, typer.Option("--show-ignored", help="Also show the warnings that the file ignores, and why. JSON always has them.")
    ] = False,
) -> None:
    """Check the file offline. Finds every error at once, with its line and what to write instead."""
    try:
        what = session.declared(files.paths)
    except ExitWith as end:
        if output is TextOrJson.JSON:
            emit(View.DIAGNOSTICS, output, end.diagnostics)
            raise ExitWith(end.code) from end
        raise
    if output is TextOrJson.HUMAN:
        report(what.warnings)
        if show_ignored and (text := ignored(what.warnings, look(sys.stderr))):
            to_stderr(text)
    emit(View.VALIDATION, output, Checked(what.topology, what.warnings))
