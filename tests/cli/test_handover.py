"""A subject between two streams when the apply stops: it goes back, or the report says that no stream has it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, account_on
from tests.command import Result, run, started
from tests.servers import VERSIONS, Servers
from tests.topologies import Document, text

USERS = """
authorization {{ users: [
  {{ user: owner, password: o }}
  {{ user: limited, password: p, permissions: {{ publish: {{ allow: ">", deny: "$JS.API.{denied}" }} }} }}
] }}
"""


@contextmanager
def forbidding(servers: Servers, denied: str, version: str = VERSIONS[-1]) -> Iterator[Account]:
    """An account whose owner may do everything; ``limited`` lacks one endpoint."""
    server = servers.start(USERS.format(denied=denied), version=version)
    with account_on(server.url.replace("://", "://owner:o@")) as account:
        yield account


def limited(account: Account, streams: Document, output: str = "json") -> Result:
    document = text({"version": 1, "name": "smith", "streams": streams})
    url = account.url.replace("owner:o@", "limited:p@")
    return run("apply", "-f", "-", "--output", output, *ALLOW_ALL, url=url, stdin=document)


def taking(*subjects: str, **fields: Any) -> Document:
    return {"subjects": list(subjects), **fields}


def reading(*subjects: str) -> Document:
    return {"ack_policy": "explicit", "filter_subjects": list(subjects)}


def queue(**consumers: Document) -> Document:
    return {"QUEUE": taking("q.>", retention="workqueue", consumers=consumers)}


PARKED_NEW = ["_smith-topo.parked.NEW"]
UNTAKEN: dict[str, tuple[str, Document, Document, dict[str, list[str]]]] = {
    "by a new stream": (
        "STREAM.UPDATE.NEW",
        {"OLD": taking("a", "b")},
        {"OLD": taking("a", description="less"), "NEW": taking("b")},
        {"NEW": PARKED_NEW, "OLD": ["a", "b"]},
    ),
    "of a wildcard": (
        "STREAM.UPDATE.NEW",
        {"OLD": taking("a.>")},
        {"OLD": taking("a.eu"), "NEW": taking("a.*.x")},
        {"NEW": PARKED_NEW, "OLD": ["a.eu", "a.*.x"]},
    ),
    "by one stream of two": (
        "STREAM.UPDATE.NEW",
        {"OLD": taking("a", "b", "c")},
        {"OLD": taking("a"), "NEW": taking("b"), "OTHER": taking("c")},
        {"NEW": PARKED_NEW, "OLD": ["a", "b"], "OTHER": ["c"]},
    ),
    "in a swap of a part": (
        "STREAM.UPDATE.TWO",
        {"ONE": taking("a.>"), "TWO": taking("b")},
        {"ONE": taking("a.x", "b"), "TWO": taking("a.y")},
        {"ONE": ["a.x", "a.y"], "TWO": ["b"]},
    ),
    "in a swap": (
        "STREAM.UPDATE.TWO",
        {"ONE": taking("a"), "TWO": taking("b")},
        {"ONE": taking("b"), "TWO": taking("a")},
        {"ONE": ["a"], "TWO": ["b"]},
    ),
    "by the new name of a stream": (
        "STREAM.UPDATE.NEW",
        {"OLD": taking("a"), "STAYS": taking("z")},
        {"NEW": taking("a"), "STAYS": taking("z")},
        {"NEW": PARKED_NEW, "OLD": ["a"], "STAYS": ["z"]},
    ),
}


@pytest.mark.parametrize(("denied", "first", "second", "left"), UNTAKEN.values(), ids=UNTAKEN.keys())
def test_a_subject_that_no_stream_took_goes_back_to_its_stream(
    servers: Servers, denied: str, first: Document, second: Document, left: dict[str, list[str]]
) -> None:
    """Whatever could be published before can be published after, and the next apply does the rest."""
    with forbidding(servers, denied) as account:
        account.converge(first)

        done = limited(account, second)

        report = json.loads(done.stdout)
        assert done.exit_code == 6
        assert [each["verdict"] for each in report["given_back"]] == ["done"]
        assert report["diagnostics"] == []
        assert {name: account.config(name)["subjects"] for name in account.names()} == left
        published = {subject.replace("*", "x") for subjects in left.values() for subject in subjects if subjects != PARKED_NEW}
        for subject in published:
            account.publish(subject, 2)
        assert sum(len(account.messages(name)) for name in account.names()) == 2 * len(published)

        names = {*first} & {*second}
        account.converge(second, *ALLOW_ALL)
        assert sum(len(account.messages(name)) for name in account.names()) == 2 * len(published) - 2 * len({*first} - names)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_report_of_a_subject_given_back_names_it(servers: Servers, version: str) -> None:
    denied, first, second, left = UNTAKEN["by a new stream"]
    with forbidding(servers, denied, version) as account:
        account.converge(first, *ALLOW_ALL, "--adopt")

        document = text({"version": 1, "name": "smith", "streams": second})
        url = account.url.replace("owner:o@", "limited:p@")
        done = run("apply", "-f", "-", *ALLOW_ALL, "--adopt", url=url, stdin=document)

        assert done.exit_code == 6
        assert "stream.OLD holds b again, which no other stream took" in done.stderr
        assert "Partly done:\n  ~ stream.OLD  holds b again, which no other stream took\n" in done.stdout
        assert "  + stream.NEW  " in done.stdout
        assert account.config("OLD")["subjects"] == left["OLD"]


@pytest.mark.parametrize("second", [{"NEW": taking("a")}, {"OLD": taking("z"), "NEW": taking("a")}], ids=["rename", "split"])
def test_a_creation_that_is_refused_takes_no_subject_and_no_data_away(servers: Servers, second: Document) -> None:
    with forbidding(servers, "STREAM.CREATE.NEW") as account:
        account.converge({"OLD": taking("a")})
        account.publish("a", 3)

        done = limited(account, second)

        assert (done.exit_code, account.names(), account.config("OLD")["subjects"]) == (1, ["OLD"], ["a"])
        account.publish("a", 2, label="after")
        assert len(account.messages("OLD")) == 5


FILTERS: dict[str, tuple[Document, Document]] = {
    "from a consumer of two": (queue(one=reading("q.a", "q.b")), queue(one=reading("q.a"), new=reading("q.b"))),
    "from a consumer of everything": (
        queue(one={"ack_policy": "explicit"}),
        queue(one=reading("q.a", "q.c"), new=reading("q.b")),
    ),
}


@pytest.mark.parametrize(("first", "second"), FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_that_no_stream_took_is_reported_and_its_messages_wait_for_who_will(
    servers: Servers, first: Document, second: Document
) -> None:
    """Given back, its consumer would skip what came meanwhile."""
    with forbidding(servers, "CONSUMER.CREATE.QUEUE.new") as account:
        account.converge(first)
        account.publish("q.b", 3)

        done = limited(account, second)
        account.publish("q.b", 2, label="meanwhile")

        report = json.loads(done.stdout)
        assert done.exit_code == 6
        assert ([each["code"] for each in report["diagnostics"]], report["given_back"]) == (["AP112"], [])
        account.converge(second, *ALLOW_ALL)
        assert account.consumer("QUEUE", "new")["num_pending"] == len(account.messages("QUEUE")) == 5


FULL = """
accounts {{ A: {{
  jetstream: {{ max_streams: 2 }}
  users: [
    {{ user: owner, password: o }}
    {{ user: limited, password: p, permissions: {{ publish: {{ allow: ">", deny: "$JS.API.{denied}" }} }} }}
  ]
}} }}
"""


@pytest.mark.parametrize("output", ["human", "json", "ndjson", "markdown"])
def test_a_subject_of_a_stream_that_had_to_go_first_is_reported(servers: Servers, output: str) -> None:
    """The account has no room for both, so the old stream is deleted before the new one is made: nothing can give it back."""
    server = servers.start(FULL.format(denied="STREAM.CREATE.NEW"))
    with account_on(server.url.replace("://", "://owner:o@")) as account:
        account.converge({"OLD": taking("orders.new"), "STAYS": taking("z")})

        done = limited(account, {"NEW": taking("orders.new"), "STAYS": taking("z")}, output)

        assert done.exit_code == 6
        assert account.names() == ["STAYS"]
        assert "AP111" in done.stdout.replace("\\", "")
        assert "orders.new" in done.stdout


def test_what_is_taken_is_neither_given_back_nor_reported(servers: Servers) -> None:
    with forbidding(servers, "STREAM.CREATE.OTHER") as account:
        account.converge({"OLD": taking("a", "b")})

        done = limited(account, {"OLD": taking("a"), "NEW": taking("b"), "OTHER": taking("z")})

        report = json.loads(done.stdout)
        assert (report["given_back"], report["diagnostics"]) == ([], [])
        assert account.config("OLD")["subjects"] == ["a"]
        assert account.config("NEW")["subjects"] == ["b"]


RING = 150
WRITING = ("apply", "--output", "json", *ALLOW_ALL)


def ring(shift: int) -> Document:
    return {f"S{i}": taking(f"s.{(i + shift) % RING}") for i in range(RING)}


def written(directory: Path, streams: Document) -> Path:
    path = directory / "topology.yaml"
    path.write_text(text({"version": 1, "name": "smith", "streams": streams}), encoding="utf-8")
    return path


def read_some(process: subprocess.Popen[str]) -> None:
    """Until it is in the middle of its steps."""
    assert process.stderr
    for _ in range(RING // 5):
        process.stderr.readline()


def test_an_interrupted_swap_leaves_every_subject_with_a_stream(server: EmbeddedServer, tmp_path: Path) -> None:
    """Each of many streams hands its subject to the next one, so some subject is on its way at any time."""
    with account_on(server.url) as account:
        account.converge(ring(0))
        path = written(tmp_path, ring(1))
        with started(*WRITING, "-f", path, url=server.url) as process:
            read_some(process)
            process.send_signal(signal.SIGINT)
            stdout, _ = process.communicate()

        report = json.loads(stdout)
        assert process.returncode == 6
        assert report["diagnostics"] == []
        for number in range(RING):
            account.publish(f"s.{number}", 1)

        account.converge(ring(1))
        assert sum(len(account.messages(f"S{i}")) for i in range(RING)) == RING


def test_a_swap_cut_off_by_a_kill_is_reported_by_drift_and_finished_by_the_next(server: EmbeddedServer, tmp_path: Path) -> None:
    with account_on(server.url) as account:
        account.converge(ring(0))
        path = written(tmp_path, ring(1))
        with started(*WRITING, "-f", path, url=server.url) as process:
            read_some(process)
            process.kill()

        killed = run("drift", "-f", path, url=server.url)
        assert (killed.exit_code, "AP113" in killed.stdout + killed.stderr) == (2, True)
        for command in (("drift", "-o", "summary"), ("plan",)):
            first, *_ = run(*command, "-f", path, url=server.url).stdout.splitlines()
            assert re.match(r"\d+ subjects? ha(s|ve) no stream now: s\.\d", first), first
        account.converge(ring(1))
        after = run("drift", "-f", path, url=server.url)
        assert (after.exit_code, "AP113" in after.stdout + after.stderr) == (0, False)


def test_a_server_lost_in_mid_swap_is_reported_with_the_subject_on_its_way(servers: Servers, tmp_path: Path) -> None:
    first = servers.start(store=tmp_path / "store")
    with account_on(first.url) as account:
        account.converge(ring(0))
    with started(*WRITING, "--timeout", "1s", "-f", written(tmp_path, ring(1)), url=first.url) as process:
        read_some(process)
        os.kill(first.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()

    report = json.loads(stdout)
    assert process.returncode == 6, stderr
    assert {each["code"] for each in report["diagnostics"]} == {"AP111"}
    with account_on(servers.start(store=tmp_path / "store").url) as account:
        account.converge(ring(1))
