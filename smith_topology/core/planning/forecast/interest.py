"""Which consumers want which messages of a stream at each moment of the plan, and how many messages they wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.kinds.behaviour import COPIES_ACKNOWLEDGE
from smith_topology.core.model import Action, Address, Change, Config, Kind, Live, Observed, filters_of
from smith_topology.core.planning.claims import claims_of, gone
from smith_topology.core.planning.ordering.consumers import changes_filters
from smith_topology.core.subjects import REST, SubjectIndex


@dataclass(frozen=True)
class Consumers:
    """A stream's consumers at one moment of the plan, grouped by what the whole plan does to them."""

    staying: list[Observed]
    changing: list[Observed]  # get other filters
    leaving: list[Observed]
    created: list[Change]  # those that are there by now
    done: frozenset[Address]  # of those that change or leave: the ones that have by now
    first_to_leave: Address | None
    passing: bool  # there are others that no file declares, such as those of copies, which come and go

    @property
    def known(self) -> list[Observed]:
        return [*self.staying, *self.changing, *self.leaving]

    @cached_property
    def wanted(self) -> int:
        """A lower bound on the messages that any of them wants before the plan begins."""
        return wanted_by_any(self.known)

    @cached_property
    def wanted_on(self) -> int:
        """As ``wanted``, of the consumers that the plan leaves as they are."""
        return wanted_by_any(self.staying)

    @property
    def all_go(self) -> bool:
        return not (self.staying or self.changing or self.created)

    def are_replaced(self, claims: tuple[str, ...]) -> bool:
        """Whether some new consumer wants every stored message of these subjects."""
        new = [c.after or {} for c in self.created]
        return any(c.get("deliver_policy", "all") == "all" and not gone(claims, claims_of(Kind.CONSUMER, c)) for c in new)


class World:
    """The account at one moment of the plan: which changes are made by then, and what that means for each stream's consumers."""

    def __init__(self, changes: Iterable[Change], live: Live) -> None:
        self.live = live
        self.planned = {change.address: change for change in changes}
        self._done: set[Address] = set()
        self._created: dict[Address, list[Change]] = defaultdict(list)
        self._at_first: dict[Address, Consumers] = {}

    def advance(self, change: Change) -> None:
        """Count a change as made."""
        self._done.add(change.address)
        if change.action is Action.CREATE and change.address.kind is Kind.CONSUMER:
            self._created[change.address.parent].append(change)

    def stream(self, address: Address) -> Config:
        """The configuration of a stream at this moment; empty where there is none."""
        observed, change = self.live.observed.get(address), self.planned.get(address)
        if change and address in self._done:
            return change.after or {}
        return observed.config if observed else {}

    def consumers(self, stream: Address) -> Consumers:
        if stream not in self._at_first:
            self._at_first[stream] = self._sorted(stream)
        first = self._at_first[stream]
        done = frozenset(each.address for each in (*first.changing, *first.leaving) if each.address in self._done)
        return replace(first, created=self._created[stream], done=done)

    def holding(self, stream: Address, claims: tuple[str, ...], but: Address) -> list[Observed]:
        """The other consumers that want all of these subjects, now and after the plan."""
        found = []
        for consumer in self.live.consumers(stream.name):
            change = self.planned.get(consumer.address)
            configs = (consumer.config, change.after if change else consumer.config)
            other = consumer.address != but and not is_ephemeral_or_internal(consumer)
            if other and not any(gone(claims, claims_of(Kind.CONSUMER, config)) for config in configs):
                found.append(consumer)
        return found

    def _sorted(self, stream: Address) -> Consumers:
        everyone, planned = self.live.consumers(stream.name), self.planned
        here = [c for c in everyone if c.address in planned or not is_ephemeral_or_internal(c)]
        changes = {c.address: planned[c.address] for c in here if c.address in planned}
        leaving = {address for address, change in changes.items() if change.action is Action.DELETE}
        changing = {address for address, change in changes.items() if changes_filters(change)}
        return Consumers(
            staying=[c for c in here if c.address not in leaving | changing],
            changing=[c for c in here if c.address in changing],
            leaving=[c for c in here if c.address in leaving],
            created=[],
            done=frozenset(),
            first_to_leave=next((address for address in planned if address in leaving), None),
            passing=len(here) < len(everyone) or stream.name in self.live.copied,
        )


def holds_by_interest(stream: Config, address: Address, live: Live) -> bool:
    """Whether a stream keeps a message until every consumer that wants it has acknowledged it: by its retention, or because it is
    a work queue with a copy, whose consumer wants it as well.
    """
    copied = address.name in live.copied and COPIES_ACKNOWLEDGE.at(live.versions(address))
    return stream.get("retention") == "interest" or (copied and stream.get("retention") == "workqueue")


def wanted(consumer: Observed) -> int:
    return int(consumer.state.get("num_pending", 0)) + int(consumer.state.get("num_ack_pending", 0))


def wanted_by_any(consumers: list[Observed]) -> int:
    """A lower bound on the messages still wanted by any of these consumers: the sum if no two filters overlap, else the
    largest number of one of them.
    """
    index = SubjectIndex((subject, c.address) for c in consumers for subject in filters_of(c.config) or (REST,))
    apart = all(a == b for (_, a), (_, b) in index.overlapping())
    numbers = [wanted(c) for c in consumers]
    return sum(numbers) if apart else max(numbers, default=0)
