"""Stages and edges → one order, in which the two sides of a hand-over stand next to each other.

An edge is required if the server would refuse another order, or a publisher would lose messages by it. Other edges are dropped
where they would close a cycle (two streams may source each other).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TypeVar

from smith_topology.core.model import Edge, Handover, Kind, Stage, StageId
from smith_topology.core.planning.ordering import consumers, origins, quotas, subjects
from smith_topology.core.planning.ordering.graphs import components, cycles
from smith_topology.core.planning.stage import Stages
from smith_topology.core.planning.writing import Writing

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Order:
    """Every stage after those it waits for. ``before[s]`` are the edges that end in s; ``groups`` numbers the stages of each
    hand-over, which stand together.
    """

    stages: tuple[Stage, ...]
    before: Mapping[StageId, tuple[Edge, ...]]
    handovers: tuple[Handover, ...] = ()
    groups: Mapping[StageId, int] = field(default_factory=dict)


def needed(writing: Writing, stages: Stages) -> Iterator[Edge]:
    """The edges because of streams and their consumers, quotas and copies: all but those of hand-overs."""
    yield from consumers.around_streams(writing, stages)
    yield from consumers.among_themselves(writing, stages)
    yield from quotas.edges(writing, stages)
    yield from origins.around_copies(writing, stages)


def arrange(writing: Writing, stages: Stages) -> Order:
    """Put the stages in order. Cycles of required edges must have been broken (``transitions.cycles``)."""
    passing = tuple(subjects.handovers(stages.all(), writing.live))
    within = (Edge(first, then, "the stage before it") for first, then in stages.successive())
    edges = [*within, *subjects.edges(stages, passing), *needed(writing, stages)]
    together = {(each.taker, each.giver) for each in passing if each.giver.address.kind is Kind.STREAM}
    kept = _without_cycles(edges, together)
    before: dict[StageId, dict[StageId, Edge]] = {stage.id: {} for stage in stages.all()}
    for edge in kept:
        before[edge.then].setdefault(edge.first, edge)
    pairs = {(edge.first, edge.then) for edge in kept}
    component = {node: node for node in before} | (components(pairs | together) if together else {})
    sequence = list(_sequence(component, pairs))
    ordered = tuple(map(stages.at, sequence))
    for edge in consumers.one_after_the_other(ordered, writing):
        before[edge.then].setdefault(edge.first, edge)
    waits = {then: tuple(firsts.values()) for then, firsts in before.items()}
    return Order(ordered, waits, passing, _groups(sequence, component))


def _without_cycles(edges: Collection[Edge], together: set[tuple[StageId, StageId]]) -> list[Edge]:
    """The edges without those that are not required and would close a cycle, or put a stage between the two sides of a
    hand-over.
    """
    pairs = {(edge.first, edge.then) for edge in edges}
    closing = {pair for cycle in cycles(pairs | together) for pair in cycle}
    return [edge for edge in edges if edge.required or (edge.first, edge.then) not in closing]


def _sequence(component: Mapping[StageId, StageId], pairs: set[tuple[StageId, StageId]]) -> Iterator[StageId]:
    """Groups in order, and within each its stages; otherwise as planned."""
    members: dict[StageId, list[StageId]] = defaultdict(list)
    for node, whole in component.items():
        members[whole].append(node)
    inside: dict[StageId, set[tuple[StageId, StageId]]] = defaultdict(set)
    between: set[tuple[StageId, StageId]] = set()
    for first, then in pairs:
        a, b = component[first], component[then]
        if a == b:
            inside[a].add((first, then))
        else:
            between.add((a, b))
    for whole in _sorted(list(members), between):
        yield from _sorted(members[whole], inside[whole])


def _sorted(nodes: list[Node], pairs: Iterable[tuple[Node, Node]]) -> Iterator[Node]:
    """Every node after those before it, otherwise in the order given."""
    place = {node: number for number, node in enumerate(nodes)}
    before: dict[Node, list[Node]] = {node: [] for node in nodes}
    for first, then in pairs:
        before[then].append(first)
    sorter = TopologicalSorter(before)
    sorter.prepare()
    while ready := sorter.get_ready():
        yield from sorted(ready, key=place.__getitem__)
        sorter.done(*ready)


def _groups(sequence: list[StageId], component: Mapping[StageId, StageId]) -> dict[StageId, int]:
    sizes = Counter(component.values())
    shared = dict.fromkeys(component[node] for node in sequence if sizes[component[node]] > 1)
    numbers = {whole: number for number, whole in enumerate(shared, start=1)}
    return {node: numbers[component[node]] for node in sequence if component[node] in numbers}
