"""The requests that close the differences, in order, and everything a person needs to approve them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from smith_topology.core.model.addresses import Address, Config
from smith_topology.core.model.changes import Action, Change
from smith_topology.core.model.diagnostics import Diagnostic, Severity, worst
from smith_topology.core.model.live import Server


class Permission(StrEnum):
    """What an approval must name beyond creates and lossless updates."""

    DELETE = "delete"
    REPLACE = "replace"
    DATA_LOSS = "data-loss"


class Verb(StrEnum):
    """What a call does; decides how a lost answer is resolved."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Call:
    """One literal JetStream request.

    ``endpoint`` is the subject below the API prefix (``STREAM.CREATE.ORDERS``); ``before`` the fingerprint the
    object must have immediately before the request is sent, ``""`` when it must not exist, None when an earlier
    step of the same object left it as it must be; ``expected`` the normal form the answer must carry (None for a
    delete); ``after`` the ids of steps that come first. ``rolls_back`` are the claims of a handover that nobody took, in a call
    that no plan holds: it puts them back where they came from.
    """

    id: int
    address: Address
    verb: Verb
    endpoint: str
    payload: Config
    before: str | None
    expected: Config | None
    after: tuple[int, ...] = ()
    rolls_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """A condition to wait for: the stream's peers are all current and no move is under way."""

    id: int
    address: Address
    after: tuple[int, ...] = ()


Step: TypeAlias = Call | Wait


class Handover(NamedTuple):
    """A claim that one object gives up and another takes: a stream's subject, or a consumer's filter on a work queue.

    ``claim`` is the giver's, ``subject`` what both of them match.
    """

    giver: Address
    taker: Address
    claim: str
    subject: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything apply will do, and everything a person needs to approve it.

    ``held`` are differences that ownership keeps as they are: nothing is done about them, whatever is approved.
    ``partial`` says that only selected objects were looked at, so that nothing can be said of the others.
    """

    topology: str
    server: Server
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]
    held: tuple[Change, ...] = ()
    unmanaged: tuple[Address, ...] = ()
    owned: int = 0
    handovers: tuple[Handover, ...] = ()
    digest: str = ""
    partial: bool = False

    @property
    def is_empty(self) -> bool:
        return all(change.action is Action.NO_OP for change in self.changes)

    @property
    def differs(self) -> bool:
        """Whether the account is otherwise than declared, also where nothing can be done about it."""
        return not self.is_empty or bool(self.held)

    @property
    def can_apply(self) -> bool:
        return worst(self.diagnostics) not in (Severity.ERROR, Severity.REFUSAL)

    def of(self, *actions: Action) -> list[Change]:
        return [change for change in self.changes if change.action in actions]

    @property
    def required(self) -> frozenset[Permission]:
        """What an approval has to name."""
        needed = set()
        if self.of(Action.DELETE):
            needed.add(Permission.DELETE)
        if self.of(Action.REPLACE):
            needed.add(Permission.REPLACE)
        if any(change.loses_data for change in self.changes):
            needed.add(Permission.DATA_LOSS)
        return frozenset(needed)
