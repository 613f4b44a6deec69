"""A plan in a few lines: how much, what goes for good, what is lost, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Diagnostic, Plan
from smith_topology.render.amounts import disturbance, total
from smith_topology.render.diagnostics import heeded, sentence_of, tally
from smith_topology.render.interruptions import sentences
from smith_topology.render.plan import account, counts, is_blocking, no_changes, permissions, verdict
from smith_topology.render.text import Look, clean, listed, named


def plan(plan: Plan, _look: Look) -> str:
    """What to put into a chat message or a log line."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    if plan.is_empty:
        yield no_changes(plan) if plan.can_apply else f"Nothing can be done on {account(plan.server)}."
    else:
        yield f"Plan for {account(plan.server)}: {counts(plan)}."
        yield from filter(None, (verdict(plan), disturbance(total(plan.changes))))
        yield from (f"Interrupts: {each}" for each in sentences(total(plan.changes).interruptions))
        for action, word in ((Action.DELETE, "Destroys"), (Action.REPLACE, "Replaces")):
            if changes := plan.of(action):
                yield f"{word}: {', '.join(named(change.address) for change in changes)}"
        if plan.required and plan.can_apply:
            yield f"Needs:{permissions(plan)}"
    if plan.unknown:
        yield f"Not readable: {listed(plan.unknown)}"
    if heeded(plan.diagnostics):
        title = "Diagnostics" if plan.can_apply else "Can't be applied"
        yield f"{title}: {tally(plan.diagnostics)}"
        yield from (_reason(each) for each in plan.diagnostics if is_blocking(each))


def _reason(blocking: Diagnostic) -> str:
    """``stream.AUDIT: Object is protected [OW103]``: a log that holds only these lines has to say why."""
    if not blocking.address:
        return f"  {sentence_of(blocking)}"
    return f"  {named(blocking.address)}: {clean(blocking.summary)} [{clean(blocking.code)}]"
