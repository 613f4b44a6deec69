"""Waits for the peers of a stream: a change of replicas or placement is answered long before it is done."""

from __future__ import annotations

import asyncio

from smith_topology.core.model import Verdict, Wait
from smith_topology.core.planning.requests import fingerprint
from smith_topology.jetstream import read
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.replicas import CatchUp, is_settled
from smith_topology.jetstream.apply.state import Ending, State
from smith_topology.jetstream.connecting.errors import Fault, ServerError, fault_of

PAUSE = 0.1
"""Seconds between two looks."""


async def settle(state: State, wait: Wait) -> Ending:
    """Wait until every peer is current."""
    peers = CatchUp(state.pace.patience)
    while True:
        try:
            seen = await read.one(state.api, wait.address)
        except ServerError as error:
            if fault_of(error) is Fault.FINAL or await state.out_of_time(peers.deadline, error):
                return Verdict.UNKNOWN, diagnostics.refused(wait, error)
        else:
            if fingerprint(seen) != state.left[wait.address]:
                return Verdict.STALE, diagnostics.changed_meanwhile(wait)
            assert seen is not None
            if is_settled(seen):
                return Verdict.DONE, None
            peers.look(seen)
            if peers.are_late or state.stop.is_set():
                return Verdict.UNKNOWN, diagnostics.unsettled(wait)
        await asyncio.sleep(PAUSE)
