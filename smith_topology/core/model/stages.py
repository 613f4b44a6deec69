"""One object on its way from one configuration to another, what waits for it, and what passes to another object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from smith_topology.core.model.addresses import Address, Config
from smith_topology.core.model.changes import Action

WaitsFor: TypeAlias = Literal["accepted", "settled"]
"""A change is accepted when the server has answered, and settled when all peers of the stream are current."""


class StageId(NamedTuple):
    """The object, and which of its stages: 1 is the first."""

    address: Address
    number: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One object, from one configuration to the next, by one request. Most changes are one stage; some need several.

    ``before`` and ``after`` are normal forms, None where the object does not exist. ``why`` is shown, never branched on.
    ``settles`` says that peers change: the request is answered long before they are current. An ``early`` stage gives up claims
    and nothing else, before the stage that makes the rest of the change.
    """

    address: Address
    before: Config | None
    after: Config | None
    why: str = ""
    number: int = 1
    settles: bool = False
    early: bool = False

    @property
    def id(self) -> StageId:
        return StageId(self.address, self.number)

    @property
    def action(self) -> Action:
        if self.before is None:
            return Action.CREATE
        return Action.DELETE if self.after is None else Action.UPDATE

    def changes(self, names: Iterable[str]) -> bool:
        """Whether one of these top-level fields is different afterwards."""
        before, after = self.before or {}, self.after or {}
        return any(before.get(name) != after.get(name) for name in names)


class Edge(NamedTuple):
    """One stage comes before another. Edges that are not required give way where they would close a cycle."""

    first: StageId
    then: StageId
    why: str
    required: bool = True
    waits_for: WaitsFor = "settled"


class Handover(NamedTuple):
    """A claim that one object gives up and another takes: a stream's subject, or a consumer's filter on a work queue.

    ``claim`` is the giver's, ``subject`` what both of them match.
    """

    giver: StageId
    taker: StageId
    claim: str
    subject: str

    @property
    def why(self) -> str:
        return f'"{self.subject}" passes from {self.giver.address} to {self.taker.address}'
