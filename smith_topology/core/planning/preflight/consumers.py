"""Consumers that can't be created or changed as their stream is, or becomes."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.diff.ownership import is_ephemeral_or_internal, is_internal
from smith_topology.core.kinds import behaviour
from smith_topology.core.model import Action, Change, Config, Diagnostic, Finding, Kind, Live, Resource, Versions, copied_subjects
from smith_topology.core.planning.claims import claims_of
from smith_topology.core.planning.ordering.consumers import LIMITED, changes_filters, follows_replicas, is_above_limits
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.subjects import REST, overlaps
from smith_topology.core.times import SECOND

NO_STREAM = Finding.error(
    "no-stream",
    "Consumer without its stream",
    "A consumer is selected, and the stream it needs is neither there nor selected.",
    "Select the stream too.",
)
ABOVE_NEW_LIMIT = Finding.error(
    "FC406",
    "Existing consumer is above the new limit",
    "A consumer stays above the stream's new `consumer_limits` [10069]. Before 2.14 a limit left out counts as 0.",
    "Change it first, or raise the limit.",
)
SCALED_TOGETHER = Finding.error(
    "CP109",
    "Consumer can't scale together with its stream",
    "A consumer of a work queue or interest stream with `num_replicas` of its own scales together with the stream: it has to "
    "have as many at any time [10126, 10134].",
    "Leave the consumer's `num_replicas` out.",
)
COPIED_QUEUE = Finding.error(
    "CP104",
    "Copy of the work queue is in the way",
    "Up to server 2.12 a work queue takes no consumer that wants what a mirror or a source of it copies [10099, 10100].",
    "Delete the copy, and make it again after the consumer.",
)
QUEUE_TAKEN = Finding.error(
    "CP115",
    "Another consumer of the work queue is in the way",
    "A work queue takes no consumer that wants what one of its consumers wants, which is not this topology's [10099, 10100].",
    "Choose other filters, or have that consumer removed first.",
)


def without_stream(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Consumers that are selected without the stream they need."""
    for change, resource in planned.written(Kind.CONSUMER):
        stream = change.address.parent
        known = stream in planned.by_address or planned.live.exists(stream) or planned.topology.is_external(stream)
        if change.action is Action.CREATE and not known:
            detail = f"{change.address} needs {stream}, which does not exist yet and is not selected."
            yield NO_STREAM.at(resource, "", detail, f"Select it too: --target {stream.in_shell}")


