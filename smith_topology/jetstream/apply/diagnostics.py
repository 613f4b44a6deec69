"""Why a step of an apply was not done, in words."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.core.model import (
    BUG,
    Address,
    Call,
    Diagnostic,
    FieldChange,
    Finding,
    Observed,
    Outcome,
    Step,
    Verb,
    Verdict,
    Wait,
)
from smith_topology.core.planning.forecast.approved_loss import Excess
from smith_topology.jetstream.connecting.errors import NoAnswer, ServerError

STALE = Finding.error(
    "AP101",
    "Object is not what the plan saw",
    "The object is not what the plan saw. It was left alone.",
    "Plan again.",
)
ALTERED = Finding.error(
    "AP102",
    "Server kept something else than was sent",
    "The server answered OK and kept something else than was sent, as old servers do.",
    "Take those fields out, or upgrade.",
)
NOT_AS_LEFT = Finding.error(
    "AP103",
    "Object is not as it was left",
    "Written, and different when read again: another client is changing it.",
    "Plan again.",
)
NOT_CURRENT = Finding.error(
    "AP104",
    "Peers are not current yet",
    "The change is accepted; its peers have not caught up, and came no further for as long as `--timeout` says (20 s).",
    "Watch it, or allow more with `--timeout`.",
)
SKIPPED = Finding.warning(
    "AP105",
    "Step was not attempted",
    "A step was not attempted, because one before it failed or the run was interrupted.",
    "Plan again.",
)
LOSES_MORE = Finding.error(
    "AP106",
    "Change would lose more messages by now",
    "By now the change would lose more messages than the plan announced: any at all where it announced none, else more than 10 "
    "% and 10 messages on top. It was left alone.",
    "Plan again.",
)
CHANGED_MEANWHILE = Finding.error(
    "AP107",
    "Object was changed while it was being written",
    "Another client changed the object while it was being written.",
    "Look at it, then plan again.",
)
NEW_CONSUMER = Finding.error(
    "AP108",
    "Stream has a consumer that the plan did not see",
    "A consumer has come onto a stream that was to be deleted. The stream was left alone.",
    "Plan again.",
)
UNCHECKED = Finding.error(
    "AP109",
    "Object could not be read again",
    "The server answered OK, and the object could not be read again.",
    "Plan again when the server answers.",
)
ABANDONED = Finding.error(
    "AP110",
    "The answer was not waited for",
    "A second Ctrl-C came before the server's answer, so it may be done or not.",
    "Plan again.",
)

WAS_SO = Finding.note(
    "AP114",
    "Object was as declared already",
    "After the plan was made the object became what the file declares, by another apply for example. Nothing was sent.",
    "Nothing.",
)


def was_so(step: Step) -> Diagnostic:
    return WAS_SO.diagnostic(f"{step.address} was as declared already, so nothing was sent.", "", step.address)


def refused(step: Step, error: ServerError) -> Diagnostic:
    return replace(error.diagnostic, address=step.address)


def unchecked(outcome: Outcome, error: ServerError) -> Outcome:
    step = outcome.step
    detail = f"The server answered OK for {step.address}, and then it could not be read again: {error.summary}."
    diagnostic = UNCHECKED.diagnostic(detail, "Plan again when the server answers.", step.address)
    return replace(outcome, verdict=Verdict.UNKNOWN, diagnostic=diagnostic)


def abandoned(step: Step) -> Diagnostic:
    detail = f"{step.address} was being written when the run was interrupted for the second time."
    return ABANDONED.diagnostic(detail, "Plan again: it shows what is done.", step.address)


def unexpected(step: Step, error: Exception) -> Diagnostic:
    detail = f"{step.address}: {type(error).__name__}. This is a mistake of smith-topo, not of yours."
    return BUG.diagnostic(detail, "Plan again: it shows what is done. And please report this.", step.address)


def unseen(step: Step, error: ServerError) -> Diagnostic:
    """The look before the write failed, so there was no write."""
    if not isinstance(error, NoAnswer):
        return refused(step, error)
    detail = f"{error.subject}: no answer when {step.address} was looked at, so nothing was sent for it."
    return error.finding.diagnostic(detail, error.fix, step.address)


def stale(call: Call, seen: Observed | None) -> Diagnostic:
    found = "is gone" if seen is None else "is there already" if call.verb is Verb.CREATE else "was changed"
    return STALE.diagnostic(
        f"{call.address} {found} since the plan was made, so it was left alone.",
        "Plan again.",
        call.address,
    )


def changed_meanwhile(step: Step) -> Diagnostic:
    return CHANGED_MEANWHILE.diagnostic(
        f"{step.address} was perhaps written, and is now neither as it was nor as it was to be: another client changed it.",
        "Look at it with `smith-topo show`, then plan again.",
        step.address,
    )


def new_consumer(call: Call, consumer: Address) -> Diagnostic:
    return NEW_CONSUMER.diagnostic(
        f"{consumer} has come since the plan was made and would go with {call.address}, so the stream was left alone.",
        "Plan again.",
        call.address,
    )


def would_lose(call: Call, more: Excess) -> Diagnostic:
    said = f"{more.announced:,} messages" if more.announced else "no message"
    return LOSES_MORE.diagnostic(
        f"The plan said that {call.address} loses {said}; by now it would lose up to {more.now:,}. It was left alone.",
        "Plan again, and look at the cost.",
        call.address,
    )


def altered(call: Call, fields: tuple[FieldChange, ...]) -> Diagnostic:
    kept = ", ".join(f"`{each.path}`" for each in fields) or "its metadata"
    return ALTERED.diagnostic(
        f"The server answered OK for {call.address}, but holds other values for {kept}.",
        "An older server drops what it does not know: take those fields out, or upgrade it.",
        call.address,
    )


def not_as_left(call: Call, fields: tuple[FieldChange, ...]) -> Diagnostic:
    what = ", ".join(f"`{each.path}`" for each in fields) or "whether it exists"
    return NOT_AS_LEFT.diagnostic(
        f"{call.address} was written, and when read again differs in {what}: another client is changing it.",
        "Plan again.",
        call.address,
    )


def unsettled(wait: Wait) -> Diagnostic:
    return NOT_CURRENT.diagnostic(
        f"The change of {wait.address} is accepted; its peers had not caught up when time was up.",
        "Watch it with `smith-topo show`, or allow more time with --timeout.",
        wait.address,
    )


def skipped(step: Step, why: str) -> Outcome:
    diagnostic = SKIPPED.diagnostic(why, "Plan again.", step.address)
    return Outcome(step, Verdict.SKIPPED, 0.0, diagnostic)
