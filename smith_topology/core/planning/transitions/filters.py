"""A consumer of an interest stream that changes its filters keeps the old ones until others, or its stream, have changed.

Otherwise what is published meanwhile is wanted by no consumer: the server acknowledges it and drops it.
"""

from __future__ import annotations

from itertools import product

from smith_topology.core.kinds.behaviour import TAKES_CROSSING_FILTERS
from smith_topology.core.model import Action, Kind, Stage, filters_of
from smith_topology.core.planning.claims import claiming, gained, gone
from smith_topology.core.planning.ordering.consumers import changes_filters
from smith_topology.core.planning.stage import Path, by_way_of
from smith_topology.core.planning.transitions.interface import Writing
from smith_topology.core.subjects import is_subset, overlaps


def old_and_new(stage: Stage, writing: Writing) -> Path:
    """Two stages: first the old and the new filters together, then the new ones alone."""
    stream = writing.live.stream(stage.address.path[0])
    if stage.address.kind is not Kind.CONSUMER or stage.action is not Action.UPDATE or stream is None:
        return (stage,)
    before, after = filters_of(stage.before or {}), filters_of(stage.after or {})
    swaps = gone(before, after) and gained(Kind.CONSUMER, stage.before, stage.after) and before and after
    if stream.config.get("retention") != "interest" or not swaps or not _meets_another_change(stage, writing):
        return (stage,)
    both = _widest((*before, *after))
    crosses = any(a != b and overlaps(a, b) for a, b in product(both, both))
    if crosses and not TAKES_CROSSING_FILTERS.at(writing.live.versions(stage.address)):
        return (stage,)
    middle = claiming(Kind.CONSUMER, stage.after or {}, both)
    return by_way_of(stage, middle, "keeps its old filters until what it gives up is wanted elsewhere, or no longer stored")


def _meets_another_change(stage: Stage, writing: Writing) -> bool:
    """Whether its stream takes other subjects, or another consumer of it comes or changes its filters."""
    parent = writing.changes.get(stage.address.parent)
    others = (each for each in writing.consumers(stage.address.parent) if each.address != stage.address)
    subjects = parent and (parent.before or {}).get("subjects") != (parent.after or {}).get("subjects")
    return bool(subjects) or any(each.action is Action.CREATE or changes_filters(each) for each in others)


def _widest(filters: tuple[str, ...]) -> tuple[str, ...]:
    """Each filter once, without those that another one covers."""
    distinct = tuple(dict.fromkeys(filters))
    return tuple(each for each in distinct if not any(each != other and is_subset(each, other) for other in distinct))
