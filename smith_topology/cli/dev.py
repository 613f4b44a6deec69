"""``smith-topo dev``: an embedded server to try things on."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Annotated

import typer

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

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # from here on it ends in good order, like a Ctrl-C
    try:
        with running(port, store) as server:
            code = _run(command, {**os.environ, "NATS_URL": server.url}) if command else _serve(server)
    except ServerError as error:
        raise ExitWith(Exit.ERROR, (error.diagnostic,)) from error
    raise ExitWith(code)


def _run(command: list[str], env: dict[str, str]) -> int:
    """The command's exit code, in a shell's terms: 128 and the signal where it was killed, 127 where there is none."""
    try:
        process = subprocess.Popen(command, env=env)
    except FileNotFoundError:
        to_stderr(f"{command[0]}: there is no such command.")
        return 127
    except PermissionError:
        to_stderr(f"{command[0]}: can't be run.")
        return 126
    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal's Ctrl-C goes to the command as well: how that ends is what counts
    signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
    code = process.wait()
    return code if code >= 0 else 128 - code


def _serve(server: EmbeddedServer) -> int:
    """Run the server until a signal stops it, which is the usual end and no error."""
    try:
        to_stdout(server.url)
        to_stderr(
            f"nats-server {server.pid} with JetStream; data in {server.store}. Ctrl-C stops it. "
            f"To use it elsewhere: export NATS_URL={server.url}"
        )
        signal.pause()
    except KeyboardInterrupt:
        to_stderr("Stopped.")
    return Exit.DONE
