"""A server older than the oldest supported one: what would plan or write is refused, and what only looks is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import Account, account_on, whole
from tests.command import Result, run
from tests.servers import TOO_OLD, UNPACKED
from tests.topologies import Document, text

DECLARED: Document = {"ORDERS": {"subjects": ["o.>"], "max_msgs": 5}, "NEW": {"subjects": ["n.>"]}}
REFUSED = (("plan",), ("apply", "--auto-approve", "--adopt"), ("drift",), ("destroy", "--auto-approve"))


@pytest.fixture
def old(server_of: Callable[[str], EmbeddedServer]) -> Iterator[Account]:
    """An account on a server that is too old, with one stream that the file declares otherwise."""
    with account_on(server_of(TOO_OLD).url) as account:
        account.js.request("STREAM.CREATE.ORDERS", {"name": "ORDERS", "subjects": ["o.>"]})
        yield account


def command(account: Account, *words: str) -> Result:
    return run(*words, "-f", "-", url=account.url, stdin=text(whole(DECLARED)))


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_a_server_that_is_too_old_is_refused_and_nothing_is_changed(old: Account, words: tuple[str, ...]) -> None:
    before = old.configurations()

    done = command(old, *words)

    assert done.exit_code == 1
    assert "[old-server]" in done.stdout + done.stderr
    assert "Upgrade it to 2.10 or newer" in done.stdout + done.stderr
    assert old.configurations() == before


def test_a_machine_reads_that_the_server_is_too_old(old: Account) -> None:
    done = command(old, "plan", "-o", "json")

    assert [each["code"] for each in json.loads(done.stdout)["smith_topo"]["diagnostics"]] == ["old-server"]


def test_a_server_that_is_too_old_can_be_looked_at(old: Account) -> None:
    shown = run("show", "stream.ORDERS", "-o", "json", url=old.url)

    assert (shown.exit_code, json.loads(shown.stdout)["objects"][0]["config"]["subjects"]) == (0, ["o.>"])
    assert command(old, "show").exit_code == 0


def test_the_oldest_supported_server_is_not_refused(server_of: Callable[[str], EmbeddedServer]) -> None:
    with account_on(server_of(UNPACKED[0]).url) as account:
        account.converge(DECLARED)

        assert command(account, "drift").exit_code == 0
