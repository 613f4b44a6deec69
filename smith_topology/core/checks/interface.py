"""What a rule is, and how it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from smith_topology.core.model import Config, Diagnostic, Finding, Resource, Topology

Rule: TypeAlias = Callable[[Topology], Iterator[Diagnostic]]

MOST_STEPS = 300_000
"""Of one rule that compares many with many: what it has not found by then is left to the server to say."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Fields of one configuration that don't go together, as a row of a table.

    ``path`` is the field to point at, without which there is no mistake; ``refused`` says whether this is one.
    """

    finding: Finding
    path: str
    refused: Callable[[Config], bool]
    detail: str
    fix: str


def broken(table: tuple[Combination, ...], resource: Resource) -> Iterator[Diagnostic]:
    """The rows of the table that this resource breaks."""
    for row in table:
        if row.path in resource.config and row.refused(resource.config):
            yield row.finding.at(resource, row.path, row.detail, row.fix)


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
