"""Changes of fields that the server can't change in place."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Change, Diagnostic, Finding, Kind, Resource
from smith_topology.core.planning.preflight.interface import PlannedChanges

REPLACEMENT = Finding.refusal(
    "IM101",
    "Change needs a replacement",
    "The server can't make this change in place. Replacing comes with a later version.",
    "Declare the value that is live, or `--exclude` the object; a consumer can be made anew: `destroy --target`, then `apply`.",
)


def needed(planned: PlannedChanges) -> Iterator[Diagnostic]:
    for change, resource in planned.changing:
        if change.action is Action.REPLACE:
            yield _needed(change, resource)


def _needed(change: Change, resource: Resource) -> Diagnostic:
    reasons = {each.name: each.immutable for each in change.fields if each.immutable}
    listed = "; ".join(f"`{name}`: {why}" for name, why in reasons.items())
    instead = "Declare the value that is live"
    if "ack_policy" in reasons:
        listed += "" if resource.written("ack_policy") else "; left out, it means `explicit`"
        instead += f": `ack_policy: {(change.before or {}).get('ack_policy')}` keeps it as it is"
    detail = f"{change.address} can't be changed in place ({listed}). This version of smith-topo does not replace objects yet, "
    fix = f"{instead}, or go on without it: --exclude {change.address.in_shell}"
    if change.address.kind is Kind.CONSUMER:
        fix += (
            ". Or delete it and make it anew, with the same options and file; it then starts where `deliver_policy` says:\n"
            f"  smith-topo destroy --target {change.address.in_shell}\n  smith-topo apply"
        )
    return REPLACEMENT.at(resource, next(iter(reasons), ""), f"{detail}so nothing is written.", fix)
