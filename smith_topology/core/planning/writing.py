"""The changes that a plan makes: what transitions and ordering look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from smith_topology.core.model import Action, Address, Change, Handover, Kind, Live, Stage
from smith_topology.core.planning.ordering.quotas import Quota, quotas
from smith_topology.core.planning.ordering.subjects import handovers

WRITES = (Action.CREATE, Action.UPDATE, Action.DELETE)


@dataclass(frozen=True)
class Writing:
    """The changes that send something, by address, and what is live."""

    changes: Mapping[Address, Change]
    live: Live

    @classmethod
    def of(cls, changes: Iterable[Change], live: Live) -> Writing:
        return cls({change.address: change for change in changes if change.action in WRITES}, live)

    @property
    def whole(self) -> Iterator[Stage]:
        """Each change as one stage."""
        return (Stage(c.address, c.before, c.after) for c in self.changes.values())

    @cached_property
    def passing(self) -> tuple[Handover, ...]:
        """The claims that pass between objects, each change taken as one stage."""
        return tuple(handovers(self.whole, self.live))

    @cached_property
    def passing_side_by_side(self) -> tuple[Handover, ...]:
        """Those between objects that can exist at the same time: not where a new one fits only once the old one is deleted."""
        return tuple(each for each in self.passing if not self._replaces(each.giver.address, each.taker.address))

    def _replaces(self, giver: Address, taker: Address) -> bool:
        if self.changes[giver].action is not Action.DELETE or self.changes[taker].action is not Action.CREATE:
            return False
        return any(quota.growth.get(giver, 0) < 0 < quota.growth.get(taker, 0) for quota in self.full_quotas)

    @cached_property
    def full_quotas(self) -> tuple[Quota, ...]:
        return tuple(quota for quota in quotas(self.changes.values(), self.live) if quota.is_full)

    @cached_property
    def consumers_by_stream(self) -> Mapping[Address, list[Change]]:
        found: dict[Address, list[Change]] = defaultdict(list)
        for address, change in self.changes.items():
            if address.kind is Kind.CONSUMER:
                found[address.parent].append(change)
        return found

    def consumers(self, stream: Address) -> list[Change]:
        return self.consumers_by_stream.get(stream, [])
