"""What a rule looks at: the changes of a plan, among themselves and beside what is live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from smith_topology.core.model import Action, Address, Change, Diagnostic, Kind, Live, Resource, Server, Topology


@dataclass(frozen=True)
class PlannedChanges:
    """The changes about to be planned."""

    topology: Topology
    live: Live
    changes: tuple[Change, ...]

    @property
    def server(self) -> Server:
        return self.live.server

    @cached_property
    def by_address(self) -> Mapping[Address, Change]:
        return {change.address: change for change in self.changes}

    def declared(self) -> Iterator[tuple[Change, Resource]]:
        """What the file declares, whatever happens to it."""
        return self._with_resource(self.changes)

    @cached_property
    def changing(self) -> tuple[tuple[Change, Resource], ...]:
        """What is declared and does not stay as it is."""
        return tuple(self._with_resource(change for change in self.changes if change.action is not Action.NO_OP))

    def written(self, kind: Kind | None = None) -> Iterator[tuple[Change, Resource]]:
        """What is created or updated."""
        writing = ((c, resource) for c, resource in self.changing if c.action in (Action.CREATE, Action.UPDATE))
        return ((c, resource) for c, resource in writing if kind in (None, c.address.kind))

    def _with_resource(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Resource]]:
        resources = self.topology.resources
        return ((change, resources[change.address]) for change in changes if change.address in resources)


Rule: TypeAlias = Callable[[PlannedChanges], Iterator[Diagnostic]]
