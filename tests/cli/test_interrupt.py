"""Ctrl-C and SIGTERM: what was done is reported, what was not is not claimed, and running again finishes it."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.command import run, started
from tests.raw import raw

APPLY = ("apply", "--auto-approve", "--parallelism", 1, "-o", "json")
"""In JSON the plan is not printed first, which would not be read here while it fills the pipe."""
MANY = 2_000


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A topology that takes seconds to apply, one request at a time."""
    streams = "".join(f"  S{i:04}: {{subjects: [s{i}], storage: memory}}\n" for i in range(MANY))
    path = tmp_path / "topology.yaml"
    path.write_text(f"version: 1\nname: smith\nstreams:\n{streams}")
    return path


def names(url: str) -> set[str]:
    with raw(url) as js:
        pages = [js.request("STREAM.NAMES", {"offset": offset})["streams"] or [] for offset in (0, 1024)]
    return {name for page in pages for name in page}


def read_lines(process: subprocess.Popen[str], count: int) -> None:
    """Wait until that much of the progress is written."""
    assert process.stderr
    for _ in range(count):
        process.stderr.readline()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"never said {words!r}")


@contextmanager
def paused(server: EmbeddedServer) -> Iterator[None]:
    """Stop the server's clock: connections stay open, nothing answers."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_apply_says_exactly_what_it_did_and_exits_6(
    server: EmbeddedServer, many: Path, number: signal.Signals
) -> None:
    with started(*APPLY, "-f", many, url=server.url) as process:
        read_lines(process, 20)
        process.send_signal(number)
        stdout, stderr = process.communicate()

    results = {each["address"]: each["result"] for each in json.loads(stdout)["changes"]}
    done = {address.removeprefix("stream.") for address, result in results.items() if result == "done"}
    assert process.returncode == 6, stderr
    assert done == names(server.url)
    assert 0 < len(done) < MANY
    assert {result for result in results.values() if result != "done"} == {"not_attempted"}


def test_an_apply_after_an_interrupted_one_finishes_it(server: EmbeddedServer, many: Path) -> None:
    with started(*APPLY, "-f", many, url=server.url) as process:
        read_lines(process, 20)
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert run("apply", "--auto-approve", "-f", many, url=server.url).exit_code == 0
    assert run("plan", "--detailed-exitcode", "-f", many, url=server.url).exit_code == 0
    assert len(names(server.url)) == MANY


def test_a_second_ctrl_c_ends_at_once(server: EmbeddedServer, many: Path) -> None:
    """The server is paused, so that the request under way can't end."""
    with started(*APPLY, "-f", many, url=server.url) as process:
        read_lines(process, 20)
        with paused(server):
            process.send_signal(signal.SIGINT)
            read_until(process, "Once more ends at once")
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate()

    assert process.returncode == 6
    assert "Traceback" not in stderr
    results = Counter(each["result"] for each in json.loads(stdout)["changes"])
    assert (results["unknown"], results.total()) == (1, MANY)
    assert results["done"] <= len(names(server.url)) <= results["done"] + 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_it_waits_for_a_server_it_exits_as_a_shell_would_say(
    tmp_path: Path, many: Path, number: signal.Signals, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"nats://127.0.0.1:{listener.getsockname()[1]}"
        with started(*APPLY, "--wait", "10m", "-f", many, url=url) as process:
            hang_up_on(listener)
            process.send_signal(number)
            stdout, stderr = process.communicate()

    assert process.returncode == code
    assert "Traceback" not in stdout + stderr


def hang_up_on(listener: socket.socket) -> None:
    """Until a client has tried to connect a second time: by then the first failure was taken for one that may pass."""
    for _ in range(2):
        accepted, _ = listener.accept()
        accepted.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_at_the_prompt_nothing_is_written(server: EmbeddedServer, many: Path, number: signal.Signals, code: int) -> None:
    with on_terminal("apply", "-f", many, url=server.url) as (process, terminal):
        read_terminal(terminal, "Only 'yes'")
        process.send_signal(number)
        process.wait()

    assert process.returncode == code
    assert not names(server.url)


@contextmanager
def on_terminal(*args: object, url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    ours, theirs = pty.openpty()
    env = {**os.environ, "NATS_URL": url, "TERM": "xterm"}
    env.pop("CI", None)
    command = [sys.executable, "-m", "smith_topology", *map(str, args)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, text=True, env=env) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def read_terminal(terminal: int, words: str) -> None:
    seen = ""
    while words not in seen:
        seen = (seen + os.read(terminal, 65_536).decode(errors="replace"))[-200_000:]
