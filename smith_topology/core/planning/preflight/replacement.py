"""What can't be changed in place."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.diff.diff import OWNED_BY, top_level
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.model import Action, Change, Diagnostic, Resource, Severity
from smith_topology.core.planning.preflight.interface import PlannedChanges


def needed(intent: PlannedChanges) -> Iterator[Diagnostic]:
    for change, resource in intent.changing:
        if change.action is Action.REPLACE:
            yield _needed(change, resource, intent)


def _needed(change: Change, resource: Resource, intent: PlannedChanges) -> Diagnostic:
    rules, context = RULES[change.address.kind], Context(intent.server, intent.live.versions(change.address))
    before, after = change.before or {}, change.after or {}
    reasons = {
        name: why
        for name in dict.fromkeys(top_level(each.path) for each in change.fields)
        if name != OWNED_BY and (why := rules.immutable(name, before, after, context))
    }
    told = "; ".join(f"`{name}`: {why}" for name, why in reasons.items())
    return Diagnostic(
        "IM101",
        Severity.REFUSAL,
        "Change needs a replacement",
        f"{change.address} can't be changed in place ({told}). This version of smith-topo does not replace objects yet, "
        "so nothing is written.",
        f"Declare the value that is live, or go on without it: --exclude '{change.address}'.",
        change.address,
        resource.where(next(iter(reasons), "")),
    )
