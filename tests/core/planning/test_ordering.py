"""Which stage waits for which: around streams, limits, copies and hand-overs."""

from __future__ import annotations

from itertools import product

import pytest

from smith_topology.core.model import Address, Change, Config, Handover, Live, StageId
from smith_topology.core.planning.claims import claiming, claims_of, gained, given_up, gone, is_parked, parked
from smith_topology.core.planning.ordering.consumers import (
    becomes_interest,
    changes_filters,
    follows_replicas,
    is_above_limits,
    precedes_interest,
    violates,
)
from smith_topology.core.planning.ordering.graphs import MOST_PAIRS, all_before_all, components, cycles
from smith_topology.core.planning.ordering.quotas import Limited, Quota, full_streams, quotas
from tests.core.make import change, consumer, live, order, server, stream, there, writing

S, T, C, D = stream("S"), stream("T"), consumer("S", "c"), consumer("S", "d")
INTEREST: Config = {"retention": "interest", "subjects": ["a"]}
QUEUE: Config = {"retention": "workqueue", "subjects": ["a", "b"]}
A, B = {"filter_subject": "a"}, {"filter_subject": "b"}


def waits(*changes: Change, now: Live | None = None) -> set[tuple[Address, Address]]:
    """Which object waits for which other one."""
    edges = (edge for each in order(*changes, now=now).before.values() for edge in each)
    return {(each.first.address, each.then.address) for each in edges if each.first.address != each.then.address}


# ------------------------------------------------------------------------------------------------------ claims


def test_a_stream_claims_its_subjects_and_a_consumer_its_filters() -> None:
    assert claims_of(S.kind, {"subjects": ["a", "b"]}) == ("a", "b")
    assert claims_of(C.kind, {"filter_subjects": ["a", "b"]}) == ("a", "b")
    assert claims_of(C.kind, {}) == (">",)
    assert claims_of(S.kind, {}) == claims_of(S.kind, None) == claims_of(C.kind, None) == ()


@pytest.mark.parametrize("claims", [("a",), ("a", "b")])
@pytest.mark.parametrize("address", [S, C], ids=str)
def test_an_object_claims_what_it_is_given_to_claim(address: Address, claims: tuple[str, ...]) -> None:
    config = claiming(address.kind, {"filter_subject": "x", "subjects": ["x"], "max_msgs": 1}, claims)

    assert claims_of(address.kind, config) == claims
    assert config["max_msgs"] == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("a", "b"), ("a",), ("b",)),
        (("a",), ("*",), ()),
        (("*",), ("a",), ("*",)),
        (("a.b",), ("a.*", "x"), ()),
        ((), ("a",), ()),
        (("a",), (), ("a",)),
        (("a", "b"), ("b", "a"), ()),
    ],
)
def test_a_claim_is_gone_where_no_new_one_covers_it(
    old: tuple[str, ...], new: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert gone(old, new) == expected
    assert given_up(S.kind, {"subjects": list(old)}, {"subjects": list(new)}) == expected
    assert gained(S.kind, {"subjects": list(new)}, {"subjects": list(old)}) == expected


def test_a_parked_claim_is_distinguished_from_others_and_is_never_given_up() -> None:
    assert parked(C) == ("_smith-topo.parked.S.c",)
    assert is_parked(*parked(S))
    assert not is_parked("parked")
    assert given_up(S.kind, {"subjects": list(parked(S))}, {"subjects": ["a"]}) == ()


# ------------------------------------------------------------------------------------------------------ graphs


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], []),
        ([(1, 2), (2, 3)], []),
        ([(1, 2), (2, 1), (2, 3)], [{(1, 2), (2, 1)}]),
        ([(1, 1)], [{(1, 1)}]),
        ([(1, 2), (2, 1), (3, 4), (4, 3), (2, 3)], [{(1, 2), (2, 1)}, {(3, 4), (4, 3)}]),
        ([(1, 2), (2, 3), (3, 1), (3, 2)], [{(1, 2), (2, 3), (3, 1), (3, 2)}]),
    ],
)
def test_cycles_are_kept_apart(edges: list[tuple[int, int]], expected: list[set[tuple[int, int]]]) -> None:
    assert sorted(cycles(edges), key=min) == expected


