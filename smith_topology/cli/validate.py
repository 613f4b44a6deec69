"""``smith-topo validate``: everything that can be known without a server."""

from __future__ import annotations

from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.emit import emit, report
from smith_topology.cli.exits import ExitWith
from smith_topology.cli.options import Files, TextOrJson
from smith_topology.render.formats import View
from smith_topology.render.validation import Checked


def validate(
    files: Files, output: Annotated[TextOrJson, typer.Option("--output", "-o", help="What to print.")] = TextOrJson.HUMAN
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
    emit(View.VALIDATION, output, Checked(what.topology, what.warnings))
