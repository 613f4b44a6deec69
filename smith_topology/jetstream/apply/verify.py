"""Reads everything written once more, at the end of an apply."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.core.model import Call, Outcome, Verdict
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.call import Caller
from smith_topology.jetstream.connecting.errors import ServerError
from smith_topology.jetstream.retry import Patient, gather


async def verified(caller: Caller, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes after reading every written object again. A done step whose object has changed since is not done; a step of
    unknown outcome is done if its object is as it was to be.
    """
    written = [place for place, each in enumerate(outcomes) if isinstance(each.step, Call) and each.verdict.wrote]
    latest = {outcomes[place].step.address: place for place in written}
    places = [place for place in latest.values() if outcomes[place].verdict in (Verdict.DONE, Verdict.UNKNOWN)]
    found = dict(zip(places, await _read_again(caller, [outcomes[place] for place in places]), strict=True))
    return [found.get(place, each) for place, each in enumerate(outcomes)]


async def _read_again(caller: Caller, done: list[Outcome]) -> list[Outcome]:
    """A server that was lost is asked once, for all of them, whether it is back."""
    try:
        if caller.state.lost:
            await caller.state.api.request("INFO")
    except ServerError as error:
        return [diagnostics.unchecked(each, error) if each.verdict is Verdict.DONE else each for each in done]
    ask = Patient(caller.state.api)
    return await gather(done, lambda outcome: _checked(caller, ask, outcome))


async def _checked(caller: Caller, ask: Patient, outcome: Outcome) -> Outcome:
    call = outcome.step
    assert isinstance(call, Call)
    try:
        seen = await ask.repeat(lambda: caller.seen(call))
    except ServerError as error:
        return diagnostics.unchecked(outcome, error) if outcome.verdict is Verdict.DONE else outcome
    if caller.is_done(call, seen):
        return outcome if outcome.verdict is Verdict.DONE else replace(outcome, verdict=Verdict.DONE, diagnostic=None)
    if outcome.verdict is Verdict.UNKNOWN:
        return outcome
    return replace(outcome, verdict=Verdict.ALTERED, diagnostic=diagnostics.not_as_left(call, caller.differences(call, seen)))
