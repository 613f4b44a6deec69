"""Why something differs, and what is left to others: read from the marks on the live object, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smith_topology.core.diff.diff import applied_digest, diff
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.model import (
    APPLIED,
    LIMITS,
    OWNER,
    Action,
    Config,
    Kind,
    Live,
    Observed,
    Reason,
    Resource,
    Server,
    Span,
    Topology,
    Version,
    stream_address,
)
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.planning.preflight.replacement import needed

SERVER = Server(Version(2, 15, 1), "2.15.1", time="2026-01-01T00:00:00Z")
ORDERS = stream_address("ORDERS")
SPAN = Span("topology.yaml", 3, 3)
HALF = 30 * 10**9  # nanoseconds


def declared(**config: Any) -> Resource:
    return Resource(ORDERS, SPAN, {"subjects": ["o.>"], **config})


def live(applied: Resource, **edited: Any) -> Live:
    """The stream as it was applied from ``applied``, then edited by hand."""
    wire = RULES[Kind.STREAM].effective(applied.config, "ORDERS", Context(SERVER, SERVER.versions))
    marks = {OWNER: "shop", APPLIED: applied_digest(wire, applied)}
    return Live(SERVER, {ORDERS: Observed(ORDERS, {"name": "ORDERS", **wire, "metadata": marks, **edited}, "2026")})


def changed(resource: Resource, found: Live) -> tuple[Action, Reason, list[str]]:
    (change,) = diff(Topology("shop", {ORDERS: resource}, ("topology.yaml",)), found).changes
    return change.action, change.reason, [each.path for each in change.fields]


REASONS: dict[str, tuple[Config, Config, Config, Reason]] = {
    "nothing": ({}, {}, {}, Reason.SAME),
    "the file moved on": ({}, {"max_msgs": 5}, {}, Reason.PENDING),
    "a hand edit": ({"max_msgs": 5}, {"max_msgs": 5}, {"max_msgs": 6}, Reason.DRIFT),
    "both": ({"max_msgs": 5}, {"max_msgs": 7}, {"max_msgs": 6}, Reason.BOTH),
    "a hand edit of what is not declared": ({}, {}, {"description": "mine"}, Reason.DRIFT),
}


@pytest.mark.parametrize(("applied", "now", "edited", "reason"), REASONS.values(), ids=REASONS.keys())
def test_the_digest_distinguishes_a_hand_edit_from_a_file_that_moved_on(
    applied: Config, now: Config, edited: Config, reason: Reason
) -> None:
    assert changed(declared(**now), live(declared(**applied), **edited))[1] is reason


SAME: dict[str, tuple[Config, Config]] = {
    "subjects in another order": ({"subjects": ["b", "a"]}, {"subjects": ["a", "b"]}),
    "a limit below one": ({}, {"max_msgs": 0, "max_bytes": -7}),
    "tags in another order": ({"placement": {"tags": ["x", "y"]}}, {"placement": {"tags": ["y", "x"]}}),
    "empty blocks": ({}, {"placement": {}, "consumer_limits": {}, "sources": []}),
    "one time in two zones": (
        {"mirror": {"name": "X", "opt_start_time": "2026-01-01T00:00:00Z"}, "subjects": []},
        {"mirror": {"name": "X", "opt_start_time": "2026-01-01T02:00:00.000+02:00"}, "subjects": []},
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_what_means_the_same_is_no_difference(one: Config, other: Config) -> None:
    assert changed(declared(**one), live(declared(**one), **other)) == (Action.NO_OP, Reason.SAME, [])


def test_ignored_fields_are_neither_shown_nor_taken_for_a_hand_edit() -> None:
    ignoring = replace(declared(), ignore_changes=("max_msgs",))

    assert changed(ignoring, live(ignoring, max_msgs=9)) == (Action.NO_OP, Reason.SAME, [])
    assert changed(ignoring, live(ignoring, max_msgs=9, max_age=10**9))[1:] == (Reason.DRIFT, ["max_age"])


@pytest.mark.parametrize(
    ("config", "edited", "expected"),
    [
        ({}, {}, (Action.NO_OP, Reason.SAME, [])),
        ({}, {"duplicate_window": HALF}, (Action.UPDATE, Reason.DRIFT, ["duplicate_window"])),
        ({}, {"max_msgs": 9}, (Action.UPDATE, Reason.DRIFT, ["max_msgs"])),
        ({"duplicate_window": HALF}, {}, (Action.UPDATE, Reason.PENDING, ["duplicate_window"])),
        ({"max_age": HALF}, {}, (Action.UPDATE, Reason.PENDING, ["max_age", "duplicate_window"])),
    ],
)
def test_a_limit_of_the_servers_own_is_the_default_of_its_object(config: Config, edited: Config, expected: object) -> None:
    marks = {LIMITS: f"duplicate_window={2 * HALF}"}
    (stream,) = live(declared(duplicate_window=2 * HALF), **edited).observed.values()
    stream = replace(stream, config={**stream.config, "metadata": {**stream.metadata, **marks}})

    assert changed(declared(**config), Live(SERVER, {ORDERS: stream})) == expected


def test_what_can_not_change_in_place_is_decided_once_with_its_reason() -> None:
    resource = declared(storage="memory", max_msgs=5)
    topology, found = Topology("shop", {ORDERS: resource}, ("topology.yaml",)), live(declared())
    (change,) = diff(topology, found).changes

    assert (change.action, change.replace_paths) == (Action.REPLACE, ("storage",))
    assert [bool(each.immutable) for each in change.fields] == [each.path == "storage" for each in change.fields]
    (refusal,) = needed(PlannedChanges(topology, found, (change,)))
    (storage,) = (each for each in change.fields if each.immutable)
    assert f"`storage`: {storage.immutable}" in refusal.detail
