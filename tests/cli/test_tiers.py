"""Accounts with tiers: limits for each number of replicas, as an operator's JWT gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.account import Account
from tests.jetstream.identities import Operator
from tests.raw import raw
from tests.servers import LATEST, UNPACKED, Servers
from tests.topologies import Document

R1 = {"mem_storage": 10_000_000, "disk_storage": 20_000_000, "streams": 3, "consumer": 2, "max_ack_pending": 100}
BOUND = {**R1, "disk_max_stream_bytes": 5_000_000, "max_bytes_required": True}


@contextmanager
def account_of(servers: Servers, directory: Path, tiers: Document, version: str = LATEST) -> Iterator[Account]:
    operator = Operator.make({"tiered_limits": tiers})
    creds = operator.creds(directory / "u.creds")
    server = servers.start(operator.config, version=version)
    with raw(server.url, user_credentials=creds) as js:
        yield Account(server.url, js, ("--creds", creds))


def streams(*names: str, **fields: Any) -> Document:
    return {name: {"subjects": [name.lower()], **fields} for name in names}


@pytest.mark.parametrize("version", [UNPACKED[0], LATEST])
def test_a_plain_consumer_takes_the_limit_of_its_tier_and_stays_as_it_is(
    servers: Servers, tmp_path: Path, version: str
) -> None:
    """Nothing that the file leaves out is sent: the server alone has the tier's limit as the default."""
    with account_of(servers, tmp_path, {"R1": R1}, version) as account:
        document = streams("S", consumers={"c": {"ack_policy": "explicit"}})
        account.converge(document)
        assert account.consumer("S", "c")["config"]["max_ack_pending"] == 100

        account.converge(streams("S", consumers={"c": {"ack_policy": "explicit", "description": "plain"}}))
        assert account.update("consumer.S.c", "max_ack_pending", 50) == 0
        assert account.plan(document).actions == {"consumer.S.c": "update"}
        account.converge(document)
        assert account.consumer("S", "c")["config"]["max_ack_pending"] == 100


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (streams("S", max_bytes=1_000_000, consumers={"c": {"max_ack_pending": 101, "ack_policy": "explicit"}}), "CP106"),
        (streams("S", max_bytes=6_000_000), "CP106"),
        (streams("S"), "CP107"),
        (streams("S", "T", "U", "V", max_bytes=1_000_000), "CP105"),
        (streams("S", max_bytes=1_000_000, consumers={name: {} for name in ("a", "b", "c")}), "CP105"),
        (streams("S", "T", "U", max_bytes=4_000_000, storage="memory"), "CP105"),
    ],
    ids=["ack pending", "bytes of one", "no bytes", "streams", "consumers", "memory"],
)
def test_what_the_tier_does_not_allow_is_refused_and_nothing_is_written(
    servers: Servers, tmp_path: Path, document: Document, code: str
) -> None:
    with account_of(servers, tmp_path, {"R1": BOUND}) as account:
        planned = account.plan(document)

        assert (planned.exit_code, planned.codes) == (1, {code})
        assert account.apply(document).exit_code == 1
        assert account.names() == []
        account.converge(streams("S", "T", "U", max_bytes=4_000_000, consumers={key: {"max_ack_pending": 100} for key in "ab"}))


def test_replicas_without_a_tier_are_refused(servers: Servers, tmp_path: Path) -> None:
    with account_of(servers, tmp_path, {"R3": R1}) as account:
        planned = account.plan(streams("S"))

        assert (planned.exit_code, planned.codes) == (1, {"CP112"})
        assert account.names() == []
