"""Work queues: each message goes to one consumer, which acknowledges it."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.checks.interface import Found, each_known, per_consumer, steps
from smith_topology.core.model import Diagnostic, Finding, Resource, Topology, filters_of
from smith_topology.core.subjects import REST, Entry, SubjectIndex, problem

SHARED = Finding.error(
    "SB205",
    "Two consumers of a work queue want the same message",
    "Two consumers of a work queue want the same message: filters overlap, or one of them has none [10099, 10100].",
    "Give each its own `filter_subject`, or share one consumer.",
)
ACKNOWLEDGE = Finding.error(
    "FC301",
    "A work queue needs ack_policy explicit",
    "A consumer of a work queue whose `ack_policy` is `none` or `all` [10084, 10098].",
    "Leave `ack_policy` out, or write `explicit`.",
)
FROM_START = Finding.error(
    "FC302",
    "A work queue delivers from the start",
    "A consumer of a work queue that does not start at the beginning [10101].",
    "Leave `deliver_policy` out.",
)


def _work_queues(topology: Topology) -> Iterator[tuple[Resource, list[Resource]]]:
    known = each_known(topology.streams(), lambda stream: stream.config.get("retention"))
    return ((stream, topology.consumers(stream.address.name)) for stream, retention in known if retention == "workqueue")


def required_fields(topology: Topology) -> Found:
    return per_consumer(topology, _acknowledged, _from_start)


def _acknowledged(stream: Resource, consumer: Resource) -> Found:
    policy = consumer.config.get("ack_policy", "none")
    if policy not in ("explicit", "flow_control") and stream.config.get("retention") == "workqueue":
        detail = f"Stream {stream.address.name} drops a message once it is acknowledged; this consumer has `{policy}`."
        yield ACKNOWLEDGE.at(consumer, "ack_policy", detail, "Leave `ack_policy` out, or write `explicit`.")


def _from_start(stream: Resource, consumer: Resource) -> Found:
    start = consumer.config.get("deliver_policy", "all")
    if start != "all" and stream.config.get("retention") == "workqueue":
        detail = f"On stream {stream.address.name} what a consumer skips is never worked on, so the server refuses `{start}`."
        yield FROM_START.at(consumer, "deliver_policy", detail, "Leave `deliver_policy` out, or write `all`.")


def one_consumer_per_message(topology: Topology) -> Iterator[Diagnostic]:
    """At most one consumer without a filter, and no two filters that overlap."""
    left = steps()
    for stream, consumers in _work_queues(topology):
        index: SubjectIndex[int] = SubjectIndex()
        for (number, _), filters in each_known(enumerate(consumers), lambda each: filters_of(each[1].config)):
            for subject in filters or [REST]:
                if not problem(subject):
                    index.add(subject, number)
        yield from _clashes(stream, consumers, index.overlapping(left))


def _clashes(stream: Resource, consumers: list[Resource], pairs: Iterator[tuple[Entry[int], Entry[int]]]) -> Iterator[Diagnostic]:
    reported: set[int] = set()
    for (one, a), (other, b) in pairs:
        (first, _), (later, subject) = sorted(((a, one), (b, other)))
        if first != later and later not in reported:
            reported.add(later)
            wants = f'"{subject}"' if filters_of(consumers[later].config) else "everything, since it has no filter"
            detail = (
                f"On stream {stream.address.name} it wants {wants}, and so overlaps with consumer "
                f"{consumers[first].address.name} ({consumers[first].span}). Each message of a work queue has one consumer."
            )
            fix = "Give each consumer a `filter_subject` of its own, or let the services share one consumer."
            path = "filter_subject" if consumers[later].config.get("filter_subject") else "filter_subjects"
            yield SHARED.at(consumers[later], path, detail, fix)
