"""Apply against a server that dies and comes back, and against others who write at the same time."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from smith_topology.core.model import After, Call, Stage, Step, Verb, stream_address
from smith_topology.jetstream.apply.scheduler import Scheduler
from smith_topology.jetstream.embedded import EmbeddedServer, find_binary, running
from tests.cli.terminal import on_terminal
from tests.command import run, spawn, started
from tests.raw import Refused, raw
from tests.servers import Node, Servers, free_ports

MANY = 1_000
APPLY = ("apply", "--auto-approve", "-o", "json")


def topology(path: Path, name: str, streams: str) -> Path:
    path.write_text(f"version: 1\nname: {name}\nstreams:\n{streams}")
    return path


def streams(how_many: int, more: str = "") -> str:
    return "".join(f"  S{i:04}: {{subjects: [s{i}]{more}}}\n" for i in range(how_many))


def names(url: str) -> set[str]:
    with raw(url) as js:
        return {name for offset in (0, 1024) for name in js.request("STREAM.NAMES", {"offset": offset})["streams"] or []}


def by_result(stdout: str) -> dict[str, set[str]]:
    """Names of streams by how their change ended."""
    found: dict[str, set[str]] = {}
    for change in json.loads(stdout)["changes"]:
        found.setdefault(change["result"], set()).add(change["address"].removeprefix("stream."))
    return found


# ------------------------------------------------------------------------------------------- a server that dies


def test_another_server_of_the_list_is_not_the_one_that_was_planned_for(servers: Servers, tmp_path: Path) -> None:
    path = topology(tmp_path / "topology.yaml", "smith", streams(3))
    elsewhere = servers.start()
    with ExitStack() as first, raw(elsewhere.url) as js:
        planned = first.enter_context(running())
        with on_terminal("apply", "-s", f"{planned.url},{elsewhere.url}", "--timeout", "3s", url="", cwd=tmp_path) as terminal:
            terminal.see("Only 'yes'")
            first.close()
            terminal.answer("Only 'yes'", "yes\n")

            assert terminal.end() == 1
            assert "Nothing was applied" in terminal.screen
        assert js.request("STREAM.NAMES")["streams"] is None
        assert run("plan", "-s", f"{planned.url},{elsewhere.url}", "-f", path).exit_code == 0


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A server that keeps its port and its store."""
    node = Node("alone", free_ports(1)[0], tmp_path / "store", "", find_binary())
    node.start()
    yield node
    node.kill()


def progress(process: subprocess.Popen[str], lines: int) -> None:
    assert process.stderr
    for _ in range(lines):
        process.stderr.readline()


def test_a_server_killed_and_started_again_within_the_timeout_is_waited_for(node: Node, tmp_path: Path) -> None:
    path = topology(tmp_path / "topology.yaml", "smith", streams(MANY))
    with started(*APPLY, "-f", path, url=node.url) as process:
        progress(process, 50)
        node.kill()
        node.start()
        stdout, stderr = process.communicate()

    found = by_result(stdout)
    assert process.returncode in (0, 6), stderr
    assert (process.returncode == 0) == (found.keys() == {"done"})
    assert found["done"] <= names(node.url) <= found["done"] | found.get("unknown", set())
    assert run("apply", "--auto-approve", "-f", path, url=node.url).exit_code == 0
    assert run("plan", "--detailed-exitcode", "-f", path, url=node.url).exit_code == 0


def test_a_server_that_stays_away_ends_the_run_with_a_true_report(node: Node, tmp_path: Path) -> None:
    path = topology(tmp_path / "topology.yaml", "smith", streams(MANY))
    with started(*APPLY, "-f", path, "--timeout", "2s", url=node.url) as process:
        progress(process, 50)
        node.kill()
        stdout, stderr = process.communicate()
    node.start()

    found = by_result(stdout)
    held = names(node.url)
    assert process.returncode == 6, stderr
    assert "Traceback" not in stderr
    assert found.get("done", set()) <= held
    assert not held & found["not_attempted"]
    assert len(found["not_attempted"]) > MANY / 2


# --------------------------------------------------------------------------------------- others at the same time


def test_two_applies_of_one_file_at_once_make_it_exactly_once(server: EmbeddedServer, tmp_path: Path) -> None:
    path = topology(tmp_path / "topology.yaml", "smith", streams(200))

    with ThreadPoolExecutor() as pool:
        both = [pool.submit(spawn, *APPLY, "-f", path, url=server.url) for _ in range(2)]
    results = [each.result() for each in both]

    assert {each.exit_code for each in results} <= {0, 4, 6}
    for each in results:
        assert each.stdout == "" or by_result(each.stdout).keys() <= {"done", "failed"}
    assert names(server.url) == {f"S{i:04}" for i in range(200)}
    assert run("plan", "--detailed-exitcode", "-f", path, url=server.url).exit_code == 0


def test_of_two_owners_who_want_the_same_streams_each_has_what_it_reports(server: EmbeddedServer, tmp_path: Path) -> None:
    owners = ("red", "blue")
    paths = [topology(tmp_path / f"{owner}.yaml", owner, streams(200, f", description: {owner}")) for owner in owners]

    with ThreadPoolExecutor() as pool:
        both = [pool.submit(spawn, *APPLY, "-f", path, url=server.url) for path in paths]
    results = [by_result(each.result().stdout) if each.result().exit_code != 3 else {} for each in both]

    with raw(server.url) as js:
        held = {info["config"]["name"]: info["config"]["description"] for info in js.request("STREAM.LIST")["streams"]}
    for owner, found in zip(owners, results, strict=True):
        assert found.get("done", set()) == {name for name, holder in held.items() if holder == owner}
    assert len(held) == 200


