"""``smith-topo drift``: does the account still hold what the file declares? For cron; never writes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from smith_topology.cli import session, signals
from smith_topology.cli.emit import emit, look, machine_readable, rendered
from smith_topology.cli.exits import Exit, ExitWith, failed
from smith_topology.cli.options import Connection, Files, Origin, Selected
from smith_topology.cli.streams import to_stdout
from smith_topology.core.model import Finding, Plan, Severity, worst
from smith_topology.render import metrics
from smith_topology.render.formats import View

METRICS_FILE = Finding.error(
    "metrics-file",
    "Metrics can't be written",
    "The file for the metrics can't be written.",
    "Choose a place this user may write to.",
)


class DriftOutput(StrEnum):
    HUMAN = "human"
    JSON = "json"
    NDJSON = "ndjson"
    MARKDOWN = "markdown"
    SUMMARY = "summary"
    METRICS = "metrics"


DriftFormat = Annotated[DriftOutput, typer.Option("--output", "-o", help="What to print; metrics is Prometheus text.")]
MetricsFile = Annotated[
    Path | None, typer.Option("--metrics-file", metavar="PATH", help="Also write Prometheus text here, for a textfile collector.")
]


def drift(
    files: Files,
    connection: Connection,
    selected: Selected,
    origin: Origin,
    output: DriftFormat = DriftOutput.HUMAN,
    metrics_file: MetricsFile = None,
) -> None:
    """Compare the account with the file. Exits with 0 when they agree, 2 when they don't; never writes to the server."""
    with machine_readable(output):
        owner = ""
        try:
            what = session.declared(files.paths, origin)
            owner = what.topology.name
            found = session.run(lambda: compared(what, connection, selected))
        except ExitWith as end:
            unknown = metrics.failed(owner or end.owner, look(sys.stdout))
            if output is DriftOutput.METRICS:
                to_stdout(unknown)
            if metrics_file:
                _write(metrics_file, unknown)
            raise
        emit(View.DRIFT, output, found)
        if metrics_file:
            _write(metrics_file, rendered(View.DRIFT, DriftOutput.METRICS, found))
        raise ExitWith(verdict(found))


async def compared(what: session.Declared, connection: Connection, selected: Selected) -> Plan:
    """The plan to compare by. Raises ExitWith if an error keeps the whole account from being compared."""
    async with session.connected(connection) as api:
        found = await session.planned(api, what, selected.selection)
    if verdict(found) is Exit.ERROR:
        raise ExitWith(Exit.ERROR, session.stopping(found))
    return found


def verdict(found: Plan) -> Exit:
    """Errors come before refusals of the whole comparison, and those before differences.

    What keeps one object from being applied does not keep it from being compared.
    """
    stopping = session.stopping(found)
    general = [each for each in stopping if each.address is None]
    if worst(general) is Severity.ERROR:
        return Exit.ERROR
    if general:
        return Exit.REFUSED
    if found.differs:
        return Exit.DIFFERENCES
    return Exit(failed(stopping).code) if stopping else Exit.DONE


def _write(path: Path, text: str) -> None:
    """Replace the file in one move, so that a collector never reads half of it. A device or a pipe is written into instead."""
    try:
        place = path.resolve()
        beside = place.with_name(f".{place.name}.new")
        if place.exists() and not place.is_file():
            place.write_text(text, encoding="utf-8")
            return
        with signals.handled(lambda _: None):  # or the half of it would stay
            beside.write_text(text, encoding="utf-8")
            beside.replace(place)
    except OSError as error:
        detail, fix = f"{path}: {error.strerror}.", "Choose a place this user may write to."
        raise ExitWith(Exit.ERROR, (METRICS_FILE.diagnostic(detail, fix),)) from error
