"""Right before a request is sent: whether it would lose more messages by now than the plan announced."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.model import Call, Change, Kind, Live, Verb, Verdict
from smith_topology.core.planning.forecast.approved_loss import Excess, by_interest, excess, part_of
from smith_topology.core.planning.forecast.questions import questions
from smith_topology.core.planning.requests import fingerprint
from smith_topology.jetstream import counts, read
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.state import Ending, State

LOOKS, PAUSE = 20, 0.05
"""Stream and consumers are counted one after the other, so that traffic in between looks like a loss: it is counted again, with
pauses in seconds.
"""


async def approved(state: State, call: Call, family: Sequence[Change], wanted: str) -> Ending | None:
    """Why the request must not be sent, None if it may be.

    A stream is not deleted either while a consumer is on it that the plan did not see. ``family`` are the changes of the stream
    and its consumers, in the order of the plan; ``wanted`` is the fingerprint that the object must still have after the counting,
    which takes time. Raises ServerError.
    """
    by_address = {each.address: each for each in family}
    change, parent = by_address[call.address], by_address.get(call.address.parent)
    more: Excess | None = None
    for _ in range(LOOKS):
        live = await counts.fresh(state.api, state.server, change, parent)
        if (found := _unseen_consumer(call, live)) is not None:
            return found
        asked = list(questions((part_of(change, call.stage),), live))
        answers = await counts.answers(state.api, asked, certain=True)
        more = excess(change, call.stage, family, state.made, live, answers)
        stream = live.stream(call.address.parent.name)
        if more is None or not by_interest(stream.config if stream else {}, parent) or state.stop.is_set():
            break
        await asyncio.sleep(PAUSE)
    if more:
        return Verdict.STALE, diagnostics.would_lose(call, more)
    seen = await read.one(state.api, call.address) if asked else live.observed.get(call.address)
    return None if fingerprint(seen) == wanted else (Verdict.STALE, diagnostics.stale(call, seen))


def _unseen_consumer(call: Call, live: Live) -> Ending | None:
    if call.verb is not Verb.DELETE or call.address.kind is not Kind.STREAM:
        return None
    foreign = [each.address for each in live.consumers(call.address.name) if not is_ephemeral_or_internal(each)]
    return (Verdict.STALE, diagnostics.new_consumer(call, foreign[0])) if foreign else None
