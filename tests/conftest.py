"""Fixtures that start real servers; the functions behind them are in ``servers``, ``raw`` and ``command``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # tests on values don't pay for nats-py
    from smith_topology.jetstream.embedded import EmbeddedServer
    from tests.servers import Cluster, Servers


# Started under `nohup`, every command that a test starts would go on ignoring a hangup.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Starts any number of servers that end with the test."""
    from tests.servers import Servers

    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture
def server(servers: Servers) -> EmbeddedServer:
    """A fresh server of the latest version."""
    return servers.start()


@pytest.fixture
def server_of(servers: Servers) -> Callable[[str], EmbeddedServer]:
    """``server_of("2.10.26")``: a fresh server of that version."""
    return lambda version: servers.start(version=version)


@pytest.fixture
def server_with(servers: Servers) -> Callable[[str], EmbeddedServer]:
    """``server_with("authorization {token: t}")``: a fresh server with that text in its configuration."""
    return servers.start


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three fresh servers that make streams of three replicas."""
    from tests.servers import cluster_of_three

    with cluster_of_three(tmp_path) as ready:
        yield ready
