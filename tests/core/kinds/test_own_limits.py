"""Limits of a server's own configuration: found in an answer, left on the object, and read by the next plan."""

from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.diff.diff import compare
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.own_limits import known_limits, limits_in, lowered, mark
from smith_topology.core.model import ADDRESS, LIMITS, Call, Config, Observed, Stage, Verb
from tests.core.make import consumer, declared, stream, there

S, C = stream("S"), consumer("S", "c")


def marked(text: str, **metadata: str) -> Observed:
    return there(C, {"metadata": {LIMITS: text, **metadata}})


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", {}),
        ("max_ack_pending=100", {"max_ack_pending": 100}),
        ("max_ack_pending=100,max_batch=50", {"max_ack_pending": 100, "max_batch": 50}),
        ("max_ack_pending=-1,max_batch=50", {"max_batch": 50}),
        ("max_ack_pending=0,max_batch=many,,=,max_batch", {}),
        ("duplicate_window=60,max_deliver=3", {}),
        ("max_ack_pending=" + "9" * 5000, {}),
    ],
    ids=lambda each: str(each)[:40],
)
def test_only_numbers_of_known_fields_are_limits(text: str, limits: dict[str, int]) -> None:
    assert known_limits(marked(text)) == limits
    assert known_limits(marked(mark(marked(text), {}))) == limits


def test_a_copy_has_no_limits_of_its_original() -> None:
    assert known_limits(marked("max_batch=50", **{ADDRESS: str(consumer("S", "other"))})) == {}


@pytest.mark.parametrize(
    ("config", "after", "result"),
    [
        ({}, {"max_ack_pending": 1000}, {"max_ack_pending": 100, "max_batch": 50}),
        ({}, {"max_ack_pending": 70}, {"max_ack_pending": 70, "max_batch": 50}),
        ({"max_ack_pending": 200}, {"max_ack_pending": 200}, {"max_ack_pending": 200, "max_batch": 50}),
        ({"max_ack_pending": 0}, {"max_ack_pending": 1000}, {"max_ack_pending": 100, "max_batch": 50}),
    ],
    ids=["left out", "lower already", "declared", "0 is left out"],
)
def test_a_limit_holds_where_the_file_leaves_a_field_to_the_server(config: Config, after: Config, result: Config) -> None:
    assert lowered(after, declared(C, **config), marked("max_ack_pending=100,max_batch=50")) == result


@pytest.mark.parametrize(
    ("known", "sent", "held", "limits"),
    [
        ("", {}, {"max_ack_pending": 100}, {"max_ack_pending": 100}),
        ("", {}, {"max_ack_pending": 1000, "max_batch": 50}, {"max_batch": 50}),
        ("", {}, {"max_ack_pending": 2000}, {}),
        ("", {}, {}, {}),
        ("max_ack_pending=1000", {}, {"max_ack_pending": 2000}, {"max_ack_pending": 2000}),
        ("max_ack_pending=1000", {}, {}, {"max_ack_pending": None}),
        ("", {"max_ack_pending": 1000}, {"max_ack_pending": 100}, {}),
        ("", {}, {"max_ack_pending": 1000, "max_deliver": 3}, {}),
    ],
    ids=["lower", "a new one", "higher", "gone", "raised", "taken away", "sent", "another field"],
)
def test_only_what_was_not_sent_is_a_limit_of_the_server(known: str, sent: Config, held: Config, limits: Any) -> None:
    expected = {"max_ack_pending": 1000}
    call = Call(1, Stage(C, {}, expected), Verb.UPDATE, "", {"config": sent}, None)
    fields = compare(RULES[C.kind].fields, held, expected)

    assert limits_in(call, marked(known), fields) == limits
    assert limits_in(Call(1, call.stage, Verb.PAUSE, "", {}, None), marked(known), fields) == {}
