"""What the server would refuse in the middle of an apply: said by the plan, or done in an order that it takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import Account, account_on
from tests.topologies import Document

PACED = {"ack_policy": "flow_control", "deliver_subject": "to.here"}
UNLIMITED = {"consumer_limits": {"max_ack_pending": -1}}


@pytest.fixture
def account(server: EmbeddedServer) -> Iterator[Account]:
    with account_on(server.url) as found:
        yield found


def test_flow_control_needs_a_limit_where_its_stream_gives_none(account: Account) -> None:
    document: Document = {"EVENTS": {"subjects": ["e.>"], **UNLIMITED, "consumers": {"first": PACED}}}

    done = account.apply(document)

    assert (done.exit_code, "FC407" in done.stderr, account.names()) == (1, True, [])
    document["EVENTS"]["consumers"] = {"first": {**PACED, "max_ack_pending": 5}}
    account.converge(document)
