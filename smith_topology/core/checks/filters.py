"""Consumer filters: valid together, and able to match something."""

from __future__ import annotations

from functools import cache
from heapq import nsmallest

from smith_topology.core.checks.interface import Found, filter_path, per_consumer, per_stream, steps, subjects_of
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


def within_consumer(topology: Topology) -> Found:
    """What the server refuses about one consumer's filters: both fields, and a filter inside another."""
    left = steps()

    @cache
    def nested(filters: tuple[str, ...]) -> tuple[int, int] | None:
        return clash(filters, is_subset, left)

    def judge(stream: Resource, consumer: Resource) -> Found:
        if consumer.config.get("filter_subject") and consumer.config.get("filter_subjects"):
            detail = f"The server takes one of the two (stream {stream.address.name})."
            yield BOTH.at(consumer, "filter_subject", detail, "Move it into `filter_subjects`.")
        elif found := nested(filters_of(consumer.config)):
            yield _nested(consumer, *found)

    return per_consumer(topology, judge)


def _nested(consumer: Resource, inner: int, outer: int) -> Diagnostic:
    filters = filters_of(consumer.config)
    detail = f'Everything that matches "{filters[inner]}" matches "{filters[outer]}" as well.'
    return OVERLAPPING.at(consumer, filter_path(consumer, inner), detail, f"Drop `{filters[inner]}`.")


def unreachable(topology: Topology) -> Found:
    """Filters that nothing in the stream can match; silent where the file does not tell what the stream stores.

    Servers before 2.10 refuse such a consumer (10093), later ones let it wait for ever.
    """
    stored = Stored(topology)
    yield from per_consumer(topology, lambda stream, consumer: _unmatched(consumer, stream, stored.of(stream.address.name)))
    yield from per_stream(topology, lambda stream: _uncopied(stream, stored))


def _unmatched(consumer: Resource, stream: Resource, held: Held | None) -> Found:
    for position, wanted in enumerate(filters_of(consumer.config)) if held else ():
        if held and not held.takes(wanted) and not problem(wanted):
            detail = f'Nothing in stream {stream.address.name} matches "{wanted}", now or ever: it stores {_listed(held)}.'
            path = filter_path(consumer, position)
            yield UNREACHABLE.at(consumer, path, detail, "Correct the filter, or the stream's `subjects`.")


def _uncopied(stream: Resource, stored: Stored) -> Found:
    for path, copy in copies_of(dict(stream.config)):
        name = copy.get("name", "")
        if stored.copied(copy) == frozenset() and (held := stored.of(name)) and held.subjects:
            field = "subject_transforms" if copy.get("subject_transforms") else "filter_subject"
            detail = f"Stream {name} stores {_listed(held)}, so nothing is ever copied."
            yield NOTHING_COPIED.at(stream, f"{path}.{field}", detail, "Correct the filter, or the origin's `subjects`.")


def _listed(held: Held, most: int = 5) -> str:
    shown = nsmallest(most, held.subjects)
    more = f" and {len(held.subjects) - most} more" if len(held.subjects) > most else ""
    return ", ".join(f'"{each}"' for each in shown) + more if shown else "nothing"


def delivered_back(topology: Topology) -> Found:
    """A push consumer whose deliveries its own stream stores would deliver them again, for ever."""
    streams = {stream.address.name: stream for stream in topology.streams()}
    stored = cache(lambda name: indexed(subjects_of(streams[name])))

    def judge(stream: Resource, consumer: Resource) -> Found:
        if target := consumer.config.get("deliver_subject"):
            meeting = stored(stream.address.name).meeting(target)
            if subject := next((each for each, _ in meeting if is_subset(target, each)), None):
                detail = f'Stream {stream.address.name} stores "{subject}": each delivery to "{target}" would be a new message.'
                yield DELIVERED_BACK.at(consumer, "deliver_subject", detail, "Deliver to a subject outside the stream.")

    return per_consumer(topology, judge)
