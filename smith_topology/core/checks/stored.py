"""Under which subjects a stream stores its messages, as far as the topology tells."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property

from smith_topology.core.checks.interface import Unknown, subjects_of
from smith_topology.core.checks.subjects import indexed
from smith_topology.core.checks.transforms import image, template_problem
from smith_topology.core.model import Config, Resource, Topology, copies_of
from smith_topology.core.subjects import REST, SubjectIndex, is_subset, problem

DEEPEST = 32
"""Copies of copies beyond this are not followed: what they hold counts as unknown."""
MOST_PATTERNS = 1_000


class Held:
    """The subjects that streams store their messages under; the same object for streams that store the same."""

    def __init__(self, subjects: frozenset[str]) -> None:
        self.subjects = subjects
        self.takes = cache(self._takes)

    @cached_property
    def _index(self) -> SubjectIndex[int]:
        return indexed(self.subjects)

    def _takes(self, wanted: str) -> bool:
        """Whether any of the subjects can match what is wanted."""
        return next(self._index.meeting(wanted), None) is not None

    def narrowed(self, wanted: str) -> frozenset[str]:
        """What is left of them when only that is wanted."""
        if wanted == REST:
            return self.subjects
        return frozenset(wanted if is_subset(wanted, each) else each for each, _ in self._index.meeting(wanted))


class Stored:
    """The stored subjects of every stream of a topology, worked out once each.

    An answer may be wider than the truth, never narrower; None means it can't be known from the file.
    """

    def __init__(self, topology: Topology) -> None:
        self._streams = {stream.address.name: stream for stream in topology.streams()}
        self._known: dict[str, Held | None] = {}
        self._held = cache(Held)
        self._rewritten = cache(_rewritten)

    def of(self, name: str, depth: int = 0) -> Held | None:
        if name not in self._known:
            self._known[name] = None  # stands while its origins are looked at: a cycle is unknown
            stream = self._streams.get(name)
            try:
                found = self._work_out(stream, depth) if stream and depth < DEEPEST else None
            except Unknown:
                found = None
            self._known[name] = None if found is None else self._held(found)
        return self._known[name]

    def _work_out(self, stream: Resource, depth: int) -> frozenset[str] | None:
        arriving: set[str] = set(subjects_of(stream))
        for _, copy in copies_of(stream.config):
            from_origin = self.copied(copy, depth + 1)
            if from_origin is None:
                return None
            arriving |= from_origin
        transform = stream.config.get("subject_transform")
        stored = self._transformed(frozenset(arriving), stream, transform) if transform else frozenset(arriving)
        return None if stored is None or len(stored) > MOST_PATTERNS or any(map(problem, stored)) else stored

    def _transformed(self, arriving: frozenset[str], stream: Resource, transform: Config) -> frozenset[str] | None:
        """The subjects after the stream's transform. Of a stream that copies, the original ones count as stored too."""
        pair = _pair(transform)
        written = self._rewritten(self._held(arriving), (pair,))
        if written is None or stream.config.get("mirror") or stream.config.get("sources"):
            return None if written is None else written | arriving
        return written.union(each for each in arriving if not is_subset(each, pair[0]))

    def copied(self, copy: Config, depth: int = 0) -> frozenset[str] | None:
        """What comes over by one mirror or source; None when the origin is elsewhere."""
        held = None if copy.get("external") or copy.get("consumer") else self.of(copy.get("name", ""), depth)
        if held is None:
            return None
        if transforms := copy.get("subject_transforms"):
            return self._rewritten(held, tuple(map(_pair, transforms)))
        return held.narrowed(copy.get("filter_subject") or REST)


def _pair(transform: Config) -> tuple[str, str]:
    return transform.get("src") or REST, transform.get("dest") or ""


def _rewritten(held: Held, transforms: Iterable[tuple[str, str]]) -> frozenset[str] | None:
    """What the transforms make of the subjects that match them. None when a transform is not valid."""
    result: set[str] = set()
    for source, destination in transforms:
        if problem(source) or template_problem(source, destination):
            return None
        if held.takes(source):
            result.add(image(destination) if destination else source)
    return frozenset(result)
