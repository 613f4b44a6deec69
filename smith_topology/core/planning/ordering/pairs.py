"""Edges between two groups of stages, kept few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeVar

MOST_PAIRS = 10_000

Node = TypeVar("Node")


def all_before_all(firsts: Sequence[Node], thens: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    """A pair for each two; where these would be too many, by way of the last of the firsts, which then waits for the others."""
    if len(firsts) * len(thens) <= MOST_PAIRS:
        yield from product(firsts, thens)
    elif firsts:
        *others, last = firsts
        yield from ((each, last) for each in others)
        yield from ((last, each) for each in thens)
