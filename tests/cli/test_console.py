"""What goes to stdout, what to stderr, and where colours go."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.cli.scenario import APPROVED, Shop, empty_streams
from tests.cli.terminal import on_terminal
from tests.command import started

DONE, INTERRUPTED = 0, 130
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
def test_a_terminal_gets_colour_unless_told_otherwise(shop: Shop, env: dict[str, str], coloured: bool) -> None:
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
