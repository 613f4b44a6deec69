"""Limits of a server's own configuration, which lower defaults and which no answer of the API shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.cli.account import Account, account_on, whole
from tests.command import run
from tests.servers import LATEST, UNPACKED, Servers
from tests.topologies import Document, text

SECOND = 10**9
LIMITS = "max_ack_pending: {pending}, max_request_batch: 50, duplicate_window: '1m'"
EXPLICIT = {"ack_policy": "explicit"}


@contextmanager
def limited(servers: Servers, version: str, *, pending: int = 100, store: Path | None = None) -> Iterator[Account]:
    server = servers.start(f"jetstream {{ limits {{ {LIMITS.format(pending=pending)} }} }}", version=version, store=store)
    with account_on(server.url) as account:
        yield account


def document(*, consumer: Document = EXPLICIT, **fields: object) -> Document:
    return {"S": {"subjects": ["s"], **fields, "consumers": {"c": consumer}}}


def drift(account: Account, streams: Document | None = None) -> set[tuple[str, str, str]]:
    """Address, kind and field of each difference."""
    done = run("drift", "-f", "-", "-o", "json", url=account.url, stdin=text(whole(streams or document())))
    resources = json.loads(done.stdout)["resources"]
    assert done.exit_code == (2 if resources else 0)
    return {(each["address"], each["kind"], field["path"]) for each in resources for field in each["fields"]}


@pytest.mark.parametrize("version", [UNPACKED[0], LATEST])
def test_what_the_servers_limits_make_of_the_file_is_no_difference_until_it_is_edited(servers: Servers, version: str) -> None:
    with limited(servers, version) as account:
        account.converge(document())
        assert account.config("S")["duplicate_window"] == 60 * SECOND
        held = account.consumer("S", "c")["config"]
        assert (held["max_ack_pending"], held["max_batch"]) == (100, 50)

        assert drift(account) == set()
        account.converge(document(consumer={**EXPLICIT, "description": "again"}, description="again"))
        account.converge(document())
        for address, field, value in (
            ("stream.S", "duplicate_window", 30 * SECOND),
            ("consumer.S.c", "max_ack_pending", 60),
            ("consumer.S.c", "max_batch", 20),
        ):
            assert account.update(address, field, value) == 0
            assert drift(account) == {(address, "changed", field)}
            account.converge(document())
        assert account.config("S")["duplicate_window"] == 60 * SECOND


@pytest.mark.parametrize("version", [UNPACKED[0], LATEST])
def test_a_field_that_is_declared_is_sent(servers: Servers, version: str) -> None:
    with limited(servers, version) as account:
        account.converge(document(duplicate_window="20s", consumer={**EXPLICIT, "max_ack_pending": 30, "max_batch": 5}))
        account.converge(document())
        assert account.consumer("S", "c")["config"]["max_ack_pending"] == 100

        for above in ({"consumer": {**EXPLICIT, "max_ack_pending": 101}}, {"duplicate_window": "61s"}):
            refused = account.apply(document(**above))
            assert refused.exit_code == 1
            assert "limit of" in refused.stdout + refused.stderr
            account.converge(document())


SIBLINGS: Document = {
    "short": {"S": {"subjects": ["s"], "max_age": "30s"}},
    "no longer short": {"S": {"subjects": ["s"]}},
    "interest": {"I": {"subjects": ["i"], "retention": "interest", "consumers": {"c": {}, "none": {"ack_policy": "none"}}}},
    "push": {"S": {"subjects": ["s"], "consumers": {"p": {"deliver_subject": "to"}}}},
    "sources": {"S": {"subjects": ["s"]}, "X": {"sources": [{"name": "S"}]}, "M": {"mirror": {"name": "S"}}},
    "sources again": {"S": {"subjects": ["s"]}, "X": {"sources": [{"name": "S"}], "max_msgs": 9}, "M": {"mirror": {"name": "S"}}},
    "swapped": {"S": {"subjects": ["x"]}, "X": {"subjects": ["s"]}},
    "swapped again": {"S": {"subjects": ["s"]}, "X": {"subjects": ["x"]}},
    "ignored": document(ignore_changes=["duplicate_window"], consumer={"ignore_changes": ["max_ack_pending"]}),
    "zero": document(duplicate_window=0, consumer={"max_ack_pending": 0, "max_batch": 0, "description": "zero"}),
}
PAUSED = document(consumer={"pause_until": "2100-01-01T00:00:00Z"})


@pytest.mark.parametrize("version", [UNPACKED[0], LATEST])
def test_they_hold_for_every_stream_and_consumer(servers: Servers, version: str) -> None:
    with limited(servers, version) as account:
        for each in (*SIBLINGS.values(), *([PAUSED] if version == LATEST else [])):
            account.converge(each)


def test_a_limit_that_changes_is_found_at_the_next_update(servers: Servers, tmp_path: Path) -> None:
    """The server changes no object by itself."""
    for number, pending in enumerate((100, 50, 400, 3000)):
        with ExitStack() as stack, limited(Servers(stack), LATEST, pending=pending, store=tmp_path) as account:
            if number:
                assert drift(account) == set()
            account.converge(document(consumer={**EXPLICIT, "description": str(number)}))
            assert account.consumer("S", "c")["config"]["max_ack_pending"] == min(pending, 1000)
            account.converge(document())


def test_what_the_server_drops_is_still_said(servers: Servers) -> None:
    with limited(servers, UNPACKED[0]) as account:
        dropped = document(consumer={**EXPLICIT, "extra": {"of_the_future": 7}})
        for _ in range(2):
            applied = account.apply(dropped)
            assert (applied.exit_code, "for `of_the_future`" in applied.stdout) == (6, True), applied.stdout
            assert drift(account, dropped) == {("consumer.S.c", "not_kept", "of_the_future")}
        account.converge(document())
