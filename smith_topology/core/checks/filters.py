"""Consumer filters: valid together, and able to match something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from smith_topology.core.checks.interface import error, filter_path, subjects_of, warning, with_consumers
from smith_topology.core.checks.stored import Stored
from smith_topology.core.checks.subjects import MOST_PAIRS
from smith_topology.core.model import Diagnostic, Resource, Topology, copies_of, filters_of
from smith_topology.core.subjects import SubjectIndex, is_subset, overlaps, problem

UNREACHABLE = warning("SB201", "The filter matches no subject of its stream")
OVERLAPPING = error("SB202", "Filters of one consumer overlap")
BOTH = error("SB203", "Both filter_subject and filter_subjects")
DELIVERED_BACK = error("SB204", "The consumer delivers into its own stream")
NOTHING_COPIED = warning("SB206", "The filter matches no subject of the origin")


def within_consumer(topology: Topology) -> Iterator[Diagnostic]:
    """What the server refuses about one consumer's filters: both fields, and a filter inside another."""
    for stream, consumers in with_consumers(topology):
        for consumer in consumers:
            if consumer.config.get("filter_subject") and consumer.config.get("filter_subjects"):
                detail = f"The server takes one of the two (stream {stream.address.name})."
                yield BOTH.at(consumer, "filter_subject", detail, "Move it into `filter_subjects`.")
            else:
                yield from _nested(consumer)


def _nested(consumer: Resource) -> Iterator[Diagnostic]:
    filters = filters_of(consumer.config)
    if len(filters) < 2:
        return
    index: SubjectIndex[int] = SubjectIndex()
    for position, subject in enumerate(filters):
        if not problem(subject):
            index.add(subject, position)
    for pair in islice(index.overlapping(), MOST_PAIRS):
        for (inner, position), (outer, _) in (pair, pair[::-1]):
            if is_subset(inner, outer):
                detail = f'Everything that matches "{inner}" matches "{outer}" as well.'
                yield OVERLAPPING.at(consumer, filter_path(consumer, position), detail, f"Drop `{inner}`.")
                return


def unreachable(topology: Topology) -> Iterator[Diagnostic]:
    """Filters that nothing in the stream can match; silent where the file does not tell what the stream stores.

    Servers before 2.10 refuse such a consumer (10093), later ones let it wait for ever.
    """
    stored = Stored(topology)
    for stream, consumers in with_consumers(topology):
        held = stored.of(stream.address.name)
        for consumer in consumers if held is not None else ():
            yield from _unmatched(consumer, stream, held or frozenset())
        yield from _uncopied(stream, stored)


def _unmatched(consumer: Resource, stream: Resource, held: frozenset[str]) -> Iterator[Diagnostic]:
    for position, wanted in enumerate(filters_of(consumer.config)):
        if not problem(wanted) and not any(overlaps(wanted, each) for each in held):
            detail = f'Nothing in stream {stream.address.name} matches "{wanted}", now or ever: it stores {_listed(held)}.'
            path = filter_path(consumer, position)
            yield UNREACHABLE.at(consumer, path, detail, "Correct the filter, or the stream's `subjects`.")


def _uncopied(stream: Resource, stored: Stored) -> Iterator[Diagnostic]:
    for path, copy in copies_of(stream.config):
        name = copy.get("name", "")
        if stored.copied(copy) == frozenset() and (held := stored.of(name)):
            field = "subject_transforms" if copy.get("subject_transforms") else "filter_subject"
            detail = f"Stream {name} stores {_listed(held)}, so nothing is ever copied."
            yield NOTHING_COPIED.at(stream, f"{path}.{field}", detail, "Correct the filter, or the origin's `subjects`.")


def _listed(subjects: frozenset[str], most: int = 5) -> str:
    shown = sorted(subjects)[:most]
    more = f" and {len(subjects) - most} more" if len(subjects) > most else ""
    return ", ".join(f'"{each}"' for each in shown) + more if shown else "nothing"


def delivered_back(topology: Topology) -> Iterator[Diagnostic]:
    """A push consumer whose deliveries its own stream stores would deliver them again, for ever."""
    for stream, consumers in with_consumers(topology):
        for consumer in consumers:
            target = consumer.config.get("deliver_subject") or ""
            subject = next((each for each in subjects_of(stream) if target and is_subset(target, each)), None)
            if subject is not None:
                detail = f'Stream {stream.address.name} stores "{subject}": each delivery to "{target}" would be a new message.'
                yield DELIVERED_BACK.at(consumer, "deliver_subject", detail, "Deliver to a subject outside the stream.")
