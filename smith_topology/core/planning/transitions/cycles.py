"""Cycles of hand-overs: one object of each gives up its claims beforehand, so that the others can follow one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from smith_topology.core.model import Edge, Live, Stage, StageId
from smith_topology.core.planning.claims import claiming, claims_of, parked
from smith_topology.core.planning.ordering.graphs import cycles
from smith_topology.core.planning.ordering.subjects import handovers
from smith_topology.core.planning.stage import Path, Stages, by_way_of, numbered
from smith_topology.core.subjects import intersection, overlaps

Claims = Mapping[tuple[StageId, StageId], set[str]]


def broken(stages: Stages, needed: Iterable[Edge], live: Live) -> Stages:
    """The stages without cycles: one giver of each cycle is split in two, until none is left.

    An object that gives up everything leaves its publishers without a stream for longest. So objects that keep some claims are
    split first, and those that break most cycles. Giving up claims frees no quota: where a taker also needs its giver's quota,
    another object is split.
    """
    required = {(edge.first, edge.then) for edge in needed if edge.required}
    while True:
        claims: dict[tuple[StageId, StageId], set[str]] = defaultdict(set)
        for each in handovers(stages.all(), live):
            claims[each.giver, each.taker].add(each.claim)
        closed = cycles(claims.keys() | required | stages.successive())
        chosen = [found for cycle in closed if (found := _chosen(cycle, claims, required, stages))]
        if not chosen:
            return stages
        for giver, kept in chosen:
            stages[giver.address] = _released(stages[giver.address], giver, kept)
            required = {(_shifted(a, giver), _shifted(b, giver)) for a, b in required}


def _shifted(stage: StageId, split: StageId) -> StageId:
    """The same stage by its new number, after a stage was split in two: what referred to that stage refers to the second part."""
    return StageId(stage.address, stage.number + 1) if stage.address == split.address and stage.number >= split.number else stage


def _chosen(
    cycle: set[tuple[StageId, StageId]], claims: Claims, required: set[tuple[StageId, StageId]], stages: Stages
) -> tuple[StageId, tuple[str, ...]] | None:
    passing = cycle & claims.keys()
    pairs = passing - required or passing
    if not pairs:
        return None
    takers: dict[StageId, set[str]] = defaultdict(set)
    for giver, taker in pairs:
        takers[giver] |= claims[giver, taker]
    counts = Counter(giver for giver, _ in pairs)
    kept = {giver: _kept(stages.at(giver), given) for giver, given in takers.items()}
    chosen = min(takers, key=lambda giver: (not kept[giver], -counts[giver], giver))
    return chosen, kept[chosen] or parked(chosen.address)


def _kept(giver: Stage, given: set[str]) -> tuple[str, ...]:
    """The claims that the object may keep: what these takers don't want, and of claims that they want in part, the rest."""
    before, after = (claims_of(giver.address.kind, config) for config in (giver.before, giver.after))
    staying = (intersection(claim, other) for claim in before if claim in given for other in after if overlaps(claim, other))
    return (*(claim for claim in before if claim not in given), *staying)


def _released(path: Path, giver: StageId, kept: tuple[str, ...]) -> Path:
    stage = path[giver.number - 1]
    middle = claiming(giver.address.kind, stage.before or {}, kept)
    early, rest = by_way_of(stage, middle, "gives up beforehand what others on a cycle take")
    return numbered((*path[: giver.number - 1], replace(early, early=True, settles=False), rest, *path[giver.number :]))
