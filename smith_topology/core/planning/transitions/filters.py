"""A consumer of an interest stream that changes its filters keeps the old ones until others, or its stream, have changed.

Otherwise what is published meanwhile is wanted by no consumer: the server acknowledges it and drops it.
"""

from __future__ import annotations

from itertools import product

from smith_topology.core.kinds.behaviour import TAKES_CROSSING_FILTERS
from smith_topology.core.model import FILTERS, Action, Config, Kind, Stage, filters_of
from smith_topology.core.planning.claims import claiming, gained, given_up
from smith_topology.core.planning.ordering.consumers import changes_filters
from smith_topology.core.planning.stage import Path, by_way_of, with_fields_of
from smith_topology.core.planning.writing import Writing
from smith_topology.core.subjects import is_subset, overlaps

WHY = "keeps its old filters until what it gives up is wanted elsewhere, or no longer stored"


def old_and_new(stage: Stage, writing: Writing) -> Path:
    """Two stages: first the old and the new filters together, then the new ones alone."""
    stream = writing.live.stream(stage.address.path[0])
    if stage.address.kind is not Kind.CONSUMER or stage.action is not Action.UPDATE or stream is None:
        return (stage,)
    gives = given_up(Kind.CONSUMER, stage.before, stage.after)
    if stream.config.get("retention") != "interest" or not gives or not _meets_another_change(stage, writing):
        return (stage,)
    middle = _with_both(stage, writing)
    return (stage,) if middle in (None, stage.before) else by_way_of(stage, middle or {}, WHY)


def _with_both(stage: Stage, writing: Writing) -> Config | None:
    """The new configuration with the old filters too. None where the server takes no such filters."""
    before, after = stage.before or {}, stage.after or {}
    if not gained(Kind.CONSUMER, before, after):
        return with_fields_of(after, before, FILTERS)
    both = _widest((*filters_of(before), *filters_of(after)))
    crosses = any(a != b and overlaps(a, b) for a, b in product(both, both))
    if crosses and not TAKES_CROSSING_FILTERS.at(writing.live.versions(stage.address)):
        return None
    return claiming(Kind.CONSUMER, after, both)


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
