"""Whether a change keeps to the loss that was approved, judged on what is live when it is about to be made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smith_topology.core.kinds.marks import UNFINISHED
from smith_topology.core.model import Address, Change, Config, Live, Stage
from smith_topology.core.planning.forecast.approved_loss import Excess, by_interest, can_lose, excess, part_of, tolerated
from smith_topology.core.planning.forecast.forecast import forecast
from tests.core.make import STORED, change, consumer, live, stream, there

S, C, D = stream("S"), consumer("S", "c"), consumer("S", "d")
INTEREST: Config = {"retention": "interest", "subjects": ["a"]}
QUEUE: Config = {"retention": "workqueue"}


def holding(messages: int, config: Config | None = None, **pending: int) -> Live:
    """The stream S, and durable consumers that have so many messages still to get."""
    consumers = [there(consumer("S", name), {"durable_name": name}, num_pending=number) for name, number in pending.items()]
    state: dict[str, Any] = {**STORED, "messages": messages, "bytes": 50 * messages}
    return live(there(S, config, **state), *consumers)


def judged(changed: Change, then: Live, now: Live, *others: Change, made: tuple[Address, ...] = ()) -> Excess | None:
    """What was announced on what was live then, made in one stage now."""
    family = forecast((*others, changed), then, {})
    mine = next(each for each in family if each.address == changed.address)
    return excess(mine, Stage(changed.address, changed.before, changed.after), family, made, now, {})


LIMITED = change(S, {}, {"max_msgs": 50})


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [(40, 50, None), (40, 51, Excess(0, 1)), (100, 100, None), (100, 115, None), (100, 116, Excess(50, 66)), (100, 10, None)],
)
def test_a_limit_may_drop_a_tenth_and_ten_messages_more_than_announced(then: int, now: int, expected: Excess | None) -> None:
    assert judged(LIMITED, holding(then), holding(now)) == expected


@pytest.mark.parametrize(("announced", "most"), [(0, 0), (1, 11), (9, 19), (10, 21), (100, 120)])
def test_what_is_tolerated_beside_nothing_is_nothing(announced: int, most: int) -> None:
    assert tolerated(announced) == most


def test_the_last_consumer_of_interest_may_take_what_was_announced() -> None:
    last = change(C, {}, None)

    assert judged(last, holding(100, INTEREST, c=30), holding(105, INTEREST, c=35)) is None
    assert judged(last, holding(10, INTEREST, c=5), holding(100, INTEREST, c=30)) == Excess(10, 100)


def test_a_consumer_answers_for_what_was_announced_with_one_that_is_gone() -> None:
    first, last = change(C, {}, None), change(D, {}, None)

    assert judged(last, holding(100, INTEREST, c=30, d=30), holding(100, INTEREST, d=30), first, made=(C,)) is None


def test_consumers_that_go_with_their_stream_are_judged_as_the_stream() -> None:
    whole = change(S, INTEREST, None)

    assert judged(change(C, {}, None), holding(100, INTEREST, c=30), holding(105, INTEREST, c=30), whole) is None
    assert judged(change(C, {}, None), holding(10, INTEREST, c=5), holding(100, INTEREST, c=5), whole) == Excess(10, 100)


def test_a_new_consumer_that_is_not_there_yet_keeps_nothing() -> None:
    old, new = change(C, {}, None), change(D, None, {})

    assert judged(old, holding(100, INTEREST, c=30), holding(100, INTEREST, c=30), new) == Excess(0, 100)
    assert judged(old, holding(100, INTEREST, c=30), holding(100, INTEREST, c=30, d=100), new, made=(D,)) is None


@pytest.mark.parametrize(
    ("now", "changed", "expected"),
    [
        ({}, None, False),
        (INTEREST, None, True),
        (QUEUE, None, True),
        ({}, change(S, {}, INTEREST), True),
        ({}, change(S, {}, None), False),
        ({}, change(S, {}, {"max_msgs": 1}), False),
    ],
    ids=["limits", "interest", "queue", "becomes interest", "ends", "stays limits"],
)
def test_consumers_are_judged_together_where_they_may_decide_what_is_kept(
    now: Config, changed: Change | None, expected: bool
) -> None:
    assert by_interest(now, changed) is expected


CAN: dict[str, tuple[Stage, bool]] = {
    "the end": (Stage(S, {}, None), True),
    "a new stream": (Stage(S, None, {"subjects": ["a"]}), False),
    "a new copy": (Stage(S, None, {"mirror": {"name": "T"}}), True),
    "a limit": (Stage(S, {}, {"max_age": 1}), True),
    "a description": (Stage(S, {}, {"description": "x"}), False),
    "filters": (Stage(C, {"filter_subject": "a"}, {"filter_subject": "b"}), True),
    "wider filters for a while": (
        Stage(C, {"filter_subject": "a"}, {"filter_subjects": ["a", "b"], UNFINISHED: "m"}), False,
    ),
    "wider filters for good": (Stage(C, {"filter_subject": "a"}, {"filter_subjects": ["a", "b"]}), True),
    "other filters for a while": (Stage(C, {"filter_subject": "a"}, {"filter_subject": "b", UNFINISHED: "m"}), True),
    "a pause": (Stage(C, {}, {"pause_until": "2027"}), False),
}  # fmt: skip


@pytest.mark.parametrize(("stage", "expected"), CAN.values(), ids=CAN)
def test_only_some_stages_can_lose_messages(stage: Stage, expected: bool) -> None:
    assert can_lose(stage) is expected


def test_a_part_of_a_change_has_only_the_fields_of_its_stage() -> None:
    whole = change(S, {"max_msgs": 1, "max_age": 1}, {"max_msgs": 2, "max_age": 2})
    part = part_of(whole, Stage(S, {"max_msgs": 1, "max_age": 1}, {"max_msgs": 2, "max_age": 1}))

    assert [each.path for each in part.fields] == ["max_msgs"]
    assert part == replace(whole, after={"max_msgs": 2, "max_age": 1}, fields=whole.fields[:1])
