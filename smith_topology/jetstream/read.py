"""Server → Live: everything that exists, what of it can't be read, or an error. What can't be read is never taken for absent.

Lists have no cursor and no snapshot: entries created or deleted meanwhile shift the pages, so that a listing can miss
and repeat entries that were there all the time (``docs/jetstream-facts.md``, listing). Names are therefore read in pages
that overlap (``_names`` has the proof), and whatever the list lacks is asked for by name. In a cluster a list may leave
streams out (``missing``) while it reports success.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from smith_topology.core.model import (
    Address,
    Config,
    Diagnostic,
    Finding,
    Kind,
    Live,
    Observed,
    Server,
    Topology,
    consumer_address,
    stream_address,
)
from smith_topology.jetstream import servers
from smith_topology.jetstream.api import Api, our_clock
from smith_topology.jetstream.connecting.errors import ApiError, Denied, NoAnswer, ServerError
from smith_topology.jetstream.retry import IN_FLIGHT, LONGEST_ATTEMPT, Patient, gather
from smith_topology.jetstream.versions import leader

OVERLAP = 64
MOST_HOLES = 20
MOST_OBJECTS = 1_000_000
LONGEST_LIST = 10.0
"""Seconds. A cluster that has just lost a server takes 4 s to answer a list (2.15.1 measured)."""

NOT_FOUND = (10059, 10014)

T = TypeVar("T")


class Unreadable(ServerError):
    """Something that exists can't be read, so nothing can be said about it."""

    finding = Finding.error(
        "incomplete",
        "The account can't be read completely",
        "Something exists and can't be read. It is never taken for absent: what needs it is refused.",
        "Bring the servers back that keep it, or go on without it: `--exclude`.",
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The three endpoints that list one family of objects, below the API prefix, and the key of their lists."""

    key: str
    address: Callable[[str], Address]
    names: str
    list: str
    info: str


STREAMS = _Source("streams", stream_address, "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.")


def _consumers_of(stream: str) -> _Source:
    endpoints = f"CONSUMER.NAMES.{stream}", f"CONSUMER.LIST.{stream}", f"CONSUMER.INFO.{stream}."
    return _Source("consumers", partial(consumer_address, stream), *endpoints)


async def live(api: Api, topology: Topology, *, every_consumer: bool = False) -> Live:
    """Read every stream, and the consumers of the streams that the topology declares or owns, or of all streams.

    A single object that can't be read, once ``api.patience`` is over for what may pass, is unknown; one that the file does not
    mention has a shorter time. Raises ServerError: Unreadable for an account that changes faster than it can be read,
    otherwise what the request layer raises.
    """
    ask, briefly, unknown = Patient(api), Patient(api, LONGEST_ATTEMPT), dict[Address, Diagnostic]()
    listing = _all(ask, STREAMS, unknown, lambda address: ask if topology.mentions(address) else briefly, certain=True)
    server, listed = await asyncio.gather(ask.repeat(api.server), listing)
    streams = {stream_address(name): _stream(info) for name, info in listed.items()}
    relevant = [
        each
        for each in streams.values()
        if every_consumer or topology.mentions(each.address) or each.owner == topology.name
    ]
    read = {each.address for each in relevant}
    used = [s.address for s in relevant if s.state.get("consumer_count")]
    found = await gather(used, lambda address: _unless_unknown(unknown, address, _consumers(ask, address.name, unknown)))
    missed = [address for address, batch in zip(used, found, strict=True) if batch is None]
    for address in missed:
        streams.pop(address)
    gone = [address for address in missed if address not in unknown]
    again = await gather(gone, lambda address: _unless_unknown(unknown, address, _anew(ask, address, unknown)))
    consumers = {each.address: each for batch in (*found, *again) for each in batch or ()}
    objects = {**streams, **consumers}
    server = await servers.known(api, server, streams.values())
    altered = [a for a in objects if a.parent in read and _is_listed_by_another_version(server, objects[a])]
    exact = await gather(altered, lambda a: _unless_unknown(unknown, a, ask.repeat(lambda: one(api, a))))
    objects |= {each.address: each for each in exact if each}
    readable = {a: o for a, o in objects.items() if not {a, a.parent} & unknown.keys()} if unknown else objects
    return Live(server, readable, unknown)


async def _unless_unknown(unknown: dict[Address, Diagnostic], address: Address, reading: Awaitable[T]) -> T | None:
    """What is read of one object. None, with the reason in ``unknown``, if the servers that keep it can't be asked."""
    try:
        return await reading
    except (NoAnswer, ApiError, Denied, Unreadable) as error:
        unknown[address] = replace(_unreadable(address, error).diagnostic, address=address)
        return None


def _unreadable(address: Address, error: ServerError) -> ServerError:
    match error:
        case NoAnswer():
            why = "no answer"
        case ApiError(description=description):
            why = description
        case _:
            return error
    back = "Bring those servers back (`nats server report jetstream` shows which), then run this again."
    fix = "Upgrade those servers, then run this again." if "unsupported" in why else back
    return Unreadable(f"{address} exists, but the servers that keep it can't be asked ({why}).", fix)


def _is_listed_by_another_version(server: Server, observed: Observed) -> bool:
    """Whether the server that lists is older than the object's leader, and leaves out fields that it does not know, or newer, and
    adds the ones that it always shows (2.10 and 2.15 measured).
    """
    return any(server.members.get(name, server.version)[:2] != server.version[:2] for name in observed.peers[:1])


async def _anew(ask: Patient, address: Address, unknown: dict[Address, Diagnostic]) -> list[Observed]:
    """A stream, with its consumers, that was listed and then was gone: it may have been created again since. Empty if it was
    not.
    """
    for _ in range(MOST_HOLES):
        info = await _info(ask, STREAMS, address.name)
        if info is None:
            return []
        if (consumers := await _consumers(ask, address.name, unknown)) is not None:
            return [_stream(info), *consumers]
    raise Unreadable(f"{address} is deleted and made again faster than it can be read.", "Try again when it comes and goes less.")


async def one(api: Api, address: Address) -> Observed | None:
    """One object as it is now, None when the server says that it isn't there. Raises ServerError."""
    info = await _info_of(api, address)
    return observed(address, info) if info else None


async def _info_of(api: Api, address: Address) -> dict[str, Any] | None:
    try:
        return await api.request(".".join((address.kind.value.upper(), "INFO", *address.path)))
    except ApiError as error:
        if error.err_code in NOT_FOUND:
            return None
        raise


async def family(api: Api, server: Server, address: Address, together: Callable[[Config], bool]) -> Live:
    """An object's stream, and its consumers, as they are now, by the server's clock as it is now.

    All consumers where ``together`` says so of the stream's configuration, else the object alone. Empty when the stream is
    gone. Raises ServerError.
    """
    info = await _info_of(api, address.parent)
    if info is None:
        return Live(server, {})
    members = {**server.members, **leader(info)} if server.is_clustered else {}
    server, stream = replace(server, time=info.get("ts") or our_clock(), members=members), _stream(info)
    if together(stream.config):
        unknown: dict[Address, Diagnostic] = {}
        found = await _consumers(Patient(api), stream.address.name, unknown) or []
        for why in unknown.values():
            raise Unreadable(why.detail, why.fix)
        # Once more, behind its consumers: what has come meanwhile then counts as wanted by none of them, never the other way.
        info = await _info_of(api, address.parent)
        stream = _stream(info) if info else stream
    else:
        found = [each for each in [await one(api, address)] if each]
    return Live(server, {each.address: each for each in (stream, *found)})


def observed(address: Address, info: dict[str, Any]) -> Observed:
    """An answer of INFO, CREATE or UPDATE as an object."""
    return _stream(info) if address.kind is Kind.STREAM else _consumer(address, info)


def _stream(info: dict[str, Any]) -> Observed:
    config = info["config"]
    return Observed(stream_address(config["name"]), config, info["created"], info["state"], info.get("cluster") or {})


def _consumer(address: Address, info: dict[str, Any]) -> Observed:
    return Observed(address, info["config"], info["created"], info, info.get("cluster") or {})


async def _consumers(ask: Patient, stream: str, unknown: dict[Address, Diagnostic]) -> list[Observed] | None:
    """None when the stream is gone. Adds the consumers that can't be read to ``unknown``."""
    try:
        listed = await _all(ask, _consumers_of(stream), unknown, lambda _: ask, certain=False)
    except ApiError as error:
        if error.err_code in NOT_FOUND:
            return None
        raise
    return [_consumer(consumer_address(stream, name), info) for name, info in listed.items()]


# ---------------------------------------------------------------------------------------------------- listing


async def _all(
    ask: Patient, source: _Source, unknown: dict[Address, Diagnostic], asking: Callable[[Address], Patient], *, certain: bool
) -> dict[str, dict[str, Any]]:
    """Every entry by name, without those that can't be read, which are added to ``unknown``. ``certain`` asks for the names even
    where one page holds the whole list; ``asking`` says how patiently a single object is asked for.

    A single page without gaps is one instant's truth, so it needs no second look.
    """
    if certain:
        names, (found, _) = await asyncio.gather(_names(ask, source), _listing(ask, source))
    else:
        found, whole = await _listing(ask, source)
        names = found.keys() if whole else await _names(ask, source)
    doubtful = {name: source.address(name) for name in sorted(names ^ found.keys())}

    async def settle(name: str) -> dict[str, Any] | None:
        return await _unless_unknown(unknown, doubtful[name], _info(asking(doubtful[name]), source, name))

    settled = {**found, **dict(zip(doubtful, await gather(doubtful, settle), strict=True))}
    return {name: info for name, info in settled.items() if info is not None}


async def _info(ask: Patient, source: _Source, name: str) -> dict[str, Any] | None:
    try:
        return await ask.request(source.info + name)
    except ApiError as error:
        if error.err_code in NOT_FOUND:
            return None
        raise


async def _names(ask: Patient, source: _Source) -> set[str]:
    """Every name, and none that exists all the while is missed, whatever is created and deleted meanwhile.

    Pages are sorted by name, and each holds all that exist at its instant between its first name and its last (the first
    page: up to its last; the final one: from its first). Where each begins no later than the ones before it end, they
    leave nothing out between them. One that begins later was shifted by more deletions than the overlap allows for.
    """
    names: set[str] = set()
    reach, offset, holes = "", 0, 0
    while holes < MOST_HOLES:
        page = await _page(ask, source.names, offset)
        entries = page.get(source.key) or []
        if offset and (not entries or entries[0] > reach):
            holes, offset = holes + 1, max(0, offset - OVERLAP * 2**holes)
            continue
        known = len(names)
        names.update(entries)
        if offset + len(entries) >= page["total"]:
            return names
        if len(names) in (known, 0):
            raise ask.not_understood(source.names, f"its pages end after {known:,} names, and `total` is {page['total']:,}")
        reach, offset = max(reach, entries[-1]), offset + max(1, len(entries) - OVERLAP)
    raise Unreadable(
        f"The {source.key} of this account are deleted faster than they can be listed: {holes} pages did not join.",
        "Try again when fewer of them come and go.",
    )


async def _listing(ask: Patient, source: _Source) -> tuple[dict[str, Any], bool]:
    """What all pages list, and whether that is sure to be everything: it came in one page, without gaps.

    The first page holds the total; the rest are asked for many at once, until none of them brings anything new. What a server in
    good order had when it was stopped stands in the list all the same, empty and without consumers (2.10 to 2.15): ``missing``
    names it, so it does not count.
    """
    first = await _page(ask, source.list, 0)
    total, limit = first["total"], first["limit"] or 1
    gaps, found = _gaps(first), _entries(source, first)
    whole = not gaps and len(found) == total
    for start in range(limit, total, limit * IN_FLIGHT):
        whole, known = False, len(found)
        offsets = range(start, min(start + limit * IN_FLIGHT, total), limit)
        for page in await gather(offsets, lambda offset: _page(ask, source.list, offset)):
            gaps |= _gaps(page)
            found |= _entries(source, page)
        if len(found) == known:
            break
    return {name: entry for name, entry in found.items() if name not in gaps}, whole


def _gaps(page: dict[str, Any]) -> set[str]:
    return {name for kind in ("missing", "offline") for name in page.get(kind) or ()}


def _entries(source: _Source, page: dict[str, Any]) -> dict[str, Any]:
    return {_name(entry): entry for entry in page.get(source.key) or ()}


def _name(info: dict[str, Any]) -> str:
    name: str = info.get("name") or info["config"]["name"]
    return name


async def _page(ask: Patient, endpoint: str, offset: int) -> dict[str, Any]:
    page = await ask.request(endpoint, {"offset": offset}, attempt=LONGEST_LIST)
    if page["total"] > MOST_OBJECTS:
        raise ask.not_understood(endpoint, f"`total` is {page['total']:,}, and {MOST_OBJECTS:,} is the most that is read")
    return page
