"""What an answer says of the server that gave it: its version, and whether it is the one connected to.

``docs/jetstream-facts.md`` ("Which server answers") has what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smith_topology.core.model import Server, Version

LEVELS: Mapping[int, Version] = {
    1: Version(2, 11),
    2: Version(2, 12),
    3: Version(2, 12, 5),
    4: Version(2, 14),
    5: Version(2, 15),
}
"""The first server version of each ``api.level``. Servers before 2.11 send none."""
V2_9, V2_10 = Version(2, 9), Version(2, 10)


def answering(greeting: Mapping[str, Any], prefix: str, info: Mapping[str, Any]) -> Server:
    """The server that answered ``$JS.API.INFO``, as far as its answer and the greeting of the connected server show it.

    Raises ValueError when the greeting has no readable version.
    """
    own, level, name = Version.parse(str(greeting.get("version", ""))), _level(info), str(greeting.get("server_name", ""))
    here = _is_here(greeting, prefix, info)
    exact = here and floor(own) == level
    cluster = (greeting.get("cluster") or "") if here else None
    if cluster and cluster == name:
        cluster = None  # a leaf node that is alone has a cluster of its own name (2.10 to 2.15)
    return Server(
        version=own if exact else level,
        version_text=str(greeting["version"]) if exact else rough(level),
        members={name: own} if here and cluster else {},
        cluster=cluster,
        domain=info.get("domain") or "",
        is_connected_to=here,
        limits={} if info.get("tiers") else info.get("limits") or {},
        tiers={name: tier.get("limits") or {} for name, tier in (info.get("tiers") or {}).items()},
    )


def _is_here(greeting: Mapping[str, Any], prefix: str, info: Mapping[str, Any]) -> bool:
    """Whether the server of the connection, or its cluster, is what answers. Behind a prefix only equal domains show it."""
    domain = greeting.get("domain") or ""
    return bool(greeting.get("jetstream")) and domain == (info.get("domain") or "") and bool(domain or prefix == "$JS.API")


def _level(info: Mapping[str, Any]) -> Version:
    """The oldest version of a server that answers ``$JS.API.INFO`` like this."""
    level = (info.get("api") or {}).get("level", 0)
    known = [version for number, version in LEVELS.items() if number <= level]
    return known[-1] if known else V2_10 if "reserved_storage" in info else V2_9


def floor(version: Version) -> Version:
    """The first version that has the same level as this one."""
    return max((each for each in (V2_10, *LEVELS.values()) if each <= version), default=V2_9)


def rough(version: Version) -> str:
    """The version without a patch, as far as a level tells it: ``2.15``."""
    return f"{version.major}.{version.minor}"


def leader(info: Mapping[str, Any]) -> dict[str, Version]:
    """The version of the server that leads a stream now, under its name, by an answer of STREAM.INFO; empty where that does not
    tell it.

    ``_nats.ver`` is of that server from 2.11 on, as is the field ``allow_msg_ttl`` in every configuration. A server of 2.10
    shows the ``_nats.ver`` that a client once sent.
    """
    config, name = info["config"], (info.get("cluster") or {}).get("leader")
    if not name:
        return {}
    if "allow_msg_ttl" not in config:
        return {name: V2_10 if "consumer_limits" in config else V2_9}
    try:
        return {name: Version.parse((config.get("metadata") or {}).get("_nats.ver", ""))}
    except ValueError:
        return {}
