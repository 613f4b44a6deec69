"""Which servers have the account's JetStream: their versions, and whether they are a cluster.

Through a domain, an API prefix or a leaf node these are not the server connected to, and in a cluster each object has servers
of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from smith_topology.core.model import Observed, Server, Version
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.errors import ApiError, NoAnswer, ServerError
from smith_topology.jetstream.retry import Patient, gather
from smith_topology.jetstream.versions import floor, leader, rough

NO_SUCH_STREAM = "smith-topo-no-such-stream"
CLUSTER_REQUIRED = 10010


async def known(api: Api, server: Server, streams: Collection[Observed]) -> Server:
    """The server, with all that the streams of the account say: whether it is a cluster, and the versions of its members.

    Asks for one stream of each server that leads any, and for one of a single server that is not the one connected to. Raises
    ServerError.
    """
    ask = Patient(api)
    cluster, inexact = await _cluster(api, server, streams), server.version_text == rough(server.version)
    leaders = {each.peers[0]: each for each in streams if each.peers} if cluster else {}
    asked = [each for name, each in leaders.items() if name not in server.members]
    if inexact and not asked:
        asked = list(streams)[:1]
    infos = [info for info in await gather(asked, lambda each: _info(ask, each.address.name)) if info]
    found = {name: version for info in infos for name, version in leader(info).items()}
    if inexact:
        server = _refined(server, found.values(), infos)
    members = {**server.members, **found}
    versions = (server.version, *members.values())
    oldest, newest = min(versions), max(versions)
    text = f"{oldest} to {newest}" if oldest[:2] != newest[:2] else server.version_text
    return replace(server, cluster=cluster, version_text=text, members=members if cluster != "" else {})


def _refined(server: Server, found: Iterable[Version], infos: list[dict[str, Any]]) -> Server:
    """A server of which only the level is known: with its whole version, if some stream says it, and its own clock."""
    time = next((str(info["ts"]) for info in infos if info.get("ts")), server.time)
    alike = [each for each in found if floor(each) == server.version]
    version, text = (min(alike), str(min(alike))) if alike else (server.version, server.version_text)
    return replace(server, time=time, version=version, version_text=text)


async def _cluster(api: Api, server: Server, streams: Collection[Observed]) -> str | None:
    """The name of the cluster, ``""`` for a single server, None where it can't be known.

    The connection tells it, where the server connected to is what answers: streams of the account may be in other clusters too.
    Else lists of a cluster name it in each entry. Those of a single server name none, and its infos name the server.
    """
    if server.cluster is not None:
        return server.cluster
    named = {str(each.cluster["name"]) for each in streams if each.cluster.get("name") not in (None, *each.peers[:1])}
    if named:
        return named.pop() if len(named) == 1 else None
    return "" if streams else await _named_by_refusal(api)


async def _named_by_refusal(api: Api) -> str | None:
    """The same where no stream says it: a single server refuses every change of a leader, and a cluster answers that there is no
    such stream. Nothing is changed. Asked once: without an answer it stays unknown.
    """
    try:
        await api.request(f"STREAM.LEADER.STEPDOWN.{NO_SUCH_STREAM}")
    except ApiError as error:
        return "" if error.err_code == CLUSTER_REQUIRED else None
    except ServerError:
        return None
    return None


async def _info(ask: Patient, stream: str) -> dict[str, Any] | None:
    """The stream as its leader shows it; None when it refuses to, as it does once the stream is gone, or does not answer."""
    try:
        return await ask.request(f"STREAM.INFO.{stream}")
    except (ApiError, NoAnswer):
        return None
