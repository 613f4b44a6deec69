"""What a rule looks at, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from smith_topology.core.model import Action, Address, Change, Handover, Kind, Live, Stage
from smith_topology.core.planning.ordering.subjects import handovers
from smith_topology.core.planning.stage import Path

WRITES = (Action.CREATE, Action.UPDATE, Action.DELETE)


@dataclass(frozen=True)
class Writing:
    """The changes that send something, by address, and what is live."""

    changes: Mapping[Address, Change]
    live: Live

    @classmethod
    def of(cls, changes: Iterable[Change], live: Live) -> Writing:
        return cls({change.address: change for change in changes if change.action in WRITES}, live)

    @cached_property
    def passing(self) -> tuple[Handover, ...]:
        """The claims that pass between objects, each change taken as one stage."""
        return tuple(handovers((Stage(c.address, c.before, c.after) for c in self.changes.values()), self.live))

    @cached_property
    def _consumers(self) -> Mapping[Address, list[Change]]:
        found: dict[Address, list[Change]] = {}
        for address, change in self.changes.items():
            if address.kind is Kind.CONSUMER:
                found.setdefault(address.parent, []).append(change)
        return found

    def consumers(self, stream: Address) -> list[Change]:
        return self._consumers.get(stream, [])


Rule: TypeAlias = Callable[[Stage, Writing], Path]
"""Gives the stage itself where it need not be split."""
