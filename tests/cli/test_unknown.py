"""What exists and can't be read: it is listed, what needs it is refused, and everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import Account, account_on
from tests.command import Result, run
from tests.raw import raw
from tests.servers import UNPACKED, Servers
from tests.topologies import Document, text

OLD = UNPACKED[2]
OFFLINE = {"name": "FAR", "subjects": ["far.>"], "allow_batched": True}
"""A stream that a server of 2.12 has, and can't load: it is offline there."""
MINE = {"subjects": ["mine.a.>"], "consumers": {"c": {"ack_policy": "explicit"}}}


@pytest.fixture
def account(servers: Servers, tmp_path: Path) -> Iterator[Account]:
    """An account with ``FAR``, offline, and ``MINE``, applied."""
    from tests.servers import free_ports

    (port,) = free_ports(1)
    with raw(servers.start(port=port, store=tmp_path).url) as js:
        js.request("STREAM.CREATE.FAR", OFFLINE)
    servers.stack.close()
    with account_on(servers.start(port=port, store=tmp_path, version=OLD).url) as account:
        account.converge({"MINE": MINE})
        yield account


def command(account: Account, name: str, streams: Document, *flags: object) -> Result:
    document = {"version": 1, "name": "smith", "streams": streams}
    return run(name, "-f", "-", *flags, url=account.url, stdin=text(document))


def test_what_is_not_declared_and_cant_be_read_is_listed_and_stops_nothing(account: Account) -> None:
    changed = {"MINE": {**MINE, "max_age": "1h"}, "NEW": {"subjects": ["new"]}}
    planned = account.plan(changed)

    assert planned.exit_code == 0
    assert planned.document["smith_topo"]["unknown"] == ["stream.FAR"]
    assert "unknown" in planned.codes
    for flags in ((), ("--target", "stream.MINE"), ("--exclude", "stream.FAR")):
        assert command(account, "plan", changed, *flags).exit_code == 0
    account.converge(changed, "--auto-approve")
    assert sorted(account.names()) == ["FAR", "MINE", "NEW"]


SHOWN = {
    "human": "stream.FAR exists",
    "json": '"unknown": [ "stream.FAR" ]',
    "ndjson": "stream.FAR",
    "markdown": "stream.FAR exists",
    "summary": "Not readable: stream.FAR.",
    "metrics": 'smith_topo_drift_resources_unknown{owner="smith"} 1',
}


def test_drift_says_what_it_could_not_read(account: Account) -> None:
    for output, shown in SHOWN.items():
        found = command(account, "drift", {"MINE": MINE}, "-o", output)

        assert (found.exit_code, shown in " ".join(found.stdout.split())) == (0, True), found
    assert 'check_success{owner="smith"} 1' in found.stdout


def test_what_is_declared_and_cant_be_read_is_refused_and_never_made(account: Account) -> None:
    both = {"MINE": {**MINE, "max_age": "1h"}, "FAR": {"subjects": ["far.>"], "consumers": {"c": {}}}}

    for name in ("plan", "apply"):
        found = command(account, name, both, *(("--auto-approve",) if name == "apply" else ()))
        assert (found.exit_code, found.stdout.count("[incomplete]")) == (1, 1)
        assert "--exclude stream.FAR" in found.stdout
        assert "stream.FAR will be" not in found.stdout
    assert command(account, "drift", {"FAR": both["FAR"]}).exit_code in (1, 2)
    assert command(account, "plan", both, "--target", "consumer.FAR.c").exit_code == 1
    assert "max_age" not in account.config("MINE") or account.config("MINE")["max_age"] == 0
    assert command(account, "apply", both, "--auto-approve", "--exclude", "stream.FAR").exit_code == 0
    assert account.config("MINE")["max_age"]
    assert command(account, "plan", both, "--exclude", "stream.FAR", "--detailed-exitcode").exit_code == 0


def test_destroying_is_refused_for_what_the_file_declares_and_goes_on_without_it(account: Account) -> None:
    both, everything = {"MINE": MINE, "FAR": {}}, ("--auto-approve", "--allow", "delete,data-loss")

    refused = command(account, "destroy", both, *everything)
    assert (refused.exit_code, "[incomplete]" in refused.stdout) == (1, True)
    assert sorted(account.names()) == ["FAR", "MINE"]
    assert command(account, "destroy", both, *everything, "--exclude", "stream.FAR").exit_code == 0
    assert account.names() == ["FAR"]
    left = command(account, "destroy", {"MINE": MINE}, *everything)
    assert (left.exit_code, "stream.FAR" in left.stderr) == (0, True)


def test_show_says_that_it_cant_be_read(account: Account) -> None:
    for pattern in ("stream.FAR", "consumer.FAR.c"):
        found = run("show", pattern, url=account.url)
        assert (found.exit_code, "can't be asked" in found.stderr, "matches nothing" in found.stderr) == (1, True, False)
    everything = run("show", "*", url=account.url)
    assert (everything.exit_code, "stream.MINE" in everything.stdout, "stream.FAR" in everything.stderr) == (1, True, True)
    assert run("show", "stream.MINE", url=account.url).exit_code == 0


def test_what_depends_on_it_is_refused(account: Account) -> None:
    """A copy of it, and a subject that passes to another stream while a part of it may be held there."""
    copying = {"MINE": MINE, "COPY": {"sources": [{"name": "FAR"}]}}
    wider = {"MINE": {**MINE, "subjects": ["other"]}, "TAKER": {"subjects": ["mine.>"]}}
    same = {"MINE": {**MINE, "subjects": ["other"]}, "TAKER": {"subjects": ["mine.a.>"]}}

    for streams, codes in ((copying, {"CP111"}), (wider, {"CP111"}), (same, set())):
        found = account.plan(streams)
        assert (found.exit_code, found.codes - {"unknown", "RF101"}) == (1 if codes else 0, codes)
    account.converge(same)


DENYING = """
authorization {users: [
  {user: admin, password: p, permissions: {publish: {allow: [">"]}, subscribe: {allow: [">"]}}}
  {user: some, password: p, permissions: {
    publish: {allow: [">"], deny: ["$JS.API.CONSUMER.LIST.CLOSED"]}, subscribe: {allow: [">"]}}}
]}"""


def test_consumers_that_may_not_be_listed_stop_only_their_stream(server_with: Callable[[str], EmbeddedServer]) -> None:
    server = server_with(DENYING)
    admin, some = (server.url.replace("://", f"://{user}:p@") for user in ("admin", "some"))
    streams = {"CLOSED": {"subjects": ["closed"], "consumers": {"c": {}}}, "OPEN": {"subjects": ["open"], "consumers": {"c": {}}}}
    document = text({"version": 1, "name": "smith", "streams": streams})
    assert run("apply", "-f", "-", "--auto-approve", url=admin, stdin=document).exit_code == 0

    found = run("plan", "-f", "-", url=some, stdin=document)
    assert (found.exit_code, "[authorization]" in found.stdout, "CONSUMER.LIST" in found.stdout) == (1, True, True)
    without = ("plan", "-f", "-", "--detailed-exitcode", "--exclude", "stream.CLOSED")
    assert run(*without, url=some, stdin=document).exit_code == 0
    assert json.loads(run(*without, "-o", "json", url=some, stdin=document).stdout)["smith_topo"]["unknown"] == ["stream.CLOSED"]