def test_an_object_edited_after_the_plan_is_left_alone_and_the_rest_is_done(server: EmbeddedServer, tmp_path: Path) -> None:
    """Streams are changed one by one, and somebody edits the last of them while that goes on."""
    path = tmp_path / "topology.yaml"
    assert run("apply", "--auto-approve", "-f", topology(path, "smith", streams(200)), url=server.url).exit_code == 0
    topology(path, "smith", streams(200, ", max_age: 1h"))

    with started(*APPLY, "--parallelism", 1, "-f", path, url=server.url) as process, raw(server.url) as js:
        progress(process, 1)
        process.send_signal(signal.SIGSTOP)
        config = js.request("STREAM.INFO.S0199")["config"]
        js.request("STREAM.UPDATE.S0199", {**config, "description": "by hand"})
        process.send_signal(signal.SIGCONT)
        stdout, _ = process.communicate()

    found = by_result(stdout)
    assert process.returncode == 6
    assert found["failed"] == {"S0199"}
    assert "AP101" in stdout
    assert len(found["done"]) == 199
    with raw(server.url) as js:
        assert js.request("STREAM.INFO.S0199")["config"]["description"] == "by hand"


def test_streams_that_are_edited_all_the_time_are_left_alone_and_the_others_done(server: EmbeddedServer, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    assert run("apply", "--auto-approve", "-f", topology(path, "smith", streams(100)), url=server.url).exit_code == 0
    topology(path, "smith", streams(100, ", max_age: 1h"))
    edited = {f"S{i:04}" for i in range(0, 100, 7)}

    with edited_by_hand(server.url, edited):
        result = spawn(*APPLY, "--parallelism", 2, "-f", path, url=server.url)

    found = by_result(result.stdout)
    with raw(server.url) as js:
        aged = {info["config"]["name"] for info in js.request("STREAM.LIST")["streams"] if info["config"]["max_age"]}
    undone = {name for result, names in found.items() if result != "done" for name in names}
    assert result.exit_code == 6
    assert "AP101" in result.stdout
    assert undone <= edited
    assert found["done"] - edited <= aged


@contextmanager
def edited_by_hand(url: str, edited: set[str]) -> Iterator[None]:
    """Another client reads and writes these streams back with another limit, time and again, and pays no heed to others."""
    over = Event()

    def edit() -> None:
        limits = count(1_000_000)
        with raw(url) as js:
            while not over.is_set():
                for name in sorted(edited):
                    config = js.request(f"STREAM.INFO.{name}")["config"]
                    js.request(f"STREAM.UPDATE.{name}", {**config, "max_msgs": next(limits)})

    editor = Thread(target=edit)
    editor.start()
    try:
        yield
    finally:
        over.set()
        editor.join()


def test_a_stream_deleted_and_made_again_is_another_one_and_left_alone(server: EmbeddedServer, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    assert run("apply", "--auto-approve", "-f", topology(path, "smith", streams(200)), url=server.url).exit_code == 0
    topology(path, "smith", streams(200, ", max_age: 1h"))

    with started(*APPLY, "--parallelism", 1, "-f", path, url=server.url) as process, raw(server.url) as js:
        progress(process, 1)
        config = js.request("STREAM.INFO.S0199")["config"]
        js.request("STREAM.DELETE.S0199")
        with suppress(Refused):
            js.request("STREAM.CREATE.S0199", config)
        stdout, _ = process.communicate()

    assert process.returncode == 6
    assert by_result(stdout)["failed"] == {"S0199"}


# --------------------------------------------------------------------------------------------------- scheduler


def step(number: int, *after: int, group: int | None = None) -> Step:
    waits = tuple(After(each, "accepted", "") for each in after)
    return Call(number, Stage(stream_address(f"S{number}"), None, {}), Verb.CREATE, "", {}, "", waits, group)


def test_a_step_starts_when_everything_before_it_is_done() -> None:
    first, second, third = step(1), step(2), step(3, 1, 2)
    scheduler = Scheduler([first, second, third])

    assert [scheduler.start(), scheduler.start(), scheduler.start()] == [(first,), (second,), None]
    scheduler.done(first)
    assert scheduler.start() is None
    scheduler.done(second)
    assert scheduler.start() == (third,)


def test_the_steps_of_a_hand_over_start_together_when_all_that_any_of_them_waits_for_is_done() -> None:
    before, giver, taker, behind = step(1), step(2, group=1), step(3, 1, 2, group=1), step(4, 2)
    scheduler = Scheduler([before, giver, taker, behind])

    assert [scheduler.start(), scheduler.start()] == [(before,), None]
    scheduler.done(before)
    assert [scheduler.start(), scheduler.start()] == [(giver, taker), None]
    scheduler.done(giver)
    assert scheduler.start() == (behind,)


def test_what_was_not_done_drops_everything_behind_it_once() -> None:
    first, second, third, fourth, other = step(1), step(2, 1), step(3, 1), step(4, 2, 3), step(5)
    scheduler = Scheduler([first, second, third, fourth, other])
    scheduler.start()

    assert list(scheduler.drop(first)) == [second, third, fourth]
    assert scheduler.rest() == [other]
    assert scheduler.start() is None
