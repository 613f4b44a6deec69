"""Plan → server: carries the steps out, decides nothing, and believes nothing it has not read back.

The server has no compare-and-set for configurations (2.10 to 2.15 measured), so each object is read again immediately
before it is written, and left alone unless it is what the plan saw. An answer that does not come says nothing: the object
is looked at before the request is sent once more, and if it can't be, nobody claims to know.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from smith_topology.core.diff.diff import PSEUDO_FIELDS, compare, normal_form
from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import by_name
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.model import (
    Address,
    Call,
    Change,
    Config,
    Diagnostic,
    FieldChange,
    Kind,
    Observed,
    Outcome,
    Plan,
    Step,
    Verb,
    Verdict,
    Wait,
)
from smith_topology.core.planning.forecast import can_lose, excess, questions
from smith_topology.core.planning.ordering.subjects import rollback
from smith_topology.core.planning.requests import fingerprint
from smith_topology.jetstream import counts, read
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.replicas import CatchUp, is_settled
from smith_topology.jetstream.apply.scheduler import Scheduler
from smith_topology.jetstream.connecting.errors import ApiError, Fault, ServerError, common_trouble, fault_of
from smith_topology.jetstream.retry import Patient, gather

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SETTLE_PAUSE = 0.1
PAUSE_SHOWS = 30


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests at once, and how many seconds a request may take with all its retries."""

    parallelism: int = 10
    patience: float = 20.0


