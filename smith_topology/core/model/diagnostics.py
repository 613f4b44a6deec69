"""One shape for every finding, from loader, checks, planner and server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from smith_topology.core.model.addresses import Address, Span


class Severity(Enum):
    """How much a diagnostic stops: everything (1), everything by a safety gate (3), or nothing."""

    ERROR = "error"
    REFUSAL = "refusal"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, of the same shape from loader, checks, planner and server.

    ``summary`` has no user-chosen names, so that people learn to recognise it; ``detail`` names things and
    says why it matters; ``fix`` says what to write or run instead.
    """

    code: str
    severity: Severity
    summary: str
    detail: str = ""
    fix: str = ""
    address: Address | None = None
    span: Span | None = None


def worst(diagnostics: Iterable[Diagnostic]) -> Severity:
    """The gravest severity present; NOTE when there is none."""
    order = list(Severity)
    return min((d.severity for d in diagnostics), key=order.index, default=Severity.NOTE)