def test_a_component_has_one_node_that_stands_for_all() -> None:
    found = components([(1, 2), (2, 1), (2, 3)])

    assert found[1] == found[2] != found[3] == 3


@pytest.mark.parametrize(("firsts", "thens"), [([], [1, 2]), ([1, 2], []), ([1], [2]), ([1, 2], [3, 4])], ids=str)
def test_a_few_pairs_are_all_of_them(firsts: list[int], thens: list[int]) -> None:
    assert list(all_before_all(firsts, thens)) == list(product(firsts, thens))


def test_many_pairs_go_by_way_of_one() -> None:
    firsts, thens = list(range(101)), list(range(1000, 1100))
    pairs = list(all_before_all(firsts, thens))

    assert len(firsts) * len(thens) > MOST_PAIRS > len(pairs)
    assert {first for first, then in pairs if then == 100} == set(range(100))
    assert {then for first, then in pairs if first == 100} == set(thens)


# ------------------------------------------------------------------------------------------------------ consumers and streams


def test_a_consumer_is_created_after_its_stream_and_deleted_before_it() -> None:
    assert waits(change(C, None, {}), change(S, None, {"subjects": ["a"]})) == {(S, C)}
    assert waits(change(S, {"subjects": ["a"]}, None), change(C, {}, None)) == {(C, S)}


def test_a_consumer_goes_after_its_stream_has_changed() -> None:
    assert waits(change(C, {}, None), change(S, {"max_msgs": 1}, {"max_msgs": 2})) == {(S, C)}


IN_THE_WAY: dict[str, tuple[Config, Config, Config, Config]] = {
    "above new limits": ({}, {"consumer_limits": {"max_ack_pending": 5}}, {"max_ack_pending": 9}, {"max_ack_pending": 5}),
    "more replicas": ({"num_replicas": 3}, {"num_replicas": 1}, {"num_replicas": 3}, {"num_replicas": 1}),
}


@pytest.mark.parametrize(("before", "after", "held", "then"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_a_consumer_in_the_way_of_its_stream_comes_first(before: Config, after: Config, held: Config, then: Config) -> None:
    stream_changes = change(S, {**before, "max_msgs": 1}, {**after, "max_msgs": 2})

    assert waits(stream_changes, change(C, held, then)) == {(C, S)}
    assert waits(stream_changes, change(C, held, None)) == {(C, S)}


def test_consumers_come_before_their_stream_becomes_one_of_interest() -> None:
    found = order(change(S, {"subjects": ["a"]}, INTEREST), change(C, None, A))

    assert [each.address for each in found.stages] == [C, S]


@pytest.mark.parametrize(
    ("mine", "expected"), [({"num_replicas": 1}, True), ({"num_replicas": 3}, False), ({}, False), (None, True)], ids=str
)
def test_new_consumers_and_those_of_fewer_replicas_precede_interest(mine: Config | None, expected: bool) -> None:
    whole = change(S, {"num_replicas": 3}, {**INTEREST, "num_replicas": 3})

    assert precedes_interest(change(C, mine, {"num_replicas": 3, "max_deliver": 2}), whole) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [({}, INTEREST, True), (INTEREST, INTEREST, False), (INTEREST, {}, False), (None, INTEREST, False)],
    ids=["becomes", "is", "was", "new"],
)
def test_a_stream_becomes_one_of_interest_by_an_update(before: Config | None, after: Config, expected: bool) -> None:
    assert becomes_interest(change(S, before, {**after, "description": "x"})) is expected


@pytest.mark.parametrize(
    ("retention", "own", "expected"),
    [("workqueue", 1, True), ("interest", 1, True), ("limits", 1, False), ("workqueue", 0, False)],
)
def test_where_consumers_decide_what_is_kept_they_scale_with_their_stream(retention: str, own: int, expected: bool) -> None:
    scaled = change(S, {"retention": retention}, {"retention": retention, "num_replicas": 3})

    assert follows_replicas(change(C, {"num_replicas": own}, {"max_deliver": 1}), scaled) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (A, B, True),
        (A, {"filter_subjects": ["a"]}, False),
        ({"filter_subjects": ["a", "b"]}, {"filter_subjects": ["b", "a"]}, False),
        (A, {}, True),
        (None, A, False),
    ],
)
def test_filters_change_where_other_subjects_are_wanted(before: Config | None, after: Config, expected: bool) -> None:
    assert changes_filters(change(C, before, {**after, "description": "x"})) is expected


