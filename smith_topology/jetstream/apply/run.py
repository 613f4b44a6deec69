"""Plan → server: carries the steps out, decides nothing, and believes nothing it has not read back."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

from smith_topology.core.model import Address, Call, Change, Handover, Outcome, Plan, Step, Verdict, Wait
from smith_topology.core.planning.plan import decisive_stages
from smith_topology.core.planning.rollback import rollback
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.apply import diagnostics
from smith_topology.jetstream.apply.call import Caller
from smith_topology.jetstream.apply.scheduler import Scheduler, Unit
from smith_topology.jetstream.apply.settle import settle
from smith_topology.jetstream.apply.state import Ending, Pace, State
from smith_topology.jetstream.apply.verify import verified

DEPENDS = "an earlier step it depends on was not done"
MEANWHILE = "another client has done a part of its hand-over"
FRESH = 0.5
"""Seconds for which a look at an object counts as one right before the write."""


class Run:
    """One apply: carry the steps out, then read everything back.

    Once ``stop`` is set no unit is started; those under way are finished, hand-overs to their end.
    """

    def __init__(self, api: Api, plan: Plan, pace: Pace, stop: asyncio.Event) -> None:
        self.plan, self.state = plan, State(api, plan.server, pace, stop)
        calls = [step for step in plan.steps if isinstance(step, Call)]
        self._decisive = {stage: address for address, stage in decisive_stages(call.stage for call in calls).items()}
        self.caller = Caller(self.state, _families(plan, self._decisive.values()), {call.address: call for call in calls})
        self.under_way: dict[int, Step] = {}
        self.between_halves = 0
        self._reported: set[int] = set()
        self._ended: asyncio.Queue[Outcome | asyncio.Task[None]] = asyncio.Queue()
        self._handovers: dict[int | None, list[Handover]] = defaultdict(list)
        groups = {call.stage.id: call.group for call in calls}
        for each in plan.handovers:
            self._handovers[groups[each.giver]].append(each)

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Each step as soon as the ones before it are done; one outcome for every step, and one for each roll-back.

        A step that is not done skips what depends on it, and nothing else; a server that is gone skips the rest. Trouble of the
        server itself, such as a full disk, is waited for by one step alone. While a subject has no stream, nothing else starts.
        Raises nothing for what the server does: that is in the outcomes.
        """
        scheduler, running = Scheduler(self.plan.steps), set[asyncio.Task[None]]()
        while True:
            while self._has_room(len(running)) and (unit := scheduler.start()):
                self.under_way |= {step.id: step for step in unit}
                running.add(asyncio.create_task(self._carry_out(unit)))
            if not running:
                break
            if isinstance(outcome := await self._ended.get(), Outcome):
                self.under_way.pop(outcome.step.id, None)
                yield outcome
                if outcome.verdict is Verdict.DONE:
                    scheduler.done(outcome.step)
                else:
                    for step in scheduler.drop(outcome.step):
                        yield diagnostics.skipped(step, DEPENDS)
            else:
                running.discard(outcome)
        for step in scheduler.rest():
            yield diagnostics.skipped(step, self._over())

    def _has_room(self, running: int) -> bool:
        return running < self.state.pace.parallelism and not self.between_halves and not self._over()

    async def verified(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Read everything written once more (``apply.verify``)."""
        return await verified(self.caller, outcomes)

    def abandoned(self) -> list[Outcome]:
        """What was under way when a second signal ended the wait for it: it may be done, or not."""
        return [Outcome(step, Verdict.UNKNOWN, 0.0, diagnostics.abandoned(step)) for step in self.under_way.values()]

    def _over(self) -> str:
        """Why nothing more is started, or ``""``."""
        if self.state.lost:
            return "the server no longer answers"
        return "the run was interrupted" if self.state.stop.is_set() else ""

    async def _carry_out(self, unit: Unit) -> None:
        """Put each outcome into the queue as it comes, and this task itself at the end, whatever happens."""
        try:
            if len(unit) == 1:
                self._report(await self._one(unit[0]))
            else:
                await self._hand_over(unit)
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not take along the report of what is done
            for step in unit:
                if step.id not in self._reported:
                    self._report(Outcome(step, Verdict.UNKNOWN, 0.0, diagnostics.unexpected(step, error)))
        finally:
            if task := asyncio.current_task():
                self._ended.put_nowait(task)

    def _report(self, outcome: Outcome) -> None:
        self._reported.add(outcome.step.id)
        self._ended.put_nowait(outcome)

    async def _one(self, step: Step, *, looked: bool = False, finishing: bool = False) -> Outcome:
        started = time.monotonic()
        try:
            if isinstance(step, Wait):
                verdict, diagnostic = await settle(self.state, step)
            else:
                verdict, diagnostic = await self.caller.attempt(step, looked=looked, finishing=finishing)
        except Exception as error:  # noqa: BLE001  # as in ``_carry_out``
            verdict, diagnostic = Verdict.UNKNOWN, diagnostics.unexpected(step, error)
        return self._ended_as(step, (verdict, diagnostic), time.monotonic() - started)

    def _ended_as(self, step: Step, ending: Ending, seconds: float = 0.0) -> Outcome:
        verdict, diagnostic = ending
        if isinstance(step, Call) and verdict is Verdict.DONE and (made := self._decisive.get(step.stage.id)):
            self.state.made.add(made)
        return Outcome(step, verdict, seconds, diagnostic)

    async def _hand_over(self, unit: Unit) -> None:
        """Look at every object first, then send the requests one right behind the other, each once its givers' are accepted.

        What a giver has given up and its taker could not take goes back at once.
        """
        calls = [step for step in unit if isinstance(step, Call)]
        first = list({call.address: call for call in reversed(calls)}.values())
        findings = await asyncio.gather(*(self._looked_at(call) for call in first))
        looked, stopped = time.monotonic(), {call.id: found for call, found in zip(first, findings, strict=True) if found}
        if stopped or self._over():
            were_so = {call.address for call in first if call.id in stopped and stopped[call.id][0] is Verdict.DONE}
            for step in unit:
                found = (Verdict.DONE, diagnostics.was_so(step)) if step.address in were_so else stopped.get(step.id)
                self._report(self._not_started(step, found, MEANWHILE if were_so else DEPENDS))
            return
        self.between_halves += 1
        try:
            await self._send_all(unit, {call.id for call in first}, looked)
        finally:
            self.between_halves -= 1

    async def _send_all(self, unit: Unit, first: set[int], looked: float) -> None:
        done = await self._right_behind(unit, first, looked)
        for call in [] if self.state.lost else rollback(self._handovers[unit[0].group], self.plan, done):
            self._report(await self._one(call, finishing=True))

    async def _looked_at(self, call: Call) -> Ending | None:
        try:
            return await self.caller.look(call)
        except Exception as error:  # noqa: BLE001  # as in ``_carry_out``
            return Verdict.REFUSED, diagnostics.unexpected(call, error)

    def _not_started(self, step: Step, found: Ending | None, why: str) -> Outcome:
        return self._ended_as(step, found) if found else diagnostics.skipped(step, self._over() or why)

    async def _right_behind(self, unit: Unit, first: set[int], looked: float) -> list[Outcome]:
        scheduler, done, running = Scheduler(_alone(unit)), list[Outcome](), set[asyncio.Task[Outcome]]()
        whole = {step.id: step for step in unit}
        while True:
            while started := scheduler.start():
                (step,) = started
                fresh = step.id in first and time.monotonic() - looked < FRESH
                running.add(asyncio.create_task(self._one(whole[step.id], looked=fresh, finishing=True)))
            if not running:
                return done
            finished, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for outcome in (task.result() for task in finished):
                found = [outcome]
                if outcome.verdict is Verdict.DONE:
                    scheduler.done(outcome.step)
                else:
                    found += [diagnostics.skipped(whole[step.id], DEPENDS) for step in scheduler.drop(outcome.step)]
                done += found
                for each in found:
                    self._report(each)


def _alone(unit: Unit) -> list[Step]:
    """The steps of a hand-over as units of their own, which wait for each other alone."""
    inside = {step.id for step in unit}
    return [replace(step, group=None, after=tuple(each for each in step.after if each.step in inside)) for step in unit]


def _families(plan: Plan, ordered: Iterable[Address]) -> dict[Address, list[Change]]:
    """The changes of each stream and its consumers, in the order in which they are made."""
    changes = {change.address: change for change in plan.changes}
    families: dict[Address, list[Change]] = defaultdict(list)
    for address in ordered:
        families[address.parent].append(changes[address])
    return families
