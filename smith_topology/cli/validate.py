"""``smith-topo validate``: everything that can be known without a server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.console import report
from smith_topology.cli.exits import ExitWith
from smith_topology.cli.options import Files
from smith_topology.cli.streams import to_stdout
from smith_topology.core.model import Diagnostic, Kind
from smith_topology.render import document
from smith_topology.render.text import clean, count


class ValidateOutput(StrEnum):
    HUMAN = "human"
    JSON = "json"


def validate(
    files: Files, output: Annotated[ValidateOutput, typer.Option("--output", "-o", help="What to print.")] = ValidateOutput.HUMAN
) -> None:
    """Check the file offline. Finds every error at once, with its place and what to write instead."""
    try:
        what = session.declared(files.paths)
    except ExitWith as end:
        if output is ValidateOutput.JSON:
            _tell_json(end.diagnostics)
            raise ExitWith(end.code) from end
        raise
    if output is ValidateOutput.JSON:
        _tell_json(what.warnings)
        return
    report(what.warnings)
    kinds = [address.kind for address in what.topology.resources]
    streams, consumers = kinds.count(Kind.STREAM), kinds.count(Kind.CONSUMER)
    to_stdout(f"{clean(' '.join(what.topology.files))}: valid ({count(streams, 'stream')}, {count(consumers, 'consumer')}).")


def _tell_json(diagnostics: tuple[Diagnostic, ...]) -> None:
    to_stdout(document.dumps(document.diagnostics_document(diagnostics)))
