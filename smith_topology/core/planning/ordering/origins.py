"""Streams that copy others."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Edge, Kind, origins, stream_address
from smith_topology.core.planning.stage import Stages
from smith_topology.core.planning.writing import Writing

WORK_QUEUE = "a copied work queue accepts no new consumer (up to 2.12)"


def around_copies(writing: Writing, stages: Stages) -> Iterator[Edge]:
    """Create an origin, and its new consumers, before the streams that copy it; delete it after them."""
    for change in writing.changes.values():
        if change.address.kind is not Kind.STREAM:
            continue
        copied = dict.fromkeys(origins(change.after or {}))
        copying = stages.changing(change.address, "mirror", "sources")
        for consumer in (each for origin in copied for each in writing.consumers(stream_address(origin))):
            if consumer.action is Action.CREATE:
                yield Edge(stages.last(consumer.address), copying, WORK_QUEUE, required=False)
        for origin in {**copied, **dict.fromkeys(origins(change.before or {}))}:
            other = writing.changes.get(stream_address(origin))
            if other is None or other is change:
                continue
            if other.action is Action.DELETE:
                yield Edge(copying, stages.last(other.address), "an origin is deleted after what copies it", required=False)
            elif origin in copied:
                yield Edge(stages.last(other.address), copying, "an origin comes before what copies it", required=False)
