"""Topology × server → Plan: read, compare, ask what the forecast still needs, complete. Writes nothing."""

from __future__ import annotations

from smith_topology.core.diff.selection import Selection
from smith_topology.core.model import Diagnostic, Plan, Topology
from smith_topology.core.planning.plan import complete, prepare
from smith_topology.jetstream import counts, read
from smith_topology.jetstream.api import Api


async def make_plan(
    api: Api, topology: Topology, *, selection: Selection, adopt: bool, warnings: tuple[Diagnostic, ...] = ()
) -> Plan:
    """A complete plan for this account as it is now. Raises ServerError when the account can't be read completely."""
    prepared = prepare(topology, await read.live(api, topology), adopt=adopt, selection=selection, warnings=warnings)
    return complete(prepared, await counts.answers(api, prepared.questions))