def test_limits_that_stay_are_in_no_ones_way() -> None:
    limits = {"consumer_limits": {"max_ack_pending": 5}}
    kept, versions = change(S, limits, {**limits, "max_msgs": 1}), server().versions

    assert not is_above_limits({"max_ack_pending": 9}, kept, versions)
    assert not violates({"max_ack_pending": 9}, kept, versions)


def test_on_interest_what_one_gives_up_another_takes_first() -> None:
    now = live(there(S, INTEREST), there(C, A), there(D, B))

    assert waits(change(C, A, None), change(D, None, A), now=now) == {(D, C)}
    assert waits(change(C, {}, A), change(D, A, {}), now=now) == {(D, C)}


def test_on_other_streams_consumers_do_not_wait_for_each_other() -> None:
    assert waits(change(C, A, None), change(D, None, A), now=live(there(S, {"subjects": ["a"]}), there(C, A))) == set()


def test_a_consumer_that_narrows_waits_until_its_stream_stores_other_subjects() -> None:
    both = {**INTEREST, "subjects": ["a", "b"]}
    found = order(change(S, INTEREST, both), change(C, A, B), now=live(there(S, INTEREST), there(C, A)))

    assert [each.id for each in found.stages] == [StageId(C, 1), StageId(S, 1), StageId(C, 2)]


# ------------------------------------------------------------------------------------------------------ quotas


def test_what_makes_room_comes_first_where_there_is_none() -> None:
    changes = change(T, None, {"subjects": ["b"]}), change(S, {"subjects": ["a"]}, None)
    gone = there(S, {"subjects": ["a"]})

    assert waits(*changes, now=live(gone, on=server(max_streams=1))) == {(S, T)}
    assert waits(*changes, now=live(gone, on=server(max_streams=2))) == set()


def test_a_stream_full_of_consumers_loses_one_before_it_gets_one() -> None:
    full = {**INTEREST, "max_consumers": 1}
    now = live(there(S, full), there(C, {**A, "durable_name": "c"}))
    changes = change(C, A, None), change(D, None, A)

    assert waits(*changes, now=now) == {(C, D)}
    assert full_streams(writing(*changes, now=now)) == {S}


def test_bytes_are_freed_by_a_lower_limit() -> None:
    changes = change(T, None, {"max_bytes": 50}), change(S, {"max_bytes": 100}, {"max_bytes": 50})
    now = live(there(S, {"max_bytes": 100}), on=server(max_storage=100))

    assert waits(*changes, now=now) == {(S, T)}


@pytest.mark.parametrize(("version", "used"), [("2.15.1", 300), ("2.12.8", 100)])
def test_newer_servers_reserve_bytes_for_every_replica(version: str, used: int) -> None:
    now = live(there(S, {"max_bytes": 100, "num_replicas": 3}), on=server(version, max_storage=1000))

    assert [each.used for each in quotas((), now) if each.what is Limited.FILE] == [used]


def test_internal_consumers_take_no_room() -> None:
    inner = there(consumer("S", "i"), {"direct": True})
    now = live(there(S, {"max_consumers": 1}), inner)

    assert full_streams(writing(change(C, None, {}), now=now)) == frozenset()


@pytest.mark.parametrize(("account", "own", "most"), [(5, 3, 3), (3, 5, 3), (3, -1, 3), (0, 3, 3)])
def test_the_lower_limit_of_consumers_counts(account: int, own: int, most: int) -> None:
    now = live(there(S, {"max_consumers": own}), on=server(max_consumers=account))

    assert [each.most for each in quotas((change(C, None, {}),), now)] == [most]


@pytest.mark.parametrize(
    ("used", "growth", "exceeded", "full"),
    [(5, {S: 5}, False, False), (5, {S: 6}, True, True), (5, {S: 6, T: -1}, False, True), (20, {T: -1}, False, True)],
)
def test_a_quota_is_full_before_it_is_exceeded(used: int, growth: dict[Address, int], exceeded: bool, full: bool) -> None:
    quota = Quota(Limited.STREAMS, 10, used, growth)

    assert (quota.is_exceeded, quota.is_full) == (exceeded, full)


