"""Consumers above the new ``consumer_limits`` of their stream."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.kinds import behaviour
from smith_topology.core.model import Action, Change, Config, Diagnostic, Finding, Kind, Versions
from smith_topology.core.planning.ordering.consumers import LIMITED, is_above_limits
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.times import SECOND

ABOVE_NEW_LIMIT = Finding.error(
    "FC406",
    "Existing consumer is above the new limit",
    "A consumer stays above the stream's new `consumer_limits` [10069]. Before 2.14 a limit left out counts as 0.",
    "Change it first, or raise the limit.",
)


def in_the_way(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Consumers that stay above the stream's new ``consumer_limits`` (10069)."""
    for change, _ in planned.written(Kind.STREAM):
        if change.action is Action.UPDATE:
            versions = planned.live.versions(change.address)
            yield from (_above(change, consumer, versions) for consumer in _consumers_above(change, planned, versions))


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


def _above(change: Change, consumer: str, versions: Versions) -> Diagnostic:
    limits = (change.after or {}).get("consumer_limits") or {}
    absent = [name for name in LIMITED if name not in limits] if behaviour.ABSENT_LIMITS_ARE_ZERO.at(versions) else []
    older = f"; server {versions.oldest} takes a limit that is left out for 0" if absent else ""
    instead = f"write {' and '.join(f'`{name}`' for name in absent)} above what it has" if absent else "raise the limit"
    return ABOVE_NEW_LIMIT.diagnostic(
        f"{consumer} is above the new `consumer_limits` of {change.address}, which the server therefore refuses{older}.",
        f"Change or delete that consumer first, or {instead}.",
        change.address,
        change.span,
    )
