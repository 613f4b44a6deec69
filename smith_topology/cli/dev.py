"""``smith-topo dev``: an embedded server to try things on."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Annotated

import typer

from smith_topology.cli import signals
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.streams import to_stderr, to_stdout

if TYPE_CHECKING:
    from smith_topology.jetstream.embedded import EmbeddedServer


def dev(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND", help="Run this against the server, then stop it.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 is a free one.")] = 0,
    store: Annotated[
        str | None, typer.Option("--store", metavar="DIR", help="Keep the data here.  [default: a temporary directory]")
    ] = None,
) -> None:
    """Run a nats-server of your own, for development and tests.

    With a command, NATS_URL names the server to it, and its exit code becomes this one's.
    """
    from smith_topology.jetstream.connecting.errors import ServerError
    from smith_topology.jetstream.embedded import running

    received = Received()
    with signals.handled(received.add):  # from here on it ends in good order: a server must not stay behind
        try:
            with running(port, store) as server:
                code = _run(command, {**os.environ, "NATS_URL": server.url}, received) if command else _serve(server, received)
        except ServerError as error:
            raise ExitWith(Exit.ERROR, (error.diagnostic,)) from error
        signals.ends_with("Stopped.", code)
    raise ExitWith(code)


class Received:
    """The signals that have come, and a way to wait for the first one that no signal can slip by."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._read, self._write = os.pipe()

    def add(self, number: int) -> None:
        self.numbers.append(number)
        if len(self.numbers) == 1:
            os.write(self._write, b".")

    def wait(self) -> None:
        os.read(self._read, 1)


def _run(command: list[str], env: dict[str, str], received: Received) -> int:
    """The command's exit code, in a shell's terms: 128 and the signal where it was killed, 127 where there is none.

    A terminal's Ctrl-C goes to the command as well, and how that ends is what counts. Other signals are passed on.
    """
    if received.numbers:
        to_stderr("Interrupted: the command was not run.")
        return signals.code_of(received.numbers[0])
    try:
        process = subprocess.Popen(command, env=env)
    except FileNotFoundError:
        to_stderr(f"{command[0]}: there is no such command.")
        return 127
    except PermissionError:
        to_stderr(f"{command[0]}: can't be run.")
        return 126

    def pass_on(number: int) -> None:
        if number != signals.SIGINT:
            process.send_signal(number)

    with signals.handled(pass_on):
        for number in received.numbers:
            pass_on(number)
        code = process.wait()
    return code if code >= 0 else 128 - code


def _serve(server: EmbeddedServer, received: Received) -> int:
    """Run the server until a signal stops it, which is the usual end and no error."""
    to_stdout(server.url)
    to_stderr(
        f"nats-server {server.pid} with JetStream; data in {server.store}. Ctrl-C stops it. "
        f"To use it elsewhere: export NATS_URL={server.url}"
    )
    received.wait()
    to_stderr("Stopped.")
    return Exit.DONE
