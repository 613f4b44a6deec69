"""Consumers of a work queue beside its copies."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.kinds.behaviour import COPIES_SHARE_QUEUES
from smith_topology.core.model import Action, Change, Diagnostic, Finding, Kind, Live, Resource, copied_subjects, filters_of
from smith_topology.core.planning.ordering.consumers import changes_filters
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.subjects import REST, overlaps

COPIED_QUEUE = Finding.error(
    "CP104",
    "Copy of the work queue is in the way",
    "Up to server 2.12 a work queue takes no consumer that wants what a mirror or a source of it copies [10099, 10100].",
    "Delete the copy, and make it again after the consumer.",
)


def copy_in_the_way(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Copies of a work queue that already take what a new consumer, or new filters, would take (10099, 10100)."""
    for change, resource in planned.written(Kind.CONSUMER):
        stream = planned.live.stream(change.address.path[0])
        if stream is None or stream.config.get("retention") != "workqueue":
            continue
        if COPIES_SHARE_QUEUES.at(planned.live.versions(stream.address)):
            continue
        if change.action is Action.CREATE or changes_filters(change):
            yield from _copied(change, resource, planned.live)


def _copied(change: Change, resource: Resource, live: Live) -> Iterator[Diagnostic]:
    wanted = filters_of(change.after or {}) or (REST,)
    for address, copy in live.copied.get(change.address.path[0], ()):
        if any(overlaps(one, other) for one in wanted for other in copied_subjects(copy) or (REST,)):
            yield COPIED_QUEUE.diagnostic(
                f"{change.address} wants messages that {address} copies; server {live.versions(change.address).oldest} takes no "
                f"such consumer while the copy is there ({COPIES_SHARE_QUEUES.since} does).",
                f"Delete {address} first, and make it again after the consumer.",
                change.address,
                resource.where("filter_subject"),
            )
