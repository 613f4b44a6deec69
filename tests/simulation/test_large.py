"""Topologies of every shape that would take hours if anything were compared with everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from smith_topology.core.checks.registry import MOST_FINDINGS
from tests.core.checks.declare import Declared, findings


def _mirrors(origins: Iterable[str]) -> Declared:
    return {f"S{n}": {"mirror": {"name": origin}} for n, origin in enumerate(origins)}


def _sources(*origins: str) -> dict[str, Any]:
    return {"sources": [{"name": origin} for origin in origins]}


def _ladder(rungs: int) -> Declared:
    """Each stream copies both of the rung below, so the ways down double with every rung."""
    rung = {f"{side}{n}": _sources(f"A{n - 1}", f"B{n - 1}") for n in range(1, rungs) for side in "AB"}
    return {"A0": {"subjects": ["a.>"]}, "B0": {"subjects": ["b.>"]}, **rung}


def _wildcards(number: int) -> str:
    """``*`` or ``a`` for each bit of the number."""
    return ".".join("a*"[number >> bit & 1] for bit in range(14))


def _copying(**copy: object) -> Declared:
    """A mirror and a source of a stream with many subjects."""
    return {
        "A": {"subjects": [f"a.{n}" for n in range(1_000)]},
        "M": {"mirror": {"name": "A", **copy}},
        "S": {"sources": [{"name": "A", **copy}]},
    }


def _consumers(number: int, **config: object) -> Declared:
    held = {f"c{n}": {"filter_subject": f"a.{n % 900}", **config} for n in range(number)}
    return {"S": {"subjects": [f"a.{n}" for n in range(1_000)], "consumers": held}}


SHARED = [f"a.{n}" for n in range(800)]
SHAPES: dict[str, Declared] = {
    "all overlap": {f"S{n}": {"subjects": ["a.>"]} for n in range(2_000)},
    "wildcards cross": {"S": {"subjects": [f"{_wildcards(n)}.{n}" for n in range(16_000)]}},
    "long subject": {"S": {"subjects": ["a" + ".a" * 5_000]}},
    "chain of mirrors": _mirrors(["A", *(f"S{n}" for n in range(5_000))]),
    "one cycle": _mirrors([*(f"S{n}" for n in range(1, 5_000)), "S0"]),
    "hub": {"A": _sources(*(f"L{n}" for n in range(2_000))), **_mirrors(["A"] * 2_000)},
    "ladder": _ladder(1_000),
    "each copies all before it": {f"S{n}": _sources("X", *(f"S{m}" for m in range(n))) for n in range(300)},
    "each copies all others": {f"S{n}": _sources(*(f"S{m}" for m in range(200) if m != n)) for n in range(200)},
    "many transforms": _copying(subject_transforms=[{"src": f"a.{n}", "dest": f"b.{n}"} for n in range(5_000)]),
    "transforms that cross": _copying(
        subject_transforms=[{"src": src, "dest": "b"} for n in range(2_500) for src in (f"a.*.{n}.*", f"a.{n}.*.*")]
    ),
    "many deliveries": _consumers(10_000, deliver_subject="x"),
    "shared filters": _consumers(900, filter_subject=None, filter_subjects=SHARED),
    "filters that match nothing": _consumers(900, filter_subject=None, filter_subjects=[f"x.{n}" for n in range(800)]),
    "external sources": {
        "A": {"subjects": [f"a.{n}" for n in range(2_000)]},
        "S": {
            "sources": [
                *({"name": "A", "filter_subject": f"a.{n}"} for n in range(2_000)),
                *({"name": f"X{n}", "external": {"api": "x", "deliver": f"y.{n}"}} for n in range(2_000)),
            ]
        },
    },
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.timeout(20)
def test_large_and_odd_topologies_are_judged_without_running_out_of_anything(shape: str) -> None:
    found = Counter(each.code for each in findings(SHAPES[shape]))

    assert all(number <= MOST_FINDINGS for number in found.values())
