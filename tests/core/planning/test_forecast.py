"""What changes cost on a stream of 100 messages."""

from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.model import Amount, Bound, Change, Config, Effect, Live, Measure, Observed, amounts
from smith_topology.core.planning.forecast.forecast import forecast
from smith_topology.core.planning.forecast.interest import World, wanted_by_any
from smith_topology.core.planning.forecast.questions import Answer, Answers, OlderThan, OldestBeyond, Outside, PerSubjectExcess
from tests.core.make import HOUR, change, consumer, live, reading, server, stored, stream, there

S, T, C, D = stream("S"), stream("T"), consumer("S", "c"), consumer("S", "d")
INTEREST: Config = {"retention": "interest", "subjects": ["a", "b"]}
A, B = {"filter_subject": "a"}, {"filter_subject": "b"}
UPPER = Bound.UPPER


def effects(*changes: Change, now: Live, answers: Answers | None = None) -> list[Effect]:
    return [effect for each in forecast(changes, now, answers or {}) for effect in each.effects]


def said(*changes: Change, now: Live, answers: Answers | None = None) -> list[tuple[str, tuple[object, ...]]]:
    return [(each.code, each.amounts) for each in effects(*changes, now=now, answers=answers)]


# --------------------------------------------------------------------------------------------------- streams that end


@pytest.mark.parametrize(
    ("state", "text"),
    [({}, "everything in it is deleted; last message 2026-01-01 10:00 UTC"), ({"messages": 0, "bytes": 0}, "it is empty")],
)
def test_the_end_of_a_stream_costs_all_that_is_in_it(state: dict[str, Any], text: str) -> None:
    now = live(stored({}, last_ts="2026-01-01T10:00:30Z", **state), reading({}, 0), there(D, {}))
    (only,) = effects(change(S, {}, None), now=now)

    assert (only.code, only.text) == ("DS101", text)
    assert (only.number(Measure.MESSAGES), only.number(Measure.POSITIONS)) == (state.get("messages", 100), 1)


def test_consumers_that_were_not_read_are_counted_all_the_same() -> None:
    (only,) = effects(change(S, {}, None), now=live(stored({}, consumer_count=7)))

    assert (only.number(Measure.CONSUMERS), only.number(Measure.POSITIONS)) == (7, 0)


# --------------------------------------------------------------------------------------------------- limits

