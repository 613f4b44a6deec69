"""Collects what is wrong with one file. The number of diagnostics is bounded, however many mistakes the file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from smith_topology.core.file import findings
from smith_topology.core.model import Address, Diagnostic, Finding, Span

SHOWN_PER_FILE = 100


class Placed(Protocol):
    """A node, an entry or a Span: it has a position in a file. Lines and columns count from 1."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def span_of(at: Placed) -> Span:
    return Span(at.file, at.line, at.column)


@dataclass(eq=False)
class Fault(Exception):
    """What is wrong with one value: a Diagnostic without address and position, which the caller adds.

    Not frozen, unlike other values: Python sets attributes of an exception while it propagates.
    """

    finding: Finding
    detail: str
    fix: str

    def __str__(self) -> str:
        return f"{self.finding.summary}: {self.detail} {self.fix}"

    def at(self, span: Span | None, address: Address | None = None) -> Diagnostic:
        return self.finding.diagnostic(self.detail, self.fix, address, span)


Wording: TypeAlias = Fault | Callable[[], Fault]
"""A fault, or a function that makes it. Looking for a similar word takes time; faults beyond ``SHOWN_PER_FILE`` are not made."""


class Stop(Exception):
    """Ends the reading of a file: the rest of it can't be understood."""

    def __init__(self, at: Placed, fault: Fault) -> None:
        super().__init__(fault)
        self.at = at
        self.fault = fault


class Report:
    """The diagnostics of one file: the first ``SHOWN_PER_FILE`` in full, a count of the others."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._shown: list[Diagnostic] = []
        self._more = 0
        self._next: Span | None = None

    @property
    def full(self) -> bool:
        """Whether further faults are counted and not kept."""
        return len(self._shown) >= SHOWN_PER_FILE

    @property
    def empty(self) -> bool:
        return not self._shown

    @property
    def faults(self) -> int:
        """The number of faults so far."""
        return len(self._shown) + self._more

    @property
    def start(self) -> Span:
        return Span(self.file, 1, 1)

    def add(self, at: Placed, fault: Wording, address: Address | None = None) -> None:
        if self.full:
            self._next = self._next or span_of(at)
            self._more += 1
            return
        made = fault if isinstance(fault, Fault) else fault()
        self._shown.append(made.at(span_of(at), address))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The faults in the order of the file. The last one counts those that are not shown."""
        ordered = sorted(self._shown, key=lambda each: each.span or self.start)
        if self._next:
            ordered.append(_more(self._more).at(self._next))
        return tuple(ordered)


def _more(count: int) -> Fault:
    return Fault(
        findings.MORE_ERRORS,
        f"and {count} more; the first of them is here.",
        "Correct what is shown, then run this again.",
    )
