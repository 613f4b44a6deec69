"""What goes to stdout, what to stderr, and where colours go."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.scenario import APPROVED, Shop, empty_streams
from tests.cli.terminal import on_terminal
from tests.command import ROOT, started

DONE, ERROR, DIFFERENT, PARTLY, INTERRUPTED = 0, 1, 2, 6, 130
ESCAPE = "\x1b["
STREAMS = empty_streams("ORDERS", "EVENTS")


def test_there_is_no_colour_in_a_pipe(shop: Shop) -> None:
    shop.write(STREAMS)

    done = shop.spawn("plan")

    assert ESCAPE not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_a_terminal_gets_colour_unless_options_say_otherwise(shop: Shop, env: dict[str, str], coloured: bool) -> None:
    shop.write(STREAMS)

    with on_terminal("plan", url=shop.url, cwd=shop.directory, env=env) as terminal:
        assert terminal.end() == DONE
        assert (ESCAPE in terminal.screen) is coloured


def test_colour_can_be_forced_into_a_pipe(shop: Shop) -> None:
    shop.write({})

    assert ESCAPE in shop.run("plan", env={"FORCE_COLOR": "1"}).stderr
    assert ESCAPE not in shop.run("plan", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stderr


@pytest.mark.parametrize("output", ["json", "ndjson", "markdown", "summary"])
def test_machines_never_get_colour(shop: Shop, output: str) -> None:
    shop.write(STREAMS)

    assert ESCAPE not in shop.run("plan", "--output", output, env={"FORCE_COLOR": "1"}).stdout


def test_a_reader_that_goes_away_is_no_error(shop: Shop) -> None:
    shop.write(empty_streams(*(f"S{number}" for number in range(2000))))
    with started("plan", url=shop.url, cwd=shop.directory) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()

        assert process.wait(20) == DONE
        assert process.stderr.read() == ""


@pytest.mark.parametrize("command", [("plan",), (*APPROVED, "-o", "summary"), ("drift",), ("--version",)], ids=" ".join)
def test_a_result_that_finds_no_room_is_an_error_and_does_not_stop_the_work(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write(STREAMS)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        args = [sys.executable, "-m", "smith_topology", *command]
        env = {**os.environ, "NATS_URL": shop.url, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            args, cwd=shop.directory, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=20
        )

    assert done.returncode == {"apply": PARTLY, "drift": DIFFERENT}.get(command[0], ERROR)  # 1 would say that nothing was written
    assert ("2 of 2 changes are done" in done.stderr) is (command[0] == "apply")
    assert "could not be written: No space left on device" in done.stderr
    assert "[bug]" not in done.stderr
    if command[0] == "apply":
        shop.assert_settled()


def test_characters_that_the_terminal_lacks_are_spelled_out(shop: Shop) -> None:
    shop.write(empty_streams("注文"))

    done = shop.spawn("plan", env={"PYTHONIOENCODING": "latin-1"})

    assert done.exit_code == DONE
    assert "stream.\\u6ce8\\u6587" in done.stdout


def test_an_interrupt_while_waiting_for_a_server_ends_it(shop: Shop) -> None:
    """The server here takes the connection, which proves that the command is at it, and says nothing."""
    shop.write(STREAMS)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"nats://127.0.0.1:{silent.getsockname()[1]}"
        with on_terminal(*APPROVED, "--wait", "10m", url=url, cwd=shop.directory) as terminal:
            accepted, _ = silent.accept()
            with accepted:
                terminal.process.send_signal(signal.SIGINT)

                assert terminal.end() == INTERRUPTED
                assert "Traceback" not in terminal.screen
