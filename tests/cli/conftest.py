"""The fixture of the command line's tests; what it can do is in ``scenario``."""

from __future__ import annotations

from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import Shop


@pytest.fixture
def shop(server: EmbeddedServer, tmp_path: Path) -> Shop:
    """An empty account, and an empty directory for the topology file."""
    return Shop(server.url, tmp_path)
