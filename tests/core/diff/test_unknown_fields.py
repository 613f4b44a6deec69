"""Fields that this program does not know: whose they are, and how they come and go. No server has one to turn on and off."""

from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.diff.diff import applied_digest, diff
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.model import (
    APPLIED,
    EXTRA,
    OWNER,
    Action,
    Change,
    Config,
    Kind,
    Live,
    Observed,
    Reason,
    Resource,
    Server,
    Span,
    Stage,
    Topology,
    Version,
    stream_address,
)
from smith_topology.core.planning.requests import request_of
from smith_topology.core.times import SECOND

SERVER = Server(Version(2, 15, 1), "2.15.1", time="2026-01-01T00:00:00Z")
ORDERS = stream_address("ORDERS")


def declared(**extra: Any) -> Resource:
    return Resource(ORDERS, Span("topology.yaml", 3, 3), {"subjects": ["o.>"]}, extra=extra)


def live(applied: Resource | None, **unknown: Any) -> Observed:
    """The stream as a server shows it that has these fields; ``applied`` is what the file said of it, if it is managed."""
    resource = applied or declared()
    wire = RULES[Kind.STREAM].effective(resource.config, "ORDERS", Context(SERVER, SERVER.versions))
    marks = {OWNER: "shop", APPLIED: applied_digest({**wire, **resource.extra}, resource)}
    names = {EXTRA: ",".join(sorted(resource.extra))} if resource.extra else {}
    return Observed(ORDERS, {"name": "ORDERS", **wire, "metadata": {**marks, **names}, **unknown}, "2026")


def change(resource: Resource, observed: Observed) -> Change:
    (found,) = diff(Topology("shop", {ORDERS: resource}, ("topology.yaml",)), Live(SERVER, {ORDERS: observed})).changes
    return found


def sent(resource: Resource, observed: Observed) -> Config:
    found = change(resource, observed)
    stage = Stage(found.address, found.before, found.after)
    return request_of(stage, resource, observed, Topology("shop", {}, ()), SERVER).payload


@pytest.mark.parametrize("written", [False, 0, "", [], {}, {"inner": False, "other": []}, None])
def test_what_a_server_leaves_out_is_the_same_as_false_zero_or_empty(written: object) -> None:
    resource = declared(new=written)

    assert change(resource, live(resource)).action is Action.NO_OP


@pytest.mark.parametrize("written", [True, 5, "on", [0], {"inner": True}])
def test_a_value_that_is_not_live_is_sent(written: object) -> None:
    observed = live(declared())

    assert change(declared(new=written), observed).reason is Reason.PENDING
    assert sent(declared(new=written), observed)["new"] == written
    assert change(declared(new=written), live(declared(new=written), new=written)).action is Action.NO_OP


def test_false_is_sent_to_turn_a_field_off() -> None:
    observed = live(declared(new=True), new=True)

    assert sent(declared(new=False), observed)["new"] is False


def test_a_field_that_is_no_longer_written_is_written_off() -> None:
    observed = live(declared(new=True, other=1), new=True, other=1)
    ended = change(declared(other=1), observed)
    payload = sent(declared(other=1), observed)

    assert [(each.path, each.before, each.after) for each in ended.fields] == [("new", True, None)]
    assert ended.reason is Reason.PENDING
    assert ("new" in payload, payload["other"], payload["metadata"][EXTRA]) == (False, 1, "other")


def test_without_any_the_mark_goes_too() -> None:
    assert EXTRA not in sent(declared(), live(declared(new=True), new=True))["metadata"]


def test_what_was_applied_so_stays_settled_afterwards() -> None:
    before = live(declared(new=True), new=True)
    payload = sent(declared(), before)
    after = Observed(ORDERS, {**payload, "duplicate_window": 120 * SECOND}, "2026")

    assert change(declared(), after).action is Action.NO_OP


def test_a_field_that_the_file_never_wrote_is_carried_along() -> None:
    observed = live(declared(), newest={"a": [1]})

    assert change(declared(), observed).action is Action.NO_OP
    assert sent(declared(new=1), observed)["newest"] == {"a": [1]}


def test_a_hand_edit_of_a_field_that_the_file_writes_is_drift() -> None:
    assert change(declared(new=1), live(declared(new=1), new=2)).reason is Reason.DRIFT
    assert change(declared(new=False), live(declared(new=False), new=True)).reason is Reason.DRIFT


def test_a_field_that_a_newer_version_knows_is_a_field_like_any_other() -> None:
    observed = live(declared(max_msgs=5), max_msgs=5)

    assert [each.path for each in change(declared(), observed).fields] == ["max_msgs"]
    assert "max_msgs" not in sent(declared(), observed)