# ------------------------------------------------------------------------------------------------------ copies

COPY: Config = {"mirror": {"name": "T"}}


def test_an_origin_comes_before_its_copy_and_goes_after_it() -> None:
    assert waits(change(S, None, COPY), change(T, None, {"subjects": ["a"]})) == {(T, S)}
    assert waits(change(T, {"subjects": ["a"]}, None), change(S, COPY, None)) == {(S, T)}
    assert waits(change(T, {"subjects": ["a"]}, None), change(S, COPY, {"subjects": ["b"]})) == {(S, T)}


def test_a_copy_comes_after_the_new_consumers_of_its_origin() -> None:
    reader = consumer("T", "c")
    changes = change(S, None, COPY), change(reader, None, {}), change(T, None, {"subjects": ["a"]})

    assert waits(*changes) == {(T, reader), (T, S), (reader, S)}


def test_two_streams_that_copy_each_other_wait_for_neither() -> None:
    both = change(S, None, {"sources": [{"name": "T"}]}), change(T, None, {"sources": [{"name": "S"}]})

    assert waits(*both) == set()


def test_a_consumer_in_the_way_of_tighter_limits_keeps_its_filter_until_the_new_one_is_there() -> None:
    """It comes before its stream, and the new consumer after it: given up by then, subject b would be wanted by none."""
    limited = {**INTEREST, "subjects": ["a", "b"]}
    before, after = ({**limited, "consumer_limits": {"max_ack_pending": most}} for most in (1000, 100))
    narrower = change(C, {"max_ack_pending": 1000}, {"max_ack_pending": 50, **A})
    new, now = change(D, None, {"max_ack_pending": 50, **B}), live(there(S, before), there(C, {"max_ack_pending": 1000}))
    found = order(narrower, change(S, before, after), new, now=now)

    assert [(stage.address, claims_of(stage.address.kind, stage.after)) for stage in found.stages] == [
        (C, (">",)),
        (S, ("a", "b")),
        (D, ("b",)),
        (C, ("a",)),
    ]


def test_a_stream_that_copies_itself_does_not_wait_for_itself() -> None:
    assert waits(change(S, None, {"sources": [{"name": "S"}]})) == set()


# ------------------------------------------------------------------------------------------------------ hand-overs


def test_what_a_stream_gives_up_is_taken_right_behind_it() -> None:
    bystander = change(stream("U"), None, {"subjects": ["u"]})
    taking = change(T, {"subjects": ["t"]}, {"subjects": ["a", "t"]})
    giving = change(S, {"subjects": ["a", "s"]}, {"subjects": ["s"]})
    found = order(taking, bystander, giving)

    assert found.handovers == (Handover(StageId(S, 1), StageId(T, 1), "a", "a"),)
    giver, taker = StageId(S, 1), StageId(T, 1)
    assert found.groups == {giver: 1, taker: 1}
    places = [each.id for each in found.stages]
    assert places.index(taker) == places.index(giver) + 1
    assert [(edge.first, edge.waits_for) for edge in found.before[taker]] == [(giver, "accepted")]


def test_the_subject_that_passes_is_what_both_match() -> None:
    giving = change(S, {"subjects": ["a.*"]}, {"subjects": ["z"]})
    found = order(giving, change(T, {"subjects": ["t"]}, {"subjects": ["a.b", "t"]}))

    assert [(each.claim, each.subject) for each in found.handovers] == [("a.*", "a.b")]


def test_filters_of_a_work_queue_pass_one_after_the_other_and_in_no_group() -> None:
    now = live(there(S, QUEUE), there(C, A), there(D, B))
    found = order(change(D, None, A), change(C, A, None), now=now)

    assert [each.id for each in found.stages] == [StageId(C, 1), StageId(D, 1)]
    assert (len(found.handovers), found.groups) == (1, {})


def test_filters_of_a_work_queue_that_swap_are_parked_once() -> None:
    now = live(there(S, QUEUE), there(C, A), there(D, B))
    found = order(change(C, A, B), change(D, B, A), now=now)

    assert len([each for each in found.stages if each.early]) == 1
    assert len(found.stages) == 3
