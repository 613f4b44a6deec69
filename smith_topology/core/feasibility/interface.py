"""What a rule looks at: the changes of a plan, among themselves and beside what is live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from smith_topology.core.model import Action, Address, Change, Diagnostic, Kind, Live, Resource, Server, Topology, Version


@dataclass(frozen=True)
class Intent:
    """The changes about to be planned."""

    topology: Topology
    live: Live
    changes: tuple[Change, ...]

    @property
    def server(self) -> Server:
        return self.live.server

    @cached_property
    def planned(self) -> Mapping[Address, Change]:
        return {change.address: change for change in self.changes}

    def declared(self, kind: Kind | None = None) -> Iterator[tuple[Change, Resource]]:
        """What the file declares, of one kind or of both, whatever happens to it."""
        for change in self.changes:
            resource = self.topology.resources.get(change.address)
            if resource is not None and kind in (None, change.address.kind):
                yield change, resource

    def changing(self) -> Iterator[tuple[Change, Resource]]:
        """What does not stay as it is."""
        return ((change, resource) for change, resource in self.declared() if change.action is not Action.NO_OP)

    def written(self, kind: Kind | None = None) -> Iterator[tuple[Change, Resource]]:
        """What is created or updated."""
        return ((c, resource) for c, resource in self.declared(kind) if c.action in (Action.CREATE, Action.UPDATE))


Rule: TypeAlias = Callable[[Intent], Iterator[Diagnostic]]

Need: TypeAlias = tuple[str, Version, str]
"""The path of a field, the first server that takes what is written there, and how to name it in a sentence."""
