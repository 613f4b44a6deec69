"""One request of a plan: look at the object, send, compare the answer with what was sent.

The server has no compare-and-set for configurations (2.10 to 2.15 measured), so each object is read again immediately
before it is written, and left alone unless it is what the plan saw. An answer that does not come says nothing: the object
is looked at before the request is sent once more, and if it can't be, the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from smith_topology.core.diff.diff import compare, meaning_digest, normal_form
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import by_name
from smith_topology.core.kinds.marks import OWNED_BY, PSEUDO_FIELDS, UNFINISHED
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.kinds.own_limits import limits_in, mark
from smith_topology.core.model import (
    APPLIED,
    KEPT,
    LIMITS,
    Address,
    Call,
    Change,
    Config,
    FieldChange,
    Kind,
    Observed,
    Verb,
    Verdict,
)
from smith_topology.core.planning.forecast.approved_loss import can_lose
from smith_topology.core.planning.requests import fingerprint, keeping
from smith_topology.jetstream import read
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.loss import approved
from smith_topology.jetstream.apply.state import Ending, State
from smith_topology.jetstream.connecting.errors import ApiError, Fault, ServerError, fault_of

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SHOW_PAUSE, PAUSE_SHOWS = 0.1, 30


class Caller:
    """Carries out single requests. ``families`` are the changes of each stream and its consumers, in the order of the plan;
    ``last`` is the last request for each object.
    """

    def __init__(self, state: State, families: Mapping[Address, Sequence[Change]], last: Mapping[Address, Call]) -> None:
        self.state, self.families, self.last = state, families, last
        self.lowered: dict[int, Call] = {}
        """By id, the requests whose defaults the server has lowered by limits of its own, with these and the marks left."""
        self.limits: dict[Address, Config] = {}

    async def attempt(self, call: Call, *, looked: bool = False, finishing: bool = False) -> Ending:
        """Try until the step is done, can't be done, or time is up. ``looked`` says that the object was looked at just now;
        ``finishing`` that a hand-over is to be finished, stop or not. ``doubt`` is whether a request may have taken effect.
        """
        deadline, pause, doubt = time.monotonic() + self.state.pace.patience, FIRST_PAUSE, False
        while True:
            sending = False
            try:
                if not looked and (found := await self._look(call, doubt)) is not None:
                    return found
                looked, sending = False, True
                return await self._send(call)
            except ServerError as error:
                accepted = call.id in self.state.accepted
                doubt = doubt or accepted or (sending and not isinstance(error, ApiError))
                final = fault_of(error) is Fault.FINAL
                if sending and _is_gone(call, error):
                    self.state.leave(call.address, None)
                    return Verdict.DONE, None if doubt else diagnostics.was_so(call)  # in doubt it was an earlier request of ours
                if final or await self.state.out_of_time(deadline - pause, error, finishing=finishing):
                    if doubt and (accepted or not (final and sending)):
                        return Verdict.UNKNOWN, diagnostics.refused(call, error)
                    return Verdict.REFUSED, diagnostics.refused(call, error) if sending else diagnostics.unseen(call, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def look(self, call: Call) -> Ending | None:
        """Why the request must not, or need not, be sent; None if it is to be. Nothing is sent."""
        deadline, pause = time.monotonic() + self.state.pace.patience, FIRST_PAUSE
        while True:
            try:
                return await self._look(call, doubt=False)
            except ServerError as error:
                if fault_of(error) is Fault.FINAL or await self.state.out_of_time(deadline - pause, error):
                    return Verdict.REFUSED, diagnostics.unseen(call, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _look(self, call: Call, doubt: bool) -> Ending | None:
        """Whether the request must not be sent: it has worked already, or the object is not what the plan saw. An object that
        became what the plan makes of it in the end, by another apply for example, needs none of the plan's requests.
        """
        seen = await self.seen(call)
        if doubt and self.is_done(call, seen):
            self.state.leave(call.address, seen)
            return Verdict.DONE, None
        if not doubt and not call.rolls_back and self.is_done(self.last[call.address], seen):
            self.state.leave(call.address, seen)
            return Verdict.DONE, diagnostics.was_so(call)
        wanted = call.seen if call.seen is not None else self.state.left.get(call.address, "")
        if fingerprint(seen) != wanted:
            if doubt:
                return Verdict.UNKNOWN, diagnostics.changed_meanwhile(call)
            return Verdict.STALE, diagnostics.stale(call, seen)
        if call.rolls_back or not can_lose(call.stage):
            return None
        return await approved(self.state, call, self.families.get(call.address.parent, ()), wanted)

    async def _send(self, call: Call) -> Ending:
        answer = await self.state.api.request(call.endpoint, call.payload or None)
        self.state.accepted.add(call.id)
        seen = await self._result(call, answer)
        self.state.leave(call.address, seen)
        if await self._has_worked(call, seen):
            return Verdict.DONE, None
        return Verdict.ALTERED, diagnostics.altered(call, self.differences(call, seen))

    async def _has_worked(self, call: Call, seen: Observed | None) -> bool:
        """Whether the object is as sent, apart from defaults that the server has lowered by limits of its own.

        What it keeps otherwise is left on the object, so that the next plan does not take it for a hand edit.
        """
        fields = self.differences(call, seen)
        if seen is None or not fields:
            return self.is_done(call, seen)
        limits = limits_in(call, seen, fields)
        made = _with_limits(call, limits)
        if APPLIED in _sent_metadata(call) and UNFINISHED not in (call.expected or {}):
            left = {LIMITS: mark(seen, limits), APPLIED: self._digest(call, made.expected or {})} if limits else {}
            if self.differences(made, seen):
                left[KEPT] = self._digest(call, self._live_form(call, seen))
            made, seen = _with_marks(made, left), await self._mark(call, seen, left)
        if limits and seen and self.has_marks(made, seen):
            self.lowered[call.id], self.limits[call.address] = made, limits
        return self.is_done(call, seen)

    async def _mark(self, call: Call, seen: Observed, marks: Mapping[str, str]) -> Observed | None:
        """The object, with these marks on it if that works: if not, the step is not done."""
        request = keeping(seen, marks)
        with suppress(ServerError):
            await self.state.api.request(request.endpoint, request.payload)
            marked = await self.seen(call)
            self.state.leave(call.address, marked)
            return marked
        return seen

    def _digest(self, call: Call, config: Config) -> str:
        return meaning_digest(call.address.kind, config, call.ignored)

    async def _result(self, call: Call, answer: dict[str, Any]) -> Observed | None:
        """The object as the answer shows it, or as it is read where the answer does not: a pause shows no configuration, and
        the first update of a consumer since its server started shows the one before (2.10 to 2.15).
        """
        match call.verb, call.address.kind:
            case Verb.DELETE, _:
                return None
            case Verb.PAUSE, _:
                return await self._paused(call)
            case Verb.UPDATE, Kind.CONSUMER:
                return await self.seen(call)
            case ((Verb.CREATE | Verb.UPDATE), _):
                return read.observed(call.address, answer)

    async def _paused(self, call: Call) -> Observed | None:
        """A cluster may show the consumer as it was for a moment after the answer (2.11 to 2.15)."""
        for _ in range(PAUSE_SHOWS):
            if self.is_done(call, seen := await self.seen(call)):
                break
            await asyncio.sleep(SHOW_PAUSE)
        return seen

    def is_done(self, call: Call, seen: Observed | None) -> bool:
        if call.expected is None or seen is None:
            return call.expected is None and seen is None
        return not self.differences(call, seen) and self.has_marks(call, seen)

    def has_marks(self, call: Call, seen: Observed) -> bool:
        return _sent_metadata(self._as_lowered(call)).items() <= seen.metadata.items()

    def differences(self, call: Call, seen: Observed | None) -> tuple[FieldChange, ...]:
        """What the server holds (before) against what was sent (after)."""
        after = self._as_lowered(call).expected or {}
        expected = {name: value for name, value in after.items() if name != OWNED_BY}
        return compare(RULES[call.address.kind].fields, self._live_form(call, seen) if seen else {}, expected)

    def _as_lowered(self, call: Call) -> Call:
        """The request as the server has carried it out. A pause follows the request that found the limits."""
        if call.verb is Verb.PAUSE:
            return _with_limits(call, self.limits.get(call.address, {}))
        return self.lowered.get(call.id, call)

    def _live_form(self, call: Call, seen: Observed) -> dict[str, Any]:
        known = {*by_name(RULES[call.address.kind].fields), *PSEUDO_FIELDS}
        unknown = {name: value for name, value in (call.expected or {}).items() if name not in known}
        return normal_form(seen, self._context(), unknown)

    def _context(self) -> Context:
        return Context(self.state.server, self.state.server.versions)

    async def seen(self, call: Call) -> Observed | None:
        return await read.one(self.state.api, call.address)


def _is_gone(step: Call, error: ServerError) -> bool:
    """Whether a deletion finds nothing to delete."""
    return step.verb is Verb.DELETE and isinstance(error, ApiError) and error.err_code in read.NOT_FOUND


def _with_limits(call: Call, limits: Config) -> Call:
    """The request with these values expected of the server. None stands for a default that is not set."""
    after = {name: value for name, value in (call.expected or {}).items() if name not in limits}
    after |= {name: value for name, value in limits.items() if value is not None}
    return replace(call, stage=replace(call.stage, after=after)) if limits else call


def _with_marks(call: Call, marks: Mapping[str, str]) -> Call:
    body = call.payload.get("config", call.payload)
    config = {**body, "metadata": {**body.get("metadata", {}), **marks}}
    return replace(call, payload={**call.payload, "config": config} if "config" in call.payload else config)


def _sent_metadata(call: Call) -> Config:
    if call.verb is Verb.PAUSE:
        return {}
    config: Config = call.payload.get("config", call.payload)
    marks: Config = config.get("metadata", {})
    return marks
