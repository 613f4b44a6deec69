"""Consumer filters: valid together, and able to match something."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from heapq import nsmallest

from smith_topology.core.checks.interface import filter_path, steps, subjects_of, with_consumers
from smith_topology.core.checks.stored import Held, Stored
from smith_topology.core.checks.subjects import clash, indexed
from smith_topology.core.model import Diagnostic, Finding, Resource, Topology, copies_of, filters_of
from smith_topology.core.subjects import is_subset, problem

UNREACHABLE = Finding.warning(
    "SB201",
    "The filter matches no subject of its stream",
    "The filter of a consumer matches nothing its stream stores, transforms and origins considered: it waits for ever (servers "
    "before 2.10 refuse it, 10093).",
    "Correct the filter, or the stream's `subjects`.",
)
OVERLAPPING = Finding.error(
    "SB202",
    "Filters of one consumer overlap",
    "A filter of a consumer lies inside another of the same consumer [10138]. Filters that only cross are taken.",
    "Drop the narrower one.",
)
BOTH = Finding.error(
    "SB203",
    "Both filter_subject and filter_subjects",
    "`filter_subject` and `filter_subjects` together [10136].",
    "Use `filter_subjects`.",
)
DELIVERED_BACK = Finding.error(
    "SB204",
    "The consumer delivers into its own stream",
    "A push consumer delivers to a subject that its own stream stores [10081].",
    "Deliver outside the stream.",
)
NOTHING_COPIED = Finding.warning(
    "SB206",
    "The filter matches no subject of the origin",
    "The filter or transforms of a mirror or source match nothing its origin stores.",
    "Correct the filter, or the origin's `subjects`.",
)


def within_consumer(topology: Topology) -> Iterator[Diagnostic]:
    """What the server refuses about one consumer's filters: both fields, and a filter inside another."""
    left = steps()

    @cache
    def nested(filters: tuple[str, ...]) -> tuple[int, int] | None:
        return clash(filters, is_subset, left)

    for stream, consumers in with_consumers(topology):
        for consumer in consumers:
            if consumer.config.get("filter_subject") and consumer.config.get("filter_subjects"):
                detail = f"The server takes one of the two (stream {stream.address.name})."
                yield BOTH.at(consumer, "filter_subject", detail, "Move it into `filter_subjects`.")
            elif found := nested(filters_of(consumer.config)):
                yield _nested(consumer, *found)


def _nested(consumer: Resource, inner: int, outer: int) -> Diagnostic:
    filters = filters_of(consumer.config)
    detail = f'Everything that matches "{filters[inner]}" matches "{filters[outer]}" as well.'
    return OVERLAPPING.at(consumer, filter_path(consumer, inner), detail, f"Drop `{filters[inner]}`.")


def unreachable(topology: Topology) -> Iterator[Diagnostic]:
    """Filters that nothing in the stream can match; silent where the file does not tell what the stream stores.

    Servers before 2.10 refuse such a consumer (10093), later ones let it wait for ever.
    """
    stored = Stored(topology)
    for stream, consumers in with_consumers(topology):
        if held := stored.of(stream.address.name):
            for consumer in consumers:
                yield from _unmatched(consumer, stream, held)
        yield from _uncopied(stream, stored)


def _unmatched(consumer: Resource, stream: Resource, held: Held) -> Iterator[Diagnostic]:
    for position, wanted in enumerate(filters_of(consumer.config)):
        if not held.takes(wanted) and not problem(wanted):
            detail = f'Nothing in stream {stream.address.name} matches "{wanted}", now or ever: it stores {_listed(held)}.'
            path = filter_path(consumer, position)
            yield UNREACHABLE.at(consumer, path, detail, "Correct the filter, or the stream's `subjects`.")


def _uncopied(stream: Resource, stored: Stored) -> Iterator[Diagnostic]:
    for path, copy in copies_of(stream.config):
        name = copy.get("name", "")
        if stored.copied(copy) == frozenset() and (held := stored.of(name)) and held.subjects:
            field = "subject_transforms" if copy.get("subject_transforms") else "filter_subject"
            detail = f"Stream {name} stores {_listed(held)}, so nothing is ever copied."
            yield NOTHING_COPIED.at(stream, f"{path}.{field}", detail, "Correct the filter, or the origin's `subjects`.")


def _listed(held: Held, most: int = 5) -> str:
    shown = nsmallest(most, held.subjects)
    more = f" and {len(held.subjects) - most} more" if len(held.subjects) > most else ""
    return ", ".join(f'"{each}"' for each in shown) + more if shown else "nothing"


def delivered_back(topology: Topology) -> Iterator[Diagnostic]:
    """A push consumer whose deliveries its own stream stores would deliver them again, for ever."""
    for stream, consumers in with_consumers(topology):
        pushing = [consumer for consumer in consumers if consumer.config.get("deliver_subject")]
        stored = indexed(subjects_of(stream) if pushing else ())
        for consumer in pushing:
            target = consumer.config["deliver_subject"]
            subject = next((each for each, _ in stored.meeting(target) if is_subset(target, each)), None)
            if subject is not None:
                detail = f'Stream {stream.address.name} stores "{subject}": each delivery to "{target}" would be a new message.'
                yield DELIVERED_BACK.at(consumer, "deliver_subject", detail, "Deliver to a subject outside the stream.")
