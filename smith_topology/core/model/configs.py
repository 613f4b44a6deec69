"""What a configuration says of other objects: the streams it copies, the subjects it wants."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model.addresses import Config

FILTERS = ("filter_subject", "filter_subjects")
"""The two spellings of what a consumer wants."""


def filters_of(consumer: Config) -> tuple[str, ...]:
    """The consumer's filter subjects. Empty means every subject."""
    one = consumer.get("filter_subject")
    return (*((one,) if one else ()), *(consumer.get("filter_subjects") or ()))


def copies_of(stream: Config) -> Iterator[tuple[str, Config]]:
    """The mirror and the sources of a stream, with their paths."""
    if mirror := stream.get("mirror"):
        yield "mirror", mirror
    for position, source in enumerate(stream.get("sources") or ()):
        yield f"sources.{position}", source


def origins(stream: Config) -> list[str]:
    """The streams of the same account that this one copies."""
    return [copy["name"] for _, copy in copies_of(stream) if not copy.get("external")]


def copied_subjects(copy: Config) -> tuple[str, ...]:
    """The subjects that a mirror or a source copies of its origin. Empty means every subject."""
    transforms = tuple(each["src"] for each in copy.get("subject_transforms") or () if each.get("src"))
    return (copy["filter_subject"],) if copy.get("filter_subject") else transforms
