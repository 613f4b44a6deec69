"""``smith-topo show``: what this topology owns and declares, as it is live."""

from __future__ import annotations

from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.emit import emit, machine_readable, report
from smith_topology.cli.exits import Exit, ExitWith, raise_for
from smith_topology.cli.options import Connection, Files, TextOrJson
from smith_topology.core.diff.selection import NO_MATCH, matcher
from smith_topology.core.model import Diagnostic, Live, Observed, Topology
from smith_topology.render.formats import View
from smith_topology.render.show import Shown

NOTHING_DECLARED = Topology("", {}, ())


def show(
    files: Files,
    connection: Connection,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="One object, or a pattern such as 'consumer.ORDERS.*'.")
    ] = None,
    output: Annotated[TextOrJson, typer.Option("--output", "-o", help="What to print.")] = TextOrJson.HUMAN,
) -> None:
    """Show the live objects. Without ADDRESS, what the file declares or owns; '*' is all there is, and needs no file."""

    async def work() -> None:
        topology = NOTHING_DECLARED if address else session.declared(files.paths).topology
        from smith_topology.jetstream import read

        async with session.connected(connection) as api:
            live = await read.live(api, topology, every_consumer=address is not None)
        found, unread = chosen(live, topology, address), unreadable(live, topology, address)
        if not found:
            raise_for(unread)
        emit(View.SHOW, output, Shown(found, single=len(found) == 1 and address is not None, all=address is not None))
        if unread:
            report(unread)
            raise ExitWith(Exit.ERROR)

    with machine_readable(output):
        session.run(work)


def chosen(live: Live, topology: Topology, address: str | None) -> list[Observed]:
    """What the address, or pattern, names among everything live; without one, what the topology declares or owns. Raises ExitWith
    when none of what is there matches; in an empty account a pattern matches all there is.
    """
    if address is None:
        return [o for a, o in live.observed.items() if a in topology.resources or o.owner == topology.name]
    found = [o for a, o in live.observed.items() if matcher(address)(str(a))]
    if not found and not ("*" in address and not live.observed) and not unreadable(live, topology, address):
        detail, fix = f"Nothing live matches {address!r}.", "Addresses look like stream.ORDERS or consumer.ORDERS.billing."
        raise ExitWith(Exit.ERROR, (NO_MATCH.worded("Address matches nothing").diagnostic(detail, fix),))
    return found


def unreadable(live: Live, topology: Topology, address: str | None) -> tuple[Diagnostic, ...]:
    """A diagnostic for each object that would be shown and can't be read."""
    if address is None:
        return tuple(why for each, why in live.unknown.items() if each in topology.resources)
    wanted = matcher(address)
    return tuple(why for each, why in live.unknown.items() if wanted(str(each)) or address.startswith(f"consumer.{each.name}."))
