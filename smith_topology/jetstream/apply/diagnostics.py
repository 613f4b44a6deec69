"""Why a step of an apply was not done, in words."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.core.model import (
    Address,
    Call,
    Diagnostic,
    FieldChange,
    Observed,
    Outcome,
    Severity,
    Step,
    Verb,
    Verdict,
    Wait,
)
from smith_topology.core.planning.forecast import Excess
from smith_topology.jetstream.connecting.errors import NoAnswer, ServerError


def _told(step: Step, code: str, summary: str, detail: str, fix: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, summary, detail, fix, step.address)


def refused(step: Step, error: ServerError) -> Diagnostic:
    told = error.diagnostic
    return Diagnostic(told.code, told.severity, told.summary, told.detail, told.fix, step.address)


def unchecked(outcome: Outcome, error: ServerError) -> Outcome:
    step = outcome.step
    detail = f"The server answered OK for {step.address}, and then it could not be read again: {error.summary}."
    told = _told(step, "AP109", "Object could not be read again", detail, "Plan again when the server answers.")
    return replace(outcome, verdict=Verdict.UNKNOWN, diagnostic=told)


def abandoned(step: Step) -> Diagnostic:
    detail = f"{step.address} was being written when the run was interrupted for the second time."
    return _told(step, "AP110", "Nobody waited for the answer", detail, "Plan again: it shows what is done.")


def mistaken(step: Step, error: Exception) -> Diagnostic:
    detail = f"{step.address}: {type(error).__name__}. This is a mistake of smith-topo, not of yours."
    return _told(step, "bug", "Unexpected error", detail, "Plan again: it shows what is done. And please report this.")


def unseen(step: Step, error: ServerError) -> Diagnostic:
    """The look before the write failed, so there was no write."""
    if not isinstance(error, NoAnswer):
        return refused(step, error)
    detail = f"{error.subject}: no answer when {step.address} was looked at, so nothing was sent for it."
    return _told(step, error.code, error.summary, detail, error.fix)


def stale(call: Call, seen: Observed | None) -> Diagnostic:
    found = "is gone" if seen is None else "is there already" if call.verb is Verb.CREATE else "was changed"
    return _told(
        call,
        "AP101",
        "Object is not what the plan saw",
        f"{call.address} {found} since the plan was made, so it was left alone.",
        "Plan again.",
    )


def changed_meanwhile(step: Step) -> Diagnostic:
    return _told(
        step,
        "AP107",
        "Object was changed while it was being written",
        f"{step.address} was perhaps written, and is now neither as it was nor as it was to be: somebody else changed it.",
        "Look at it with `smith-topo show`, then plan again.",
    )


def in_company(call: Call, stranger: Address) -> Diagnostic:
    return _told(
        call,
        "AP108",
        "Stream has a consumer that the plan did not see",
        f"{stranger} has come since the plan was made and would go with {call.address}, so the stream was left alone.",
        "Plan again.",
    )


def would_lose(call: Call, more: Excess) -> Diagnostic:
    said = f"{more.announced:,} messages" if more.announced else "no message"
    return _told(
        call,
        "AP106",
        "Change would lose more messages by now",
        f"The plan said that {call.address} loses {said}; by now it would lose up to {more.now:,}. It was left alone.",
        "Plan again, and look at the cost.",
    )


def altered(call: Call, fields: tuple[FieldChange, ...]) -> Diagnostic:
    kept = ", ".join(f"`{each.path}`" for each in fields) or "its metadata"
    return _told(
        call,
        "AP102",
        "Server kept something else than was sent",
        f"The server answered OK for {call.address}, but holds other values for {kept}.",
        "An older server drops what it does not know: take those fields out, or upgrade it.",
    )


def not_so(call: Call, fields: tuple[FieldChange, ...]) -> Diagnostic:
    what = ", ".join(f"`{each.path}`" for each in fields) or "whether it exists"
    return _told(
        call,
        "AP103",
        "Object is not as it was left",
        f"{call.address} was written, and when read again differs in {what}: somebody else is changing it.",
        "Plan again.",
    )


def unsettled(wait: Wait) -> Diagnostic:
    return _told(
        wait,
        "AP104",
        "Peers are not current yet",
        f"The change of {wait.address} is accepted; its peers had not caught up when time was up.",
        "Watch it with `smith-topo show`, or allow more time with --timeout.",
    )


def skipped(step: Step, why: str) -> Outcome:
    told = Diagnostic("AP105", Severity.WARNING, "Step was not attempted", why, "Run it again.", step.address)
    return Outcome(step, Verdict.SKIPPED, 0.0, told)
