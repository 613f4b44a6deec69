"""Costs that no server shows: open questions, and numbers that can't come from a quiet stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smith_topology.core.model import (
    Action,
    Address,
    Amount,
    Bound,
    Change,
    Config,
    Effect,
    FieldChange,
    Live,
    Measure,
    Observed,
    Reason,
    Server,
    Stage,
    Version,
    amounts,
    consumer_address,
    stream_address,
)
from smith_topology.core.planning.forecast.approved_loss import can_lose, exceeds_approval, lost
from smith_topology.core.planning.forecast.forecast import forecast
from smith_topology.core.planning.forecast.questions import (
    Answer,
    Answers,
    BeforeFirstPending,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    questions,
)

ORDERS = stream_address("ORDERS")
HELD = {"messages": 100, "bytes": 5000, "first_seq": 1, "last_seq": 100, "first_ts": "2026-01-01T00:00:00Z"}


def live(version: str = "2.15.1", **state: Any) -> Live:
    server = Server(Version.parse(version), version, time="2026-01-02T00:00:00Z")
    return Live(server, {ORDERS: Observed(ORDERS, {"name": "ORDERS"}, "", {**HELD, **state})})


def update(before: Config, after: Config) -> Change:
    fields = tuple(FieldChange(name, before.get(name), after.get(name)) for name in {**before, **after})
    return Change(ORDERS, Action.UPDATE, Reason.PENDING, before, after, fields)


def effects_of(change: Change, found: Live, answers: Answers) -> Change:
    return forecast((change,), found, answers)[0]


def messages_bounds(change: Change) -> list[Bound]:
    return [effect.amount(Measure.MESSAGES).bound for effect in change.effects]


OPEN: dict[str, Config] = {
    "max_age": {"max_age": 3600 * 10**9},
    "max_bytes": {"max_bytes": 10},
    "max_msgs_per_subject": {"max_msgs_per_subject": 1},
}


@pytest.mark.parametrize("after", OPEN.values(), ids=OPEN.keys())
def test_a_question_left_open_costs_up_to_everything_and_never_nothing(after: Config) -> None:
    (effect,) = effects_of(update({}, after), live(), {}).effects

    assert effect.amount(Measure.MESSAGES) == Amount(Measure.MESSAGES, 100, Bound.UPPER)


def test_messages_younger_than_the_new_age_go_later_and_need_no_question_answered() -> None:
    (effect,) = effects_of(update({}, {"max_age": 48 * 3600 * 10**9}), live(), {}).effects

    assert (effect.code, effect.amounts) == ("DS206", amounts(expiring=100))
    assert effect.loses_data


def test_nothing_is_asked_of_an_empty_stream() -> None:
    assert list(questions((update({}, {"max_bytes": 1, "max_age": 1}),), live(messages=0, bytes=0))) == []


def test_bytes_are_asked_for_only_when_there_are_too_many() -> None:
    assert list(questions((update({}, {"max_bytes": 5000}),), live())) == []
    assert list(questions((update({}, {"max_bytes": 4999}),), live())) == [OldestBeyond("ORDERS", 4999)]


def test_an_answer_is_never_more_than_what_is_there() -> None:
    """A stream that is written to has grown between the two readings."""
    change = effects_of(update({}, {"max_bytes": 10}), live(), {OldestBeyond("ORDERS", 10): Answer(120, 6000)})

    assert lost((change,)) == 100


def test_servers_that_trim_subjects_later_may_drop_less() -> None:
    after: Config = {"max_msgs_per_subject": 1}
    answer: Answers = {PerSubjectExcess("ORDERS", 1): Answer(40)}

    assert messages_bounds(effects_of(update({}, after), live("2.12.8"), answer)) == [Bound.UPPER]
    assert messages_bounds(effects_of(update({}, after), live("2.15.1"), answer)) == [Bound.EXACT]


def test_discard_new_protects_what_is_stored() -> None:
    change = update({"discard": "new"}, {"discard": "new", "max_msgs": 1})

    assert lost((effects_of(change, live("2.10.26"), {}),)) == 0


def test_only_what_can_lose_messages_is_judged_again() -> None:
    copy = Stage(ORDERS, None, {"sources": [{"name": "QUEUE"}]})

    assert can_lose(Stage(ORDERS, {}, {"max_msgs": 100}))
    assert can_lose(copy)
    assert not can_lose(replace(copy, after={"subjects": ["o.>"]}))
    assert not can_lose(Stage(ORDERS, {}, {"description": "never loses anything"}))


@pytest.mark.parametrize(("announced", "most"), [(0, 0), (1, 11), (1000, 1110), (3000, 3310)])
def test_a_change_may_lose_what_was_announced_and_what_traffic_adds(announced: int, most: int) -> None:
    """Nothing where nothing was announced, else a tenth and 10 messages more."""
    then, enough, too_many = (losing(ORDERS, count) for count in (announced, most, most + 1))

    assert not exceeds_approval(then, (then,), (enough,))
    assert exceeds_approval(then, (then,), (too_many,))


def test_the_last_consumer_answers_for_what_was_announced_with_the_first() -> None:
    """Of an interest stream's consumers that all go, the first is announced with everything, and the last takes it."""
    first, last = consumer_address("ORDERS", "first"), consumer_address("ORDERS", "last")
    announced = (losing(first, 10, "DS302"), losing(last, 0))

    assert not exceeds_approval(announced[1], announced, (losing(first, 0), losing(last, 10, "DS302")))
    assert exceeds_approval(announced[1], announced, (losing(first, 10, "DS302"), losing(last, 10, "DS302")))
    assert exceeds_approval(announced[1], announced, (losing(first, 0), losing(last, 10, "DS304")))


