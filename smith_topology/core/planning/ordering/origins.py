"""Streams that copy others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from smith_topology.core.model import Action, Address, Change, Edge, Kind, origins, stream_address
from smith_topology.core.planning.stage import Stages

WORK_QUEUE = "a copied work queue accepts no new consumer (up to 2.12)"


def around_copies(writing: Mapping[Address, Change], stages: Stages) -> Iterator[Edge]:
    """Create an origin, and its new consumers, before the streams that copy it; delete it after them."""
    created: dict[str, list[Address]] = defaultdict(list)
    for change in writing.values():
        if change.address.kind is Kind.CONSUMER and change.action is Action.CREATE:
            created[change.address.path[0]].append(change.address)
    for change in writing.values():
        if change.address.kind is not Kind.STREAM:
            continue
        copied = dict.fromkeys(origins(change.after or {}))
        copying = stages.changing(change.address, "mirror", "sources")
        for consumer in (each for origin in copied for each in created[origin]):
            yield Edge(stages.last(consumer), copying, WORK_QUEUE, required=False)
        for origin in {**copied, **dict.fromkeys(origins(change.before or {}))}:
            other = writing.get(stream_address(origin))
            if other is None or other is change:
                continue
            if other.action is Action.DELETE:
                yield Edge(copying, stages.last(other.address), "an origin is deleted after what copies it", required=False)
            elif origin in copied:
                yield Edge(stages.last(other.address), copying, "an origin comes before what copies it", required=False)
