"""The requests that close the differences, in order, and everything a person needs to approve them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from smith_topology.core.model.addresses import Address, Config
from smith_topology.core.model.changes import Action, Change
from smith_topology.core.model.diagnostics import Diagnostic, Severity, worst
from smith_topology.core.model.live import Server
from smith_topology.core.model.roles import Role
from smith_topology.core.model.stages import Handover, Stage, WaitsFor


class Permission(StrEnum):
    """What an approval must name beyond creates and lossless updates."""

    DELETE = "delete"
    REPLACE = "replace"
    DATA_LOSS = "data-loss"
    RESUME = "resume"


class Verb(StrEnum):
    """What a call does; decides how a lost answer is resolved."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    PAUSE = "pause"


class After(NamedTuple):
    """A step that comes first. ``waits_for`` says whether its acceptance is enough."""

    step: int
    waits_for: WaitsFor
    why: str


@dataclass(frozen=True, slots=True)
class Call:
    """One literal JetStream request: it carries out one stage.

    ``endpoint`` is the subject below the API prefix (``STREAM.CREATE.ORDERS``). ``seen`` is the fingerprint that the object
    must have immediately before the request is sent: ``""`` where it must not exist, None where an earlier step of this plan
    left it as it must be. ``group`` numbers the steps of one hand-over, which are sent one right behind the other. ``gives``
    is what others take over from it: where they can't, this request is sent once more with those claims in it.
    ``rolls_back`` are such claims, in a call that does that. ``ignored`` are the fields that the file leaves to others.
    """

    id: int
    stage: Stage
    verb: Verb
    endpoint: str
    payload: Config
    seen: str | None
    after: tuple[After, ...] = ()
    group: int | None = None
    gives: tuple[Handover, ...] = ()
    rolls_back: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        return self.stage.address

    @property
    def expected(self) -> Config | None:
        """The normal form that the server must hold afterwards; None for a deletion."""
        return self.stage.after


@dataclass(frozen=True, slots=True)
class Wait:
    """A condition to wait for: the stream's peers are all current and no move is under way."""

    id: int
    address: Address
    after: tuple[After, ...] = ()
    group: int | None = None


Step: TypeAlias = Call | Wait


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything apply will do, and everything a person needs to approve it.

    ``held`` are differences that ownership keeps as they are: nothing is done about them, whatever is approved. ``copies`` are
    the unmanaged objects that carry the marks of another one, with its address; ``unknown`` those that exist and could not be
    read. ``without_stream`` are declared subjects that have none now, since an earlier apply stopped between two requests.
    ``partial`` says that only selected objects were looked at, so that nothing can be said of the others.
    """

    topology: str
    server: Server
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]
    held: tuple[Change, ...] = ()
    unmanaged: Mapping[Address, Role] = field(default_factory=dict)
    copies: Mapping[Address, str] = field(default_factory=dict)
    ephemeral: int = 0
    """How many ephemeral consumers there are on the streams whose consumers were read."""
    unknown: tuple[Address, ...] = ()
    without_stream: tuple[str, ...] = ()
    owned: int = 0
    handovers: tuple[Handover, ...] = ()
    digest: str = ""
    partial: bool = False

    @property
    def is_empty(self) -> bool:
        return all(change.action is Action.NO_OP for change in self.changes)

    @property
    def differs(self) -> bool:
        """Whether the account differs from the declaration, even where the plan does nothing about it."""
        return not self.is_empty or bool(self.held)

    @property
    def can_apply(self) -> bool:
        return worst(self.diagnostics) not in (Severity.ERROR, Severity.REFUSAL)

    def of(self, *actions: Action) -> list[Change]:
        return [change for change in self.changes if change.action in actions]

    @property
    def required(self) -> frozenset[Permission]:
        """What an approval has to name."""
        return frozenset(permission for permission in Permission if self.needing(permission))

    def needing(self, permission: Permission) -> list[Change]:
        """The changes that are made only where this is allowed, for all or for their object."""
        match permission:
            case Permission.DELETE:
                return self.of(Action.DELETE)
            case Permission.REPLACE:
                return []  # what needs a replacement is refused (IM101), whatever is allowed
            case Permission.DATA_LOSS:
                return [change for change in self.changes if change.loses_data]
            case Permission.RESUME:
                return [change for change in self.changes if change.resumes]
