"""Under which subjects a stream stores its messages, as far as the topology tells."""

from __future__ import annotations

from collections.abc import Iterable

from smith_topology.core.checks.interface import subjects_of
from smith_topology.core.checks.transforms import image, template_problem
from smith_topology.core.model import Config, Resource, Topology, copies_of
from smith_topology.core.subjects import REST, is_subset, overlaps, problem

DEEPEST = 32
"""Copies of copies beyond this are not followed: what they hold counts as unknown."""
MOST_PATTERNS = 1_000


class Stored:
    """The stored subjects of every stream of a topology, worked out once each.

    An answer may be wider than the truth, never narrower; None means it can't be known from the file.
    """

    def __init__(self, topology: Topology) -> None:
        self._streams = {stream.address.name: stream for stream in topology.streams()}
        self._known: dict[str, frozenset[str] | None] = {}

    def of(self, name: str, depth: int = 0) -> frozenset[str] | None:
        if name not in self._known:
            self._known[name] = None  # stands while its origins are looked at: a circle is unknown
            stream = self._streams.get(name)
            self._known[name] = self._work_out(stream, depth) if stream and depth < DEEPEST else None
        return self._known[name]

    def _work_out(self, stream: Resource, depth: int) -> frozenset[str] | None:
        arriving: set[str] = set(subjects_of(stream))
        for _, copy in copies_of(stream.config):
            from_origin = self.copied(copy, depth + 1)
            if from_origin is None:
                return None
            arriving |= from_origin
        transform = stream.config.get("subject_transform")
        stored = _rewritten(arriving, [transform]) if transform else frozenset(arriving)
        if stored is None or len(stored) > MOST_PATTERNS or any(map(problem, stored)):
            return None
        if transform and (stream.config.get("mirror") or stream.config.get("sources")):
            return stored | arriving
        return stored

    def copied(self, copy: Config, depth: int = 0) -> frozenset[str] | None:
        """What comes over by one mirror or source; None when the origin is elsewhere."""
        held = None if copy.get("external") or copy.get("consumer") else self.of(copy.get("name", ""), depth)
        if held is None:
            return None
        if transforms := copy.get("subject_transforms"):
            return _rewritten(held, transforms, keep=False)
        wanted = copy.get("filter_subject") or REST
        return frozenset(wanted if is_subset(wanted, each) else each for each in held if overlaps(each, wanted))


def _rewritten(held: Iterable[str], transforms: list[Config], keep: bool = True) -> frozenset[str] | None:
    """The subjects after the transforms; ``keep`` those that match none of them. None when a transform is not valid."""
    result: set[str] = set()
    held = tuple(held)
    for transform in transforms:
        source, destination = transform.get("src") or REST, transform.get("dest") or ""
        if problem(source) or template_problem(source, destination):
            return None
        if any(overlaps(each, source) for each in held):
            result.add(image(destination) if destination else source)
    if keep:
        result.update(each for each in held if not any(is_subset(each, t.get("src") or REST) for t in transforms))
    return frozenset(result)
