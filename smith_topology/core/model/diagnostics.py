"""One shape for every finding, from loader, checks, planner and server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from smith_topology.core.model.addresses import Address, Span
from smith_topology.core.model.declared import Resource
from smith_topology.core.secrets import quotable


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
    says why it matters; ``fix`` says what to write or run instead. What looks like a secret is taken out of them, and they are
    bounded, whatever they quote. ``ignored`` is the reason for which the file ignores a warning.
    """

    code: str
    severity: Severity
    summary: str
    detail: str = ""
    fix: str = ""
    address: Address | None = None
    span: Span | None = None
    ignored: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", quotable(self.detail))
        object.__setattr__(self, "fix", quotable(self.fix))
        object.__setattr__(self, "ignored", quotable(self.ignored))
        if self.span:
            object.__setattr__(self, "span", self.span._replace(file=quotable(self.span.file)))


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of diagnostic, declared once. ``meaning`` and ``advice`` are its row in ``docs/diagnostics.md``."""

    code: str
    severity: Severity
    summary: str
    meaning: str
    advice: str

    @classmethod
    def error(cls, code: str, summary: str, meaning: str, advice: str) -> Self:
        """Something that can't be done: the command fails (exit code 1)."""
        return cls(code, Severity.ERROR, summary, meaning, advice)

    @classmethod
    def refusal(cls, code: str, summary: str, meaning: str, advice: str) -> Self:
        """Something that a safety gate stops (exit code 3)."""
        return cls(code, Severity.REFUSAL, summary, meaning, advice)

    @classmethod
    def warning(cls, code: str, summary: str, meaning: str, advice: str) -> Self:
        """Something that the server accepts but is hardly ever meant; it stops nothing."""
        return cls(code, Severity.WARNING, summary, meaning, advice)

    @classmethod
    def note(cls, code: str, summary: str, meaning: str, advice: str) -> Self:
        """Something that is worth saying and asks for nothing."""
        return cls(code, Severity.NOTE, summary, meaning, advice)

    def diagnostic(
        self, detail: str = "", fix: str = "", address: Address | None = None, span: Span | None = None
    ) -> Diagnostic:
        return Diagnostic(self.code, self.severity, self.summary, detail, fix, address, span)

    def at(self, resource: Resource, path: str, detail: str, fix: str = "") -> Diagnostic:
        """This finding in a declared object: ``path`` is the dotted field it is in, ``""`` the whole object."""
        return self.diagnostic(detail, fix, resource.address, resource.where(path))

    def worded(self, summary: str) -> Finding:
        """The same finding under a summary that fits one case better."""
        return replace(self, summary=summary)


BUG = Finding.error(
    "bug",
    "Unexpected error",
    "A mistake of smith-topo. What was done before it is done.",
    "Report it with what it prints when run again as it says.",
)


def worst(diagnostics: Iterable[Diagnostic]) -> Severity:
    """The gravest severity present; NOTE when there is none."""
    order = list(Severity)
    return min((d.severity for d in diagnostics), key=order.index, default=Severity.NOTE)
