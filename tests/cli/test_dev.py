"""``smith-topo dev``: a server for as long as one wants it, or for one command."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.scenario import APPROVED, UNREACHABLE, Shop, empty_streams
from tests.cli.terminal import CTRL_C, on_terminal
from tests.command import spawn, started

DONE, ERROR, DIFFERENT, TERMINATED = 0, 1, 2, 143
STREAMS = empty_streams("ORDERS", "EVENTS")


@pytest.mark.parametrize("code", [0, 1, 42])
def test_dev_runs_a_command_against_its_server_and_takes_its_exit_code(shop: Shop, code: int) -> None:
    shop.write(STREAMS)
    script = f"import os, sys; print(os.environ['NATS_URL']); sys.exit({code})"

    done = spawn("dev", "--", sys.executable, "-c", script)

    assert done.exit_code == code
    assert done.stdout.startswith("nats://127.0.0.1:")


def test_dev_can_run_this_very_program(shop: Shop) -> None:
    shop.write(STREAMS)

    done = shop.spawn("dev", "--", sys.executable, "-m", "smith_topology", *APPROVED, url=UNREACHABLE)

    assert done.exit_code == DONE
    assert "Apply complete" in done.stdout


@pytest.mark.parametrize(("command", "code"), [("no-such-command", 127), ("/", 126)])
def test_dev_says_when_a_command_cannot_be_run(command: str, code: int) -> None:
    done = spawn("dev", "--", command)

    assert done.exit_code == code
    assert command in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_dev_runs_until_it_is_stopped_and_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    with started("dev", env={"TMPDIR": str(tmp_path)}) as process:
        assert process.stdout
        assert process.stderr
        port = int(process.stdout.readline().rpartition(":")[2])
        process.stderr.readline()
        process.send_signal(number)

        assert process.wait(20) == DONE
        assert process.stderr.read() == "Stopped.\n"
    assert list(tmp_path.iterdir()) == []
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


WAITING = "print('ready', flush=True); signal.pause()"


@pytest.mark.parametrize(("script", "code"), [("", TERMINATED), ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(5));", 5)])
def test_dev_passes_a_sigterm_on_to_its_command_and_takes_its_exit_code(script: str, code: int) -> None:
    with started("dev", "--", sys.executable, "-c", f"import signal, sys; {script} {WAITING}") as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.terminate()

        assert process.wait(20) == code


def test_dev_lets_its_command_answer_a_ctrl_c(shop: Shop) -> None:
    """The terminal sends it to both; the command is not killed over it."""
    answers = f"import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(5)); {WAITING}"
    with on_terminal("dev", "--", sys.executable, "-c", answers, url=UNREACHABLE, cwd=shop.directory) as terminal:
        terminal.answer("ready", CTRL_C)

        assert terminal.end() == 5
        assert "Traceback" not in terminal.screen


def test_dev_keeps_its_data_in_a_directory_of_ones_own(shop: Shop) -> None:
    shop.write(STREAMS)
    ours = (sys.executable, "-m", "smith_topology")

    first = shop.spawn("dev", "--store", "data", "--", *ours, *APPROVED)
    second = shop.spawn("dev", "--store", "data", "--", *ours, "plan", "--detailed-exitcode")

    assert (first.exit_code, second.exit_code) == (DONE, DONE)


def test_dev_says_when_the_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = spawn("dev", "--port", taken.getsockname()[1])

    assert done.exit_code == ERROR
    assert "embedded-port" in done.stderr
    assert "Choose another port" in done.stderr
