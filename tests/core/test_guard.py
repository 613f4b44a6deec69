"""The tests on values stay without a server: in this folder, and in ``tests/render``, starting one fails."""

from __future__ import annotations

import socket
import subprocess

import pytest

from smith_topology.jetstream.embedded import running

REASON = "may start no server"


def test_a_test_on_values_can_not_start_a_server() -> None:
    with pytest.raises(RuntimeError, match=REASON), running():
        pytest.fail("a server has started")


def test_a_test_on_values_can_not_start_another_process() -> None:
    with pytest.raises(RuntimeError, match=REASON):
        subprocess.run(["true"], check=True)


def test_a_test_on_values_can_not_connect_to_a_server_that_is_there() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=REASON):
        client.connect(("127.0.0.1", 1))
