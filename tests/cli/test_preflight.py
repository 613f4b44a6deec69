"""What the server would refuse in the middle of an apply: said by the plan, or done in an order that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, account_on
from tests.servers import Servers
from tests.topologies import Document

EXPLICIT = {"ack_policy": "explicit"}
PACED = {"ack_policy": "flow_control", "deliver_subject": "to.here"}
UNLIMITED = {"consumer_limits": {"max_ack_pending": -1}}
ONLY_DELETES = ("--auto-approve", "--allow", "delete", "--max-deletes", "9")
MEGABYTE = 1_000_000


@pytest.fixture
def account(server: EmbeddedServer) -> Iterator[Account]:
    with account_on(server.url) as found:
        yield found


def events(*names: str, **fields: Any) -> Document:
    """A stream with these consumers."""
    return {"EVENTS": {"subjects": ["e.>"], **fields, "consumers": dict.fromkeys(names, EXPLICIT)}}


def refused(account: Account, document: Document, code: str) -> None:
    """Neither planned nor applied, for this reason alone, and nothing is written."""
    before = account.configurations()
    plan, done = account.plan(document), account.apply(document)

    assert (plan.exit_code, done.exit_code, plan.codes) == (1, 1, {code}), done
    assert account.configurations() == before


def test_flow_control_needs_a_limit_where_its_stream_gives_none(account: Account) -> None:
    document: Document = {"EVENTS": {"subjects": ["e.>"], **UNLIMITED, "consumers": {"first": PACED}}}

    done = account.apply(document)

    assert (done.exit_code, "FC407" in done.stderr, account.names()) == (1, True, [])
    document["EVENTS"]["consumers"] = {"first": {**PACED, "max_ack_pending": 5}}
    account.converge(document)


# ---------------------------------------------------------------------------------------- room among consumers


@pytest.mark.parametrize("retention", ["limits", "interest", "workqueue"])
def test_a_consumer_takes_the_place_of_another_on_a_full_stream(account: Account, retention: str) -> None:
    account.converge(events("old", retention=retention, max_consumers=1))

    account.converge(events("new", retention=retention, max_consumers=1), *ONLY_DELETES)

    assert list(account.consumers("EVENTS")) == ["new"]


def test_what_a_full_interest_stream_lets_go_of_meanwhile_is_announced(account: Account) -> None:
    full, exchanged = ({"retention": "interest", "max_consumers": 1}, events("new", retention="interest", max_consumers=1))
    account.converge(events("old", **full))
    account.publish("e.a", 5)

    plan, done = account.plan(exchanged), account.apply(exchanged, *ONLY_DELETES)

    assert sum(each["messages"] for each in plan.losses("EVENTS")) == 5
    assert (done.exit_code, len(account.messages("EVENTS"))) == (3, 5)
    account.converge(exchanged, *ALLOW_ALL)
    assert account.messages("EVENTS") == []


def test_with_room_for_both_an_interest_stream_lets_go_of_nothing(account: Account) -> None:
    account.converge(events("old", retention="interest", max_consumers=2))
    account.publish("e.a", 5)

    account.converge(events("new", retention="interest", max_consumers=2), *ONLY_DELETES)

    assert len(account.js.pull("EVENTS", "new", 9)) == 5


@pytest.mark.parametrize("theirs", [{"durable_name": "theirs"}, {"inactive_threshold": 60_000_000_000}], ids=str)
def test_consumers_that_no_file_declares_take_room_as_well(account: Account, theirs: Document) -> None:
    account.converge(events("first", max_consumers=2))
    account.js.request("CONSUMER.CREATE.EVENTS.theirs", {"stream_name": "EVENTS", "config": {**theirs, "name": "theirs"}})

    refused(account, events("first", "second", max_consumers=2), "CP105")
    account.converge(events("second", max_consumers=2), *ONLY_DELETES)
    account.converge(events("first", "second", max_consumers=3), *ONLY_DELETES)


def test_the_consumer_of_a_copy_takes_no_room(account: Account) -> None:
    copied = {**events(retention="interest", max_consumers=1), "COPY": {"sources": [{"name": "EVENTS"}]}}
    account.converge(copied)

    account.converge({**copied, **events("first", retention="interest", max_consumers=1)})


# ----------------------------------------------------------------------------------------- room in the account


@contextmanager
def limited(start: Callable[..., EmbeddedServer], limits: str) -> Iterator[Account]:
    jetstream = f"jetstream {{ max_mem: 10M, max_file: 20M, {limits} }}"
    text = f"accounts {{ A {{ {jetstream}, users: [{{user: u, password: p}}] }} }}\nno_auth_user: u"
    with account_on(start(text).url) as found:
        yield found


def stored(**megabytes: int) -> Document:
    """Streams with so much of ``max_bytes``; 0 for none."""
    return {name: {"max_bytes": size * MEGABYTE} if size else {} for name, size in megabytes.items()}


def test_streams_beyond_those_an_account_may_have_are_refused(servers: Servers) -> None:
    with limited(servers.start, "max_streams: 2") as account:
        account.converge(stored(A=1))
        account.js.request("STREAM.CREATE.THEIRS", {"name": "THEIRS"})

        refused(account, stored(A=1, B=1), "CP105")
        account.converge(stored(B=1), *ONLY_DELETES)


def test_max_bytes_that_add_up_to_more_than_an_account_may_store_are_refused(servers: Servers) -> None:
    with limited(servers.start, "max_streams: 9") as account:
        account.converge(stored(A=8, B=8))

        refused(account, stored(A=8, B=8, C=5), "CP105")
        refused(account, stored(A=8, B=13), "CP105")
        account.converge(stored(A=8, B=8, C=4))
        refused(account, stored(A=8, B=8, C=4, D=0), "CP105")
        refused(account, {**stored(A=8, B=8, C=4), "M": {"storage": "memory", "max_bytes": 11 * MEGABYTE}}, "CP105")


@pytest.mark.parametrize(
    ("limits", "new", "code"),
    [
        ("max_streams: 1", {"max_bytes": 21 * MEGABYTE}, "CP105"),
        ("max_streams: 1, max_bytes: true", {}, "CP107"),
        ("max_streams: 1, store_max_stream_bytes: 2M", {"max_bytes": 3 * MEGABYTE}, "CP106"),
        ("max_streams: 1", {"num_replicas": 3}, "CP102"),
    ],
)
def test_a_stream_is_not_deleted_for_another_that_the_account_does_not_take(
    servers: Servers, limits: str, new: Document, code: str
) -> None:
    with limited(servers.start, limits) as account:
        account.converge({"OLD": {"subjects": ["o.>"], "max_bytes": MEGABYTE}})
        account.publish("o.1", 3)

        refused(account, {"NEW": {"subjects": ["o.>"], **new}}, code)

        assert len(account.messages("OLD")) == 3
        account.converge({"NEW": {"subjects": ["o.>"], "max_bytes": MEGABYTE}}, *ALLOW_ALL)
        assert account.names() == ["NEW"]


def test_an_account_without_memory_takes_no_stream_in_memory(servers: Servers) -> None:
    memory = {"M": {"storage": "memory"}}
    with account_on(
        servers.start(
            "accounts { A { jetstream { max_mem: 0, max_file: 20M }, users: [{user: u, password: p}] } }\nno_auth_user: u"
        ).url
    ) as account:
        refused(account, memory, "CP105")
        account.converge(stored(A=1))


def test_a_swap_lets_go_first_who_makes_no_room_by_it(servers: Servers) -> None:
    """The larger stream has to shrink before the other one can grow, so that it can't be the one that only releases."""
    with limited(servers.start, "max_streams: 9") as account:
        account.converge(
            {"A": {"subjects": ["a"], "max_bytes": 12 * MEGABYTE}, "B": {"subjects": ["b"], "max_bytes": 5 * MEGABYTE}}
        )
        account.publish("a", 2)
        account.publish("b", 3)

        swapped = {"A": {"subjects": ["b"], "max_bytes": 5 * MEGABYTE}, "B": {"subjects": ["a"], "max_bytes": 12 * MEGABYTE}}
        account.converge(swapped)

        assert (len(account.messages("A")), len(account.messages("B"))) == (2, 3)


