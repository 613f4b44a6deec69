"""Mirrors and sources against the streams they copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from smith_topology.core.checks.interface import Found, known, steps
from smith_topology.core.checks.subjects import indexed
from smith_topology.core.model import Config, Diagnostic, Finding, Resource, Topology, copies_of

UNDECLARED = Finding.warning(
    "RF101",
    "The origin is not in the file",
    "The origin of a mirror or source is not declared. It may exist unmanaged; the server also takes a copy of nothing.",
    "Declare it, correct its name, or add `external`.",
)
CYCLE = Finding.error(
    "RF102",
    "Streams copy each other in a cycle",
    "Streams copy each other, or one itself, in a cycle [10052]. Where filters let one order of creation pass, every later "
    "update would be refused.",
    "Break the cycle.",
)
TWICE = Finding.error(
    "RF103",
    "An origin is reached on two ways",
    "An origin is named in `sources` before another source that copies it too: the server takes that for a cycle [10052].",
    "Name it after that source.",
)
LARGER = Finding.error(
    "RF105",
    "The origin holds messages too large for the copy",
    "`max_msg_size` of the copy is below the origin's [10030, 10046].",
    "Raise it.",
)

Streams = Mapping[str, Resource]


def _by_name(topology: Topology) -> dict[str, Resource]:
    return {stream.address.name: stream for stream in topology.streams()}


def _local(stream: Resource) -> Iterator[tuple[str, Config]]:
    """The known copies whose origin is in the same account, sources first: the order the server looks at them."""
    copies = [(path, copy) for path, copy in copies_of(dict(stream.config)) if not copy.get("external") and copy.get("name")]
    return iter(sorted(copies, key=lambda each: each[0] == "mirror"))


def undeclared(topology: Topology) -> Iterator[Diagnostic]:
    """Origins that the file does not declare. They may exist unmanaged; else the server accepts the copy, which then waits."""
    streams = _by_name(topology)
    for stream in streams.values():
        for path, copy in _local(stream):
            if copy["name"] not in streams:
                detail = f"Stream {copy['name']} is declared nowhere. If it is not on the server either, nothing is copied."
                fix = "Declare it, correct the name, or say with `external` where it is."
                yield UNDECLARED.at(stream, f"{path}.name", detail, fix)


def larger_messages(topology: Topology) -> Found:
    streams = _by_name(topology)
    for stream in streams.values():
        for path, copy in _local(stream):
            if origin := streams.get(copy["name"]):
                yield from known(_larger(stream, path, origin))


def _larger(stream: Resource, path: str, origin: Resource) -> Found:
    mine, theirs = (each.config.get("max_msg_size", -1) for each in (stream, origin))
    if 0 < mine < theirs:
        detail = f"Stream {origin.address.name} takes messages of {theirs} bytes, this one of {mine}."
        yield LARGER.at(stream, "max_msg_size", detail, f"Raise `max_msg_size` to {theirs}, or leave it out ({path}).")


def cycles(topology: Topology) -> Iterator[Diagnostic]:
    """Cycles of copies, as the server looks for them; each is reported once.

    A stream with a single origin that leads into no cycle can't be the start of one, which keeps this linear in chains and stars
    of any size.
    """
    streams = _by_name(topology)
    walks = _Walks({name: tuple(_local(stream)) for name, stream in streams.items()}, streams)
    suspects = _leading_into_cycles(streams)
    for name, stream in streams.items():
        if (name in suspects and name not in walks.reported) or len(walks.copies[name]) > 1:
            yield from walks.begin(stream)


def _leading_into_cycles(streams: Streams) -> set[str]:
    """What is left when streams without origins are taken away, again and again."""
    copies: defaultdict[str, list[str]] = defaultdict(list)
    open_origins: dict[str, int] = {}
    for name, stream in streams.items():
        origins = [copy["name"] for _, copy in _local(stream) if copy["name"] in streams]
        open_origins[name] = len(origins)
        for origin in origins:
            copies[origin].append(name)
    ready = [name for name, count in open_origins.items() if not count]
    while ready:
        for copy in copies[ready.pop()]:
            open_origins[copy] -= 1
            if not open_origins[copy]:
                ready.append(copy)
    return {name for name, count in open_origins.items() if count}


class _Walks:
    """Breadth first from one stream after the other: the server refuses one when a copy leads to a stream already seen (2.15.1).

    It does so even where that is no cycle, but the same origin named before a stream that copies it too. A source
    with a filter that none of the copying stream's own subjects matches is let pass, or one whose own subjects are unknown.
    """

    def __init__(self, copies: Mapping[str, Sequence[tuple[str, Config]]], streams: Streams) -> None:
        self.copies = copies
        self.reported: set[str] = set()
        self._streams = streams
        self._left = steps()
        self._own = cache(lambda name: indexed(dict(streams[name].config).get("subjects") or ()))

    def begin(self, start: Resource) -> Iterator[Diagnostic]:
        level, seen, came_from = [start.address.name], set[str](), {start.address.name: ""}
        while level:
            ahead: list[str] = []
            for name in _ends(level):
                seen.add(name)
                for (path, copy), _ in zip(self.copies[name], self._left, strict=False):
                    origin = copy["name"]
                    if origin not in seen:
                        if origin in self._streams:
                            came_from.setdefault(origin, name)
                            ahead.append(origin)
                    elif path == "mirror" or self._takes_own(name, copy):
                        if origin not in self.reported:
                            yield _found(start, path, _chain(came_from, name), origin)
                        self.reported |= seen
                        return
            level = ahead

    def _takes_own(self, name: str, source: Config) -> bool:
        wanted = source.get("filter_subject") or ""
        return not wanted or next(self._own(name).meeting(wanted), None) is not None


def _ends(names: Sequence[str]) -> list[str]:
    """Each name where it comes first and where it comes last: the first marks it as seen, the last sees the most. What stands
    between adds nothing, and would double from level to level where streams copy each other's origins.
    """
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    last = {name: place for place, name in enumerate(names)}
    return [name for place, name in enumerate(names) if place in (first[name], last[name])]


def _chain(came_from: Mapping[str, str], name: str) -> list[str]:
    chain = [name]
    while came_from[chain[-1]]:
        chain.append(came_from[chain[-1]])
    return chain[::-1]


def _found(start: Resource, path: str, chain: list[str], origin: str) -> Diagnostic:
    where = path if chain == [start.address.name] else "mirror" if dict(start.config).get("mirror") else "sources"
    if origin in chain:
        detail = f"{' copies '.join((*chain, origin))}: every message would go round for ever, so the server refuses it."
        return CYCLE.at(start, where, detail, "Break the cycle, or filter so that no stream gets its own messages back.")
    ways = " and ".join(chain[1:])
    detail = f"{start.address.name} copies {origin}, and again by way of {ways}: the server takes that for a cycle."
    return TWICE.at(start, where, detail, f"Name {origin} after {chain[1]} in `sources`, or copy it on one way only.")
