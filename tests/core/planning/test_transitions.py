"""Which stages a change takes, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.kinds.marks import UNFINISHED, StageMark
from smith_topology.core.model import Action, Config, Live, Stage, StageId
from smith_topology.core.planning.stage import Path, by_way_of, numbered, with_fields_of
from smith_topology.core.planning.transitions.marks import is_pause, marked
from tests.core.make import HOUR, change, consumer, live, order, path, server, stages, stream, there, writing

S, T, C = stream("S"), stream("T"), consumer("S", "c")
CLUSTER = server(cluster="C3")
PARKED = "_smith-topo.parked."


def afters(found: Path, *names: str) -> list[tuple[Any, ...]]:
    return [tuple((each.after or {}).get(name) for name in names) for each in found]


def test_a_stage_that_is_split_begins_where_it_began_and_ends_where_it_was_to_end() -> None:
    first, second = by_way_of(Stage(S, {"a": 1}, {"a": 3}), {"a": 2}, "in two")

    assert (first.before, first.after, first.why) == ({"a": 1}, {"a": 2}, "in two")
    assert (second.before, second.after, second.why) == ({"a": 2}, {"a": 3}, "")
    assert [each.number for each in numbered((first, second))] == [1, 2]


@pytest.mark.parametrize(
    ("before", "kept"), [({"a": 0}, {"a": 0, "b": 2}), ({}, {"b": 2})], ids=["which had it", "which had none"]
)
def test_some_fields_stay_as_they_were(before: Config, kept: Config) -> None:
    assert with_fields_of({"a": 1, "b": 2}, before, ("a",)) == kept


# ----------------------------------------------------------------------------------------------------- clusters

SCALES: dict[str, tuple[Config, Config, list[tuple[Any, ...]]]] = {
    "grows": ({"num_replicas": 1}, {"num_replicas": 3}, [(1, "new"), (3, "new")]),
    "shrinks": ({"num_replicas": 3}, {"num_replicas": 1}, [(1, "old"), (1, "new")]),
    "as many": ({"num_replicas": 3}, {"num_replicas": 3}, [(3, "new")]),
}


@pytest.mark.parametrize(("before", "after", "expected"), SCALES.values(), ids=SCALES)
def test_a_stream_that_moves_and_scales_does_one_after_the_other(
    before: Config, after: Config, expected: list[tuple[Any, ...]]
) -> None:
    moving = change(S, {**before, "placement": "old"}, {**after, "placement": "new"})
    found = path(S, moving, now=live(there(S, moving.before), on=CLUSTER))

    assert afters(found, "num_replicas", "placement") == expected
    assert all(each.settles for each in found)


def test_a_server_of_its_own_neither_moves_nor_scales() -> None:
    (only,) = path(S, change(S, {"placement": "old"}, {"placement": "new", "num_replicas": 3}))

    assert not only.settles


def test_what_does_not_concern_the_peers_settles_at_once() -> None:
    (only,) = path(S, change(S, {"max_msgs": 1}, {"max_msgs": 2}), now=live(there(S), on=CLUSTER))

    assert not only.settles


# ----------------------------------------------------------------------------------------------------- creation


def test_a_stream_is_sealed_once_it_is_there() -> None:
    found = path(S, change(S, None, {"subjects": ["a"], "sealed": True}))

    assert afters(found, "sealed") == [(None,), (True,)]
    assert [each.action for each in found] == [Action.CREATE, Action.UPDATE]


def test_an_ephemeral_consumer_keeps_its_threshold_until_it_is_durable() -> None:
    found = path(C, change(C, {"ephemeral": True, "inactive_threshold": HOUR}, {"ack_policy": "none"}))

    assert afters(found, "ephemeral", "inactive_threshold") == [(None, HOUR), (None, None)]


@pytest.mark.parametrize("after", [{"inactive_threshold": HOUR}, {"ephemeral": True, "inactive_threshold": 2 * HOUR}], ids=str)
def test_a_consumer_that_keeps_a_threshold_changes_at_once(after: Config) -> None:
    assert len(path(C, change(C, {"ephemeral": True, "inactive_threshold": HOUR}, after))) == 1


PAUSES: dict[str, tuple[Config, Config, int]] = {
    "a pause alone": ({}, {"pause_until": "2027"}, 1),
    "a pause that ends": ({"pause_until": "2027"}, {}, 1),
    "a pause and more": ({"max_deliver": 1}, {"max_deliver": 2, "pause_until": "2027"}, 2),
    "no pause": ({"max_deliver": 1}, {"max_deliver": 2}, 1),
    "the same pause": ({"pause_until": "2027", "max_deliver": 1}, {"pause_until": "2027"}, 1),
}


@pytest.mark.parametrize(("before", "after", "number"), PAUSES.values(), ids=PAUSES)
def test_a_pause_is_a_stage_of_its_own(before: Config, after: Config, number: int) -> None:
    found = path(C, change(C, before, after))

    assert len(found) == number
    assert is_pause(found[-1]) is (before.get("pause_until") != after.get("pause_until"))


def test_a_consumer_is_created_with_its_pause() -> None:
    (only,) = path(C, change(C, None, {"pause_until": "2027"}))

    assert not is_pause(only)


def test_only_consumers_are_paused() -> None:
    assert not is_pause(Stage(S, {}, {"pause_until": "2027"}))


# ----------------------------------------------------------------------------------------------------- interest

INTEREST: Config = {"retention": "interest", "subjects": ["a"]}
NEW = change(C, None, {"filter_subject": "a"})


def test_a_new_stream_of_interest_takes_nothing_until_its_consumer_is_there() -> None:
    found = path(S, change(S, None, {**INTEREST, "sealed": True}), NEW)

    assert afters(found, "subjects", "sealed") == [([PARKED + "S"], None), (["a"], True)]


def test_a_new_mirror_keeps_everything_until_its_consumer_is_there() -> None:
    found = path(S, change(S, None, {"retention": "interest", "mirror": {"name": "T"}}), NEW)

    assert afters(found, "mirror", "retention") == [({"name": "T"}, None), ({"name": "T"}, "interest")]


def test_a_new_stream_gets_its_sources_with_its_consumers_and_its_window_at_once() -> None:
    found = path(S, change(S, None, {**INTEREST, "sources": [{"name": "T"}], "duplicate_window": HOUR}), NEW)

    assert afters(found, "sources") == [(None,), ([{"name": "T"}],)]
    assert (found[0].after or {}).get("duplicate_window") is not None


WIDER: dict[str, tuple[Config, Config, list[tuple[Any, ...]]]] = {
    "another subject": (INTEREST, {**INTEREST, "subjects": ["a", "b"], "max_msgs": 5}, [(["a"], None), (["a", "b"], None)]),
    "a source": (INTEREST, {**INTEREST, "sources": [{"name": "T"}], "max_msgs": 5}, [(["a"], None), (["a"], [{"name": "T"}])]),
    "nothing": (INTEREST, {**INTEREST, "max_msgs": 5}, [(["a"], None)]),
    "only another subject": (INTEREST, {**INTEREST, "subjects": ["a", "b"]}, [(["a", "b"], None)]),
}


@pytest.mark.parametrize(("before", "after", "expected"), WIDER.values(), ids=WIDER)
def test_a_stream_of_interest_takes_more_behind_everything_else(
    before: Config, after: Config, expected: list[tuple[Any, ...]]
) -> None:
    assert afters(path(S, change(S, before, after), NEW), "subjects", "sources") == expected


def test_a_stream_becomes_one_of_interest_behind_everything_else() -> None:
    found = path(S, change(S, {"subjects": ["a"]}, {**INTEREST, "max_msgs": 5}), NEW)

    assert afters(found, "retention", "max_msgs") == [(None, 5), ("interest", 5)]


def test_without_a_consumer_to_come_a_stream_of_interest_changes_at_once() -> None:
    assert len(path(S, change(S, INTEREST, {**INTEREST, "subjects": ["b"]}))) == 1


# ----------------------------------------------------------------------------------------------------- filters

FILTERED: dict[str, tuple[list[str], list[str], list[Any]]] = {
    "swaps": (["a"], ["b"], [["a", "b"], None]),
    "takes in more": (["a"], ["a", "b"], [["a", "b"]]),
    "gives some up": (["a", "b"], ["a"], [None]),
    "takes in what covers the old one": (["x.a"], ["x.*"], [None]),
    "swaps some": (["a", "x.y"], ["b", "x.*"], [["a", "b", "x.*"], ["b", "x.*"]]),
}


def filtered(names: list[str]) -> Config:
    return {"filter_subject": names[0]} if len(names) == 1 else {"filter_subjects": names}


def exchanged(before: list[str], after: list[str], *, version: str = "2.15.1", stored: Config = INTEREST) -> Path:
    """The consumer c changes its filters, and another one comes."""
    mine, other = change(C, filtered(before), filtered(after)), change(consumer("S", "new"), None, filtered(before))
    return path(C, mine, other, now=live(there(S, stored), there(C, mine.before), on=server(version)))


@pytest.mark.parametrize(("before", "after", "expected"), FILTERED.values(), ids=FILTERED)
def test_a_consumer_of_interest_keeps_its_old_filters_for_a_while(
    before: list[str], after: list[str], expected: list[Any]
) -> None:
    assert [names for (names,) in afters(exchanged(before, after), "filter_subjects")] == expected


def test_on_other_streams_filters_change_at_once() -> None:
    assert len(exchanged(["a"], ["b"], stored={"subjects": ["a"]})) == 1


def test_filters_that_cross_are_held_together_only_where_the_server_takes_them() -> None:
    assert len(exchanged(["a.*"], ["*.b"], version="2.11.11")) == 1
    assert len(exchanged(["a.*"], ["*.b"], version="2.12.8")) == 2


def test_filters_change_at_once_where_nothing_else_does() -> None:
    now = live(there(S, INTEREST), there(C, filtered(["a"])))

    assert len(path(C, change(C, filtered(["a"]), filtered(["b"])), now=now)) == 1


# ----------------------------------------------------------------------------------------------------- hand-overs


def test_a_taker_is_made_before_it_takes_and_a_giver_deleted_after_it_gave() -> None:
    new, old = change(T, None, {"subjects": ["a", "own"]}), change(S, {"subjects": ["a", "left"]}, None)
    found = stages(writing(new, old))

    assert afters(found[T], "subjects") == [(["own"],), (["a", "own"],)]
    assert afters(found[S], "subjects") == [(["left"],), (None,)]
    assert [each.early for each in found[S]] == [True, False]


def test_a_taker_and_a_giver_of_all_they_have_are_parked() -> None:
    found = stages(writing(change(T, None, {"subjects": ["a"]}), change(S, {"subjects": ["a"]}, None)))

    assert afters(found[T], "subjects")[0] == ([PARKED + "T"],)
    assert afters(found[S], "subjects")[0] == ([PARKED + "S"],)


def test_a_sealed_giver_is_deleted_at_once() -> None:
    found = stages(writing(change(T, None, {"subjects": ["a"]}), change(S, {"subjects": ["a"], "sealed": True}, None)))

    assert [each.action for each in found[S]] == [Action.DELETE]


def test_a_giver_that_stays_takes_its_mark_off_at_the_end() -> None:
    given = change(S, {"subjects": ["a", "b"]}, {"subjects": ["b"]})
    found = path(S, given, change(T, {"subjects": ["c"]}, {"subjects": ["a", "c"]}))

    assert [each.before == each.after for each in found] == [False, True]
    assert "takes its mark off" in found[-1].why


def test_nothing_is_split_where_nothing_passes() -> None:
    assert len(path(S, change(S, {"subjects": ["a"]}, {"subjects": ["b"]}))) == 1


@pytest.mark.parametrize("number", [2, 3, 12])
def test_of_every_ring_one_stream_gives_up_beforehand(number: int) -> None:
    names = [stream(f"S{each}") for each in range(number)]
    ring = [change(s, {"subjects": [f"s.{i}"]}, {"subjects": [f"s.{(i + 1) % number}"]}) for i, s in enumerate(names)]

    early = [each for each in stages(writing(*ring)).all() if each.early]

    assert [(each.after or {})["subjects"] for each in early] == [[PARKED + early[0].address.name]]


def test_a_part_of_a_wildcard_is_kept_on_a_cycle() -> None:
    found = order(
        change(S, {"subjects": ["a.>"]}, {"subjects": ["a.keep", "b"]}), change(T, {"subjects": ["b"]}, {"subjects": ["a.give"]})
    )
    first = found.stages[0]

    assert first.early
    assert "a.keep" in (first.after or {})["subjects"]


# ----------------------------------------------------------------------------------------------------- marks


def test_every_configuration_but_the_last_carries_a_mark() -> None:
    whole = numbered(by_way_of(Stage(S, {"a": 1}, {"a": 3}), {"a": 2}, ""))
    first, last = marked({S: whole}, (), "abc")[S]

    assert StageMark.parse((first.after or {})[UNFINISHED]) == StageMark("abc", 1, 2)
    assert last.before == first.after
    assert UNFINISHED not in (last.after or {})


def test_a_path_of_one_stage_carries_no_mark() -> None:
    (only,) = marked({S: (Stage(S, {}, {"a": 1}),)}, (), "abc")[S]

    assert only.after == {"a": 1}


def test_before_a_pause_nothing_is_marked_since_a_pause_takes_no_mark_off() -> None:
    whole = path(C, change(C, {"max_deliver": 1}, {"max_deliver": 2, "pause_until": "2027"}))

    assert [UNFINISHED in (each.after or {}) for each in marked({C: whole}, (), "abc")[C]] == [False, False]


def test_a_mark_names_what_was_given_to_whom_and_what_is_to_come() -> None:
    found = order(change(S, {"subjects": ["a"]}, {"subjects": ["b"]}), change(T, {"subjects": ["b"]}, {"subjects": ["a"]}))
    paths = {address: tuple(each for each in found.stages if each.address == address) for address in (S, T)}
    early = next(each.address for each in found.stages if each.early)
    first = marked(paths, found.handovers, "abc")[early][0]
    mark = StageMark.parse((first.after or {})[UNFINISHED])

    given, taken = (first.before or {})["subjects"], paths[early][-1].after
    assert mark.gave == {given[0]: str(T if early == S else S)}
    assert mark.takes == tuple((taken or {})["subjects"])


# ----------------------------------------------------------------------------------------------------- paths


def test_the_stages_of_an_object_are_found_by_what_they_change() -> None:
    found = stages(writing(change(S, None, {"subjects": ["a"], "sealed": True})))

    assert found.first(S) == StageId(S, 1)
    assert found.last(S) == found.changing(S, "sealed") == StageId(S, 2)
    assert found.changing(S, "subjects") == StageId(S, 1)
    assert found.changing(S, "no such field") == StageId(S, 2)
    assert (found.previous(StageId(S, 2)), found.previous(StageId(S, 1))) == (StageId(S, 1), None)


def test_what_is_given_up_beforehand_is_not_the_turn_of_an_object() -> None:
    ring = (change(S, {"subjects": ["a"]}, {"subjects": ["b"]}), change(T, {"subjects": ["b"]}, {"subjects": ["a"]}))
    found = stages(writing(*ring))
    early = next(each for each in found.all() if each.early)

    assert found.first(early.address) == StageId(early.address, 2)
    assert found.previous(StageId(early.address, 2)) is None


def test_only_what_is_written_has_stages() -> None:
    found: Live = live(there(S, {"a": 1}))

    assert list(stages(writing(change(S, {"a": 1}, {"a": 1}), now=found)).all()) == []
