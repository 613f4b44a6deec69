"""Who still wants what of a stream: the consumers by what the plan does to them, and how many messages they wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.kinds.behaviour import COPIES_ACKNOWLEDGE
from smith_topology.core.model import Action, Address, Change, Config, Kind, Live, Observed, filters_of
from smith_topology.core.planning.ordering.consumers import goes_first, turns
from smith_topology.core.planning.ordering.quotas import full_streams
from smith_topology.core.subjects import REST, SubjectIndex


@dataclass(frozen=True)
class Consumers:
    """A stream's consumers, by what the plan does to them."""

    staying: list[Observed]
    turning: list[Observed]  # to other filters
    leaving: list[Observed]
    created: list[Change]  # those that come before any of the others goes
    early: frozenset[Address]  # of those that turn or leave: the ones that do before their stream changes
    passing: bool  # others that nobody declared, such as those of copies: what they want now they may not want in a moment

    @property
    def known(self) -> list[Observed]:
        return [*self.staying, *self.turning, *self.leaving]

    @cached_property
    def wanted(self) -> int:
        """The least number of messages that some of them still wants now."""
        return wanted_by_any(self.known)

    @cached_property
    def wanted_on(self) -> int:
        """The same of those that stay as they are."""
        return wanted_by_any(self.staying)

    @cached_property
    def first_to_leave(self) -> Address:
        return min(each.address for each in self.leaving)

    @property
    def all_go(self) -> bool:
        return not (self.staying or self.turning or self.created)

    @property
    def keeps_everything(self) -> bool:
        """Whether some new consumer wants every message there is."""
        return any(not filters_of(c.after or {}) and (c.after or {}).get("deliver_policy", "all") == "all" for c in self.created)


class Planned(dict[Address, Change]):
    """The changes by address, and what they do to each stream's consumers, found once for all that ask."""

    def __init__(self, changes: Iterable[Change], live: Live) -> None:
        super().__init__((change.address, change) for change in changes)
        self._live = live
        self._known: dict[Address, Consumers] = {}
        self._full = full_streams(self.values(), live)
        self._created: dict[Address, list[Change]] = defaultdict(list)
        for address, change in self.items():
            if change.action is Action.CREATE and address.kind is Kind.CONSUMER and not self._comes_late(address):
                self._created[address.parent].append(change)

    def consumers(self, stream: Address) -> Consumers:
        if stream not in self._known:
            self._known[stream] = self._consumers(stream)
        return self._known[stream]

    def _comes_late(self, consumer: Address) -> bool:
        """Whether messages are let go for want of interest before there is room for this one."""
        stream = self._live.stream(consumer.path[0])
        return consumer.path[0] in self._full and stream is not None and stream.config.get("retention") == "interest"

    def _comes_early(self, consumer: Address) -> bool:
        """Whether what it wants is forgotten before its stream changes."""
        parent = self.get(consumer.parent)
        makes_room = consumer.path[0] in self._full and self[consumer].action is Action.DELETE
        return makes_room or (parent is not None and goes_first(self[consumer], parent, self._live))

    def _consumers(self, stream: Address) -> Consumers:
        everyone = self._live.consumers(stream.name)
        here = [c for c in everyone if c.address in self or not is_ephemeral_or_internal(c)]
        leaving = {c.address for c in here if c.address in self and self[c.address].action is Action.DELETE}
        turning = {c.address for c in here if c.address in self and turns(self[c.address])}
        return Consumers(
            [c for c in here if c.address not in leaving and c.address not in turning],
            [c for c in here if c.address in turning],
            [c for c in here if c.address in leaving],
            self._created[stream],
            frozenset(address for address in turning | leaving if self._comes_early(address)),
            len(here) < len(everyone) or stream.name in self._live.copied,
        )


def holds_by_interest(stream: Config, address: Address, live: Live) -> bool:
    """Whether a stream keeps a message until everybody who wants it has acknowledged: by its retention, or since it is a work
    queue with a copy, whose consumer wants it as well.
    """
    copied = address.name in live.copied and COPIES_ACKNOWLEDGE.at(live.versions(address))
    return stream.get("retention") == "interest" or (copied and stream.get("retention") == "workqueue")


def wanted(consumer: Observed) -> int:
    return int(consumer.state.get("num_pending", 0)) + int(consumer.state.get("num_ack_pending", 0))


def wanted_by_any(consumers: list[Observed]) -> int:
    """The least number of messages that some of these consumers still wants: wishes add up where filters are apart."""
    index: SubjectIndex[Address] = SubjectIndex()
    for consumer in consumers:
        for subject in filters_of(consumer.config) or (REST,):
            index.add(subject, consumer.address)
    apart = all(a == b for (_, a), (_, b) in index.overlapping())
    wishes = [wanted(c) for c in consumers]
    return sum(wishes) if apart else max(wishes, default=0)
