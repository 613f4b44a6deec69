"""Steps' outcomes put together into one result for each change: a change is done when all of its steps are, and nothing of it
was taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from smith_topology.core.model import Action, Address, Call, Change, Outcome, Plan, Step, Verdict
from smith_topology.render.text import count


class Result(Enum):
    """How a change ended, gravest last."""

    DONE = "done"
    NOT_ATTEMPTED = "not_attempted"
    PARTLY = "partly_done"
    FAILED = "failed"
    ALTERED = "altered"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        match self:
            case Result.DONE:
                return "done"
            case Result.NOT_ATTEMPTED:
                return "not attempted"
            case Result.PARTLY:
                return "partly done"
            case Result.FAILED:
                return "failed"
            case Result.ALTERED:
                return "done, but not as declared"
            case Result.UNKNOWN:
                return "not known whether done"


@dataclass(frozen=True)
class Applied:
    """A plan, and how the steps that were attempted ended."""

    plan: Plan
    outcomes: Sequence[Outcome]

    @cached_property
    def results(self) -> list[tuple[Change, Result]]:
        return results(self.plan, self.outcomes)

    @cached_property
    def were_so(self) -> frozenset[Address]:
        """The objects for which nothing had to be sent, because they had become as declared meanwhile."""
        sent = {each.step.address for each in self.outcomes if isinstance(each.step, Call) and not each.was_so}
        return frozenset(each.step.address for each in self.outcomes if each.was_so) - sent

    @property
    def progress(self) -> str:
        """``3 of 10 changes are done``"""
        done = sum(result is Result.DONE for _, result in self.results)
        return f"{done} of {count(len(self.results), 'change')} {'is' if done == 1 else 'are'} done"


def results(plan: Plan, outcomes: Iterable[Outcome]) -> list[tuple[Change, Result]]:
    """Every change that was to be made, with how it ended. A step without an outcome was not attempted."""
    by_step = {outcome.step.id: outcome for outcome in outcomes}
    back = {each.step.address: each.verdict for each in by_step.values() if each.rolls_back and each.verdict.wrote}
    steps: dict[Address, list[Step]] = {}
    for step in plan.steps:
        steps.setdefault(step.address, []).append(step)
    return [
        (change, _result([by_step.get(step.id) for step in steps.get(change.address, ())], back.get(change.address)))
        for change in plan.changes
        if change.action is not Action.NO_OP
    ]


def _result(outcomes: list[Outcome | None], given_back: Verdict | None) -> Result:
    verdicts = {Verdict.SKIPPED if outcome is None else outcome.verdict for outcome in outcomes}
    verdicts |= {given_back} if given_back else set()
    if Verdict.UNKNOWN in verdicts:
        return Result.UNKNOWN
    if Verdict.ALTERED in verdicts:
        return Result.ALTERED
    if verdicts & {Verdict.REFUSED, Verdict.STALE}:
        return Result.PARTLY if Verdict.DONE in verdicts else Result.FAILED
    if Verdict.SKIPPED in verdicts:
        return Result.PARTLY if Verdict.DONE in verdicts else Result.NOT_ATTEMPTED
    if given_back:
        return Result.PARTLY
    return Result.DONE if verdicts else Result.NOT_ATTEMPTED