def losing(address: Address, messages: int, code: str = "DS101") -> Change:
    return Change(address, Action.DELETE, Reason.REMOVED, effects=(Effect(code, "lost", amounts=amounts(messages=messages)),))


FILTER_A: Config = {"filter_subject": "o.a"}
FIRST = consumer_address("ORDERS", "first")


def turned(after: Config, state: dict[str, Any]) -> tuple[Change, Live]:
    fields = tuple(FieldChange(name, FILTER_A.get(name), after.get(name)) for name in {**FILTER_A, **after})
    found = live(first_seq=11, last_seq=110)
    consumer = Observed(FIRST, FILTER_A, "", state)
    return Change(FIRST, Action.UPDATE, Reason.PENDING, FILTER_A, after, fields), Live(
        found.server, {**found.observed, FIRST: consumer}
    )


ANEW, FIRST_PENDING = Outside("ORDERS", ("o.a",), ("o.b",)), BeforeFirstPending("ORDERS", "first", ("o.a",))


@pytest.mark.parametrize("state", [{}, {"delivered": {"consumer_seq": 0}}, {"num_waiting": 1}, {"push_bound": True}], ids=str)
def test_a_consumer_whose_position_is_not_known_may_be_past_everything_that_is_stored(state: dict[str, Any]) -> None:
    """One that has looked for messages and found none says the same as one that never looked."""
    change, found = turned({"filter_subject": "o.b"}, state)

    assert list(questions((change,), found)) == [ANEW, FIRST_PENDING]
    (effect,) = forecast((change,), found, {})[0].effects
    assert effect.amounts == amounts(Bound.UPPER, skipped=100)


@pytest.mark.parametrize(
    ("anew", "before", "skipped"), [(100, 0, 0), (100, 30, 30), (20, 30, 20), (0, 30, 0)], ids=["all", "some", "few", "none"]
)
def test_a_consumer_that_has_everything_still_before_it_skips_at_most_what_is_before_that(
    anew: int, before: int, skipped: int
) -> None:
    change, found = turned({"filter_subject": "o.b"}, {})

    effects = forecast((change,), found, {ANEW: Answer(anew), FIRST_PENDING: Answer(before)})[0].effects

    assert [each.number(Measure.SKIPPED) for each in effects] == [skipped] * bool(skipped)


def test_what_is_unacknowledged_comes_again_to_another_delivery_subject() -> None:
    change = Change(FIRST, Action.UPDATE, Reason.PENDING, {"deliver_subject": "a"}, {"deliver_subject": "b"},
                    (FieldChange("deliver_subject", "a", "b"),))  # fmt: skip
    observed = {**live().observed, FIRST: Observed(FIRST, {}, "", {"num_ack_pending": 3})}

    (effect,) = effects_of(change, Live(live().server, observed), {}).effects

    assert (effect.code, effect.amounts) == ("DS307", amounts(Bound.UPPER, redelivered=3))


def test_filters_in_another_order_are_the_same_filters() -> None:
    before, after = ({"filter_subjects": names, "description": names[0]} for names in (["o.a", "o.b"], ["o.b", "o.a"]))
    change = Change(FIRST, Action.UPDATE, Reason.PENDING, before, after, (FieldChange("description", "o.a", "o.b"),))
    used = Observed(FIRST, before, "", {"num_waiting": 1})

    assert effects_of(change, Live(live().server, {**live().observed, FIRST: used}), {}).effects == ()


def test_what_a_new_filter_takes_in_is_counted_as_a_bound() -> None:
    change, found = turned({"filter_subject": "o.b"}, {"delivered": {"consumer_seq": 3, "stream_seq": 110}})
    answers: Answers = {Outside("ORDERS", ("o.a",), ("o.b",)): Answer(7)}

    assert [each.amounts for each in effects_of(change, found, answers).effects] == [amounts(Bound.UPPER, skipped=7)]


@pytest.mark.parametrize(
    "before", [{"subject_transform": {"src": "o.>", "dest": "p.>"}}, {"sources": [{"name": "OTHER"}]}], ids=str
)
def test_where_messages_are_stored_under_other_subjects_narrowing_is_counted_as_a_bound(before: Config) -> None:
    change = update({**before, "subjects": ["o.a", "o.b"]}, {**before, "subjects": ["o.a"]})
    (question,) = questions((change,), live())

    (effect,) = effects_of(change, live(), {question: Answer(4)}).effects

    assert effect.text.startswith("up to 4 stored messages")


A, B, EXTERNAL = {"filter_subject": "o.a"}, {"filter_subject": "o.b"}, {"external": {"api": "$JS.hub.API"}}
RENAMED = {"subject_transforms": [{"src": "o.a", "dest": "p.a"}]}
SOURCES: dict[str, tuple[list[Config], list[Config], int]] = {
    "another filter": ([{}], [A], 1),
    "no filter any more": ([A], [{}], 1),
    "a transform for a filter": ([A], [RENAMED], 1),
    "one more that overlaps": ([{}], [{}, A], 1),
    "one more that is apart": ([A], [A, B], 0),
    "another that is apart": ([A], [B], 0),
    "reordered": ([A, B], [B, A], 0),
    "another start": ([A], [{**A, "opt_start_seq": 3}], 0),
    "one less": ([A, B], [A], 0),
    "of the same name elsewhere": ([EXTERNAL], [EXTERNAL, A], 0),
}


@pytest.mark.parametrize(("before", "after", "again"), SOURCES.values(), ids=SOURCES.keys())
def test_sources_are_distinguished_by_origin_filter_and_transforms(before: list[Config], after: list[Config], again: int) -> None:
    old, new = ([{"name": "OTHER", **each} for each in sources] for sources in (before, after))

    effects = effects_of(update({"sources": old}, {"sources": new}), live(), {}).effects

    assert [each.code for each in effects] == ["DS202"] * again
