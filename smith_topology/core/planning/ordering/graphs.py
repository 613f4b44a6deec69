"""Edges of any graph: between two groups of nodes, and the components and cycles that they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

MOST_PAIRS = 10_000

Node = TypeVar("Node", bound=Hashable)


def all_before_all(firsts: Sequence[Node], thens: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    """Each of the firsts with each of the thens. If these are too many pairs (10,000), the last of the firsts waits for the
    others, and the thens for it.
    """
    if len(firsts) * len(thens) <= MOST_PAIRS:
        yield from product(firsts, thens)
    elif firsts:
        *others, last = firsts
        yield from ((each, last) for each in others)
        yield from ((last, each) for each in thens)


def cycles(edges: Collection[tuple[Node, Node]]) -> list[set[tuple[Node, Node]]]:
    """The edges that lie on cycles, a set for each strongly connected component."""
    component = components(edges)
    found: dict[Node, set[tuple[Node, Node]]] = defaultdict(set)
    for first, then in edges:
        if component[first] == component[then]:
            found[component[first]].add((first, then))
    return list(found.values())


def components(edges: Collection[tuple[Node, Node]]) -> dict[Node, Node]:
    """For each node one node of its strongly connected component, the same for all of them (Kosaraju)."""
    after: dict[Node, list[Node]] = defaultdict(list)
    before: dict[Node, list[Node]] = defaultdict(list)
    for first, then in edges:
        after[first].append(then)
        before[then].append(first)
    component: dict[Node, Node] = {}
    for root in reversed(_as_finished(after)):
        pending = [root]
        while pending:
            if (node := pending.pop()) not in component:
                component[node] = root
                pending.extend(before[node])
    return component


def _as_finished(after: Mapping[Node, list[Node]]) -> list[Node]:
    """Every node after all that can be reached from it (depth first), as far as cycles allow."""
    seen: set[Node] = set()
    finished: list[Node] = []
    stack = [(node, False) for node in after]
    while stack:
        node, left = stack.pop()
        if left:
            finished.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((each, False) for each in after.get(node, ()))
    return finished