def above_limits(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Consumers that stay above the stream's new ``consumer_limits`` (10069)."""
    for change, resource in planned.written(Kind.STREAM):
        versions = planned.live.versions(change.address)
        for consumer in _consumers_above(change, planned, versions) if change.action is Action.UPDATE else ():
            detail = f"{consumer} is above the new `consumer_limits` of {change.address}, which the server therefore refuses"
            older, instead = _because_absent(change, versions)
            yield ABOVE_NEW_LIMIT.at(resource, "", f"{detail}{older}.", f"Change or delete that consumer first, or {instead}.")


def _consumers_above(change: Change, planned: PlannedChanges, versions: Versions) -> Iterator[str]:
    stream = change.address.name
    if stream in planned.live.copied and is_above_limits(_of_a_copy(change, versions), change, versions):
        yield f"The consumer of a stream that copies {change.address}"
    for consumer in planned.live.consumers(stream):
        other = planned.by_address.get(consumer.address)
        if is_ephemeral_or_internal(consumer) or (other and other.action is Action.DELETE):
            continue
        if is_above_limits(_meanwhile(other, change) or consumer.config, change, versions):
            yield str(consumer.address)


def _meanwhile(other: Change | None, stream: Change) -> Config:
    """The configuration of a consumer between its own change and its stream's: the old limits fill in what it leaves out."""
    if other is None or not other.after:
        return {}
    return {**((stream.before or {}).get("consumer_limits") or {}), **other.after}


def _of_a_copy(origin: Change, versions: Versions) -> Config:
    """The consumer that a mirror or a source keeps on its origin, as far as limits go (2.10 to 2.15 measured). It is listed
    only where it acknowledges: on work queues and interest streams, since 2.14.
    """
    acknowledges = behaviour.COPIES_ACKNOWLEDGE.at(versions) and (origin.before or {}).get("retention", "limits") != "limits"
    return {"max_ack_pending": 1000} if acknowledges else {"inactive_threshold": 10 * SECOND}


def _because_absent(stream: Change, versions: Versions) -> tuple[str, str]:
    """What to add to the finding, and what to write instead of the limits, where the server takes one that is left out for 0."""
    limits = (stream.after or {}).get("consumer_limits") or {}
    absent = [name for name in LIMITED if name not in limits] if behaviour.ABSENT_LIMITS_ARE_ZERO.at(versions) else []
    if not absent:
        return "", "raise the limit"
    older = f"; server {versions.oldest} takes a limit that is left out for 0"
    return older, f"write {' and '.join(f'`{name}`' for name in absent)} above what it has"


def scaled_together(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Consumers that would have to scale at the same time as their work queue or interest stream: the server refuses either one
    first (10126, 10134).
    """
    for change, resource in planned.written(Kind.CONSUMER):
        stream = planned.by_address.get(change.address.parent)
        own = (change.after or {}).get("num_replicas", 0)
        if stream and own and follows_replicas(change, stream) and own != (change.before or {}).get("num_replicas"):
            detail = f"{change.address} has to have as many replicas as {stream.address}, and gets others at the same time: "
            detail += "the server takes neither change before the other."
            fix = "Leave its `num_replicas` out: 0 is as many as the stream's, and follows them."
            yield SCALED_TOGETHER.at(resource, "num_replicas", detail, fix)


def copy_in_the_way(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Copies of a work queue that already take what a new consumer, or new filters, would take (10099, 10100)."""
    for change, resource in planned.written(Kind.CONSUMER):
        stream = planned.live.stream(change.address.path[0])
        if stream is None or stream.config.get("retention") != "workqueue":
            continue
        shared = behaviour.COPIES_SHARE_QUEUES.at(planned.live.versions(stream.address))
        if not shared and (change.action is Action.CREATE or changes_filters(change)):
            yield from _copied(change, resource, planned.live)


def queue_taken(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """New consumers, or new filters, on a work queue, that want what a consumer outside the file wants (10099, 10100)."""
    for change, resource in planned.written(Kind.CONSUMER):
        stream = planned.live.stream(change.address.path[0])
        queue = stream is not None and stream.config.get("retention") == "workqueue"
        if queue and (change.action is Action.CREATE or changes_filters(change)):
            yield from _taken(change, resource, planned)


def _taken(change: Change, resource: Resource, planned: PlannedChanges) -> Iterator[Diagnostic]:
    wanted = claims_of(Kind.CONSUMER, change.after)
    for other in planned.live.consumers(change.address.path[0]):
        if other.address in planned.topology.resources or other.address in planned.by_address or is_internal(other):
            continue
        if any(overlaps(one, theirs) for one in wanted for theirs in claims_of(Kind.CONSUMER, other.config)):
            detail = f"{change.address} wants messages of a work queue that {other.address} wants: each has one consumer."
            yield QUEUE_TAKEN.at(resource, "filter_subject", detail, "Choose other filters, or have that consumer removed first.")


def _copied(change: Change, resource: Resource, live: Live) -> Iterator[Diagnostic]:
    wanted = claims_of(Kind.CONSUMER, change.after)
    for address, copy in live.copied.get(change.address.path[0], ()):
        if any(overlaps(one, other) for one in wanted for other in copied_subjects(copy) or (REST,)):
            detail = f"{change.address} wants messages that {address} copies; server {live.versions(change.address).oldest} "
            detail += f"takes no such consumer while the copy is there ({behaviour.COPIES_SHARE_QUEUES.since} does)."
            fix = f"Delete {address} first, and make it again after the consumer."
            yield COPIED_QUEUE.at(resource, "filter_subject", detail, fix)
