"""Subjects that another stream will still have."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Address, Change, Diagnostic, Finding, Kind, Topology
from smith_topology.core.planning.claims import claims_of
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.subjects import SubjectIndex

TAKEN = Finding.error(
    "SB401",
    "Subject is held by another stream",
    "A subject that a stream outside the plan holds [10065].",
    "Declare that stream too, or choose other subjects.",
)


def taken(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Subjects that another stream will still have (10065): a stream outside this plan, or one that keeps them."""
    streams = {address: change for address, change in planned.by_address.items() if address.kind is Kind.STREAM}
    gaining = {address for address, change in streams.items() if _gains(change)}
    if not gaining:
        return
    live = {address: observed.config for address, observed in planned.live.observed.items() if address.kind is Kind.STREAM}
    configs = {**live, **{address: change.after for address, change in streams.items()}}
    index = SubjectIndex((subject, a) for a, config in configs.items() for subject in claims_of(Kind.STREAM, config))
    for one, other in index.overlapping():
        (mine, a), (theirs, b) = (one, other) if one[1] in gaining else (other, one)
        if a in gaining and a != b:
            yield _taken(planned.topology, mine, a, theirs, b, kept=b in streams)


def _gains(change: Change) -> bool:
    updates = change.action is Action.UPDATE and any(each.path == "subjects" for each in change.fields)
    return updates or change.action is Action.CREATE


def _taken(topology: Topology, subject: str, address: Address, theirs: str, other: Address, *, kept: bool) -> Diagnostic:
    why, fix = "which is live and not in this file", "Declare that stream here too, or choose other subjects."
    if kept:
        why, fix = "whose live subjects its `ignore_changes` keeps", "Take `subjects` out of them, or choose other subjects."
    elif topology.is_external(other):
        why, fix = "which is not this topology's (`external: true`)", "Choose other subjects."
    elif other in topology.resources:
        why, fix = "which is live and not selected", f"Select it too: --target {other.in_shell}"
    detail = f'"{subject}" of {address} overlaps "{theirs}" of {other}, {why}.'
    return TAKEN.at(topology.resources[address], "subjects", detail, fix)
