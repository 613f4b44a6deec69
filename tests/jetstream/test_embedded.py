"""The embedded server: found, started, stopped, and what people read when that fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import nats.errors
import pytest

from smith_topology.jetstream.embedded import (
    BINARY_VARIABLE,
    BinaryMissing,
    ConfigRefused,
    EmbeddedError,
    EmbeddedServer,
    NotReady,
    PortTaken,
    StoreUnusable,
    find_binary,
    running,
)
from tests.command import ROOT
from tests.raw import raw
from tests.servers import VERSIONS, Cluster, Servers, free_ports

OWNER = """
import sys
from smith_topology.jetstream.embedded import running
with running() as server:
    print(server.port, server.store, flush=True)
    sys.stdin.read()
"""


def wait_until(true: Callable[[], bool]) -> None:
    """Poll for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refuses_connections(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_jetstream_answers_as_soon_as_the_block_starts() -> None:
    for _ in range(10):
        with running() as server, raw(server.url) as js:
            assert js.request("INFO")["streams"] == 0


def test_nothing_is_left_when_the_block_ends() -> None:
    with running() as server:
        assert Path(server.store).is_dir()

    assert not Path(server.store).exists()
    assert refuses_connections(server.port)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_given_store_and_port_are_used_and_the_data_kept(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with running(port=port, store=str(tmp_path / "data")) as server, raw(server.url) as js:
        js.request("STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})

    with running(port=port, store=str(tmp_path / "data")) as again, raw(f"nats://127.0.0.1:{port}") as js:
        assert js.request("STREAM.NAMES")["streams"] == ["S"]
        assert again.port == port


def test_the_configuration_text_wins_over_the_built_in_one() -> None:
    with running(config_text="jetstream: disabled") as server, raw(server.url) as js:
        with pytest.raises(nats.errors.NoRespondersError):
            js.request("INFO")


def test_a_server_that_hangs_is_killed_after_a_while() -> None:
    with running() as server:
        os.kill(server.pid, signal.SIGSTOP)

    assert refuses_connections(server.port)


def test_a_server_that_died_inside_the_block_is_no_error_at_its_end() -> None:
    with running() as server:
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: refuses_connections(server.port))


def test_the_server_dies_with_the_process_that_started_it() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with owner:
        assert owner.stdout
        port, store = owner.stdout.readline().split()
        owner.kill()

    wait_until(lambda: refuses_connections(int(port)))
    wait_until(lambda: not Path(store).exists())


def test_a_ctrl_c_of_the_terminal_does_not_reach_the_server() -> None:
    with running() as server:
        assert os.getsid(server.pid) != os.getsid(0)


def test_a_taken_port_is_named(server: EmbeddedServer) -> None:
    with pytest.raises(PortTaken, match=str(server.port)), running(port=server.port):
        pass


@pytest.mark.parametrize(
    ("config", "error"),
    [("foo {", ConfigRefused), ("no_such_option: 1", ConfigRefused), ("cluster { listen: nowhere }", EmbeddedError)],
)
def test_a_configuration_the_server_refuses_is_quoted(config: str, error: type[EmbeddedError]) -> None:
    with pytest.raises(error) as caught, running(config_text=config):
        pass

    assert caught.value.detail.startswith("nats-server: ")


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnusable, match="file"), running(store=str(tmp_path / "file")):
        pass


def test_a_program_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    hanging = tmp_path / "nats-server"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)

    with pytest.raises(NotReady), running(binary=str(hanging), timeout=0.1):
        pass


def test_a_binary_that_was_named_and_is_not_there_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BINARY_VARIABLE, "/no/such/nats-server")

    with pytest.raises(BinaryMissing, match="/no/such/nats-server"):
        find_binary()


def test_the_explicit_binary_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    latest = find_binary()
    monkeypatch.setenv(BINARY_VARIABLE, "/no/such/nats-server")

    assert find_binary(latest) == latest


def test_without_any_binary_the_error_says_what_to_install(tmp_path: Path) -> None:
    venv.create(tmp_path)
    command = [str(tmp_path / "bin" / "python"), "-c", "from smith_topology.jetstream.embedded import find_binary; find_binary()"]

    ended = subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False)

    assert "pip install 'smith-topo[embedded]'" in ended.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_every_supported_version_starts(servers: Servers, version: str) -> None:
    server = servers.start(version=version)

    with raw(server.url) as js:
        js.request("STREAM.CREATE.S", {"name": "S", "subjects": ["s.>"], "max_bytes": 500_000_000_000})
        js.publish("s.a", b"hello", {"K": "v"})

        assert js.messages("S") == [(1, "s.a", {"K": "v"}, b"hello")]


def test_a_cluster_node_comes_back_with_what_it_held(cluster: Cluster) -> None:
    with raw(cluster.nodes[0].url) as js:
        js.request("STREAM.CREATE.S", {"name": "S", "subjects": ["s"], "num_replicas": 3})
        cluster.wait_current("S")
        js.publish("s", b"kept")
    cluster.nodes[2].kill()
    cluster.nodes[2].start()
    cluster.wait_current("S", node=2)

    with raw(cluster.nodes[2].url) as js:
        assert [message.payload for message in js.messages("S")] == [b"kept"]


def test_a_paused_node_answers_again_when_it_is_resumed(cluster: Cluster) -> None:
    cluster.nodes[1].pause()
    cluster.nodes[1].resume()

    cluster.wait_ready(node=1)
