"""Who may write what: the owner mark decides, and every refusal has its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smith_topology.core.diff.diff import diff
from smith_topology.core.diff.ownership import is_ephemeral_or_internal, removal_refusals, unmanaged
from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.model import PROTECT, Action, Address, Config, Live, Observed, Reason, Role
from tests.core.make import NAME, consumer, declared, live, stream, there, topology

S, T, C = stream("S"), stream("T"), consumer("S", "c")
DURABLE: Config = {"durable_name": "c"}
PROTECTED: Config = {"metadata": {PROTECT: "2026-01-01"}}


def said(now: Live, *names: Address, adopt: bool = False, selection: Selection = EVERYTHING) -> list[str]:
    found = diff(topology(*(declared(each) for each in names)), now, adopt=adopt, selection=selection)
    return [each.code for each in found.diagnostics]


# ----------------------------------------------------------------------------------------------- what is declared


@pytest.mark.parametrize(
    ("observed", "adopt", "codes"),
    [
        ([], False, []),
        ([there(S, owner=NAME)], False, []),
        ([there(S)], False, ["OW101"]),
        ([there(S)], True, []),
        ([there(S, owner="other")], False, ["OW102"]),
        ([there(S, owner="other")], True, ["OW102"]),
    ],
    ids=["new", "owned", "without an owner", "adopted", "theirs", "theirs, adopting"],
)
def test_only_what_is_owned_or_adopted_is_written(observed: list[Observed], adopt: bool, codes: list[str]) -> None:
    assert said(live(*observed), S, adopt=adopt) == codes


def test_what_may_not_be_written_is_held_and_not_changed() -> None:
    found = diff(topology(declared(S, subjects=["a"])), live(there(S, {"subjects": ["b"]})))

    assert (found.changes, [each.address for each in found.held]) == ((), [S])


def test_adopting_is_a_change_of_owner_with_its_reason() -> None:
    (mine,) = diff(topology(declared(S)), live(there(S)), adopt=True).changes

    assert (mine.action, mine.reason) == (Action.UPDATE, Reason.ADOPT)
    assert "owner" in [each.path for each in mine.fields]


@pytest.mark.parametrize("owner", ["", "other"])
def test_a_consumer_alone_may_not_be_written_on_a_foreign_stream(owner: str) -> None:
    now = live(there(S, owner=owner))

    assert said(now, S, C, selection=Selection(targets=("consumer.*",))) == ["OW106"]
    assert said(live(there(S, owner=NAME)), S, C, selection=Selection(targets=("consumer.*",))) == []


# ----------------------------------------------------------------------------------------------- what is no longer declared


def removed(now: Live, selection: Selection = EVERYTHING) -> list[Address]:
    return [each.address for each in diff(topology(), now, selection=selection).changes]


def test_what_is_owned_and_no_longer_declared_goes_consumers_first() -> None:
    now = live(there(S, owner=NAME), there(C, DURABLE, owner=NAME), there(T), there(stream("U"), owner="other"))

    assert removed(now) == [C, S]


ROLES: tuple[tuple[str, Config, Role], ...] = (
    ("KV_b", {"subjects": ["$KV.b.>"]}, Role.KEY_VALUE),
    ("OBJ_b", {"subjects": ["$O.b.C.>", "$O.b.M.>"]}, Role.OBJECT_STORE),
    ("KV_b", {"mirror": {"name": "KV_a"}}, Role.KEY_VALUE),
    ("KV_b", {"sources": [{"name": "X"}, {"name": "KV_a"}]}, Role.KEY_VALUE),
    ("KV_b", {}, Role.KEY_VALUE),
    ("$MQTT_msgs", {"subjects": ["$MQTT.msgs.>"]}, Role.MQTT),
    ("$MQTT_sess", {"subjects": ["other"]}, Role.MQTT),
    ("OBJ_b", {"subjects": ["objects.>"]}, Role.STREAM),
    ("KV_b", {"subjects": ["KV_b"]}, Role.STREAM),
    ("OBJ_b", {"subjects": ["$KV.b.>"]}, Role.STREAM),
    ("OBJ_b", {"mirror": {"name": "ORDERS"}}, Role.STREAM),
    ("OBJECTS", {"subjects": ["$O.b.C.>"]}, Role.STREAM),
    ("kv_b", {}, Role.STREAM),
    ("X$MQTT_", {}, Role.STREAM),
)


@pytest.mark.parametrize(("name", "config", "role"), ROLES)
def test_the_stream_of_a_bucket_or_of_mqtt_never_goes(name: str, config: Config, role: Role) -> None:
    now = live(there(stream(name), config, owner=NAME))

    assert now.observed[stream(name)].role is role
    assert removed(now) == ([stream(name)] if role is Role.STREAM else [])
    assert unmanaged(topology(), now) == ({} if role is Role.STREAM else {stream(name): role})


def test_a_stream_takes_its_consumers_with_it_but_for_excluded_ones() -> None:
    now = live(there(S, owner=NAME), there(C, DURABLE, owner=NAME))

    assert removed(now, Selection(targets=("stream.S",))) == [C, S]
    assert removed(now, Selection(excludes=("stream.S",))) == []
    found = diff(topology(), now, selection=Selection(targets=("stream.S",), excludes=("consumer.S.c",)))
    assert ([each.address for each in found.held], [each.code for each in found.diagnostics]) == ([S], ["OW104"])


@pytest.mark.parametrize(
    ("consumers", "codes"),
    [
        ([], []),
        ([there(C, DURABLE, owner=NAME)], []),
        ([there(C, DURABLE)], ["OW104"]),
        ([there(C, DURABLE, owner="other")], ["OW104"]),
        ([there(C, {})], []),
        ([there(C, {**DURABLE, "direct": True})], []),
        ([there(C, {**DURABLE, **PROTECTED}, owner=NAME)], ["OW103"]),
    ],
    ids=["none", "own", "without an owner", "theirs", "ephemeral", "internal", "protected"],
)
def test_a_stream_goes_only_with_consumers_that_may_go(consumers: list[Observed], codes: list[str]) -> None:
    whole = there(S, owner=NAME)
    found = removal_refusals(topology(), whole, live(whole, *consumers), EVERYTHING)

    assert [each.code for each in found] == codes


def test_what_is_protected_does_not_go() -> None:
    found = diff(topology(), live(there(S, PROTECTED, owner=NAME)))

    assert ([each.address for each in found.held], [each.code for each in found.diagnostics]) == ([S], ["OW103"])
    assert "set 2026-01-01" in found.diagnostics[0].detail


def test_what_is_declared_as_protected_does_not_go_either() -> None:
    found = diff(topology(protected=frozenset({S})), live(there(S, owner=NAME)))

    assert "declared, not applied yet" in found.diagnostics[0].detail


# ----------------------------------------------------------------------------------------------- what is left alone


def test_what_is_unmanaged_is_listed_once_for_each_stream() -> None:
    other = consumer("T", "d")
    foreign = there(T), there(other, {"durable_name": "d"})
    now = live(there(S, owner=NAME), there(C, DURABLE), *foreign, there(consumer("S", "e"), {}))

    assert list(unmanaged(topology(declared(S)), now)) == [C, T]


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [
        ("c", DURABLE, False),
        ("c", {}, True),
        ("c", {**DURABLE, "direct": True}, True),
        ("c", {**DURABLE, "sourcing": True}, True),
        ("JS_MIRROR_x", DURABLE, True),
        ("JS_SRC_x", DURABLE, True),
    ],
)
def test_consumers_that_come_and_go_by_themselves_are_recognised(name: str, config: Config, expected: bool) -> None:
    assert is_ephemeral_or_internal(there(consumer("S", name), config)) is expected


def test_no_stream_is_ephemeral() -> None:
    assert not is_ephemeral_or_internal(there(S))


# ----------------------------------------------------------------------------------------------- selection

SELECTED: dict[str, tuple[tuple[str, ...], tuple[str, ...], set[Address]]] = {
    "everything": ((), (), {S, T, C}),
    "one": (("stream.S",), (), {S}),
    "a glob": (("stream.*",), (), {S, T}),
    "two": (("stream.T", "consumer.*"), (), {T, C}),
    "all but a stream and what it holds": ((), ("stream.S",), {T}),
    "an exclusion wins": (("stream.*",), ("stream.T",), {S}),
    "all but a consumer": ((), ("consumer.S.c",), {S, T}),
    "nothing": (("stream.X",), (), set()),
}


@pytest.mark.parametrize(("targets", "excludes", "expected"), SELECTED.values(), ids=SELECTED)
def test_a_selection_holds_what_its_globs_match(
    targets: tuple[str, ...], excludes: tuple[str, ...], expected: set[Address]
) -> None:
    selection = Selection(targets, excludes)

    assert {each for each in (S, T, C) if each in selection} == expected


def test_what_is_not_selected_is_not_compared() -> None:
    found = diff(topology(declared(S), declared(T)), live(), selection=Selection(("stream.T",)))

    assert [each.address for each in found.changes] == [T]


def test_what_is_declared_on_a_stream_that_is_not_selected_follows_the_live_one() -> None:
    limited: Config = {"consumer_limits": {"max_ack_pending": 7}}
    now = live(there(S, limited, owner=NAME))
    (mine,) = diff(topology(declared(S), declared(C, ack_policy="explicit")), now, selection=Selection(("consumer.*",))).changes

    assert (mine.after or {}).get("max_ack_pending") == 7


# ----------------------------------------------------------------------------------------------- marks of the file


def test_protection_is_a_change_like_any_other() -> None:
    (mine,) = diff(topology(replace(declared(S), protect=True)), live(there(S, owner=NAME))).changes

    assert [(each.path, each.before, each.after) for each in mine.fields if each.path == "protect"] == [("protect", None, True)]


def test_what_is_deleted_is_destroyed_where_the_file_declares_nothing() -> None:
    now = live(there(S, owner=NAME))
    (alone,) = diff(topology(), now).changes
    reasons = [each.reason for each in diff(topology(declared(T)), now).changes if each.action is Action.DELETE]

    assert (alone.reason, reasons) == (Reason.DESTROY, [Reason.REMOVED])
