"""Edges between two groups of stages, kept few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeVar

MOST_PAIRS = 10_000

Node = TypeVar("Node")


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
