"""What a rule is, how it reports, and what it does not know.

A file leaves the fields under `ignore_changes` to others. A rule that reads one raises ``Unknown``: offline it says nothing then.
``known``, ``each_known`` and the functions that call a judge for each object keep that to the object it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from smith_topology.core.kinds.behaviour import Behaviour
from smith_topology.core.model import Config, Diagnostic, Finding, Resource, Topology


@dataclass(frozen=True, slots=True)
class Conditional:
    """A finding that holds for the servers with this behaviour alone."""

    diagnostic: Diagnostic
    behaviour: Behaviour


Found: TypeAlias = Iterator[Diagnostic | Conditional]
Rule: TypeAlias = Callable[[Topology], Found]
T = TypeVar("T")
R = TypeVar("R")

MOST_STEPS = 300_000
"""Of one rule that compares many with many: what it has not found by then is left to the server to say."""


class Unknown(Exception):
    """A rule has read a field whose value the file leaves to others."""


class PartlyKnown(dict[str, Any]):
    """A configuration some of whose fields are unknown: reading one by its name raises Unknown. ``dict`` of it has the others."""

    def __init__(self, config: Config, unknown: Collection[str]) -> None:
        super().__init__((name, value) for name, value in config.items() if name not in unknown)
        self._unknown = unknown

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, default) if name in self else default

    def __contains__(self, name: object) -> bool:
        if name in self._unknown:
            raise Unknown(name)
        return super().__contains__(name)

    def __missing__(self, name: str) -> Any:
        raise Unknown(name) if name in self._unknown else KeyError(name)


def known(found: Found) -> Found:
    """What is found before an unknown is read."""
    try:
        yield from found
    except Unknown:
        return


def each_known(items: Iterable[T], read: Callable[[T], R]) -> Iterator[tuple[T, R]]:
    """Each item with the value that ``read`` returns for it. Items whose value is unknown are left out."""
    for item in items:
        try:
            value = read(item)
        except Unknown:
            continue
        yield item, value


def per_stream(topology: Topology, *judges: Callable[[Resource], Found]) -> Found:
    """What each judge finds of each stream."""
    for stream in topology.streams():
        for judge in judges:
            try:
                yield from judge(stream)
            except Unknown:
                continue


def per_consumer(topology: Topology, *judges: Callable[[Resource, Resource], Found]) -> Found:
    """What each judge finds of each consumer, given its stream first."""
    for stream, consumers in with_consumers(topology):
        for consumer in consumers:
            for judge in judges:
                try:
                    yield from judge(stream, consumer)
                except Unknown:
                    continue


@dataclass(frozen=True, slots=True)
class Combination:
    """Fields of one configuration that don't go together, as a row of a table.

    ``path`` is the field to point at, without which there is no mistake; ``refused`` says whether this is one. With ``only`` it
    is one for servers of that behaviour alone.
    """

    finding: Finding
    path: str
    refused: Callable[[Config], bool]
    detail: str
    fix: str
    only: Behaviour | None = None


def broken(table: tuple[Combination, ...], resource: Resource) -> Found:
    """The rows of the table that this resource breaks."""
    config = resource.config
    for row in table:
        try:
            refused = row.path in config and row.refused(config)
        except Unknown:
            continue
        if refused:
            found = row.finding.at(resource, row.path, row.detail, row.fix)
            yield Conditional(found, row.only) if row.only else found


def with_consumers(topology: Topology) -> Iterator[tuple[Resource, list[Resource]]]:
    """Every stream with its declared consumers."""
    for stream in topology.streams():
        yield stream, topology.consumers(stream.address.name)


def subjects_of(stream: Resource) -> list[str]:
    """What the stream listens to: its ``subjects``; its own name where they are left out; nothing where it only copies."""
    written = stream.config.get("subjects")
    if written:
        return list(written)
    copies = stream.config.get("mirror") or stream.config.get("sources")
    return [] if copies else [stream.address.name]


def steps() -> Iterator[int]:
    """What one run of a rule has for all its comparisons together."""
    return iter(range(MOST_STEPS))


def filter_path(consumer: Resource, position: int) -> str:
    """Where the filter at this position of ``filters_of`` is written."""
    if consumer.config.get("filter_subject"):
        position -= 1
    return "filter_subject" if position < 0 else f"filter_subjects.{position}"
