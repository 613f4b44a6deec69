"""A signal at any moment of any command: one line, the exit code that it means, and nothing claimed that is not so."""

from __future__ import annotations

import fcntl
import json
import signal
import socket
import subprocess
import sys
import termios
import time
from itertools import cycle
from pathlib import Path

import pytest

from tests.cli.scenario import APPROVED, Shop, empty_streams, wait_for
from tests.command import ROOT, Result, started

COMMANDS = {
    "--version": ("--version",),
    "--help": ("--help",),
    "schema": ("schema",),
    "completion": ("completion", "bash"),
    "init": ("init", "new/topology.yaml"),
    "validate": ("validate",),
    "plan": ("plan",),
    "apply": (*APPROVED, "--parallelism", 1, "-o", "json"),
    "apply to people": APPROVED,
    "drift": ("drift", "--metrics-file", "drift.prom"),
    "show": ("show", "*"),
    "destroy": ("destroy", "--auto-approve", "--allow", "delete", "-o", "json"),
    "dev": ("dev", "--", "true"),
}
STREAMS = {f"S{number}": {"subjects": [f"s{number}"], "consumers": {"all": {}}} for number in range(6)}
INTERRUPTED, TERMINATED, PARTLY = 130, 143, 6
CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED, signal.SIGHUP: TERMINATED}


def prepared(shop: Shop, name: str) -> None:
    """The account and the directory as this command is to find them."""
    shop.write(STREAMS)
    new = shop.directory / "new"
    new.mkdir(exist_ok=True)
    for path in new.iterdir():
        path.unlink()
    if name == "destroy" and len(shop.live()) < 2 * len(STREAMS):
        assert shop.run(*APPROVED).exit_code == 0
    if name.startswith("apply"):
        for stream in {address.split(".")[1] for address in shop.live()}:
            shop.delete(f"stream.{stream}")


def is_listening(process: subprocess.Popen[str]) -> bool:
    """Whether it has its handlers, or has ended. Before that a signal meets Python's own start, which no program can change."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True
    caught = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt")]
    return not caught or bool(caught[0] & 1 << (signal.SIGHUP - 1)) or process.poll() is not None


def killed(shop: Shop, name: str, number: signal.Signals | None, seconds: float) -> tuple[Result, float]:
    """How the command ends that gets the signal so many seconds after its first line; and how many seconds it ran from there."""
    with started(*COMMANDS[name], url=shop.url, cwd=shop.directory, env={"TMPDIR": str(shop.directory / "new")}) as process:
        while not is_listening(process):
            time.sleep(0.001)
        first = time.monotonic()
        try:
            stdout, stderr = process.communicate(timeout=seconds if number else None)
        except subprocess.TimeoutExpired:
            process.send_signal(number or signal.SIGINT)
            stdout, stderr = process.communicate()
        return Result(process.returncode, stdout, stderr), time.monotonic() - first


def sweep(shop: Shop, name: str, times: int) -> None:
    prepared(shop, name)
    whole, seconds = killed(shop, name, None, 0)
    numbers = cycle(CODES)
    for moment in range(times):
        prepared(shop, name)
        before, number = shop.live(), next(numbers)
        ended, _ = killed(shop, name, number, seconds * (moment + 0.5) / times)
        assert "Traceback" not in ended.stderr
        assert "[bug]" not in ended.stderr + ended.stdout
        if ended.exit_code == CODES[number]:
            assert ended.stderr.count("Interrupted") == 1
            assert shop.live() == before
        elif ended.exit_code == PARTLY:
            assert_report_is_true(shop, name, ended)
        else:
            assert ended.exit_code == whole.exit_code, ended
        if name == "dev":
            wait_for(lambda: not list((shop.directory / "new").iterdir()))


def assert_report_is_true(shop: Shop, name: str, ended: Result) -> None:
    """What the report calls done is done, and what it calls not attempted is not."""
    live = shop.live()
    if name == "apply to people":
        assert "Applied in part" in ended.stdout
        assert live
        return
    assert name in ("apply", "destroy")
    for change in json.loads(ended.stdout)["changes"]:
        assert change["result"] in ("done", "not_attempted")
        assert (change["address"] in live) is ((change["result"] == "done") is (name == "apply")), ended


@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_at_any_moment_ends_a_command_with_one_line_and_the_truth(shop: Shop, name: str) -> None:
    sweep(shop, name, 4)


@pytest.mark.soak
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_at_each_of_many_moments_ends_a_command_with_one_line_and_the_truth(shop: Shop, name: str) -> None:
    sweep(shop, name, 100)


PIPE = 65_536
"""What a pipe holds before it makes the writer wait."""


def held(pipe: object) -> int:
    """The bytes in a pipe that are not read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)  # type: ignore[call-overload]


@pytest.mark.parametrize("number", CODES, ids=lambda each: each.name)
def test_a_signal_while_the_plan_waits_for_its_reader_changes_nothing(shop: Shop, number: signal.Signals) -> None:
    """One Ctrl-C under `| less` is one, though the plan is printed between two steps of the loop."""
    shop.write(empty_streams(*(f"S{index:04}" for index in range(700))))
    with started(*APPROVED, url=shop.url, cwd=shop.directory) as process:
        wait_for(lambda: held(process.stdout) == PIPE)
        process.send_signal(number)

        assert process.wait(20) == CODES[number]
        assert process.stderr
        assert process.stderr.read() == "Interrupted: nothing was changed.\n"
    assert not shop.live()


def test_under_nohup_a_hangup_is_not_heard_and_a_ctrl_c_is(shop: Shop) -> None:
    shop.write(empty_streams("ORDERS"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"PYTHONPATH": str(ROOT), "NATS_URL": f"nats://127.0.0.1:{silent.getsockname()[1]}"}
        command = ["/bin/sh", "-c", 'trap "" HUP; exec "$0" -m smith_topology "$@"', sys.executable, *APPROVED, "--wait", "10m"]
        with subprocess.Popen(command, cwd=shop.directory, env=env, stderr=subprocess.PIPE, text=True) as process:
            silent.accept()[0].close()
            process.send_signal(signal.SIGHUP)
            silent.accept()[0].close()
            process.send_signal(signal.SIGINT)

            assert process.wait(20) == INTERRUPTED
            assert process.stderr
            assert process.stderr.read().endswith("Interrupted: nothing was changed.\n")
