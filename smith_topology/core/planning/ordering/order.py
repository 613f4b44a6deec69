"""Which change comes before which: subjects and work queue filters handed over, origins first, consumers around streams.

Two strengths: what the server would refuse in the wrong order, and what is merely better that way and is dropped where
it would close a circle (two streams may source each other). An update that can't be made in one piece takes several turns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from graphlib import TopologicalSorter
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias

from smith_topology.core.model import Action, Address, Change, Handover, Kind, Live, origins
from smith_topology.core.planning.ordering.consumers import goes_first, precedes_interest, turns
from smith_topology.core.planning.ordering.cycles import cycles
from smith_topology.core.planning.ordering.quotas import Quota, full_streams, quotas
from smith_topology.core.planning.ordering.subjects import claims_of, handovers, parked
from smith_topology.core.subjects import intersection, overlaps

MOST_PAIRS = 10_000

Edge: TypeAlias = tuple[Address, Address]
"""The first comes before the second."""


class Part(Enum):
    """How much of its change an object makes in one turn; several come in this order."""

    RELEASE = auto()  # lets go of subjects or filters that others on a circle wait for; everything else stays as it is
    PREPARE = auto()  # everything but the retention
    REST = auto()


class Turn(NamedTuple):
    """One object's place in the order."""

    address: Address
    part: Part = Part.REST


@dataclass(frozen=True, slots=True)
class Order:
    """What comes before what: ``before[b]`` has to be done before b, without cycles.

    ``kept[a]`` are the subjects or filters that remain of a when it releases the others.
    """

    before: Mapping[Turn, frozenset[Turn]]
    kept: Mapping[Address, tuple[str, ...]]
    handovers: tuple[Handover, ...] = ()

    def __iter__(self) -> Iterator[Turn]:
        """Every turn after those before it, otherwise as planned."""
        place = {turn: number for number, turn in enumerate(self.before)}
        sorter = TopologicalSorter(self.before)
        sorter.prepare()
        while ready := sorter.get_ready():
            yield from sorted(ready, key=place.__getitem__)
            sorter.done(*ready)


def arrange(changes: Iterable[Change], live: Live) -> Order:
    """Put the writing changes in order."""
    writing = {c.address: c for c in changes if c.action in (Action.CREATE, Action.UPDATE, Action.DELETE)}
    passing = tuple(handovers(writing, live))
    handed: dict[Edge, set[str]] = defaultdict(set)
    for each in passing:
        handed[each.giver, each.taker].add(each.claim)
    needed, better = _around_streams(writing, live)
    needed |= {edge for quota in quotas(writing.values(), live) if quota.is_full for edge in _makes_room(quota)}
    opened = _opened(handed, needed, writing)
    turns = _Turns(writing, opened, frozenset(_prepared(writing)))
    firm = turns.between(handed.keys() | needed) | turns.of_each()
    soft = turns.between({*better, *_origins(writing), *_consumers_among_themselves(writing, live)})
    circling = {edge for circle in cycles(firm | soft) for edge in circle}
    before: dict[Turn, set[Turn]] = {turn: set() for address in writing for turn in turns.of(address)}
    for first, second in firm | (soft - circling):
        before[second].add(first)
    kept = {giver: _kept(writing[giver], takers, handed) or parked(giver) for giver, takers in opened.items()}
    return Order({turn: frozenset(firsts) for turn, firsts in before.items()}, kept, passing)


@dataclass(frozen=True, slots=True)
class _Turns:
    """Which turns an object takes, and which of them an edge between two objects is about."""

    writing: Mapping[Address, Change]
    opened: Mapping[Address, frozenset[Address]]
    prepared: frozenset[Address]

    def of(self, address: Address) -> list[Turn]:
        parts = ((Part.RELEASE, address in self.opened), (Part.PREPARE, address in self.prepared), (Part.REST, True))
        return [Turn(address, part) for part, taken in parts if taken]

    def of_each(self) -> set[tuple[Turn, Turn]]:
        return {edge for address in self.writing for edge in pairwise(self.of(address))}

    def between(self, edges: Iterable[Edge]) -> set[tuple[Turn, Turn]]:
        return {each for first, second in edges for each in self._between(first, second)}

    def _between(self, first: Address, second: Address) -> Iterator[tuple[Turn, Turn]]:
        """A consumer that is needed before its stream's interest comes between the two turns of a prepared one; a released taker
        waits with the rest alone.
        """
        done = Turn(first, Part.RELEASE if second in self.opened.get(first, ()) else Part.REST)
        if second not in self.prepared:
            yield done, Turn(second)
        elif first.parent == second and precedes_interest(self.writing[first], self.writing[second]):
            yield Turn(second, Part.PREPARE), done
            yield done, Turn(second)
        else:
            yield done, Turn(second, Part.PREPARE)


# ---------------------------------------------------------------------------------------------------- cycles


