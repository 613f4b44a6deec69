from __future__ import annotations

from collections.abc import Iterator

import pytest

from smith_topology.jetstream.embedded import running
from tests.raw import Raw, raw


@pytest.fixture(scope="session")
def server() -> Iterator[Raw]:
    """A server of the newest supported version; every test deletes what it creates.

    One stream without subjects stays: while an account's last stream is being deleted, a create fails now and then
    (10049, 2.15.1).
    """
    with running() as embedded, raw(embedded.url) as connection:
        connection.request("STREAM.CREATE.STAYS", {"name": "STAYS", "mirror": {"name": "NOTHING"}})
        yield connection
