"""Cycles of hand-overs: one object of each gives up its claims beforehand, so that the others can follow one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from smith_topology.core.model import Edge, Handover, Live, Stage, StageId
from smith_topology.core.planning.claims import claiming, claims_of, parked
from smith_topology.core.planning.ordering.cycles import cycles
from smith_topology.core.planning.ordering.subjects import handovers
from smith_topology.core.planning.stage import Path, Stages, by_way_of, numbered
from smith_topology.core.subjects import intersection, overlaps

Claims = Mapping[tuple[StageId, StageId], set[str]]


def broken(stages: Stages, needed: Iterable[Edge], live: Live) -> Stages:
    """The stages, those of one giver of each cycle in two, as often as there are cycles left.

    An object that gives up all it has leaves its publishers without a stream for longest, so those that keep some, and those
    that open most cycles, go first. Giving up claims makes no room, so where a taker needs that of its giver as well, another
    one does.
    """
    firm = {(edge.first, edge.then) for edge in needed if edge.required}
    while True:
        claims = _by_pair(handovers(stages.all(), live))
        closed = cycles(claims.keys() | firm | _within(stages))
        chosen = [found for cycle in closed if (found := _chosen(cycle, claims, firm, stages))]
        if not chosen:
            return stages
        for giver, kept in chosen:
            stages[giver.address] = _released(stages[giver.address], giver, kept)
            firm = {(_shifted(a, giver), _shifted(b, giver)) for a, b in firm}


def _within(stages: Stages) -> set[tuple[StageId, StageId]]:
    return {(StageId(s.address, s.number - 1), s.id) for s in stages.all() if s.number > 1}


def _shifted(stage: StageId, split: StageId) -> StageId:
    """What is known of a stage by its number, once one of its object is two: the second of them goes on being meant."""
    return StageId(stage.address, stage.number + 1) if stage.address == split.address and stage.number >= split.number else stage


def _by_pair(passing: Iterable[Handover]) -> dict[tuple[StageId, StageId], set[str]]:
    found: dict[tuple[StageId, StageId], set[str]] = defaultdict(set)
    for each in passing:
        found[each.giver, each.taker].add(each.claim)
    return found


def _chosen(
    cycle: set[tuple[StageId, StageId]], claims: Claims, firm: set[tuple[StageId, StageId]], stages: Stages
) -> tuple[StageId, tuple[str, ...]] | None:
    passing = cycle & claims.keys()
    takers: dict[StageId, set[str]] = defaultdict(set)
    counts: dict[StageId, int] = defaultdict(int)
    for pair in passing - firm or passing:
        takers[pair[0]] |= claims[pair]
        counts[pair[0]] += 1
    if not takers:
        return None
    kept = {giver: _kept(_stage(stages, giver), given) for giver, given in takers.items()}
    chosen = min(takers, key=lambda giver: (not kept[giver], -counts[giver], giver))
    return chosen, kept[chosen] or parked(chosen.address)


def _stage(stages: Stages, found: StageId) -> Stage:
    return stages[found.address][found.number - 1]


def _kept(giver: Stage, given: set[str]) -> tuple[str, ...]:
    """What it need not give up for these takers: what they do not want, and of what they want a part of, the part that stays."""
    before, after = (claims_of(giver.address.kind, config) for config in (giver.before, giver.after))
    staying = (intersection(claim, other) for claim in before if claim in given for other in after if overlaps(claim, other))
    return (*(claim for claim in before if claim not in given), *staying)


def _released(path: Path, giver: StageId, kept: tuple[str, ...]) -> Path:
    stage = path[giver.number - 1]
    middle = claiming(giver.address.kind, stage.before or {}, kept)
    early, rest = by_way_of(stage, middle, "gives up beforehand what others on a cycle take")
    return numbered((*path[: giver.number - 1], replace(early, early=True, settles=False), rest, *path[giver.number :]))
