"""What an answer says of the server that gave it, from the answers of servers of every version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smith_topology.core.model import Version
from smith_topology.jetstream.embedded import EmbeddedServer
from smith_topology.jetstream.versions import answering, floor, leader
from tests.raw import raw
from tests.servers import LATEST, TOO_OLD, UNPACKED

GREETING = {"version": "2.10.26", "server_name": "n0", "cluster": "C3", "jetstream": True}
HOME, DOMAIN = "$JS.API", "$JS.leaf.API"


def info(level: int = 0, domain: str = "") -> dict[str, Any]:
    api = {"level": level} if level else {}
    return {"api": api, "reserved_storage": 0, "limits": {}, **({"domain": domain} if domain else {})}


@pytest.mark.parametrize("version", [*UNPACKED, LATEST])
def test_each_version_is_known_by_its_level_and_by_its_streams(server_of: Callable[[str], EmbeddedServer], version: str) -> None:
    expected = Version.parse(version)
    with raw(server_of(version).url) as js:
        js.request("STREAM.CREATE.S", {"name": "S"})
        account, (versions,) = js.request("INFO"), leader(js.request("STREAM.INFO.S")).values()

    assert answering({"version": "9.9"}, DOMAIN, account).version == floor(expected)
    assert versions == (expected if expected >= Version(2, 11) else Version(2, 10))


def test_a_server_that_is_too_old_is_distinguished(server_of: Callable[[str], EmbeddedServer]) -> None:
    with raw(server_of(TOO_OLD).url) as js:
        account = js.request("INFO")

    assert answering({"version": "9.9"}, DOMAIN, account).version == Version(2, 9)


@pytest.mark.parametrize(
    ("greeting", "prefix", "answer", "version", "text"),
    [
        ({}, HOME, info(), Version(2, 10, 26), "2.10.26"),
        ({}, HOME, info(level=5), Version(2, 15), "2.15"),
        ({"version": "2.15.0-dev"}, HOME, info(level=5), Version(2, 15), "2.15.0-dev"),
        ({"version": "2.99.1"}, HOME, info(level=99), Version(2, 99, 1), "2.99.1"),
        ({"version": "2.12.1"}, HOME, info(level=3), Version(2, 12, 5), "2.12"),
        ({}, DOMAIN, info(domain="leaf"), Version(2, 10), "2.10"),
        ({"domain": "leaf"}, DOMAIN, info(domain="leaf"), Version(2, 10, 26), "2.10.26"),
        ({"domain": "hub"}, HOME, info(level=1, domain="hub"), Version(2, 11), "2.11"),
        ({"jetstream": False}, HOME, info(), Version(2, 10), "2.10"),
        ({}, "JS.other.API", info(), Version(2, 10), "2.10"),
    ],
)
def test_the_version_is_the_one_of_the_connection_only_where_that_server_answers(
    greeting: dict[str, Any], prefix: str, answer: dict[str, Any], version: Version, text: str
) -> None:
    server = answering({**GREETING, **greeting}, prefix, answer)

    assert (server.version, server.version_text) == (version, text)


@pytest.mark.parametrize(
    ("greeting", "prefix", "cluster", "members"),
    [
        ({}, HOME, "C3", {"n0": Version(2, 10, 26)}),
        ({"cluster": None}, HOME, "", {}),
        ({"cluster": "n0"}, HOME, None, {}),
        ({}, DOMAIN, None, {}),
    ],
)
def test_a_cluster_is_the_one_of_the_connection_only_where_that_server_answers(
    greeting: dict[str, Any], prefix: str, cluster: str | None, members: dict[str, Version]
) -> None:
    server = answering({**GREETING, **greeting}, prefix, info())

    assert (server.cluster, server.members) == (cluster, members)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"consumer_limits": {}}, {"n1": Version(2, 10)}),
        ({"consumer_limits": {}, "metadata": {"_nats.ver": "2.15.1"}}, {"n1": Version(2, 10)}),
        ({"allow_msg_ttl": False, "metadata": {"_nats.ver": "2.15.1"}}, {"n1": Version(2, 15, 1)}),
        ({"allow_msg_ttl": False, "metadata": {"_nats.ver": "?"}}, {}),
        ({"allow_msg_ttl": False}, {}),
        ({}, {"n1": Version(2, 9)}),
    ],
)
def test_a_stream_says_the_version_of_its_leader_and_not_what_a_client_once_sent(
    config: dict[str, Any], expected: dict[str, Version]
) -> None:
    assert leader({"config": config, "cluster": {"name": "C3", "leader": "n1"}}) == expected
    assert leader({"config": config, "cluster": {"name": "C3"}}) == {}
