"""Which subjects have no stream for a moment, or for good: exactly those that change streams."""

from __future__ import annotations

import pytest

from smith_topology.core.model import Address, Change, Config, Live
from smith_topology.core.planning.forecast import interruptions
from tests.core.make import change, live, order, server, stream, there

S, T, U = stream("S"), stream("T"), stream("U")


def taking(*subjects: str) -> Config:
    return {"subjects": list(subjects)}


def interrupted(*changes: Change, now: Live | None = None) -> list[tuple[str, str, Address, Address | None]]:
    found = now or live(*(there(each.address, each.before) for each in changes if each.before is not None))
    effects = interruptions.of(changes, order(*changes, now=found).handovers, found)
    return [(e.code, i.subject, i.giver, i.taker) for each in effects.values() for e in each for i in e.interruptions]


PASSES: dict[str, tuple[list[Change], list[tuple[str, str, Address, Address | None]]]] = {
    "nothing changes": ([change(S, taking("a"), taking("a"))], []),
    "a new stream": ([change(S, None, taking("a"))], []),
    "more subjects": ([change(S, taking("a"), taking("a", "b"))], []),
    "another field": ([change(S, taking("a"), {**taking("a"), "max_msgs": 5})], []),
    "passes on": (
        [change(S, taking("a", "b"), taking("b")), change(T, taking("t"), taking("a", "t"))],
        [("DS401", "a", S, T)],
    ),
    "to a new stream": ([change(S, taking("a", "b"), taking("b")), change(T, None, taking("a"))], [("DS401", "a", S, T)]),
    "of a deleted stream": ([change(S, taking("a"), None), change(T, None, taking("a"))], [("DS401", "a", S, T)]),
    "a part of a wildcard": (
        [change(S, taking("a.*"), taking("s")), change(T, None, taking("a.b"))],
        [("DS401", "a.b", S, T), ("DS402", "a.*", S, None)],
    ),
    "ends": ([change(S, taking("a", "b"), taking("b"))], [("DS402", "a", S, None)]),
    "ends with its stream": ([change(S, taking("a"), None)], [("DS402", "a", S, None)]),
    "becomes wider": ([change(S, taking("a.b"), taking("a.*"))], []),
}


@pytest.mark.parametrize(("changes", "expected"), PASSES.values(), ids=PASSES)
def test_exactly_the_subjects_that_change_streams_are_interrupted(
    changes: list[Change], expected: list[tuple[str, str, Address, Address | None]]
) -> None:
    assert interrupted(*changes) == expected


def test_two_streams_that_swap_are_interrupted_both() -> None:
    found = interrupted(change(S, taking("a"), taking("b")), change(T, taking("b"), taking("a")))

    assert sorted(found) == [("DS401", "a", S, T), ("DS401", "b", T, S)]


def test_a_subject_that_a_live_stream_has_as_well_does_not_end() -> None:
    now = live(there(S, taking("a.b")), there(U, taking("a.*")))

    assert interrupted(change(S, taking("a.b"), None), now=now) == []


def test_what_others_have_of_a_subject_is_said() -> None:
    now = live(there(S, taking("a.*")), there(U, taking("a.b")))
    (effect,) = interruptions.of([change(S, taking("a.*"), None)], (), now)[S]

    assert [each.excepted for each in effect.interruptions] == [("a.b",)]
    assert effect.path == ""


ELECTS: dict[str, tuple[Config, Config, list[str]]] = {
    "the first replicas": ({}, {"num_replicas": 3}, ["a"]),
    "more replicas": ({"num_replicas": 3}, {"num_replicas": 5}, []),
    "fewer replicas": ({"num_replicas": 5}, {"num_replicas": 3}, []),
    "no replicas any more": ({"num_replicas": 3}, {"num_replicas": 1}, ["a"]),
    "another placement": ({"placement": {"tags": ["x"]}}, {"placement": {"tags": ["y"]}}, ["a"]),
    "nothing of that": ({}, {"max_msgs": 1}, []),
}


@pytest.mark.parametrize(("before", "after", "subjects"), ELECTS.values(), ids=ELECTS)
def test_a_stream_that_elects_a_leader_takes_nothing_meanwhile(before: Config, after: Config, subjects: list[str]) -> None:
    changed, clustered = change(S, {**taking("a"), **before}, {**taking("a", "new"), **after}), server(cluster="C3")

    assert interrupted(changed, now=live(there(S, changed.before), on=clustered)) == [("DS403", each, S, S) for each in subjects]
    assert interrupted(changed, now=live(there(S, changed.before))) == []


@pytest.mark.parametrize("before", [None, taking("a")], ids=["created", "deleted"])
def test_a_stream_that_comes_or_goes_elects_no_leader_for_what_it_has(before: Config | None) -> None:
    changed = change(S, before, taking("a") if before is None else None)
    codes = [code for code, *_ in interrupted(changed, now=live(on=server(cluster="C3")))]

    assert "DS403" not in codes