CUTS: dict[str, tuple[Config, Answers, list[tuple[str, int]]]] = {
    "messages": ({"max_msgs": 30}, {}, [("DS102", 70)]),
    "messages enough": ({"max_msgs": 100}, {}, []),
    "bytes": ({"max_bytes": 1000}, {OldestBeyond("S", 1000): Answer(80, 4000)}, [("DS102", 80)]),
    "age": ({"max_age": HOUR}, {OlderThan("S", server().now - HOUR): Answer(60)}, [("DS103", 60), ("DS206", 0)]),
    "age of all": ({"max_age": HOUR}, {OlderThan("S", server().now - HOUR): Answer(100)}, [("DS103", 100)]),
    "per subject": ({"max_msgs_per_subject": 1}, {PerSubjectExcess("S", 1): Answer(40)}, [("DS104", 40)]),
    "per subject, of what is left": (
        {"max_msgs": 30, "max_msgs_per_subject": 1}, {PerSubjectExcess("S", 1): Answer(60)}, [("DS102", 70), ("DS104", 30)],
    ),
    "per subject, none": ({"max_msgs_per_subject": 1}, {PerSubjectExcess("S", 1): Answer(0)}, []),
    "the deepest cut": (
        {"max_msgs": 30, "max_bytes": 1000}, {OldestBeyond("S", 1000): Answer(80, 4000)}, [("DS102", 0), ("DS102", 80)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("after", "answers", "expected"), CUTS.values(), ids=CUTS)
def test_a_limit_drops_what_is_beyond_it(after: Config, answers: Answers, expected: list[tuple[str, int]]) -> None:
    found = effects(change(S, {}, after), now=live(stored()), answers=answers)

    assert [(each.code, each.number(Measure.MESSAGES)) for each in found] == expected


def test_bytes_that_are_not_known_are_an_average() -> None:
    (only,) = effects(change(S, {}, {"max_msgs": 30}), now=live(stored()))

    assert only.amount(Measure.BYTES) == Amount(Measure.BYTES, 3500, Bound.ABOUT)


def test_messages_with_a_time_of_their_own_may_stay_beyond_the_age() -> None:
    before: Config = {"allow_msg_ttl": True}
    found = effects(
        change(S, before, {**before, "max_age": HOUR}),
        now=live(stored()),
        answers={OlderThan("S", server().now - HOUR): Answer(60)},
    )

    assert found[0].amount(Measure.MESSAGES).bound is UPPER


def test_a_stream_that_no_longer_refuses_new_messages_drops_old_ones() -> None:
    before: Config = {"max_msgs": 30, "discard": "new"}
    (only,) = effects(change(S, before, {"max_msgs": 30, "discard": "old"}), now=live(stored()))

    assert (only.path, only.number(Measure.MESSAGES)) == ("discard", 70)


# --------------------------------------------------------------------------------------------------- interest


def test_a_stream_that_becomes_one_of_interest_without_consumers_loses_everything() -> None:
    becoming = change(S, {}, INTEREST)
    (newest,) = (each for each in said(becoming, now=live(stored())) if each[0] == "DS105")
    (older,) = (each for each in said(becoming, now=live(stored(), on=server("2.12.8"))) if each[0] == "DS105")

    assert newest == ("DS105", amounts(messages=100, bytes=5000))
    assert older == ("DS105", ())


def test_what_all_consumers_have_acknowledged_goes_as_the_stream_becomes_one_of_interest() -> None:
    becoming = change(S, {"subjects": ["a", "b"]}, INTEREST)
    now = live(stored(), reading({}, 30, num_ack_pending=10))

    assert [each.amount(Measure.MESSAGES) for each in effects(becoming, now=now)] == [Amount(Measure.MESSAGES, 60)]


def test_a_new_consumer_keeps_everything_that_is_stored() -> None:
    becoming = change(S, {"subjects": ["a", "b"]}, INTEREST)
    now = live(stored(), reading({}, 30))

    assert said(change(D, None, {}), becoming, now=now) == [("DS105", ())]


@pytest.mark.parametrize(
    ("filters", "wanted"), [((A, B), 30), ((A, {}), 20), ((A, A), 20), (({},), 10)], ids=["apart", "all", "the same", "one"]
)
def test_what_several_consumers_want_is_added_up_where_it_is_apart(filters: tuple[Config, ...], wanted: int) -> None:
    consumers = [reading(each, 10 * number, f"c{number}") for number, each in enumerate(filters, start=1)]

    assert wanted_by_any(consumers) == wanted


def test_the_last_consumer_of_interest_takes_everything_with_it() -> None:
    now = live(stored(INTEREST), reading({}, 30))
    (only,) = effects(change(C, {}, None), now=now)

    assert (only.code, only.number(Measure.MESSAGES), only.number(Measure.POSITIONS)) == ("DS302", 100, 1)


def test_of_several_that_go_the_first_is_charged_with_everything() -> None:
    now = live(stored(INTEREST), reading({}, 30), reading({}, 30, "d"))
    found = effects(change(C, {}, None), change(D, {}, None), now=now)

    assert [(each.code, each.number(Measure.MESSAGES)) for each in found] == [("DS302", 100), ("DS301", 0)]


def test_beside_a_consumer_that_stays_only_what_it_does_not_want_goes() -> None:
    now = live(stored(INTEREST), reading(A, 30), reading(B, 60, "d"))
    (only,) = effects(change(C, A, None), now=now)

    assert only.amount(Measure.MESSAGES) == Amount(Measure.MESSAGES, 40, UPPER)


@pytest.mark.parametrize("retention", ["limits", "workqueue"])
def test_on_other_streams_only_the_position_is_lost(retention: str) -> None:
    now = live(stored({"retention": retention}), reading({}, 30, num_ack_pending=4))
    (only,) = effects(change(C, {}, None), now=now)

    assert (only.code, only.text) == ("DS301", "its position is lost (4 un-acknowledged)")
    assert not only.loses_data


def test_consumers_that_go_with_their_stream_cost_no_messages_of_their_own() -> None:
    now = live(stored(INTEREST), reading({}, 30))

    assert [each[0] for each in said(change(C, {}, None), change(S, INTEREST, None), now=now)] == ["DS301", "DS101"]


def test_what_a_consumer_gives_up_on_interest_is_lost() -> None:
    now = live(stored(INTEREST), reading({"filter_subjects": ["a", "b"]}, 100))
    narrowed = change(C, {"filter_subjects": ["a", "b"]}, A)
    found = effects(narrowed, now=now, answers={Outside("S", ("a",), ("a", "b")): Answer(40)})

    assert [(each.code, each.path) for each in found] == [("DS302", "filter_subjects")]
    assert found[0].amount(Measure.MESSAGES) == Amount(Measure.MESSAGES, 40, UPPER)


def test_what_another_consumer_goes_on_wanting_is_not_lost() -> None:
    now = live(stored(INTEREST), reading({"filter_subjects": ["a", "b"]}, 100), reading(B, 40, "d"))
    narrowed = change(C, {"filter_subjects": ["a", "b"]}, A)

    assert said(narrowed, now=now, answers={Outside("S", ("a",), ("a", "b")): Answer(40)}) == []


@pytest.mark.parametrize(("version", "codes"), [("2.11.11", ["DS302"]), ("2.12.8", [])])
def test_older_servers_drop_what_none_wants_at_any_update_of_a_consumer(version: str, codes: list[str]) -> None:
    now = live(stored(INTEREST), reading({}, 30), on=server(version))

    assert [each[0] for each in said(change(C, {"description": "a"}, {"description": "b"}), now=now)] == codes


def test_the_world_goes_on_with_each_change() -> None:
    created, deleted = change(D, None, {}), change(C, {}, None)
    world = World([created, deleted], live(stored(INTEREST), reading({}, 30)))

    assert not world.consumers(S).are_replaced((">",))
    world.advance(created)
    world.advance(deleted)
    assert world.consumers(S).created == [created]
    assert world.consumers(S).done == frozenset({C})
    assert world.consumers(S).are_replaced((">",))


@pytest.mark.parametrize(
    ("successor", "lost"),
    [
        ({"filter_subject": "a.>"}, 0),
        ({"filter_subjects": ["a.*", "b"]}, 0),
        ({"filter_subject": "a.b"}, 30),
        ({"filter_subject": "a.>", "deliver_policy": "new"}, 30),
    ],
    ids=str,
)
def test_a_consumer_loses_nothing_that_its_successor_wants(successor: Config, lost: int) -> None:
    """A consumer that is renamed is created under the new name before the old one goes."""
    now = live(stored(INTEREST, messages=30), reading({"filter_subject": "a.*"}, 30))
    _, gone = forecast([change(D, None, successor), change(C, {"filter_subject": "a.*"}, None)], now, {})

    assert sum(each.number(Measure.MESSAGES) for each in gone.effects) == lost


def test_filters_that_a_successor_takes_over_cost_nothing() -> None:
    now = live(stored(INTEREST, messages=30), reading({"filter_subjects": ["a", "b"]}, 30))
    _, narrowed = forecast([change(D, None, B), change(C, {"filter_subjects": ["a", "b"]}, A)], now, {})

    assert narrowed.effects == ()


# --------------------------------------------------------------------------------------------------- consumers

UPDATED: dict[str, tuple[Config, Config, str, dict[str, int]]] = {
    "fewer deliveries": ({"max_deliver": 5}, {"max_deliver": 3}, "DS304", {"skipped": 4}),
    "a threshold": ({}, {"inactive_threshold": HOUR}, "DS305", {}),
    "less time to acknowledge": ({"ack_wait": 2 * HOUR}, {"ack_wait": HOUR}, "DS306", {"redelivered": 4}),
    "another backoff": ({"backoff": [1]}, {"backoff": [2]}, "DS306", {"redelivered": 4}),
    "elsewhere": ({"deliver_subject": "a"}, {"deliver_subject": "b"}, "DS307", {"redelivered": 4}),
}


@pytest.mark.parametrize(("before", "after", "code", "numbers"), UPDATED.values(), ids=UPDATED)
def test_what_an_update_of_a_consumer_does_to_what_is_not_acknowledged(
    before: Config, after: Config, code: str, numbers: dict[str, int]
) -> None:
    now = live(stored(), reading(before, 0, num_ack_pending=4))

    assert said(change(C, before, after), now=now) == [(code, amounts(UPPER, **numbers))]


@pytest.mark.parametrize(
    "after", [{"max_deliver": 9}, {"ack_wait": 9 * HOUR}, {"description": "x"}, {"pause_until": "2027"}], ids=str
)
def test_what_only_widens_costs_nothing(after: Config) -> None:
    before: Config = {"max_deliver": 5, "ack_wait": HOUR}

    assert said(change(C, before, {**before, **after}), now=live(stored(), reading(before, 0, num_ack_pending=4))) == []


def test_a_consumer_that_may_be_forgotten_takes_along_what_it_alone_wants() -> None:
    now = live(stored(INTEREST), reading({}, 30))

    assert said(change(C, {}, {"inactive_threshold": HOUR}), now=now) == [("DS305", amounts(UPPER, expiring=100))]


def test_a_limit_of_the_stream_forgets_consumers_without_one_of_their_own() -> None:
    limited = change(S, INTEREST, {**INTEREST, "consumer_limits": {"inactive_threshold": HOUR}})
    own = reading({"inactive_threshold": HOUR}, 0, "own")

    found = said(limited, now=live(stored(INTEREST), reading({}, 30), own))
    assert found == [("DS210", amounts(UPPER, expiring=100, consumers=1, positions=1))]
    assert said(limited, now=live(stored(INTEREST), own)) == []


# --------------------------------------------------------------------------------------------------- copies


def copying(*sources: Config) -> Config:
    return {"sources": [{"name": "T", **each} for each in sources]}


def origin(retention: str) -> Observed:
    return there(T, {"retention": retention}, messages=50, bytes=500)


@pytest.mark.parametrize(
    ("retention", "version", "expected"),
    [
        ("workqueue", "2.15.1", [("DS205", amounts(UPPER, skipped=50))]),
        ("workqueue", "2.12.8", [("DS205", amounts(UPPER, skipped=50))]),
        ("interest", "2.15.1", [("DS205", amounts(UPPER, messages=50, bytes=500))]),
        ("interest", "2.12.8", []),
        ("limits", "2.15.1", []),
    ],
)
def test_a_copy_takes_messages_away_from_queues_and_from_streams_of_interest(
    retention: str, version: str, expected: list[object]
) -> None:
    now = live(origin(retention), on=server(version))

    assert said(change(S, None, {"mirror": {"name": "T"}}), now=now) == expected
    assert said(change(S, None, {"mirror": {"name": "T", "external": {"api": "x"}}}), now=now) == []


@pytest.mark.parametrize("after", [None, {}], ids=["deleted", "no copy any more"])
def test_what_only_a_copy_still_wanted_leaves_its_origin(after: Config | None) -> None:
    now = live(origin("interest"), there(S, copying({})))
    found = dict(said(change(S, copying({}), after), now=now))

    assert found["DS208"] == amounts(UPPER, messages=50, bytes=500)


@pytest.mark.parametrize(
    ("after", "messages"),
    [
        ({"max_msgs": 120}, 30),
        ({"max_msgs": 1000}, None),
        ({"max_bytes": 5100}, 100),
        ({"max_msgs": 120, "discard": "new"}, None),
    ],
    ids=str,
)
def test_what_a_new_source_brings_pushes_out_what_is_there(after: Config, messages: int | None) -> None:
    found = effects(change(S, after, {**after, **copying({})}), now=live(stored(after), origin("limits")))

    assert [each.number(Measure.MESSAGES) for each in found if each.code == "DS207"] == [messages] * (messages is not None)


def test_an_origin_that_can_not_be_seen_may_fill_the_whole_stream() -> None:
    after = {"max_msgs": 120, **copying({"external": {"api": "x"}})}
    found = effects(change(S, {"max_msgs": 120}, after), now=live(stored()))

    assert [each.number(Measure.MESSAGES) for each in found if each.code == "DS207"] == [100]


@pytest.mark.parametrize(
    ("origins", "now", "messages"),
    [
        ({"T": {}}, [], None),
        ({"T": {"sources": [{"name": "U"}]}, "U": {}}, [], None),
        ({"T": {"mirror": {"name": "U"}}, "U": {"sources": [{"name": "T"}]}}, [], None),
        ({"T": {"mirror": {"name": "U"}}}, [there(stream("U"), messages=50, bytes=500)], 30),
        ({"T": {"mirror": {"name": "U", "external": {"api": "x"}}}}, [], 100),
    ],
    ids=["empty", "a copy of what is empty", "a cycle", "a copy of what is there", "a copy of what can't be seen"],
)
def test_an_origin_that_the_plan_creates_brings_only_what_it_copies(
    origins: dict[str, Config], now: list[Observed], messages: int | None
) -> None:
    made = [change(stream(name), None, config) for name, config in origins.items()]
    found = effects(*made, change(S, {"max_msgs": 120}, {"max_msgs": 120, **copying({})}), now=live(stored(), *now))

    assert [each.number(Measure.MESSAGES) for each in found if each.code == "DS207"] == [messages] * (messages is not None)


def test_what_was_copied_may_go_by_its_own_time_from_now_on() -> None:
    found = said(change(S, copying({}), {**copying({}), "allow_msg_ttl": True}), now=live(stored(), origin("limits")))

    assert ("DS209", amounts(UPPER, expiring=100)) in found


# --------------------------------------------------------------------------------------------------- what is not lost

ONE_WAY: dict[str, tuple[Config, Config, list[str]]] = {
    "sealed": ({}, {"sealed": True}, ["IM102"]),
    "deletes refused": ({}, {"deny_delete": True}, ["IM102"]),
    "taken back": ({"deny_delete": True}, {}, []),
    "a first sequence": ({}, {"first_seq": 5}, ["IM103"]),
    "fewer copies": ({"num_replicas": 3}, {"num_replicas": 1}, ["DS204"]),
    "no mirror any more": ({"mirror": {"name": "X"}}, {}, ["DS203"]),
    "a description": ({}, {"description": "x"}, []),
}


@pytest.mark.parametrize(("before", "after", "codes"), ONE_WAY.values(), ids=ONE_WAY)
def test_what_can_not_be_taken_back_is_said_and_loses_nothing(before: Config, after: Config, codes: list[str]) -> None:
    found = effects(change(S, before, after), now=live(stored()))

    assert [each.code for each in found] == codes
    assert not any(each.loses_data for each in found)


def test_two_losses_of_one_stream_may_count_the_same_messages() -> None:
    now = live(stored(INTEREST), reading({}, 30))
    changes = change(S, INTEREST, {**INTEREST, "max_msgs": 30}), change(C, {}, None)

    assert {each.amount(Measure.MESSAGES).bound for each in effects(*changes, now=now)} == {UPPER}


def test_what_is_gone_by_now_costs_nothing() -> None:
    assert said(change(S, {}, None), change(C, {"max_deliver": 2}, {"max_deliver": 1}), now=live()) == []
