"""What has to be asked of the server before a cost is known: counts that no listing carries."""

from __future__ import annotations

import pytest

from smith_topology.core.model import Bound, Change, Config
from smith_topology.core.planning.forecast.questions import (
    Answer,
    BeforeFirstPending,
    OlderThan,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    answer_to,
    excess,
    lowered,
    questions,
)
from tests.core.make import HOUR, change, consumer, live, reading, server, stored, stream

S, T, C = stream("S"), stream("T"), consumer("S", "c")
DAY = 24 * HOUR
A, B = {"filter_subject": "a"}, {"filter_subject": "b"}

ASKED: dict[str, tuple[Config, Config, list[object]]] = {
    "age": ({}, {"max_age": HOUR}, [OlderThan("S", server().now - HOUR)]),
    "a lower age": ({"max_age": DAY}, {"max_age": HOUR}, [OlderThan("S", server().now - HOUR)]),
    "a higher age": ({"max_age": HOUR}, {"max_age": DAY}, []),
    "per subject": ({}, {"max_msgs_per_subject": 1}, [PerSubjectExcess("S", 1)]),
    "bytes": ({}, {"max_bytes": 10}, [OldestBeyond("S", 10)]),
    "bytes, new ones refused": ({}, {"max_bytes": 10, "discard": "new"}, []),
    "subjects": ({"subjects": ["a", "b"]}, {"subjects": ["a"]}, [Outside("S", ("a",), ("a", "b"))]),
    "more subjects": ({"subjects": ["a"]}, {"subjects": ["a", "b"]}, []),
    "messages": ({}, {"max_msgs": 1}, []),
}


@pytest.mark.parametrize(("before", "after", "expected"), ASKED.values(), ids=ASKED)
def test_what_a_listing_does_not_say_of_a_stream_is_asked(before: Config, after: Config, expected: list[object]) -> None:
    assert list(questions((change(S, before, after),), live(stored()))) == expected


@pytest.mark.parametrize("retention", ["limits", "interest", "workqueue"])
def test_what_other_filters_take_in_and_leave_out_is_asked(retention: str) -> None:
    now = live(stored({"retention": retention}), reading(A, 5))
    left = [] if retention == "limits" else [Outside("S", ("b",), ("a",))]

    found = list(questions((change(C, A, B),), now))
    assert found == [Outside("S", ("a",), ("b",)), BeforeFirstPending("S", "c", ("a",)), *left]


@pytest.mark.parametrize(
    "asked", [change(S, None, {"max_age": 1}), change(S, {"max_age": 1}, None), change(T, {}, {"max_age": 1})], ids=str
)
def test_nothing_is_asked_of_what_is_not_updated_or_not_there(asked: Change) -> None:
    assert list(questions((asked,), live(stored()))) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"a": 1}, True),
        ({"a": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1}, False),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
    ],
)
def test_a_limit_is_lowered_where_it_is_new_or_smaller(before: Config, after: Config, expected: bool) -> None:
    assert lowered("a", before, after) is expected


def test_what_is_beyond_a_limit_is_counted_unless_new_messages_are_refused() -> None:
    assert excess("max_msgs", 100, {"max_msgs": 30}) == 70
    assert excess("max_msgs", 100, {"max_msgs": 300}) == 0
    assert excess("max_msgs", 100, {"max_msgs": 30, "discard": "new"}) == 0
    assert excess("max_msgs", 100, {}) == 0


@pytest.mark.parametrize(("limit", "messages", "over"), [(4_900, 6, 100), (4_999, 1, 1), (0, 100, 5_000)])
def test_without_an_answer_what_is_over_a_limit_of_bytes_bounds_the_messages(limit: int, messages: int, over: int) -> None:
    assert answer_to(OldestBeyond("S", limit), stored(), {}) == Answer(messages, over, Bound.UPPER, Bound.ABOUT)
