"""``smith-topo show``: what this topology owns and declares, as it is live."""

from __future__ import annotations

import sys
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.console import style
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Connection, Files
from smith_topology.cli.streams import to_stdout
from smith_topology.core.model import Diagnostic, Live, Observed, Severity, Topology
from smith_topology.render import show as human
from smith_topology.render.document import dumps

NOTHING_DECLARED = Topology("", {}, ())


class ShowOutput(StrEnum):
    HUMAN = "human"
    JSON = "json"


def show(
    files: Files,
    connection: Connection,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="One object, or a glob such as 'consumer.ORDERS.*'.")
    ] = None,
    output: Annotated[ShowOutput, typer.Option("--output", "-o", help="What to print.")] = ShowOutput.HUMAN,
) -> None:
    """Show the live objects. Without ADDRESS, what the file declares or owns; '*' is all there is, and needs no file."""

    async def work() -> None:
        topology = NOTHING_DECLARED if address else session.declared(files.paths).topology
        from smith_topology.jetstream import read

        async with session.connected(connection) as api:
            found = chosen(await read.live(api, topology, every_consumer=address is not None), topology, address)
        to_stdout(listed(found, output, single=len(found) == 1 and address is not None))

    with session.told_to_machines(output):
        session.run(work)


def chosen(live: Live, topology: Topology, address: str | None) -> list[Observed]:
    """What the address names among everything live; without one, what the topology declares or owns."""
    if address is None:
        return [o for a, o in live.observed.items() if a in topology.resources or o.owner == topology.name]
    found = [o for a, o in live.observed.items() if fnmatchcase(str(a), address)]
    if not found:
        raise ExitWith(
            Exit.ERROR,
            (
                Diagnostic(
                    "no-match",
                    Severity.ERROR,
                    "Address matches nothing",
                    f"Nothing live matches {address!r}.",
                    "Addresses look like stream.ORDERS or consumer.ORDERS.billing.",
                ),
            ),
        )
    return found


def listed(found: list[Observed], output: ShowOutput, *, single: bool) -> str:
    if output is ShowOutput.JSON:
        return dumps({"objects": [_document(each) for each in found]})
    return human.detail(found[0], style(sys.stdout)) if single else human.render(found, style(sys.stdout))


def _document(observed: Observed) -> dict[str, object]:
    return {
        "address": str(observed.address),
        "owner": observed.owner,
        "protected": observed.protected,
        "created": observed.created,
        "config": observed.config,
        "state": {name: value for name, value in observed.state.items() if name not in ("config", "cluster")},
    }
