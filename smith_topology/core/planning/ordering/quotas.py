"""Limits of streams and of the account: how much of each is used, and which changes free some or use more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from smith_topology.core.diff.ownership import is_internal
from smith_topology.core.kinds.behaviour import COUNTS_STREAMS_OF_TIERS, RESERVES_EVERY_REPLICA
from smith_topology.core.model import Action, Address, Change, Config, Edge, Kind, Live, Server, tier_of
from smith_topology.core.planning.ordering.graphs import all_before_all
from smith_topology.core.planning.stage import Stages

if TYPE_CHECKING:
    from smith_topology.core.planning.writing import Writing

UNLIMITED = -1
"""For bytes; 0 of them is nothing at all."""


class Limited(Enum):
    """What a limit counts: streams, consumers, or bytes."""

    CONSUMERS = "consumers"
    STREAMS = "streams"
    FILE = "bytes of file storage"
    MEMORY = "bytes of memory storage"


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit, how much of it is used, and by how much each change raises or lowers that. ``stream`` is the stream whose
    consumers are limited; None is the account, or a tier of it.
    """

    what: Limited
    most: int
    used: int
    growth: Mapping[Address, int]
    stream: Address | None = None
    tier: str = ""

    @property
    def givers(self) -> list[Address]:
        return [address for address, more in self.growth.items() if more < 0]

    @property
    def takers(self) -> list[Address]:
        return [address for address, more in self.growth.items() if more > 0]

    @property
    def given(self) -> int:
        return -sum(self.growth[address] for address in self.givers)

    @property
    def added(self) -> int:
        return sum(self.growth[address] for address in self.takers)

    @property
    def is_exceeded(self) -> bool:
        """Whether the changes exceed the limit in any order."""
        return self.added > 0 and self.used - self.given + self.added > self.most

    @property
    def is_full(self) -> bool:
        """Whether the changes that use more fit only after others have freed some."""
        return self.used + self.added > self.most


def limit(limits: Mapping[str, Any], name: str) -> int:
    """A limit of the account, or of a tier; 0 where there is none."""
    return max(0, int(limits.get(name) or 0))


def quotas(changes: Iterable[Change], live: Live) -> Iterator[Quota]:
    """Every limit that these changes meet."""
    planned = {change.address: change for change in changes}
    yield from of_consumers(planned, live)
    streams = {address: change for address, change in planned.items() if address.kind is Kind.STREAM}
    for tier, limits in live.server.tiers.items() or (("", live.server.limits),):
        yield from _of_streams(streams, tier, limits, live)


def _of_streams(streams: Mapping[Address, Change], tier: str, limits: Mapping[str, Any], live: Live) -> Iterator[Quota]:
    """The limits of an account, or of one of its tiers, which counts the streams of its number of replicas."""
    held = [observed.config for address, observed in live.observed.items() if address.kind is Kind.STREAM]
    most = limit(limits, "max_streams")
    if most and (not tier or COUNTS_STREAMS_OF_TIERS.everywhere(live.server.versions)):
        growth = {a: _is_in(c.after, tier) - _is_in(c.before, tier) for a, c in streams.items() if c.action is not Action.NO_OP}
        unread = 0 if tier else sum(address.kind is Kind.STREAM for address in live.unknown)
        yield Quota(Limited.STREAMS, most, sum(_is_in(config, tier) for config in held) + unread, growth, tier=tier)
    for what, storage, name in ((Limited.FILE, "file", "max_storage"), (Limited.MEMORY, "memory", "max_memory")):
        if (most := int(limits.get(name, UNLIMITED))) >= 0:
            used = sum(_reserved(config, storage, tier, live.server) for config in held)
            growth = {address: _reserves(change, storage, tier, live.server) for address, change in streams.items()}
            yield Quota(what, most, used, growth, tier=tier)


def _is_in(config: Config | None, tier: str) -> bool:
    return config is not None and tier in ("", tier_of(config.get("num_replicas", 1)))


def of_consumers(planned: Mapping[Address, Change], live: Live) -> Iterator[Quota]:
    """The limits of streams that get or lose consumers."""
    growth: dict[Address, dict[Address, int]] = defaultdict(dict)
    for address, change in planned.items():
        if address.kind is Kind.CONSUMER and (more := _comes_or_goes(change)):
            growth[address.parent][address] = more
    for stream, changed in growth.items():
        used = sum(not is_internal(each) for each in live.consumers(stream.name)) + len(live.unknown_consumers(stream))
        if most := _most_consumers(planned.get(stream), stream, live):
            yield Quota(Limited.CONSUMERS, most, used, changed, stream)


def _most_consumers(change: Change | None, address: Address, live: Live) -> int:
    """The lower of the stream's limit, as it will be, and the account's for each stream; 0 without either."""
    observed = live.observed.get(address)
    config = (change.after if change else observed.config if observed else None) or {}
    limits = (config.get("max_consumers", -1), limit(live.server.limits_of(config.get("num_replicas", 1)), "max_consumers"))
    return min((each for each in limits if each > 0), default=0)


def _comes_or_goes(change: Change) -> int:
    return {Action.CREATE: 1, Action.DELETE: -1}.get(change.action, 0)


def _reserves(change: Change, storage: str, tier: str, server: Server) -> int:
    before, after = (_reserved(config, storage, tier, server) for config in (change.before, change.after))
    created = change.after if change.action is Action.CREATE else None
    takes_some = _is_in(created, tier) and (created or {}).get("storage", "file") == storage
    return after - before or int(takes_some)  # without a limit of its own it wants a byte


def _reserved(config: Config | None, storage: str, tier: str, server: Server) -> int:
    """The bytes that a stream reserves. A tier counts them once, whatever its number of replicas."""
    if config is None or config.get("storage", "file") != storage or not _is_in(config, tier):
        return 0
    copies = int(config.get("num_replicas", 1)) if not tier and RESERVES_EVERY_REPLICA.at(server.versions) else 1
    return max(0, int(config.get("max_bytes", -1))) * copies


def full_streams(writing: Writing) -> frozenset[Address]:
    """The streams whose new consumers must wait until others are deleted."""
    return frozenset(quota.stream for quota in writing.full_quotas if quota.stream)


def edges(writing: Writing, stages: Stages) -> Iterator[Edge]:
    """Changes that free some of a full quota come before those that use more of it (10023, 10026, 10027, 10028, 10047)."""
    for quota in writing.full_quotas:
        freeing = [stages.changing(each, "max_bytes", "num_replicas", "storage") for each in quota.givers]
        pairs = all_before_all(freeing, [stages.first(each) for each in quota.takers])
        yield from (Edge(first, then, f"{quota.what.value}: one frees what the other uses") for first, then in pairs)
