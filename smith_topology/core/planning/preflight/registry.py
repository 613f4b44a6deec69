"""Every rule about what this server, or this account, can't do."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Change, Diagnostic, Live, Topology
from smith_topology.core.planning.preflight import account, consumers, origins, replacement, subjects, unknown, versions
from smith_topology.core.planning.preflight.interface import PlannedChanges, Rule
from smith_topology.core.planning.preflight.offline_rules import with_live_values

RULES: tuple[Rule, ...] = (
    versions.too_old,
    replacement.needed,
    account.no_cluster,
    consumers.scaled_together,
    origins.missing,
    consumers.above_limits,
    account.over_quota,
    account.above_limit,
    account.unlimited,
    account.without_tier,
    consumers.copy_in_the_way,
    consumers.queue_taken,
    subjects.taken,
    origins.left_without,
    unknown.unknown_origins,
    unknown.unknown_consumers,
    unknown.unknown_holders,
    consumers.without_stream,
)


def refusals(topology: Topology, live: Live, changes: tuple[Change, ...]) -> Iterator[Diagnostic]:
    """Everything about these changes that this server can't do."""
    planned = PlannedChanges(with_live_values(topology, live), live, changes)
    for rule in RULES:
        yield from rule(planned)
