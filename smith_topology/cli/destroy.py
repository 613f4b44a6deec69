"""``smith-topo destroy``: delete everything the topology owns."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.cli import apply, session
from smith_topology.cli.emit import machine_readable
from smith_topology.cli.options import Approving, Connection, Files, Format, Origin, Output, Selected


def destroy(
    files: Files,
    connection: Connection,
    selected: Selected,
    origin: Origin,
    approving: Approving,
    output: Format = Output.HUMAN,
) -> None:
    """Delete all this topology owns, in the file or not, after approval. While any of it is protected, nothing is deleted."""
    apply.may_ask(approving)
    with machine_readable(output):
        what = session.declared(files.paths, origin)
        protected = frozenset(address for address, resource in what.topology.resources.items() if resource.protect)
        everything = frozenset(what.topology.resources)
        nothing = session.Declared(replace(what.topology, resources={}, protected=protected, withdrawn=everything), ())
        apply.execute(nothing, connection, selected, approving, output, verb="destroy")
