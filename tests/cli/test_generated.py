"""Generated topologies go A → B → A on a real server: an empty plan after each, and no message lost unannounced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from smith_topology.core.kinds import consumer, stream
from smith_topology.core.kinds.fields import walk
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import Account, account_on
from tests.cli.journey import there_and_back
from tests.topologies import Document, mentioned, pairs

GENERATED = settings(
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NOT_GENERATED = {
    "stream.sealed": "for good, so there is no way back; test_sealed creates some",
    "stream.mirror.external": "needs another account or domain",
    "stream.mirror.external.api": "as external",
    "stream.mirror.external.deliver": "as external",
    "stream.sources.external": "needs another account or domain",
    "stream.sources.external.api": "as external",
    "stream.sources.external.deliver": "as external",
    "stream.mirror.consumer": "needs a consumer made beforehand on the origin",
    "stream.mirror.consumer.name": "as consumer",
    "stream.mirror.consumer.deliver_subject": "as consumer",
    "stream.sources.consumer": "needs a consumer made beforehand on the origin",
    "stream.sources.consumer.name": "as consumer",
    "stream.sources.consumer.deliver_subject": "as consumer",
}


@pytest.fixture
def account(server: EmbeddedServer) -> Iterator[Account]:
    with account_on(server.url) as found:
        yield found


@settings(GENERATED, max_examples=25, derandomize=True, phases=[Phase.generate, Phase.shrink])
@given(pair=pairs())
def test_generated_topologies_go_there_and_back(account: Account, pair: tuple[Document, Document]) -> None:
    there_and_back(account, *pair)


@pytest.mark.soak
@settings(GENERATED, max_examples=500)
@given(pair=pairs())
def test_many_generated_topologies_go_there_and_back(account: Account, pair: tuple[Document, Document]) -> None:
    there_and_back(account, *pair)


def test_the_strategies_draw_every_field() -> None:
    fields = {f"stream.{path}" for path, _ in walk(stream.FIELDS)} | {f"consumer.{path}" for path, _ in walk(consumer.FIELDS)}

    assert fields - mentioned() == NOT_GENERATED.keys()
