"""What a plan says a change costs is what the change costs: messages counted by content, before and after, on a real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smith_topology.core.subjects import matches
from smith_topology.core.times import instant
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import Account, Planned, account_on, gone, whole
from tests.cli.scenario import wait_for
from tests.cli.terminal import ENTER, on_terminal
from tests.raw import Message, raw
from tests.topologies import Document, text

EXPLICIT = {"ack_policy": "explicit"}
ALL = ("--auto-approve", "--allow", "delete,data-loss", "--max-deletes", "9")
SECONDS = 1_000_000_000
OLD_AGE = 3


@pytest.fixture
def account(server: EmbeddedServer) -> Iterator[Account]:
    with account_on(server.url) as found:
        yield found


def orders(**fields: Any) -> Document:
    """One stream, with subjects of its own unless told otherwise."""
    return {"ORDERS": {"subjects": ["o.>"], **fields}}


def fill(account: Account) -> None:
    """Ten messages of three subjects and of different sizes: 4 of o.a, 4 of o.b, 2 of o.c."""
    for number in range(10):
        account.js.publish(f"o.{'abc'[number // 4]}", f"message {number} ".encode().ljust(20 * number))


def spent(account: Account, after: Document) -> tuple[Planned, int, int]:
    """Plan, apply, and count: the plan, and the messages and bytes that are gone."""
    plan, before, held = account.plan(after), account.messages("ORDERS"), account.state("ORDERS")["bytes"]
    account.converge(after, *ALL)
    left = account.state("ORDERS")["bytes"] if "ORDERS" in account.names() else 0
    remaining = account.messages("ORDERS") if "ORDERS" in account.names() else list[Message]()
    return plan, gone(before, remaining).total(), held - left


# ----------------------------------------------------------------------------------------------------- limits

LOWERED = {
    "max_msgs": ({"max_msgs": 3}, "DS102", 7),
    "max_msgs that is not reached": ({"max_msgs": 10}, None, 0),
    "max_msgs_per_subject": ({"max_msgs_per_subject": 1}, "DS104", 7),
    "max_msgs_per_subject that one subject reaches": ({"max_msgs_per_subject": 3}, "DS104", 2),
    "max_msgs under discard new": ({"max_msgs": 3, "discard": "new"}, None, 0),
    "max_bytes under discard new": ({"max_bytes": 300, "discard": "new"}, None, 0),
    "max_msg_size below what is stored": ({"max_msg_size": 50}, None, 0),
}


@pytest.mark.parametrize("storage", ["file", "memory"])
@pytest.mark.parametrize(("limit", "code", "count"), LOWERED.values(), ids=LOWERED.keys())
def test_a_lowered_limit_drops_exactly_what_is_announced(
    account: Account, storage: str, limit: Document, code: str | None, count: int
) -> None:
    account.converge(orders(storage=storage))
    fill(account)

    plan, messages, _ = spent(account, orders(storage=storage, **limit))

    assert messages == count
    assert [(each["code"], each["messages"], each["messages_bound"]) for each in plan.losses("ORDERS")] == (
        [(code, count, "exact")] if code else []
    )


@pytest.mark.parametrize("kept", [{"storage": "file"}, {"storage": "file", "compression": "s2"}, {"storage": "memory"}], ids=str)
@pytest.mark.parametrize("limit", [40, 300, 777, 1100])
def test_lowered_max_bytes_drops_exactly_the_announced_messages_and_bytes(account: Account, kept: Document, limit: int) -> None:
    account.converge(orders(**kept))
    fill(account)
    account.js.publish("o.a", b"with headers", {"Some": "header", "Nats-Msg-Id": "1"})

    plan, messages, size = spent(account, orders(**kept, max_bytes=limit))

    effect = plan.effect("stream.ORDERS", "DS102")
    assert (effect["messages"], effect["bytes"]) == (messages, size)
    assert (effect["messages_bound"], effect["bytes_bound"]) == ("exact", "exact")


def test_stored_above_a_limit_goes_when_discard_becomes_old(account: Account) -> None:
    account.converge(orders())
    fill(account)
    account.converge(orders(max_msgs=3, discard="new"))
    assert len(account.messages("ORDERS")) == 10

    plan, messages, _ = spent(account, orders(max_msgs=3))

    assert messages == 7
    assert [(each["path"], each["messages"]) for each in plan.losses("ORDERS")] == [("discard", 7)]


def test_max_age_drops_exactly_what_is_older_with_gaps_and_without(account: Account) -> None:
    names = ("FILE", "MEMORY", "GAPS", "ALL_OLD")
    streams: Document = {name: {"subjects": [f"{name}.>"]} for name in names}
    streams["MEMORY"]["storage"] = "memory"
    account.converge(streams)
    for name in names:
        account.publish(f"{name}.old", 9)
    for seq in (2, 3, 7):
        account.js.request("STREAM.MSG.DELETE.GAPS", {"seq": seq})
    wait_until_older(account, "ALL_OLD", OLD_AGE)
    for name in names[:3]:
        account.publish(f"{name}.new", 4)
    account.js.request("STREAM.MSG.DELETE.GAPS", {"seq": 11})
    aged = {name: {**body, "max_age": f"{OLD_AGE}s"} for name, body in streams.items()}

    plan = account.plan(aged)
    account.converge(aged, *ALL)

    announced = {name: plan.effect(f"stream.{name}", "DS103") for name in names}
    assert {name: each["messages"] for name, each in announced.items()} == {"FILE": 9, "MEMORY": 9, "GAPS": 6, "ALL_OLD": 9}
    assert {each["messages_bound"] for each in announced.values()} == {"exact"}
    wait_for(lambda: not any(b"old" in message.payload for name in names for message in account.messages(name)))


def wait_until_older(account: Account, stream: str, seconds: float) -> None:
    """Wait until the stream's newest message is that old by the server's own clock."""
    newest = instant(account.state(stream)["last_ts"])
    while instant(account.js.request(f"STREAM.INFO.{stream}")["ts"]) < newest + seconds * SECONDS:
        time.sleep(0.05)


COMBINED: dict[str, Document] = {
    "messages and bytes": {"max_msgs": 6, "max_bytes": 500},
    "messages and per subject": {"max_msgs": 6, "max_msgs_per_subject": 1},
    "all limits": {"max_msgs": 8, "max_bytes": 1200, "max_msgs_per_subject": 2, "max_age": "1h"},
    "a limit and interest": {"max_msgs": 4, "retention": "interest"},
    "a limit and fewer subjects": {"max_msgs": 4, "subjects": ["o.c"]},
}


@pytest.mark.parametrize("limits", COMBINED.values(), ids=COMBINED.keys())
def test_several_limits_at_once_never_drop_more_than_announced(account: Account, limits: Document) -> None:
    account.converge(orders())
    fill(account)
    held = account.state("ORDERS")["messages"]

    plan, messages, size = spent(account, orders(**limits))

    losses = plan.losses("ORDERS")
    assert 0 < messages <= sum(each["messages"] for each in losses) <= held
    assert size <= sum(each["bytes"] for each in losses)
    assert len(losses) == 1 or {each["messages_bound"] for each in losses} == {"upper"}


# --------------------------------------------------------------------------------------------------- interest


def _no_consumer(account: Account) -> None:
    """Consumers without progress."""


def _four_acknowledged(account: Account) -> None:
    account.js.pull("ORDERS", "first", 4, ack=True)


def _out_of_order(account: Account) -> None:
    account.js.pull("ORDERS", "first", 2)
    account.js.pull("ORDERS", "first", 3, ack=True)


def _both(account: Account) -> None:
    account.js.pull("ORDERS", "first", 6, ack=True)
    account.js.pull("ORDERS", "second", 2, ack=True)


INTEREST: dict[str, tuple[Document, Callable[[Account], None], int, bool]] = {
    "no consumer": ({}, _no_consumer, 10, True),
    "one that has read nothing": ({"first": EXPLICIT}, _no_consumer, 0, True),
    "one that has acknowledged four": ({"first": EXPLICIT}, _four_acknowledged, 4, True),
    "one that has acknowledged out of order": ({"first": EXPLICIT}, _out_of_order, 3, True),
    "one that started late": (
        {"first": {**EXPLICIT, "deliver_policy": "by_start_sequence", "opt_start_seq": 4}},
        _no_consumer,
        3,
        True,
    ),
    "two that have read differently": ({"first": EXPLICIT, "second": EXPLICIT}, _both, 2, False),
    "a filtered one": ({"first": {**EXPLICIT, "filter_subject": "o.a"}}, _no_consumer, 0, False),
    "filters that are apart": (
        {"first": {**EXPLICIT, "filter_subject": "o.a"}, "second": {**EXPLICIT, "filter_subject": "o.b"}},
        _no_consumer,
        0,
        False,
    ),
}


@pytest.mark.parametrize(("consumers", "use", "count", "exact"), INTEREST.values(), ids=INTEREST.keys())
def test_what_becomes_of_interest_drops_what_no_consumer_wants(
    account: Account, consumers: Document, use: Callable[[Account], None], count: int, exact: bool
) -> None:
    account.converge(orders(consumers=consumers))
    fill(account)
    use(account)

    plan, messages, _ = spent(account, orders(consumers=consumers, retention="interest"))

    effect = plan.effect("stream.ORDERS", "DS105")
    assert messages == count
    assert effect["messages_bound"] == ("exact" if exact else "upper")
    assert effect["messages"] == count if exact else effect["messages"] >= count


def test_a_consumer_created_in_the_same_plan_keeps_the_messages(account: Account) -> None:
    account.converge(orders())
    fill(account)

    plan, messages, _ = spent(account, orders(retention="interest", consumers={"first": EXPLICIT}))

    assert (messages, plan.losses("ORDERS")) == (0, [])
    assert len(account.js.pull("ORDERS", "first", 20)) == 10


# ---------------------------------------------------------------------------------------------------- deletes


def test_a_deleted_stream_costs_everything_in_it(account: Account) -> None:
    account.converge({**orders(consumers={"first": EXPLICIT, "second": EXPLICIT}), "OTHER": {}})
    fill(account)
    account.js.pull("ORDERS", "first", 1, ack=True)

    plan, messages, size = spent(account, {"OTHER": {}})

    effect = plan.effect("stream.ORDERS", "DS101")
    assert (effect["messages"], effect["bytes"], effect["messages_bound"]) == (messages, size, "exact")
    assert (effect["consumers"], effect["positions"]) == (2, 2)


@pytest.mark.parametrize("retention", ["limits", "workqueue"])
def test_a_deleted_consumer_costs_its_position_and_no_message(account: Account, retention: str) -> None:
    account.converge(orders(retention=retention, consumers={"first": EXPLICIT}))
    fill(account)
    account.js.pull("ORDERS", "first", 3)

    plan, messages, _ = spent(account, orders(retention=retention))

    effect = plan.effect("consumer.ORDERS.first", "DS301")
    assert (messages, effect["messages"], effect["positions"], effect["redelivered"]) == (0, 0, 1, 0)
    assert "3 un-acknowledged" in effect["text"]


def test_the_last_consumer_of_an_interest_stream_takes_everything_with_it(account: Account) -> None:
    account.converge(orders(retention="interest", consumers={"first": EXPLICIT, "second": EXPLICIT}))
    fill(account)

    plan, messages, size = spent(account, orders(retention="interest"))

    (effect,) = plan.losses("ORDERS")
    assert (effect["messages"], effect["bytes"], effect["messages_bound"]) == (messages, size, "exact") == (10, size, "exact")


def test_one_of_several_consumers_of_an_interest_stream_takes_what_only_it_wanted(account: Account) -> None:
    consumers = {name: {**EXPLICIT, "filter_subject": f"o.{name}"} for name in "abc"}
    account.converge(orders(retention="interest", consumers=consumers))
    fill(account)

    plan, messages, _ = spent(account, orders(retention="interest", consumers={"a": consumers["a"], "c": consumers["c"]}))

    effect = plan.effect("consumer.ORDERS.b", "DS302")
    assert (messages, effect["messages"]) == (4, 4)


SUCCESSORS: dict[str, tuple[Document, int]] = {
    "the same filter": ({"filter_subject": "o.a"}, 0),
    "a wider one": ({"filter_subject": "o.*"}, 0),
    "another one": ({"filter_subject": "o.b"}, 4),
}


@pytest.mark.parametrize(("successor", "count"), SUCCESSORS.values(), ids=SUCCESSORS.keys())
def test_a_renamed_consumer_of_an_interest_stream_loses_only_what_its_successor_does_not_want(
    account: Account, successor: Document, count: int
) -> None:
    account.converge(orders(retention="interest", consumers={"old": {**EXPLICIT, "filter_subject": "o.a"}}))
    fill(account)

    plan, messages, _ = spent(account, orders(retention="interest", consumers={"new": {**EXPLICIT, **successor}}))

    assert messages == count
    assert sum(each["messages"] for each in plan.losses("ORDERS")) == count
    assert ("data-loss" in plan.document["smith_topo"]["required"]) == bool(count)
    assert len(account.js.pull("ORDERS", "new", 20)) == 4 - count


FILTERS: dict[str, tuple[Document, Document, int]] = {
    "narrowed": ({}, {"filter_subject": "o.a"}, 6),
    "turned": ({"filter_subject": "o.a"}, {"filter_subject": "o.b"}, 4),
    "widened": ({"filter_subject": "o.a"}, {}, 0),
}


@pytest.mark.parametrize(("before", "after", "count"), FILTERS.values(), ids=FILTERS.keys())
def test_a_changed_filter_on_an_interest_stream_announces_what_it_lets_go(
    account: Account, before: Document, after: Document, count: int
) -> None:
    """The server drops at once what no consumer wants any more; nothing in its documentation says so."""
    account.converge(orders(retention="interest", consumers={"first": {**EXPLICIT, **before}}))
    fill(account)

    plan, messages, _ = spent(account, orders(retention="interest", consumers={"first": {**EXPLICIT, **after}}))

    assert messages == count
    assert sum(each["messages"] for each in plan.losses("ORDERS")) >= count
    assert ("data-loss" in plan.document["smith_topo"]["required"]) == bool(count)


def test_a_changed_filter_on_a_limits_stream_costs_no_message(account: Account) -> None:
    account.converge(orders(consumers={"first": EXPLICIT}))
    fill(account)

    plan, messages, _ = spent(account, orders(consumers={"first": {**EXPLICIT, "filter_subject": "o.a"}}))

    assert (messages, plan.losses("ORDERS")) == (0, [])


ONLY_B: Document = {"filter_subject": "o.b"}
SKIPPED: dict[str, tuple[Document, Document, int, int]] = {
    "turned, past everything": ({"filter_subject": "o.c"}, ONLY_B, 4, 4),
    "turned, past some": (ONLY_B, {"filter_subjects": ["o.a", "o.c"]}, 4, 6),
    "widened, past some": (ONLY_B, {}, 4, 6),
    "widened, past everything": ({"filter_subject": "o.c"}, {"filter_subjects": ["o.b", "o.c"]}, 4, 4),
}
"""The messages that are never delivered, and how many are announced: of a work queue, whose stored messages of the old filter are
all pending, never more than there are.
"""


@pytest.mark.parametrize("retention", ["limits", "workqueue"])
@pytest.mark.parametrize(("before", "after", "missed", "skipped"), SKIPPED.values(), ids=SKIPPED.keys())
def test_new_filters_announce_what_is_never_delivered(
    account: Account, retention: str, before: Document, after: Document, missed: int, skipped: int
) -> None:
    def filtered(filters: Document) -> Document:
        return orders(retention=retention, consumers={"first": {**EXPLICIT, **filters}})

    account.converge(filtered(before))
    fill(account)
    taken = set(account.js.pull("ORDERS", "first", 2, ack=True))
    wanted = {each.payload for each in account.messages("ORDERS") if covers(after, each.subject)} - taken

    effect = account.plan(filtered(after)).effect("consumer.ORDERS.first", "DS303")
    alone = account.apply(filtered(after), "--auto-approve")
    account.converge(filtered(after), *ALL)
    never = wanted - set(account.js.pull("ORDERS", "first", 20))

    assert alone.exit_code == 3, alone
    assert len(never) == missed
    assert (effect["skipped"], effect["messages_bound"]) == (missed if retention == "workqueue" else skipped, "upper")


def covers(filters: Document, subject: str) -> bool:
    patterns = filters.get("filter_subjects") or [filters.get("filter_subject", ">")]
    return any(matches(pattern, subject) for pattern in patterns)


NOTHING_SKIPPED: dict[str, tuple[Document, Document, int]] = {
    "narrowed": ({}, ONLY_B, 10),
    "one of several taken out": ({"filter_subjects": ["o.b", "o.c"]}, ONLY_B, 6),
    "turned while all that it waits for comes first": ({"filter_subject": "o.a"}, ONLY_B, 0),
    "turned to what comes later": (ONLY_B, {"filter_subject": "o.d"}, 4),
}


@pytest.mark.parametrize(("before", "after", "pulled"), NOTHING_SKIPPED.values(), ids=NOTHING_SKIPPED.keys())
def test_new_filters_that_skip_nothing_cost_nothing(account: Account, before: Document, after: Document, pulled: int) -> None:
    account.converge(orders(retention="workqueue", consumers={"first": {**EXPLICIT, **before}}))
    fill(account)
    if pulled:
        account.js.pull("ORDERS", "first", pulled - 2, ack=True)
    changed = orders(retention="workqueue", consumers={"first": {**EXPLICIT, **after}})
    wanted = {each.payload for each in account.messages("ORDERS") if covers(after, each.subject)}

    plan = account.plan(changed)
    account.converge(changed, "--auto-approve")

    effects = plan.effects("consumer.ORDERS.first")
    assert {each["code"] for each in effects} == {"DS404"}  # what it gives up waits, and is not lost
    assert not any(each["messages"] or each["skipped"] for each in effects)
    assert wanted == set(account.js.pull("ORDERS", "first", 20))


def test_new_filters_of_a_consumer_whose_position_is_not_known_announce_what_may_be_before_it(account: Account) -> None:
    """It has delivered nothing, and so has one that looked for messages before there were any of its filter."""
    account.converge(orders(retention="workqueue", consumers={"first": {**EXPLICIT, **ONLY_B}}))
    fill(account)
    changed = orders(retention="workqueue", consumers={"first": {**EXPLICIT, "filter_subject": "o.a"}})

    effect = account.plan(changed).effect("consumer.ORDERS.first", "DS303")
    account.converge(changed, *ALL)

    assert (effect["skipped"], effect["messages_bound"]) == (4, "upper")
    assert len(account.js.pull("ORDERS", "first", 20)) == 4


# ----------------------------------------------------------------------------------------------- other effects


def test_narrowed_subjects_leave_messages_readable_and_count_them(account: Account) -> None:
    account.converge(orders())
    fill(account)

    plan, messages, _ = spent(account, orders(subjects=["o.a", "o.c"]))

    assert plan.effect("stream.ORDERS", "DS201")["text"].startswith("4 stored messages stay readable")
    assert (messages, plan.losses("ORDERS")) == (0, [])


@pytest.mark.parametrize("dest", ["o.{{wildcard(1)}}", "x.{{wildcard(1)}}"])
def test_widened_subjects_leave_nothing_behind_whatever_is_transformed(account: Account, dest: str) -> None:
    transformed: Document = {"subject_transform": {"src": "o.*", "dest": dest}}
    account.converge(orders(**transformed, subjects=["o.a", "o.b", "o.c"]))
    fill(account)

    plan = account.plan(orders(**transformed, subjects=["o.*"]))

    assert plan.effects("stream.ORDERS") == []


SECOND_SOURCES: dict[str, tuple[Document, Document, int, int]] = {
    "apart": ({"filter_subject": "o.a"}, {"filter_subject": "o.b"}, 8, 0),
    "overlapping": ({}, {"filter_subject": "o.b"}, 14, 4),
}


@pytest.mark.parametrize(("old", "new", "copied", "twice"), SECOND_SOURCES.values(), ids=SECOND_SOURCES.keys())
def test_one_more_source_of_an_origin_duplicates_only_what_was_copied_before(
    account: Account, old: Document, new: Document, copied: int, twice: int
) -> None:
    def copy(*sources: Document) -> Document:
        return {**orders(), "COPY": {"sources": [{"name": "ORDERS", **each} for each in sources]}}

    account.converge(orders())
    fill(account)
    account.converge(copy(old))
    wait_for(lambda: account.state("COPY")["messages"] == copied - 4)

    plan = account.plan(copy(old, new))
    account.converge(copy(old, new), *ALL)
    wait_for(lambda: account.state("COPY")["messages"] == copied)

    assert len(account.messages("COPY")) - len({each.payload for each in account.messages("COPY")}) == twice
    assert [each["code"] for each in plan.effects("stream.COPY")] == (["DS202"] if twice else [])


def test_a_mirror_that_becomes_a_source_of_its_origin_announces_the_duplicates(account: Account) -> None:
    account.converge(orders())
    fill(account)
    account.converge({**orders(), "COPY": {"mirror": {"name": "ORDERS"}}})
    wait_for(lambda: account.state("COPY")["messages"] == 10)
    sourced: Document = {**orders(), "COPY": {"sources": [{"name": "ORDERS"}]}}

    plan = account.plan(sourced)
    account.converge(sourced, *ALL)
    wait_for(lambda: account.state("COPY")["messages"] == 20)

    assert plan.effect("stream.COPY", "DS202")["duplicated"] == 10


def test_a_changed_source_filter_announces_the_duplicates(account: Account) -> None:
    def copied(**source: Any) -> Document:
        return {**orders(), "COPY": {"sources": [{"name": "ORDERS", **source}]}}

    account.converge(orders())
    fill(account)
    account.converge(copied())
    wait_for(lambda: account.state("COPY")["messages"] == 10)

    plan = account.plan(copied(filter_subject="o.a"))
    account.converge(copied(filter_subject="o.a"), *ALL)
    wait_for(lambda: account.state("COPY")["messages"] == 14)

    effect = plan.effect("stream.COPY", "DS202")
    assert (effect["duplicated"], effect["messages_bound"]) == (10, "upper")


def test_a_copy_of_a_work_queue_announces_what_it_takes_away(account: Account) -> None:
    account.converge(orders(retention="workqueue"))
    fill(account)
    copied = {**orders(retention="workqueue"), "COPY": {"sources": [{"name": "ORDERS"}]}}

    plan = account.plan(copied)
    account.converge(copied, *ALL)
    wait_for(lambda: account.state("ORDERS")["messages"] == 0)

    effect = plan.effect("stream.COPY", "DS205")
    assert (effect["skipped"], effect["messages_bound"]) == (10, "upper")
    assert "data-loss" in plan.document["smith_topo"]["required"]


def test_a_lowered_max_deliver_announces_what_is_not_delivered_again(account: Account) -> None:
    account.converge(orders(consumers={"first": {**EXPLICIT, "ack_wait": "1s"}}))
    fill(account)
    account.js.pull("ORDERS", "first", 6)

    plan = account.plan(orders(consumers={"first": {**EXPLICIT, "ack_wait": "1s", "max_deliver": 1}}))

    effect = plan.effect("consumer.ORDERS.first", "DS304")
    assert (effect["skipped"], effect["messages_bound"]) == (6, "upper")
    assert "data-loss" in plan.document["smith_topo"]["required"]


# -------------------------------------------------------------------------- what changes between plan and apply

BY_NOW: dict[str, tuple[Document, Document, int]] = {
    "max_msgs": (orders(), orders(max_msgs=10), 10),
    "retention": (orders(consumers={"first": EXPLICIT}), orders(consumers={"first": EXPLICIT}, retention="interest"), 0),
    "delete": ({**orders(), "OTHER": {}}, {"OTHER": {}}, 0),
    "the last consumer": (orders(retention="interest", consumers={"first": EXPLICIT}), orders(retention="interest"), 0),
}


@pytest.mark.parametrize(("first", "second", "stored"), BY_NOW.values(), ids=BY_NOW.keys())
def test_a_change_that_would_lose_messages_by_now_is_left_alone(
    account: Account, tmp_path: Path, first: Document, second: Document, stored: int
) -> None:
    account.converge(first)
    account.publish("o.a", stored)
    (tmp_path / "topology.yaml").write_text(text(whole(second)), encoding="utf-8")

    with on_terminal("apply", "--max-deletes", "9", url=account.url, cwd=tmp_path) as terminal:
        terminal.see("data is lost")
        terminal.see("'yes'")
        account.publish("o.b", 4)
        if "consumers" in first["ORDERS"]:
            account.js.pull("ORDERS", "first", 2, ack=True)
        terminal.answer("'yes'", f"yes{ENTER}")
        exit_code = terminal.end()

    assert (exit_code, "AP106" in terminal.screen) == (4, True), terminal.screen
    assert account.state("ORDERS")["messages"] >= stored + 2


@pytest.mark.parametrize(("more", "code", "left"), [(0, 0, 0), (50, 4, 55)])
def test_messages_may_come_of_age_while_the_prompt_waits_but_not_many_more_than_were_there(
    account: Account, tmp_path: Path, more: int, code: int, left: int
) -> None:
    """Announced to go at once or by and by, which of the two depends on how fast the plan is made."""
    account.converge(orders())
    (tmp_path / "topology.yaml").write_text(text(whole(orders(max_age="4s"))), encoding="utf-8")
    account.publish("o.a", 5)

    with on_terminal("apply", url=account.url, cwd=tmp_path) as terminal:
        terminal.see("Data loss: 5 messages")
        account.publish("o.b", more)
        wait_until_older(account, "ORDERS", 4)
        terminal.answer("Type its name (ORDERS)", f"ORDERS{ENTER}")
        exit_code = terminal.end()

    assert (exit_code, "AP106" in terminal.screen) == (code, bool(code)), terminal.screen
    wait_for(lambda: len(account.messages("ORDERS")) == left)
    assert account.config("ORDERS")["max_age"] == (0 if code else 4_000_000_000)


def test_a_shorter_age_has_to_be_allowed_although_nothing_goes_at_once(account: Account) -> None:
    account.converge(orders(max_age="7d"))
    account.publish("o.a", 5)
    shorter = orders(max_age="1h")

    plan = account.plan(shorter)
    refused = account.apply(shorter, "--auto-approve")

    loss = plan.document["smith_topo"]["data_loss"]
    assert (loss["messages"], loss["expiring"], loss["exact"]) == (0, 5, True)
    assert plan.document["smith_topo"]["required"] == ["data-loss"]
    assert (refused.exit_code, "5 messages gone sooner" in refused.stdout) == (3, True), refused
    account.converge(shorter, "--auto-approve", "--allow", "data-loss")
    assert len(account.messages("ORDERS")) == 5
    account.converge(orders(max_age="7d"), "--auto-approve")


COPIED: Document = {"COPY": {"sources": [{"name": "ORDERS"}]}}
GROWN: dict[str, tuple[Document, Document, int, int]] = {
    "delete": ({**orders(), "OTHER": {}}, {"OTHER": {}}, 22, 3000),
    "delete with its consumers": (
        {**orders(retention="interest", consumers={"first": EXPLICIT, "second": EXPLICIT}), "OTHER": {}},
        {"OTHER": {}},
        22,
        3000,
    ),
    "max_msgs": (orders(), orders(max_msgs=2), 10, 200),
    "a copy of an empty queue": (orders(retention="workqueue"), {**orders(retention="workqueue"), **COPIED}, 0, 4),
    "a copy of a queue": (orders(retention="workqueue"), {**orders(retention="workqueue"), **COPIED}, 5, 200),
    "the last consumer": (orders(retention="interest", consumers={"first": EXPLICIT}), orders(retention="interest"), 10, 200),
}


@pytest.mark.parametrize(("first", "second", "stored", "more"), GROWN.values(), ids=GROWN.keys())
def test_a_change_that_would_lose_far_more_than_announced_is_left_alone(
    account: Account, tmp_path: Path, first: Document, second: Document, stored: int, more: int
) -> None:
    exit_code, screen = applied_late(account, tmp_path, first, second, stored, more)

    assert (exit_code, "AP106" in screen) == (4, True), screen
    assert len(account.messages("ORDERS")) == stored + more


ALL_GO: Document = {"first": EXPLICIT, "second": EXPLICIT, "third": EXPLICIT}
IN_TRAFFIC: dict[str, tuple[Document, Document]] = {
    "delete": GROWN["delete"][:2],
    "max_msgs": (orders(), orders(max_msgs=2)),
    "every consumer": (orders(retention="interest", consumers=ALL_GO), orders(retention="interest")),
}


@pytest.mark.parametrize(("first", "second"), IN_TRAFFIC.values(), ids=IN_TRAFFIC.keys())
def test_a_loss_that_was_allowed_may_grow_a_little_until_its_turn(
    account: Account, tmp_path: Path, first: Document, second: Document
) -> None:
    """A stream in traffic is never quite what the plan saw."""
    exit_code, screen = applied_late(account, tmp_path, first, second, 20, 10)

    assert exit_code == 0, screen
    assert "ORDERS" not in account.names() or len(account.messages("ORDERS")) <= 2


def applied_late(account: Account, where: Path, first: Document, second: Document, stored: int, more: int) -> tuple[int, str]:
    """Apply the second topology, with ``more`` messages coming in after the plan was shown: exit code and screen."""
    account.converge(first)
    account.publish("o.a", stored)
    (where / "topology.yaml").write_text(text(whole(second)), encoding="utf-8")
    with on_terminal("apply", "--max-deletes", "9", "--allow", "delete,data-loss", url=account.url, cwd=where) as terminal:
        terminal.see("'yes'")
        account.publish("o.b", more)
        terminal.answer("'yes'", f"yes{ENTER}")
        return terminal.end(), terminal.screen


def copying(origin: Document, **copy: Any) -> Document:
    return {"ORDERS": origin["ORDERS"], "COPY": {"subjects": ["c.>"], **copy}}


def test_a_source_that_the_same_plan_creates_pushes_nothing_out(account: Account) -> None:
    full: Document = {"COPY": {"subjects": ["c.>"], "max_msgs": 10}}
    account.converge(full)
    account.publish("c.a", 10)
    both: Document = {"COPY": {**full["COPY"], "sources": [{"name": "NEW"}]}, "NEW": {"subjects": ["n"]}}

    assert account.plan(both).losses("COPY") == []
    account.converge(both, "--auto-approve")
    assert len(account.messages("COPY")) == 10


FROM_ORDERS: Document = {"sources": [{"name": "ORDERS"}]}
ONLY_A: Document = {"first": {**EXPLICIT, "filter_subject": "o.a"}}
AS_QUEUE, AS_INTEREST = {"retention": "workqueue"}, {"retention": "interest"}
HIDDEN: dict[str, tuple[tuple[Document, ...], Document, str, str, str]] = {
    "the last consumer of an interest stream is forgotten": (
        (orders(**AS_INTEREST, consumers={"first": EXPLICIT}),),
        orders(**AS_INTEREST, consumers={"first": {**EXPLICIT, "inactive_threshold": "1s"}}),
        "consumer.ORDERS.first",
        "DS305",
        "ORDERS",
    ),
    "a source pushes out what a full stream has": (
        (copying(orders(), max_msgs=10),),
        copying(orders(), max_msgs=10, **FROM_ORDERS),
        "stream.COPY",
        "DS207",
        "COPY",
    ),
    "a copy drops what no consumer of an interest stream wants": (
        (copying(orders(consumers=ONLY_A)), copying(orders(**AS_INTEREST, consumers=ONLY_A))),
        copying(orders(**AS_INTEREST, consumers=ONLY_A), **FROM_ORDERS),
        "stream.COPY",
        "DS205",
        "ORDERS",
    ),
    "the consumer of a copied queue goes": (
        (copying(orders(**AS_QUEUE, consumers={"first": EXPLICIT}), **FROM_ORDERS),),
        copying(orders(**AS_QUEUE), **FROM_ORDERS),
        "consumer.ORDERS.first",
        "DS302",
        "ORDERS",
    ),
    "a copy that could not keep up drops": (
        (copying(orders(**AS_INTEREST), max_msgs=3, discard="new", **FROM_ORDERS),),
        copying(orders(**AS_INTEREST), max_msgs=3, discard="new"),
        "stream.COPY",
        "DS208",
        "ORDERS",
    ),
}


@pytest.mark.parametrize(("first", "second", "address", "code", "stream"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_goes_by_and_by_because_of_another_object_is_announced_and_has_to_be_allowed(
    account: Account, first: tuple[Document, ...], second: Document, address: str, code: str, stream: str
) -> None:
    """The first topology is there when ten messages come, to ORDERS and to COPY, as far as it takes them."""
    before, *then = first
    account.converge(before)
    if "COPY" in before and "sources" in before["COPY"]:
        wait_for(lambda: account.js.request("STREAM.INFO.COPY")["sources"][0]["active"] >= 0)
    fill(account)
    if "COPY" in before and "sources" not in before["COPY"]:
        account.publish("c.own", 10)
    for each in then:
        account.converge(each, *ALL)
    wait_for(lambda: "COPY" not in before or account.messages("COPY"))
    held = account.messages(stream)

    plan, refused = account.plan(second), account.apply(second, "--auto-approve", "--allow", "delete", "--max-deletes", "9")

    effect = plan.effect(address, code)
    assert (refused.exit_code, "GA104" in refused.stderr) == (3, True), refused
    assert account.messages(stream) == held
    assert account.apply(second, *ALL).exit_code == 0
    if code != "DS305":  # there the server may have deleted the consumer by now
        account.converge(second, *ALL)
    announced = effect["messages"] + effect["skipped"] + effect["expiring"]
    wait_for(lambda: gone(held, account.messages(stream)).total() > 0)
    assert gone(held, account.messages(stream)).total() <= announced


# --------------------------------------------------------------------------------------------- what isn't known

NO_USER_READS_MESSAGES = """
authorization { users: [
  { user: owner, password: o }
  { user: planner, password: p, permissions: { publish: { allow: ">", deny: "$JS.API.STREAM.MSG.GET.>" } } }
] }
"""


UNREADABLE: dict[str, Document] = {"DS102": {"max_bytes": 300}, "DS103": {"max_age": "100ms", "duplicate_window": "100ms"}}


@pytest.mark.parametrize(("code", "limit"), UNREADABLE.items())
def test_without_the_right_to_read_messages_the_cost_is_an_upper_bound(
    server_with: Callable[[str], EmbeddedServer], code: str, limit: Document
) -> None:
    server = server_with(NO_USER_READS_MESSAGES)
    with raw(server.url, user="owner", password="o") as js:
        account = Account(server.url.replace("://", "://planner:p@"), js)
        account.converge(orders())
        fill(account)
        wait_until_older(account, "ORDERS", 0.1)

        effect = account.plan(orders(**limit)).effect("stream.ORDERS", code)

    assert (effect["messages"], effect["messages_bound"]) == (10, "upper")
