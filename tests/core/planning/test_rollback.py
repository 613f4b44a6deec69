"""What is said of a subject that was given up, for each way in which its taker and its return may end."""

from __future__ import annotations

import pytest

from smith_topology.core.model import (
    Action,
    Address,
    Call,
    Change,
    Config,
    Handover,
    Outcome,
    Plan,
    Reason,
    Server,
    Stage,
    Verb,
    Verdict,
    Version,
    stream_address,
)
from smith_topology.core.planning.rollback import orphaned, rollback
from smith_topology.render.results import Result, results

NEWEST = Server(Version(2, 15, 1), "2.15.1")
OLD, NEW = stream_address("OLD"), stream_address("NEW")
BOTH, ONE, OTHER = {"subjects": ["a", "b"]}, {"subjects": ["a"]}, {"subjects": ["b"]}


def call(number: int, address: Address, verb: Verb, before: Config | None, after: Config) -> Call:
    return Call(number, Stage(address, before, after), verb, f"{verb}.{number}", dict(after), None)


GIVES, TAKES = call(1, OLD, Verb.UPDATE, BOTH, ONE), call(2, NEW, Verb.CREATE, None, OTHER)
PASSING = (Handover(GIVES.stage.id, TAKES.stage.id, "b", "b"),)
PLAN = Plan(
    topology="smith",
    server=NEWEST,
    changes=(
        Change(OLD, Action.UPDATE, Reason.PENDING, BOTH, ONE),
        Change(NEW, Action.CREATE, Reason.NEW, None, OTHER),
    ),
    steps=(GIVES, TAKES),
    diagnostics=(),
    handovers=PASSING,
    digest="abc",
)


def ended(*verdicts: Verdict) -> list[Outcome]:
    return [Outcome(step, verdict, 0.0) for step, verdict in zip((GIVES, TAKES), verdicts, strict=True)]


@pytest.mark.parametrize(
    ("giver", "taker", "lost"),
    [
        (Verdict.DONE, Verdict.DONE, False),
        (Verdict.DONE, Verdict.ALTERED, False),
        (Verdict.DONE, Verdict.UNKNOWN, True),
        (Verdict.DONE, Verdict.REFUSED, True),
        (Verdict.DONE, Verdict.STALE, True),
        (Verdict.DONE, Verdict.SKIPPED, True),
        (Verdict.UNKNOWN, Verdict.SKIPPED, True),
        (Verdict.REFUSED, Verdict.SKIPPED, False),
        (Verdict.SKIPPED, Verdict.SKIPPED, False),
    ],
)
def test_a_subject_is_orphaned_when_neither_is_known_to_hold_it(giver: Verdict, taker: Verdict, lost: bool) -> None:
    assert bool(orphaned(PASSING, PLAN, ended(giver, taker))) is lost


@pytest.mark.parametrize(
    ("verdict", "lost", "result"),
    [
        (Verdict.DONE, False, Result.PARTLY),
        (Verdict.ALTERED, False, Result.ALTERED),
        (Verdict.UNKNOWN, True, Result.UNKNOWN),
        (Verdict.REFUSED, True, Result.DONE),
        (Verdict.STALE, True, Result.DONE),
    ],
)
def test_a_return_that_is_not_known_to_have_worked_leaves_the_subject_orphaned(
    verdict: Verdict, lost: bool, result: Result
) -> None:
    outcomes = ended(Verdict.DONE, Verdict.REFUSED)
    [back] = rollback(PASSING, PLAN, outcomes)
    outcomes.append(Outcome(back, verdict, 0.0))

    assert back.payload["subjects"] == ["a", "b"]
    assert back.payload["metadata"] == {"smith-topo.stage": "plan abc, stage 0 of 1"}
    assert bool(orphaned(PASSING, PLAN, outcomes)) is lost
    assert {change.address: found for change, found in results(PLAN, outcomes)}[OLD] is result
