"""Random change sets, carried out on paper: what order, forecast and publishers are promised holds at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from random import Random

import pytest

from smith_topology.core.model import Action, Address, Config, Kind, Stage, StageId, filters_of
from smith_topology.core.planning.claims import claims_of, is_parked
from smith_topology.core.planning.forecast.interest import World
from smith_topology.core.planning.ordering.consumers import can_drop
from smith_topology.core.planning.ordering.order import Order, arrange
from smith_topology.core.planning.plan import decisive_stages
from smith_topology.core.planning.transitions.registry import stages_of
from smith_topology.core.planning.writing import Writing
from tests.simulation.changes import Case, case

CASES, OFTEN, SHARDS = 20_000, 2_000, 4


def ordered(found: Case) -> tuple[Writing, Order]:
    writing = Writing.of(found.changes, found.live)
    stages = stages_of(writing)
    return writing, arrange(writing, stages)


def broken(seeds: range) -> list[str]:
    """The first promises that do not hold, each with its seed."""
    found = (f"{seed}: {problem}" for seed in seeds for problem in problems(case(Random(seed))))
    return list(islice(found, 5))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_all_that_is_announced_holds_at_every_moment(shard: int) -> None:
    assert broken(range(shard, OFTEN, SHARDS)) == []


@pytest.mark.soak
@pytest.mark.parametrize("shard", range(SHARDS))
def test_all_that_is_announced_holds_in_many_more_cases(shard: int) -> None:
    assert broken(range(OFTEN + shard, CASES, SHARDS)) == []


def problems(found: Case) -> Iterator[str]:
    writing, order = ordered(found)
    ancestors = _ancestors(order)
    yield from _paths(order, writing)
    yield from _edges(order)
    yield from _subjects(order, found)
    yield from _interest(order, found, ancestors)
    yield from _forecast(order, found, writing, ancestors)


def _paths(order: Order, writing: Writing) -> Iterator[str]:
    """Every change is made, in stages that begin where the one before ends."""
    paths: dict[Address, list[Stage]] = {}
    for stage in order.stages:
        paths.setdefault(stage.address, []).append(stage)
    if paths.keys() != writing.changes.keys():
        yield f"not written: {writing.changes.keys() ^ paths.keys()}"
    for address, path in paths.items():
        change = writing.changes[address]
        if path[0].before != change.before or path[-1].after != change.after:
            yield f"{address} does not end as declared"
        if any(first.after != then.before or first.number + 1 != then.number for first, then in pairwise(path)):
            yield f"{address} leaps"


def _edges(order: Order) -> Iterator[str]:
    place = {stage.id: number for number, stage in enumerate(order.stages)}
    for edges in order.before.values():
        yield from (f"{edge} is turned round" for edge in edges if place[edge.first] >= place[edge.then])


def _ancestors(order: Order) -> dict[StageId, frozenset[StageId]]:
    found: dict[StageId, frozenset[StageId]] = {}
    for stage in order.stages:
        firsts = [edge.first for edge in order.before[stage.id]]
        found[stage.id] = frozenset(firsts).union(*(found[first] for first in firsts))
    return found


def _subjects(order: Order, found: Case) -> Iterator[str]:
    """No subject has two streams, and one that has a stream before and after has one all the time, but within its hand-over."""
    now = {a: o.config for a, o in found.live.observed.items() if a.kind is Kind.STREAM}
    final = {c.address: c.after for c in found.changes if c.address.kind is Kind.STREAM and c.after}
    lasting = _held(now) & _held(final)
    handed = {(each.subject, order.groups.get(each.giver)) for each in order.handovers}
    for stage in order.stages:
        if stage.address.kind is Kind.STREAM:
            _step(now, stage)
        held = [subject for config in now.values() for subject in claims_of(Kind.STREAM, config)]
        if len(held) != len(set(held)):
            yield f"two streams of one subject after {stage.id}"
        for subject in lasting - set(held):
            if (subject, order.groups.get(stage.id, 0)) not in handed:
                yield f'"{subject}" has no stream after {stage.id}, which is no hand-over of it'


def _held(streams: dict[Address, Config]) -> set[str]:
    return {each for config in streams.values() for each in claims_of(Kind.STREAM, config) if not is_parked(each)}


def _step(now: dict[Address, Config], stage: Stage) -> None:
    if stage.after is None:
        del now[stage.address]
    else:
        now[stage.address] = stage.after


def _interest(order: Order, found: Case, ancestors: dict[StageId, frozenset[StageId]]) -> Iterator[str]:
    """In every order that the edges allow, a subject that consumers of an interest stream want before and after, or only after,
    is taken by it only while one of them is there: judged by what must have been done, and what may have been.
    """
    consumers = {a: o.config for a, o in found.live.observed.items() if a.kind is Kind.CONSUMER}
    streams = {a: o.config for a, o in found.live.observed.items() if a.kind is Kind.STREAM}
    final = {c.address: c.after for c in found.changes if c.after}
    then = dict(consumers)
    for stage in order.stages:
        _step(streams if stage.address.kind is Kind.STREAM else consumers, stage)
        stream = stage.address.parent
        config = streams.get(stream, {})
        if config.get("retention") != "interest" or final.get(stream, {}).get("retention") != "interest":
            continue
        for subject in claims_of(Kind.STREAM, config):
            lasting = subject in claims_of(Kind.STREAM, final[stream]) and _wanted(subject, stream, final)
            if lasting and not _wanted(subject, stream, consumers):
                initially = _wanted(subject, stream, then)
                held = found.live.observed.get(stream)
                if held is None or subject not in claims_of(Kind.STREAM, held.config) or initially:
                    yield f'"{subject}" is taken by {stream} and no consumer wants it after {stage.id}'


def _wanted(subject: str, stream: Address, objects: dict[Address, Config]) -> bool:
    return any(
        not filters_of(config) or subject in filters_of(config)
        for address, config in objects.items()
        if address.kind is Kind.CONSUMER and address.parent == stream
    )


def _forecast(order: Order, found: Case, writing: Writing, ancestors: dict[StageId, frozenset[StageId]]) -> Iterator[str]:
    """What the forecast takes for done when a stage that can drop messages comes is done then, in every order the edges allow."""
    decisive = decisive_stages(order.stages)
    by_id = {stage.id: stage for stage in order.stages}
    world = World([writing.changes[address] for address in decisive], found.live)
    for address, stage in decisive.items():
        family = world.consumers(address.parent)
        if can_drop(by_id[stage]) and _matters(address.parent, writing, found):
            for other in (*(change.address for change in family.created), *family.done):
                if other != address and decisive[other] not in ancestors[stage]:
                    yield f"{other} is taken for done at {stage}, and need not be"
        world.advance(writing.changes[address])


def _matters(stream: Address, writing: Writing, found: Case) -> bool:
    change, observed = writing.changes.get(stream), found.live.observed.get(stream)
    if change and change.action is Action.DELETE:
        return False
    configs = [observed.config if observed else {}, (change.after or {}) if change else {}]
    return any(config.get("retention") == "interest" for config in configs)
