"""What differs, what that costs, the requests that close the difference, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple, TypeAlias

from smith_topology.core.model.addresses import Address, Config, Span
from smith_topology.core.model.diagnostics import Diagnostic, Severity, worst
from smith_topology.core.model.live import Server


class Action(Enum):
    """What happens to an object, and the glyph that shows it."""

    NO_OP = " "
    CREATE = "+"
    UPDATE = "~"
    REPLACE = "-/+"
    DELETE = "-"
    FORGET = "."

    @property
    def glyph(self) -> str:
        return str(self.value)


class Reason(Enum):
    """Why a change is planned, for readers only: nothing branches on it."""

    NEW = "declared, and not there yet"
    ADOPT = "exists without an owner, and is adopted"
    THEIRS = "belongs to another topology"
    PENDING = "the file has moved on and is not yet applied"
    DRIFT = "somebody changed the live object since it was applied"
    BOTH = "the file has moved on, and somebody changed the live object"
    UNKNOWN = "differs; there is no record of what was applied"
    REMOVED = "owned, and no longer in the file"
    DESTROY = "owned, and to be destroyed"
    SAME = "as declared"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs: dotted path, wire values before and after; None where it is not set."""

    path: str
    before: Any
    after: Any


class Bound(Enum):
    """How well a number is known."""

    EXACT = ""
    ABOUT = "about"
    UPPER = "up to"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part of a change does to data. Counts are of messages unless they say otherwise.

    ``path`` is the field that causes it, ``""`` the whole change. ``messages`` and ``bytes`` are lost at once and for good;
    ``expiring`` messages go sooner than they would have; ``skipped`` ones a consumer will not get; ``positions`` counts
    consumers whose place is lost; ``redelivered`` un-acked messages delivered again; ``duplicated`` ones stored twice.
    """

    code: str
    text: str
    path: str = ""
    messages: int = 0
    bytes: int = 0
    consumers: int = 0
    positions: int = 0
    redelivered: int = 0
    skipped: int = 0
    expiring: int = 0
    duplicated: int = 0
    bound: Bound = Bound.EXACT
    bytes_bound: Bound = Bound.EXACT

    @property
    def loses_data(self) -> bool:
        """Messages, or the delivery of messages, that nobody gets back."""
        return bool(self.messages or self.skipped or self.expiring)


@dataclass(frozen=True, slots=True)
class Change:
    """One object's difference: declared × live, and what closing it costs.

    ``before`` and ``after`` are normal forms (``kinds``) without this program's own metadata.
    """

    address: Address
    action: Action
    reason: Reason
    before: Config | None = None
    after: Config | None = None
    fields: tuple[FieldChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    span: Span | None = None

    @property
    def loses_data(self) -> bool:
        return any(effect.loses_data for effect in self.effects)


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
    delete); ``after`` the ids of steps that come first. ``gives_back`` are the claims of a handover that nobody took, in a call
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
    gives_back: tuple[str, ...] = ()


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


class Verdict(StrEnum):
    """How a step ended."""

    DONE = "done"
    ALTERED = "altered"  # accepted, but the server holds something else than was sent
    REFUSED = "refused"
    SKIPPED = "skipped"
    STALE = "stale"
    UNKNOWN = "unknown"

    @property
    def wrote(self) -> bool:
        """Whether something has been written, or may have been."""
        return self in (Verdict.DONE, Verdict.ALTERED, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step's end. ``seconds`` is wall time, retries included; ``diagnostic`` says why it was not done."""

    step: Step
    verdict: Verdict
    seconds: float
    diagnostic: Diagnostic | None = None

    @property
    def gives_back(self) -> tuple[str, ...]:
        """What the step was to put back where it came from, in no plan and because nobody took it."""
        return self.step.gives_back if isinstance(self.step, Call) else ()
