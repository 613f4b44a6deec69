"""What differs between a declaration and the live object, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from smith_topology.core.model.addresses import Address, Config, Span
from smith_topology.core.model.effects import Effect


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
    UNFINISHED = "an earlier apply stopped before it had finished this object"
    PAUSED = "it is paused, which the file does not mention"
    NOT_KEPT = "the server keeps something else than was applied"
    UNKNOWN = "differs; there is no record of what was applied"
    REMOVED = "owned, and no longer in the file"
    DESTROY = "owned, and to be destroyed"
    SAME = "as declared"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs: dotted path, wire values before and after; None where it is not set.

    ``immutable`` is why the server can't change it in place, ``""`` if it can.
    """

    path: str
    before: Any
    after: Any
    immutable: str = ""

    @property
    def name(self) -> str:
        """The top-level field that it is, or lies in."""
        return self.path.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One object's difference: declared × live, and what closing it costs.

    ``before`` and ``after`` are normal forms (``kinds``) without this program's own metadata. ``resumes`` says that a
    pause ends which the file does not mention. ``source`` is where an object that
    is deleted was applied from, if that is not among the files of this run.
    """

    address: Address
    action: Action
    reason: Reason
    before: Config | None = None
    after: Config | None = None
    fields: tuple[FieldChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    span: Span | None = None
    source: str = ""
    resumes: bool = False

    @property
    def replace_paths(self) -> tuple[str, ...]:
        """The dotted paths of the fields that the server can't change in place: why this is a replacement."""
        return tuple(each.path for each in self.fields if each.immutable)

    @property
    def loses_data(self) -> bool:
        return any(effect.loses_data for effect in self.effects)
