from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from smith_topology.core.model import After, Call, Diagnostic, Outcome, Plan, Severity, Verb, Verdict, Wait, stream_address
from smith_topology.render import outcome
from smith_topology.render.results import Applied, Result, results
from smith_topology.render.text import ANSI, Look
from tests.render.plans import CREATED, DELETED, FILTERED, REPLACED, SAME, UPDATED, call, ended, plan

CREATE = call(1, CREATED.address, Verb.CREATE)
UPDATE = call(2, UPDATED.address, Verb.UPDATE)
SETTLE = Wait(3, UPDATED.address, (After(2, "accepted", "peers change"),))
DELETE = call(4, DELETED.address, Verb.DELETE)
WHOLE = plan(CREATED, UPDATED, DELETED, SAME, steps=(CREATE, UPDATE, SETTLE, DELETE))
DENIED = Diagnostic(
    "AP201",
    Severity.ERROR,
    "Server refused the request",
    "stream.ORDERS: permissions violation (10094).",
    "Allow `$JS.API.STREAM.UPDATE.ORDERS`.",
    UPDATED.address,
)


def result_of(whole: Plan, *verdicts: Verdict | None) -> list[Result]:
    found = [ended(step, verdict) for step, verdict in zip(whole.steps, verdicts, strict=True) if verdict]
    return [result for _, result in results(whole, found)]


def test_a_complete_apply_is_one_line() -> None:
    done = [ended(step, Verdict.DONE) for step in (CREATE, UPDATE, DELETE)] + [ended(SETTLE, Verdict.DONE)]

    assert outcome.report(Applied(WHOLE, done), Look()) == "Apply complete! 1 added, 1 changed, 1 destroyed."


def test_a_partial_apply_lists_what_failed_with_its_reason_what_was_not_attempted_and_what_is_done() -> None:
    ends = [ended(CREATE, Verdict.DONE), ended(UPDATE, Verdict.REFUSED, DENIED)]

    assert outcome.report(Applied(WHOLE, ends), Look()) + "\n" == dedent("""\
        Applied in part: 1 of 3 changes done.

        Failed:
          ~ stream.ORDERS  permissions violation (10094). [AP201]

        Not attempted: 1 change.

        Done:
          + stream.RAW

        Allow `$JS.API.STREAM.UPDATE.ORDERS`.

        Plan again to see what is left to do: smith-topo plan, with the same options.
        """)


def test_the_steps_of_a_change_that_follow_a_failed_one_are_not_reported() -> None:
    skipped = Diagnostic("AP105", Severity.WARNING, "Step was not attempted", "an earlier step failed", "Run it again.")
    ends = [ended(UPDATE, Verdict.REFUSED, DENIED), ended(SETTLE, Verdict.SKIPPED, skipped)]

    shown = outcome.report(Applied(WHOLE, ends), Look())

    assert ("[AP201]" in shown, "AP105" in shown) == (True, False)


def test_a_change_that_was_interrupted_between_its_steps_says_so_once() -> None:
    skipped = Diagnostic("AP105", Severity.WARNING, "Step was not attempted", "the run was interrupted", "Run it again.")
    steps = (UPDATE, call(3, UPDATED.address, Verb.UPDATE), Wait(4, UPDATED.address, (After(3, "accepted", "peers change"),)))
    ends = [ended(UPDATE, Verdict.DONE), *(ended(step, Verdict.SKIPPED, skipped) for step in steps[1:])]

    assert outcome.report(Applied(plan(UPDATED, steps=steps), ends), Look()).count("AP105") == 1


def test_what_was_not_attempted_is_a_number_with_its_reason() -> None:
    skipped = Diagnostic("AP105", Severity.WARNING, "Step was not attempted", "the run was interrupted", "Run it again.")
    ends = [ended(CREATE, Verdict.DONE), ended(UPDATE, Verdict.SKIPPED, skipped), ended(DELETE, Verdict.SKIPPED, skipped)]

    shown = outcome.report(Applied(WHOLE, ends), Look())
    assert "Not attempted: 2 changes, as the run was interrupted.\n" in shown