def _opened(
    handed: Mapping[Edge, set[str]], needed: frozenset[Edge], writing: Mapping[Address, Change]
) -> dict[Address, frozenset[Address]]:
    """Who has to let go beforehand, and for whom: one giver of each circle, as often as there are cycles left.

    Whoever releases subjects leaves their publishers alone for a moment, so those that keep some, and those that open most,
    go first. A release makes no room, so where a taker needs that of its giver as well, another one lets go.
    """
    opened: dict[Address, frozenset[Address]] = {}
    closed = cycles(handed.keys() | needed)
    while closed:
        left: set[Edge] = set()
        for circle in closed:
            takers: dict[Address, set[Address]] = defaultdict(set)
            passing = circle & handed.keys()
            for giver, taker in passing - needed or passing:
                takers[giver].add(taker)
            chosen = min(takers, key=lambda a: (not _kept(writing[a], takers[a], handed), -len(takers[a]), a))
            opened[chosen] = opened.get(chosen, frozenset()) | takers[chosen]
            left |= circle - {(chosen, taker) for taker in takers[chosen]}
        closed = cycles(left)
    return opened


def _kept(giver: Change, takers: Iterable[Address], handed: Mapping[Edge, set[str]]) -> tuple[str, ...]:
    """What an object on a circle need not let go of for these takers' sake: what they do not want, and of what they want a part
    of, the part that stays.
    """
    given = {subject for taker in takers for subject in handed[giver.address, taker]}
    before, after = (claims_of(giver.address.kind, config) for config in (giver.before, giver.after))
    staying = (intersection(claim, other) for claim in before if claim in given for other in after if overlaps(claim, other))
    return (*(claim for claim in before if claim not in given), *staying)


# ------------------------------------------------------------------------------------- streams and consumers


def _around_streams(writing: Mapping[Address, Change], live: Live) -> tuple[frozenset[Edge], frozenset[Edge]]:
    """A stream before its consumers, except where the consumers have to make room first, or to hold on to messages.

    What has to be, and what is merely better: the server deletes a consumer at any time.
    """
    needed: set[Edge] = set()
    better: set[Edge] = set()
    for change in writing.values():
        stream = writing.get(change.address.parent)
        if change.address.kind is not Kind.CONSUMER or stream is None:
            continue
        if goes_first(change, stream, live):
            needed.add((change.address, stream.address))
        else:
            (better if change.action is Action.DELETE else needed).add((stream.address, change.address))
    return frozenset(needed), frozenset(better)


def _prepared(writing: Mapping[Address, Change]) -> Iterator[Address]:
    """Streams whose consumers, before these become interest, may need all else that changes (limits, replicas)."""
    for change in writing.values():
        stream = writing.get(change.address.parent)
        waits = change.address.kind is Kind.CONSUMER and stream and precedes_interest(change, stream)
        if stream and waits and any(each.path != "retention" for each in stream.fields):
            yield stream.address


def _makes_room(quota: Quota) -> Iterator[Edge]:
    """Whoever gives something back comes before whoever takes more of it (10023, 10026, 10027, 10028, 10047)."""
    return _all_before_all(quota.givers, quota.takers)


def _consumers_among_themselves(writing: Mapping[Address, Change], live: Live) -> Iterator[Edge]:
    """On an interest stream a consumer that goes, or turns to other filters, lets messages go: new ones come before that, where
    there is room for both.
    """
    full = full_streams(writing.values(), live)
    by_stream: dict[str, list[Change]] = defaultdict(list)
    for change in writing.values():
        if change.address.kind is Kind.CONSUMER:
            by_stream[change.address.path[0]].append(change)
    for name, consumers in by_stream.items():
        stream = live.stream(name)
        if stream and stream.config.get("retention") == "interest":
            created = [c.address for c in consumers if c.action is Action.CREATE]
            letting_go = [c.address for c in consumers if turns(c) or (c.action is Action.DELETE and name not in full)]
            yield from _all_before_all(created, letting_go)


def _all_before_all(firsts: list[Address], seconds: list[Address]) -> Iterator[Edge]:
    """An edge for each pair; where these would be too many, by way of the last of the firsts, which then waits for the others."""
    if len(firsts) * len(seconds) <= MOST_PAIRS:
        yield from product(firsts, seconds)
    elif firsts:
        *others, last = firsts
        yield from ((each, last) for each in others)
        yield from ((last, each) for each in seconds)


def _origins(writing: Mapping[Address, Change]) -> Iterator[Edge]:
    """An origin is there before what copies it, and so are its new consumers, which a work queue takes no longer once it is
    copied (up to 2.12); it goes after what copies it.
    """
    created: dict[str, list[Address]] = defaultdict(list)
    for change in writing.values():
        if change.address.kind is Kind.CONSUMER and change.action is Action.CREATE:
            created[change.address.path[0]].append(change.address)
    for change in writing.values():
        if change.address.kind is not Kind.STREAM:
            continue
        copied = origins(change.after or {})
        yield from ((consumer, change.address) for origin in {*copied} for consumer in created[origin])
        for origin in {*copied, *origins(change.before or {})}:
            other = writing.get(Address(Kind.STREAM, (origin,)))
            if other is None or other is change:
                continue
            if other.action is Action.DELETE:
                yield change.address, other.address
            elif origin in copied:
                yield other.address, change.address
