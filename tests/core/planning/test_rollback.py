"""What is said of a subject that was given up, for each way in which its taker and its return may end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smith_topology.core.kinds.marks import StageMark
from smith_topology.core.model import (
    STAGE,
    Action,
    Address,
    Call,
    Change,
    Config,
    Handover,
    Observed,
    Outcome,
    Plan,
    Reason,
    Server,
    Stage,
    Verb,
    Verdict,
    Version,
    consumer_address,
    stream_address,
)
from smith_topology.core.planning.rollback import interrupted_before, orphan_diagnostics, orphaned, rollback
from smith_topology.render.results import Result, results
from tests.core.make import NAME, declared, live, there, topology

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


# ------------------------------------------------------------------------------------------------ what is said of it


def test_what_no_stream_took_is_said_with_its_taker() -> None:
    (found,) = orphan_diagnostics(PLAN, ended(Verdict.DONE, Verdict.REFUSED))

    assert (found.code, found.address) == ("AP111", NEW)
    assert found.detail.startswith('"b": stream.OLD has given it up, and stream.NEW is not known to have taken it.')
    assert orphan_diagnostics(PLAN, ended(Verdict.DONE, Verdict.DONE)) == []


def test_a_filter_that_no_consumer_took_is_said_and_not_given_back() -> None:
    old, new = consumer_address("Q", "old"), consumer_address("Q", "new")
    gives = call(1, old, Verb.UPDATE, {"filter_subject": "b"}, {"filter_subject": "a"})
    takes = call(2, new, Verb.CREATE, None, {})
    passing = (Handover(gives.stage.id, takes.stage.id, "b", "b"),)
    before = Change(old, Action.UPDATE, Reason.PENDING, {"filter_subject": "b"}, {"filter_subject": "a"})
    plan = replace(PLAN, steps=(gives, takes), handovers=passing, changes=(before,))
    outcomes = [Outcome(gives, Verdict.DONE, 0.0), Outcome(takes, Verdict.REFUSED, 0.0)]

    assert rollback(passing, plan, outcomes) == []
    assert [each.code for each in orphan_diagnostics(plan, outcomes)] == ["AP112"]


def test_a_stream_that_was_deleted_takes_nothing_back() -> None:
    gone = Call(1, Stage(OLD, BOTH, None), Verb.DELETE, "STREAM.DELETE.OLD", {}, None)

    assert rollback(PASSING, PLAN, [Outcome(gone, Verdict.DONE, 0.0), Outcome(TAKES, Verdict.REFUSED, 0.0)]) == []


def test_the_request_that_takes_back_is_numbered_behind_all_steps_and_waits_for_none() -> None:
    [back] = rollback(PASSING, PLAN, ended(Verdict.DONE, Verdict.REFUSED))

    assert (back.id, back.after, back.gives, back.rolls_back) == (3, (), (), ("b",))


def test_without_a_hand_over_nothing_is_orphaned() -> None:
    assert orphaned((), PLAN, ended(Verdict.DONE, Verdict.REFUSED)) == []


# ------------------------------------------------------------------------------------------------ found by the next plan


def marked(name: str, mark: StageMark, *subjects: str) -> Observed:
    return there(stream_address(name), {"subjects": list(subjects), "metadata": {STAGE: str(mark)}}, owner=NAME)


GAVE = StageMark("abc", 1, 2, {"b": "stream.NEW", "c": "stream.NEW"})
TAKE = StageMark("abc", 1, 2, takes=("b", "c"))


@pytest.mark.parametrize(
    "found", [marked("OLD", GAVE, "a"), marked("NEW", TAKE, "_smith-topo.parked.NEW")], ids=["giver", "taker"]
)
def test_every_subject_that_an_apply_left_without_a_stream_is_found_in_the_mark(found: Observed) -> None:
    wanted = topology(declared(OLD, subjects=["a"]), declared(NEW, subjects=["b", "c"]))

    warnings = interrupted_before(wanted, live(found)).values()
    assert [(each.code, each.detail.split()[0]) for each in warnings] == [("AP113", '"b"'), ("AP113", '"c"')]
    assert all("before stream.NEW took it" in each.detail for each in warnings)


def test_a_subject_that_some_stream_has_is_not_interrupted() -> None:
    wanted = topology(declared(NEW, subjects=["b", "c"]))

    assert not interrupted_before(wanted, live(marked("OLD", GAVE, "a"), there(NEW, {"subjects": [">"]})))


def test_a_subject_that_is_no_longer_declared_is_not_missed() -> None:
    assert list(interrupted_before(topology(declared(NEW, subjects=["x"])), live(marked("OLD", GAVE, "a")))) == []


def test_the_marks_of_other_owners_say_nothing() -> None:
    theirs = there(OLD, {"metadata": {STAGE: str(GAVE)}}, owner="other")

    assert list(interrupted_before(topology(declared(NEW, subjects=["b"])), live(theirs))) == []