def test_a_thousand_faults_take_a_line_each_and_say_once_to_plan_again() -> None:
    """As where another apply was faster, or a server died."""
    changes = [replace(CREATED, address=stream_address(f"S{index}")) for index in range(1000)]
    steps = [call(index, change.address, Verb.CREATE) for index, change in enumerate(changes)]
    lost = [Diagnostic("AP101", Severity.ERROR, "Stale", f"{step.address} was changed.", "Plan again.") for step in steps]
    ends = [Outcome(step, Verdict.STALE, 0.01, why) for step, why in zip(steps[:500], lost, strict=False)]

    shown = outcome.report(Applied(plan(*changes, steps=steps), ends), Look())
    assert [shown.count(f" stream.S{index} ") for index in range(1000)] == 500 * [1] + 500 * [0]
    assert "  + stream.S7  was changed. [AP101]\n" in shown
    assert "Not attempted: 500 changes." in shown
    assert shown.lower().count("plan again") == 1


def test_what_was_as_declared_already_is_done_and_not_added() -> None:
    already = Diagnostic("AP114", Severity.NOTE, "Object was as declared already")
    ends = [Outcome(CREATE, Verdict.DONE, 0.0, already), ended(UPDATE, Verdict.DONE), ended(SETTLE, Verdict.DONE)]
    ends += [ended(DELETE, Verdict.DONE)]

    shown = outcome.report(Applied(WHOLE, ends), Look())
    assert shown == "Apply complete! 0 added, 1 changed, 1 destroyed. 1 object had become so meanwhile, by another client."
    assert outcome.progress_line(ends[0], Look()) == ". stream.RAW was as declared already (0.00s)"


def test_an_apply_that_wrote_nothing_says_so() -> None:
    assert outcome.report(Applied(WHOLE, [ended(UPDATE, Verdict.STALE)]), Look()).startswith("Nothing was applied.\n")


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.ALTERED])
def test_what_may_have_been_written_is_never_called_nothing_nor_complete(verdict: Verdict) -> None:
    shown = outcome.report(Applied(plan(CREATED, steps=(CREATE,)), [ended(CREATE, verdict)]), Look())

    assert shown.startswith("Applied in part: 0 of 1 change done.")


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        ((Verdict.DONE, Verdict.DONE), Result.DONE),
        ((Verdict.DONE, None), Result.PARTLY),
        ((Verdict.DONE, Verdict.REFUSED), Result.PARTLY),
        ((Verdict.REFUSED, Verdict.SKIPPED), Result.FAILED),
        ((Verdict.STALE, None), Result.FAILED),
        ((Verdict.SKIPPED, None), Result.NOT_ATTEMPTED),
        ((None, None), Result.NOT_ATTEMPTED),
        ((Verdict.UNKNOWN, Verdict.SKIPPED), Result.UNKNOWN),
        ((Verdict.ALTERED, Verdict.DONE), Result.ALTERED),
    ],
)
def test_a_change_is_done_when_all_its_steps_are(verdicts: tuple[Verdict | None, ...], result: Result) -> None:
    assert result_of(plan(UPDATED, steps=(UPDATE, call(3, UPDATED.address, Verb.UPDATE))), *verdicts) == [result]


def test_a_change_without_any_step_was_not_attempted() -> None:
    assert result_of(plan(REPLACED)) == [Result.NOT_ATTEMPTED]


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (CREATE, "+ stream.RAW created (0.01s)"),
        (UPDATE, "~ stream.ORDERS updated (0.01s)"),
        (DELETE, "- stream.LEGACY destroyed (0.01s)"),
        (call(5, FILTERED.address, Verb.PAUSE), "~ consumer.ORDERS.billing paused or resumed (0.01s)"),
    ],
)
def test_a_step_that_is_done_is_one_line(step: Call, line: str) -> None:
    assert outcome.progress_line(ended(step, Verdict.DONE), Look()) == line


def test_a_wait_that_is_over_is_one_line() -> None:
    line = outcome.progress_line(ended(SETTLE, Verdict.DONE), Look())

    assert line == ". stream.ORDERS has all its copies (0.01s)"


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.DONE])
def test_whatever_is_not_done_says_so_with_the_reason(verdict: Verdict) -> None:
    line = outcome.progress_line(ended(UPDATE, verdict, DENIED), Look(ANSI))

    assert line.startswith("\x1b[1;31m!\x1b[0m ")
    assert "Server refused the request [AP201]" in line
