"""What the connected server would refuse, said beforehand: each rule fires, and keeps still beside what is accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smith_topology.core.model import (
    Action,
    Address,
    Change,
    Config,
    Diagnostic,
    FieldChange,
    Live,
    Observed,
    Reason,
    Server,
    Target,
)
from smith_topology.core.planning.preflight.registry import refusals
from smith_topology.core.planning.preflight.target import unsupported, wrong_target
from tests.core.make import SPAN, change, consumer, declared, live, server, stream, there, topology

S, T, U, C = stream("S"), stream("T"), stream("U"), consumer("S", "c")
CLUSTER = server(cluster="C3")
OLD = server("2.10.26")


def found(*changes: Change, now: Live, missing: tuple[Address, ...] = ()) -> list[Diagnostic]:
    """What is said of these changes. All that is not deleted is declared, but for what is ``missing``."""
    resources = [declared(each.address, **(each.after or {})) for each in changes if each.after is not None]
    resources += [declared(address) for address in missing]
    return list(refusals(topology(*resources), now, changes))


def codes(*changes: Change, now: Live, missing: tuple[Address, ...] = ()) -> list[str]:
    return [each.code for each in found(*changes, now=now, missing=missing)]


def test_nothing_is_said_of_no_changes() -> None:
    assert codes(now=live()) == []


# ------------------------------------------------------------------------------------------------ the connection


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (server("2.9.25"), ["old-server"]),
        (server("2.10.0"), []),
        (server("2.15.1", cluster="C", members={"a": "2.9.25"}), ["old-server"]),
    ],
    ids=["too old", "old enough", "a member too old"],
)
def test_a_server_that_keeps_no_metadata_is_refused(on: Server, said: list[str]) -> None:
    assert [each.code for each in unsupported(on)] == said


EDGE = replace(server(), domain="edge7", api_prefix="$JS.edge7.API", is_connected_to=False)
IMPORTED = replace(server(), account="", api_prefix="JS.owner.API", is_connected_to=False)
PLACES: dict[str, tuple[Server, dict[str, str], list[str]]] = {
    "right": (CLUSTER, {"cluster": "C3", "account": "SHOP"}, []),
    "another cluster": (CLUSTER, {"cluster": "C5"}, ['cluster "C5"; the requests of this connection go to "C3".']),
    "another account": (CLUSTER, {"account": "OTHER"}, ['account "OTHER"; this connection is to "SHOP".']),
    "the key of the account": (replace(CLUSTER, account_key="ABC"), {"account": "ABC"}, []),
    "no cluster": (server(), {"cluster": "C3"}, ['cluster "C3"; the requests of this connection go to a server without']),
    "no domain": (CLUSTER, {"domain": "hub"}, ['domain "hub"; the requests of this connection go to a JetStream without']),
    "another domain": (EDGE, {"domain": "hub"}, ['domain "hub"; the requests of this connection go to domain "edge7".']),
    "the domain": (EDGE, {"domain": "edge7", "account": "SHOP"}, []),
    "the cluster of the hub": (EDGE, {"cluster": "C3"}, ['cluster "C3"; the requests of this connection go to a server without']),
    "all of it": (EDGE, {"domain": "d", "cluster": "c", "account": "a"}, ["domain", "cluster", "account"]),
}


@pytest.mark.parametrize(("on", "target", "text"), PLACES.values(), ids=PLACES)
def test_a_file_for_another_place_is_refused(on: Server, target: dict[str, str], text: list[str]) -> None:
    found = list(wrong_target(Target(SPAN, **target), live(on=on)))

    assert [each.code for each in found] == ["wrong-target"] * len(text)
    for each, part in zip(found, text, strict=True):
        assert each.detail.startswith(f"The file is for {part}")


UNKNOWN_PLACES: dict[str, tuple[Server, dict[str, str], str]] = {
    "an account behind a prefix": (IMPORTED, {"account": "SHOP"}, "write `cluster` instead."),
    "behind a prefix, with a domain": (replace(IMPORTED, domain="d"), {"account": "SHOP"}, "write `domain` or `cluster` instead"),
    "an account behind a leaf node": (EDGE, {"account": "SHOP"}, "Name the domain as well: `domain: edge7`."),
    "a cluster without streams": (replace(EDGE, cluster=None), {"cluster": "E"}, "write `domain: edge7` instead"),
    "an account that may not be asked for": (replace(server(), account=""), {"account": "A"}, 'publish "$SYS.REQ.USER.INFO".'),
}


@pytest.mark.parametrize(("on", "target", "fix"), UNKNOWN_PLACES.values(), ids=UNKNOWN_PLACES)
def test_a_place_that_no_answer_names_is_refused_with_what_to_write(on: Server, target: dict[str, str], fix: str) -> None:
    (only,) = wrong_target(Target(SPAN, **target), live(on=on))

    assert (only.code, fix in only.fix) == ("unknown-target", True), only


def test_without_a_target_every_connection_is_right() -> None:
    assert list(wrong_target(None, live())) == []


# ------------------------------------------------------------------------------------------------ versions

OVERFLOW: Config = {"ack_policy": "none", "priority_policy": "overflow", "priority_groups": ["g"]}
PARTITIONED: Config = {"subject_transforms": [{"src": "a.*", "dest": "{{partition(3,1)}}"}]}
NEEDS: dict[str, tuple[Address, Config, str, str]] = {
    "a field": (S, {"subjects": ["a"], "allow_msg_ttl": True}, "2.10.26", "`allow_msg_ttl`"),
    "a value": (C, OVERFLOW, "2.10.26", "`priority_policy`"),
    "a member of a block": (S, {"mirror": {"name": "T", "no_such": 1}}, "2.15.1", ""),
    "a function": (S, {"subject_transform": {"src": "a.*", "dest": "b.{{random(3)}}"}}, "2.10.26", "subject_transform"),
    "filters that cross": (C, {"filter_subjects": ["a.*", "*.b"]}, "2.11.11", "which crosses"),
    "a field of a list": (S, {"sources": [{"name": "T", **PARTITIONED}]}, "2.10.26", ""),
}


@pytest.mark.parametrize(("address", "config", "version", "what"), NEEDS.values(), ids=NEEDS)
def test_what_a_server_does_not_know_yet_is_refused(address: Address, config: Config, version: str, what: str) -> None:
    now = live(there(S, {}), there(T, {}), on=server(version))
    said = [each for each in found(change(address, {}, config), now=now) if each.code == "CP101"]

    assert [what in each.detail for each in said[:1]] == [True] * bool(what)
    assert not [each for each in found(change(address, {}, config), now=live(there(S, {}), there(T, {}))) if each.code == "CP101"]


def test_what_stays_as_it_is_needs_no_newer_server() -> None:
    known: Config = {"subjects": ["a"], "allow_msg_ttl": True}

    assert codes(change(S, known, known), now=live(there(S, known), on=OLD)) == []


def test_a_value_that_is_the_servers_default_needs_no_newer_server() -> None:
    assert codes(change(S, None, {"subjects": ["a"], "allow_msg_ttl": False}), now=live(on=OLD)) == []


@pytest.mark.parametrize(
    ("placement", "code"), [({}, "CP101"), ({"placement": {"tags": ["new"]}}, "CP110")], ids=["anywhere", "placed"]
)
def test_in_a_mixed_cluster_a_placement_may_know_better(placement: Config, code: str) -> None:
    mixed = server("2.15.1", cluster="C3", members={"a": "2.15.1", "b": "2.10.26"})

    assert codes(change(S, None, {"subjects": ["a"], "allow_msg_ttl": True, **placement}), now=live(on=mixed)) == [code]


# ------------------------------------------------------------------------------------------------ replacement


def test_what_can_not_change_in_place_is_refused_with_the_reasons() -> None:
    fields = (FieldChange("storage", "file", "memory", "messages can't move"), FieldChange("max_msgs", 1, 2))
    replaced = Change(S, Action.REPLACE, Reason.PENDING, {"storage": "file"}, {"storage": "memory"}, fields)

    (only,) = found(replaced, now=live(there(S)))
    assert (only.code, "(`storage`: messages can't move)" in only.detail) == ("IM101", True)


# ------------------------------------------------------------------------------------------------ clusters


@pytest.mark.parametrize(("on", "said"), [(server(), ["CP102"]), (CLUSTER, [])], ids=["alone", "cluster"])
def test_replicas_need_a_cluster(on: Server, said: list[str]) -> None:
    assert codes(change(S, None, {"subjects": ["a"], "num_replicas": 3}), now=live(on=on)) == said


@pytest.mark.parametrize(
    ("retention", "own", "said"),
    [("workqueue", 3, ["CP109"]), ("interest", 3, ["CP109"]), ("limits", 3, []), ("workqueue", 1, []), ("workqueue", 0, [])],
)
def test_a_consumer_can_not_scale_together_with_its_stream(retention: str, own: int, said: list[str]) -> None:
    before: Config = {"retention": retention, "num_replicas": 1}
    mine = change(C, {"num_replicas": 1}, {"num_replicas": own, "max_deliver": 2})
    changes = change(S, before, {**before, "num_replicas": 3}), mine

    assert codes(*changes, now=live(there(S, before), there(C, {"num_replicas": 1}), on=CLUSTER)) == said


# ------------------------------------------------------------------------------------------------ origins


COPY = change(S, None, {"mirror": {"name": "T"}})


@pytest.mark.parametrize(
    ("others", "observed", "missing", "said"),
    [
        ([], [], (), "is neither in the file nor on the server"),
        ([], [], (T,), "is not on the server, and not selected"),
        ([change(T, {}, None)], [there(T)], (), "which this plan destroys"),
        ([change(T, None, {})], [], (), ""),
        ([], [there(T)], (), ""),
    ],
    ids=["nowhere", "not selected", "destroyed", "created", "live"],
)
def test_a_copy_needs_its_origin(others: list[Change], observed: list[Observed], missing: tuple[Address, ...], said: str) -> None:
    details = [each.detail for each in found(COPY, *others, now=live(*observed), missing=missing) if each.code == "RF201"]

    assert [said in each for each in details] == [True] * bool(said)


@pytest.mark.parametrize("copy", [{"mirror": {"name": "T"}}, {"sources": [{"name": "U"}, {"name": "T"}]}], ids=str)
def test_the_end_of_an_origin_is_warned_of_at_each_copy_that_stays(copy: Config) -> None:
    now, gone = live(there(T), there(U), there(S, copy)), change(T, {}, None)

    assert [(each.code, each.address) for each in found(gone, now=now)] == [("RF202", S)]
    assert codes(gone, change(S, copy, None), now=now) == []
    assert codes(gone, change(S, copy, {}), now=now) == []


# ------------------------------------------------------------------------------------------------ limits of streams

LIMITS: dict[str, tuple[Config, Config, Config, str, int]] = {
    "above": ({}, {"max_ack_pending": 100}, {"max_ack_pending": 1000}, "2.15.1", 1),
    "below": ({}, {"max_ack_pending": 100}, {"max_ack_pending": 50}, "2.15.1", 0),
    "idle too long": ({}, {"inactive_threshold": 5}, {"inactive_threshold": 6}, "2.15.1", 1),
    "the limit left out": ({}, {"inactive_threshold": 5}, {"max_ack_pending": 1000}, "2.15.1", 0),
    "the limit left out, before 2.14": ({}, {"inactive_threshold": 5}, {"max_ack_pending": 1000}, "2.12.8", 1),
    "as before": ({"max_ack_pending": 100}, {"max_ack_pending": 100}, {"max_ack_pending": 1000}, "2.12.8", 0),
}


@pytest.mark.parametrize(("before", "after", "held", "version", "said"), LIMITS.values(), ids=LIMITS)
def test_a_consumer_that_stays_above_the_new_limits_is_refused(
    before: Config, after: Config, held: Config, version: str, said: int
) -> None:
    now = live(there(S), there(C, {"durable_name": "c", **held}), on=server(version))
    limited = change(S, {"consumer_limits": before}, {"consumer_limits": after, "description": "x"})

    assert codes(limited, now=now) == ["FC406"] * said


@pytest.mark.parametrize(
    ("after", "said"), [(None, []), ({"max_ack_pending": 50}, []), ({"max_ack_pending": 500}, ["FC406"])], ids=str
)
def test_a_consumer_that_changes_first_is_judged_by_what_it_will_be(after: Config | None, said: list[str]) -> None:
    held: Config = {"max_ack_pending": 1000}
    now = live(there(S), there(C, {"durable_name": "c", **held}))

    assert codes(change(S, {}, {"consumer_limits": {"max_ack_pending": 100}}), change(C, held, after), now=now) == said


@pytest.mark.parametrize(
    ("version", "retention", "limits", "said"),
    [
        ("2.15.1", "workqueue", {"max_ack_pending": 100}, 1),
        ("2.15.1", "limits", {"max_ack_pending": 100}, 0),
        ("2.15.1", "limits", {"inactive_threshold": 5}, 1),
        ("2.12.8", "workqueue", {"max_ack_pending": 100}, 1),
    ],
)
def test_the_consumer_of_a_copy_counts_too(version: str, retention: str, limits: Config, said: int) -> None:
    before: Config = {"retention": retention}
    now = live(there(S, before), there(T, {"mirror": {"name": "S"}}), on=server(version))

    details = [each.detail for each in found(change(S, before, {**before, "consumer_limits": limits}), now=now)]
    assert [each.startswith("The consumer of a stream that copies stream.S") for each in details] == [True] * said


# ------------------------------------------------------------------------------------------------ limits of the account

QUOTAS: dict[str, tuple[dict[str, Any], Config, list[str]]] = {
    "streams, full": ({"max_streams": 1}, {}, ["CP105"]),
    "streams, room": ({"max_streams": 2}, {}, []),
    "streams, unlimited": ({"max_streams": -1}, {}, []),
    "file, full": ({"max_storage": 100}, {"max_bytes": 60}, ["CP105"]),
    "file, room": ({"max_storage": 110}, {"max_bytes": 60}, []),
    "file, without a limit of its own": ({"max_storage": 50}, {}, ["CP105"]),
    "file, unlimited": ({"max_storage": -1}, {"max_bytes": 60}, []),
    "memory, none at all": ({"max_memory": 0}, {"storage": "memory"}, ["CP105"]),
    "memory, not asked for": ({"max_memory": 0}, {}, []),
    "one stream, bytes": ({"storage_max_stream_bytes": 50}, {"max_bytes": 60}, ["CP106"]),
    "one stream, memory": ({"memory_max_stream_bytes": 50}, {"max_bytes": 60, "storage": "memory"}, ["CP106"]),
    "one stream, other storage": ({"memory_max_stream_bytes": 50}, {"max_bytes": 60}, []),
    "consumers of a stream": ({"max_consumers": 5}, {"max_consumers": 6}, ["CP106"]),
    "bytes required": ({"max_bytes_required": True}, {}, ["CP107"]),
    "bytes required and there": ({"max_bytes_required": True}, {"max_bytes": 5}, []),
}


@pytest.mark.parametrize(("limits", "config", "said"), QUOTAS.values(), ids=QUOTAS)
def test_what_the_account_has_no_room_for_is_refused(limits: dict[str, Any], config: Config, said: list[str]) -> None:
    now = live(there(T, {"max_bytes": 50, "storage": "file"}), on=server(**limits))

    assert codes(change(S, None, {"subjects": ["a"], **config}), now=now) == said


def test_a_consumer_above_what_the_account_allows_for_one_is_refused() -> None:
    now = live(there(S), on=server(max_ack_pending=100))

    assert codes(change(C, None, {"max_ack_pending": 1000}), now=now) == ["CP106"]
    assert codes(change(C, None, {"max_ack_pending": 100}), now=now) == []


def test_what_the_plan_deletes_makes_room() -> None:
    now = live(there(T), on=server(max_streams=1))

    assert codes(change(S, None, {"subjects": ["a"]}), change(T, {}, None), now=now) == []


@pytest.mark.parametrize(("most", "said"), [(1, ["CP105"]), (2, []), (-1, [])])
def test_a_stream_takes_no_more_consumers_than_its_limit(most: int, said: list[str]) -> None:
    now = live(there(S, {"max_consumers": most}), there(consumer("S", "other"), {"durable_name": "other"}))

    assert codes(change(C, None, {}), now=now) == said


# ------------------------------------------------------------------------------------------------ work queues


@pytest.mark.parametrize(
    ("version", "retention", "copied", "wanted", "said"),
    [
        ("2.12.8", "workqueue", {}, {}, ["CP104"]),
        ("2.12.8", "workqueue", {"filter_subject": "a"}, {"filter_subject": "a"}, ["CP104"]),
        ("2.12.8", "workqueue", {"filter_subject": "a"}, {"filter_subject": "b"}, []),
        ("2.12.8", "interest", {}, {}, []),
        ("2.14.6", "workqueue", {}, {}, []),
    ],
)
def test_up_to_2_12_a_copied_work_queue_takes_no_consumer_of_the_same_messages(
    version: str, retention: str, copied: Config, wanted: Config, said: list[str]
) -> None:
    queue, copy = there(S, {"retention": retention}), there(T, {"sources": [{"name": "S", **copied}]})

    assert codes(change(C, None, wanted), now=live(queue, copy, on=server(version))) == said


def test_a_consumer_of_a_copied_queue_may_change_all_but_its_filters() -> None:
    now = live(there(S, {"retention": "workqueue"}), there(T, {"mirror": {"name": "S"}}), on=server("2.12.8"))

    assert codes(change(C, {"max_deliver": 1}, {"max_deliver": 2}), now=now) == []
    assert codes(change(C, {"filter_subject": "a"}, {"filter_subject": "b"}), now=now) == ["CP104"]


# ------------------------------------------------------------------------------------------------ subjects


@pytest.mark.parametrize(
    ("theirs", "changes", "missing", "why"),
    [
        (["a"], [], (), "which is live and not in this file"),
        (["a"], [], (T,), "which is live and not selected"),
        (["a.x", "*"], [], (), "which is live and not in this file"),
        (["a"], [change(T, {"subjects": ["a"]}, {"subjects": ["a"]})], (), "whose live subjects its `ignore_changes` keeps"),
        (["b"], [], (), ""),
        (["a"], [change(T, {"subjects": ["a"]}, None)], (), ""),
        (["a"], [change(T, {"subjects": ["a"]}, {"subjects": ["b"]})], (), ""),
    ],
    ids=["foreign", "not selected", "wildcard", "kept", "apart", "deleted", "given up"],
)
def test_a_subject_that_another_stream_keeps_is_refused(
    theirs: list[str], changes: list[Change], missing: tuple[Address, ...], why: str
) -> None:
    now = live(there(T, {"subjects": theirs}))
    details = [each.detail for each in found(change(S, None, {"subjects": ["a"]}), *changes, now=now, missing=missing)]

    assert [why in each for each in details] == [True] * bool(why)


def test_a_stream_that_takes_nothing_new_is_not_judged_by_its_subjects() -> None:
    now = live(there(T, {"subjects": ["a"]}), there(S, {"subjects": ["a"]}))

    assert codes(change(S, {"subjects": ["a"], "max_msgs": 1}, {"subjects": ["a"], "max_msgs": 2}), now=now) == []


# ------------------------------------------------------------------------------------------------ what can't be read

QUEUE = {"retention": "workqueue", "subjects": ["s"]}
OTHER = consumer("S", "other")
WIDER = (change(T, {}, {"subjects": ["s.>"]}), change(S, {"subjects": ["s.a"]}, None))
MOVED = (change(T, {"subjects": ["t"]}, {"subjects": ["t", "s.a"]}), change(S, {"subjects": ["s.a"]}, {"subjects": ["s.b"]}))


@pytest.mark.parametrize(
    ("changes", "there_now", "unknown", "said"),
    [
        ([change(C, None, {})], [there(S, QUEUE)], [OTHER], ["CP111"]),
        ([change(C, None, {})], [there(S, {"subjects": ["s"]})], [OTHER], []),
        ([change(S, QUEUE, {**QUEUE, "max_age": 1})], [there(S, QUEUE)], [OTHER], ["CP111"]),
        ([change(S, {}, {"max_age": 1})], [there(S)], [OTHER], []),
        ([change(S, None, {"sources": [{"name": "U"}]})], [], [U], ["CP111"]),
        ([change(S, {"sources": [{"name": "U"}]}, {"sources": [{"name": "U"}], "max_age": 1})], [], [U], []),
        (MOVED, [there(T, {"subjects": ["t"]}), there(S, {"subjects": ["s.a"]})], [U], []),
        (WIDER, [there(S, {"subjects": ["s.a"]})], [U], ["CP111"]),
        (WIDER, [there(S, {"subjects": ["s.a"]})], [], []),
        ([change(T, {"subjects": ["t.a"]}, {"subjects": ["t.>"]})], [there(T, {"subjects": ["t.a"]})], [U], []),
    ],
)
def test_what_depends_on_an_object_that_cant_be_read_is_not_done(
    changes: list[Change], there_now: list[Observed], unknown: list[Address], said: list[str]
) -> None:
    assert codes(*changes, now=live(*there_now, unknown=unknown)) == said


@pytest.mark.parametrize(("most", "said"), [(2, ["CP105"]), (3, [])])
def test_streams_and_consumers_that_cant_be_read_are_counted(most: int, said: list[str]) -> None:
    assert codes(change(S, None, {}), now=live(there(T), on=server(max_streams=most), unknown=[U])) == said
    limited = {"max_consumers": most}
    assert codes(change(C, None, {}), now=live(there(S, limited), there(consumer("S", "d")), unknown=[OTHER])) == said


# ------------------------------------------------------------------------------------------------ tiers

TIERED = replace(CLUSTER, tiers={"R1": {"max_streams": 1, "max_storage": 100}, "R3": {"max_storage": 100, "max_ack_pending": 5}})
R3 = {"num_replicas": 3}


@pytest.mark.parametrize(
    ("changes", "there_now", "said"),
    [
        ([change(S, None, {})], [there(T, R3)], []),
        ([change(S, None, {})], [there(T)], ["CP105"]),
        ([change(S, R3, {})], [there(T), there(S, R3)], ["CP105"]),
        ([change(S, R3, {}), change(T, {}, R3)], [there(T), there(S, R3)], []),
        ([change(S, None, {**R3, "max_bytes": 60})], [there(T, {"max_bytes": 60})], []),
        ([change(S, None, {**R3, "max_bytes": 60})], [there(T, {**R3, "max_bytes": 60})], ["CP105"]),
        ([change(S, None, {"num_replicas": 5})], [], ["CP112"]),
        ([change(C, None, {"max_ack_pending": 6})], [there(S, R3)], ["CP106"]),
        ([change(C, None, {"max_ack_pending": 6, "num_replicas": 1})], [there(S, R3)], []),
    ],
)
def test_an_account_with_tiers_is_judged_by_that_of_the_replicas(
    changes: list[Change], there_now: list[Observed], said: list[str]
) -> None:
    """A tier counts the bytes of a stream once, whatever its number of replicas."""
    assert codes(*changes, now=live(*there_now, on=TIERED)) == said