def test_a_stream_takes_the_room_that_another_gives_back(servers: Servers) -> None:
    with limited(servers.start, "max_streams: 3") as account:
        account.converge(stored(A=5, B=10, C=5))

        account.converge(stored(A=10, B=5, C=5), *ONLY_DELETES)
        account.converge(stored(A=15, C=5), *ONLY_DELETES)
        account.converge(stored(A=5, D=10, C=5), *ONLY_DELETES)


ABOVE: dict[str, tuple[str, Document]] = {
    "bytes": ("disk_max_stream_bytes: 4M", {"A": {"max_bytes": 5 * MEGABYTE}}),
    "bytes in memory": ("memory_max_stream_bytes: 4M", {"A": {"max_bytes": 5 * MEGABYTE, "storage": "memory"}}),
    "consumers": ("max_consumers: 2", events(max_consumers=3)),
    "pending": ("max_ack_pending: 50", {"A": {"consumers": {"c": {**EXPLICIT, "max_ack_pending": 51}}}}),
    "pending by the stream's limits": (
        "max_ack_pending: 50",
        {"A": {"consumer_limits": {"max_ack_pending": 51}, "consumers": {"c": EXPLICIT}}},
    ),
}
WITHIN: dict[str, tuple[str, Document]] = {
    "bytes": ("disk_max_stream_bytes: 4M", stored(A=4, B=0)),
    "bytes, of the other storage": ("memory_max_stream_bytes: 4M", stored(A=5)),
    "consumers": ("max_consumers: 2", events("a", "b", max_consumers=2)),
    "pending": ("max_ack_pending: 50", {"A": {"consumers": {"a": {**EXPLICIT, "max_ack_pending": 50}, "b": EXPLICIT}}}),
    "pending, unlimited": ("max_ack_pending: 50", {"A": {"consumers": {"c": {**EXPLICIT, "max_ack_pending": -1}}}}),
    "bytes where they are wanted": ("max_bytes_required: true", stored(A=5)),
}


@pytest.mark.parametrize(("limits", "document"), ABOVE.values(), ids=ABOVE.keys())
def test_more_than_the_account_allows_for_one_is_refused(servers: Servers, limits: str, document: Document) -> None:
    with limited(servers.start, limits) as account:
        refused(account, document, "CP106")


@pytest.mark.parametrize(("limits", "document"), WITHIN.values(), ids=WITHIN.keys())
def test_what_the_account_allows_is_not(servers: Servers, limits: str, document: Document) -> None:
    with limited(servers.start, limits) as account:
        account.converge(document)


def test_consumers_beyond_those_an_account_lets_a_stream_have_are_refused(servers: Servers) -> None:
    with limited(servers.start, "max_consumers: 2") as account:
        refused(account, events("a", "b", "c"), "CP105")
        account.converge(events("a", "b"))
        account.converge(events("a", "c"), *ONLY_DELETES)


def test_a_stream_without_max_bytes_is_refused_where_the_account_wants_them(servers: Servers) -> None:
    with limited(servers.start, "max_bytes_required: true") as account:
        refused(account, stored(A=0), "CP107")