class Run:
    """One apply: carry the steps out, then read everything back. Remembers how each object was left by its latest step.

    Once ``stop`` is set no step is started; those under way are finished, and what they leave without a holder is given back.
    """

    def __init__(self, api: Api, plan: Plan, pace: Pace, stop: asyncio.Event) -> None:
        self.api, self.plan, self.server, self.pace, self.stop = api, plan, plan.server, pace, stop
        self.families: dict[Address, dict[Address, Change]] = defaultdict(dict)
        for change in plan.changes:
            self.families[change.address.parent][change.address] = change
        self.under_way: dict[int, Step] = {}
        self.left: dict[Address, str] = {}
        self.accepted: set[int] = set()
        self.lost = False
        self.in_vain: set[int] = set()

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Each step as soon as the ones before it are done; one outcome for every step.

        A step that is not done skips what depends on it, and nothing else; a server that is gone skips the rest. Trouble of the
        server itself, such as a full disk, is waited for by one step alone. What was let go for somebody who then could not take
        it is given back, by steps that the plan does not have.
        Raises nothing for what the server does: that is in the outcomes.
        """
        told = list[Outcome]()
        async for outcome in self._planned():
            told.append(outcome)
            yield outcome
        back = [] if self.lost else rollback(self.plan, told)
        self.under_way |= {call.id: call for call in back}
        for outcome in await gather(back, self._carry_out, self.pace.parallelism):
            del self.under_way[outcome.step.id]
            yield outcome

    async def _planned(self) -> AsyncIterator[Outcome]:
        agenda, running = Scheduler(self.plan.steps), set[asyncio.Task[Outcome]]()
        while True:
            while len(running) < self.pace.parallelism and not self._ended() and (step := agenda.start()):
                self.under_way[step.id] = step
                running.add(asyncio.create_task(self._carry_out(step)))
            if not running:
                break
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for outcome in (task.result() for task in ended):
                del self.under_way[outcome.step.id]
                yield outcome
                if outcome.verdict is Verdict.DONE:
                    agenda.done(outcome.step)
                else:
                    for step in agenda.drop(outcome.step):
                        yield diagnostics.skipped(step, "an earlier step it depends on was not done")
        for step in agenda.rest():
            yield diagnostics.skipped(step, self._ended())

    async def verified(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Read everything written once more: what is no longer as it was left is not done after all, and what is as it was to be
        is done, whether its answer came or not.
        """
        written = [place for place, each in enumerate(outcomes) if isinstance(each.step, Call) and each.verdict.wrote]
        latest = {outcomes[place].step.address: place for place in written}
        places = [place for place in latest.values() if outcomes[place].verdict in (Verdict.DONE, Verdict.UNKNOWN)]
        found = dict(zip(places, await self._read_again([outcomes[place] for place in places]), strict=True))
        return [found.get(place, each) for place, each in enumerate(outcomes)]

    async def _read_again(self, done: list[Outcome]) -> list[Outcome]:
        """A server that was lost is asked once, for all of them, whether it is back."""
        try:
            if self.lost:
                await self.api.request("INFO")
        except ServerError as error:
            return [diagnostics.unchecked(each, error) if each.verdict is Verdict.DONE else each for each in done]
        ask = Patient(self.api)
        return await gather(done, lambda outcome: self._checked(ask, outcome))

    def abandoned(self) -> list[Outcome]:
        """What was under way when nobody waited for it any longer: it may be done, or not."""
        return [Outcome(step, Verdict.UNKNOWN, 0.0, diagnostics.abandoned(step)) for step in self.under_way.values()]

    def _ended(self) -> str:
        """Why nothing more is started, or ``""``."""
        if self.lost:
            return "the server no longer answers"
        return "the run was interrupted" if self.stop.is_set() else ""

    async def _carry_out(self, step: Step) -> Outcome:
        started = time.monotonic()
        try:
            work = self._settle(step) if isinstance(step, Wait) else self._attempt(step, started + self.pace.patience)
            verdict, diagnostic = await work
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not take along the report of what is done
            verdict, diagnostic = Verdict.UNKNOWN, diagnostics.mistaken(step, error)
        return Outcome(step, verdict, time.monotonic() - started, diagnostic)

    async def _attempt(self, step: Call, deadline: float) -> tuple[Verdict, Diagnostic | None]:
        """Try until the step is done, can't be done, or time is up. ``doubt`` is whether a request may have taken effect."""
        pause, doubt = FIRST_PAUSE, False
        while True:
            sending = False
            try:
                if (found := await self._look(step, doubt)) is not None:
                    return found
                sending = True
                return await self._send(step)
            except ServerError as error:
                accepted = step.id in self.accepted
                doubt = doubt or accepted or (sending and not isinstance(error, ApiError))
                final = fault_of(error) is Fault.FINAL
                if doubt and sending and _is_gone(step, error):
                    self._leave(step, None)
                    return Verdict.DONE, None  # an earlier request of ours came late, and has worked
                if final or await self._out_of_time(deadline - pause, error):
                    if doubt and (accepted or not (final and sending)):
                        return Verdict.UNKNOWN, diagnostics.refused(step, error)
                    return Verdict.REFUSED, diagnostics.refused(step, error) if sending else diagnostics.unseen(step, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _out_of_time(self, deadline: float, error: ServerError) -> bool:
        """Whether to give up. The first step to do so asks whether the server is there at all, for the others' sake, and
        tells them what it has waited for.
        """
        trouble = common_trouble(error)
        if time.monotonic() > deadline and not self.lost:
            self.in_vain |= {trouble} - {0}
            try:
                await self.api.request("INFO")
            except ServerError:
                self.lost = True
            return True
        return self.lost or self.stop.is_set() or trouble in self.in_vain

    async def _look(self, call: Call, doubt: bool) -> tuple[Verdict, Diagnostic | None] | None:
        """Whether the request must not be sent: it has worked already, or the object is not what the plan saw."""
        seen = await self._seen(call)
        if doubt and self._is_done(call, seen):
            self._leave(call, seen)
            return Verdict.DONE, None
        wanted = call.before if call.before is not None else self.left.get(call.address, "")
        if fingerprint(seen) != wanted:
            if doubt:
                return Verdict.UNKNOWN, diagnostics.changed_meanwhile(call)
            return Verdict.STALE, diagnostics.stale(call, seen)
        return await self._costlier(call, wanted)

    async def _costlier(self, call: Call, wanted: str) -> tuple[Verdict, Diagnostic | None] | None:
        """A change is not sent if by now it would lose more than the plan announced (``forecast.approved_loss``), nor is a stream
        deleted while a consumer is on it that the plan has not deleted before: somebody else's, made since. Counting takes
        time, so the object is looked at once more behind it.
        """
        family = self.families[call.address.parent]
        change, parent = family[call.address], family.get(call.address.parent)
        if call.rolls_back or not can_lose(change):
            return None
        live = await counts.fresh(self.api, self.server, change, parent)
        foreign = [each.address for each in live.consumers(call.address.name) if not is_ephemeral_or_internal(each)]
        if foreign and call.verb is Verb.DELETE and call.address.kind is Kind.STREAM:
            return Verdict.STALE, diagnostics.in_company(call, foreign[0])
        asked = list(questions((change,), live))
        more = excess(change, family, live, await counts.answers(self.api, asked, certain=True))
        if more:
            return Verdict.STALE, diagnostics.would_lose(call, more)
        seen = await self._seen(call) if asked else live.observed.get(call.address)
        return None if fingerprint(seen) == wanted else (Verdict.STALE, diagnostics.stale(call, seen))

    async def _send(self, call: Call) -> tuple[Verdict, Diagnostic | None]:
        answer = await self.api.request(call.endpoint, call.payload or None)
        self.accepted.add(call.id)
        seen = await self._result(call, answer)
        self._leave(call, seen)
        if self._is_done(call, seen):
            return Verdict.DONE, None
        return Verdict.ALTERED, diagnostics.altered(call, self._differences(call, seen))

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
                return await self._seen(call)
            case ((Verb.CREATE | Verb.UPDATE), _):
                return read.observed(call.address, answer)

    async def _paused(self, call: Call) -> Observed | None:
        """A cluster may show the consumer as it was for a moment after the answer (2.11 to 2.15)."""
        for _ in range(PAUSE_SHOWS):
            if self._is_done(call, seen := await self._seen(call)):
                break
            await asyncio.sleep(SETTLE_PAUSE)
        return seen

    def _leave(self, call: Step, seen: Observed | None) -> None:
        self.left[call.address] = fingerprint(seen)

    def _is_done(self, call: Call, seen: Observed | None) -> bool:
        if call.expected is None or seen is None:
            return call.expected is None and seen is None
        marks = _sent_metadata(call)
        return not self._differences(call, seen) and marks.items() <= seen.metadata.items()

    def _differences(self, call: Call, seen: Observed | None) -> tuple[FieldChange, ...]:
        """What the server holds (before) against what was sent (after)."""
        fields = RULES[call.address.kind].fields
        expected = call.expected or {}
        unknown = {name: value for name, value in expected.items() if name not in by_name(fields) and name not in PSEUDO_FIELDS}
        return compare(fields, normal_form(seen, Context(self.server, self.server.versions), unknown) if seen else {}, expected)

    async def _seen(self, step: Step) -> Observed | None:
        return await read.one(self.api, step.address)

    async def _settle(self, wait: Wait) -> tuple[Verdict, Diagnostic | None]:
        """Until every peer is current: a change of replicas or placement is answered long before it is done."""
        peers = CatchUp(self.pace.patience)
        while True:
            try:
                seen = await self._seen(wait)
            except ServerError as error:
                if fault_of(error) is Fault.FINAL or await self._out_of_time(peers.deadline, error):
                    return Verdict.UNKNOWN, diagnostics.refused(wait, error)
            else:
                if seen is None or fingerprint(seen) != self.left[wait.address]:
                    return Verdict.STALE, diagnostics.changed_meanwhile(wait)
                if is_settled(seen):
                    return Verdict.DONE, None
                peers.look(seen)
                if peers.are_late or self.stop.is_set():
                    return Verdict.UNKNOWN, diagnostics.unsettled(wait)
            await asyncio.sleep(SETTLE_PAUSE)

    async def _checked(self, ask: Patient, outcome: Outcome) -> Outcome:
        call = outcome.step
        assert isinstance(call, Call)
        try:
            seen = await ask.repeat(lambda: self._seen(call))
        except ServerError as error:
            return diagnostics.unchecked(outcome, error) if outcome.verdict is Verdict.DONE else outcome
        if self._is_done(call, seen):
            return replace(outcome, verdict=Verdict.DONE, diagnostic=None)
        if outcome.verdict is Verdict.UNKNOWN:
            return outcome
        return replace(outcome, verdict=Verdict.ALTERED, diagnostic=diagnostics.not_so(call, self._differences(call, seen)))


def _is_gone(step: Call, error: ServerError) -> bool:
    """Whether a deletion finds nothing to delete."""
    return step.verb is Verb.DELETE and isinstance(error, ApiError) and error.err_code in read.NOT_FOUND


def _sent_metadata(call: Call) -> Config:
    if call.verb is Verb.PAUSE:
        return {}
    config: Config = call.payload.get("config", call.payload)
    marks: Config = config.get("metadata", {})
    return marks
