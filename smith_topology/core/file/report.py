"""Collects what is wrong with one file, in bounded space: a hostile file can't flood whoever reads the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from smith_topology.core.model import Address, Diagnostic, Severity, Span

SHOWN_PER_FILE = 100


class Placed(Protocol):
    """Whatever is written somewhere; lines and columns count from 1."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Place(NamedTuple):
    """A line and a column of the file at hand."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(eq=False)
class Fault(Exception):
    """What is wrong with one value, before anybody says where: the parts of a Diagnostic.

    Not frozen, as all else is: Python writes into exceptions on their way.
    """

    code: str
    summary: str
    detail: str
    fix: str

    def __str__(self) -> str:
        return f"{self.summary}: {self.detail} {self.fix}"


Wording: TypeAlias = Fault | Callable[[], Fault]
"""A fault, or what puts it into words, where that takes time: of a million nobody reads more than the first ones."""


class Stop(Exception):
    """Ends the reading of a file; what is wrong at which place."""

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
        self._next: Place | None = None

    @property
    def full(self) -> bool:
        """Whether further faults are only counted."""
        return len(self._shown) >= SHOWN_PER_FILE

    @property
    def empty(self) -> bool:
        return not self._shown

    @property
    def faults(self) -> int:
        """How many there are so far."""
        return len(self._shown) + self._more

    def span(self, at: Placed) -> Span:
        return Span(self.file, at.line, at.column)

    def error(self, at: Placed, fault: Wording, address: Address | None = None) -> None:
        self._add(at, fault, Severity.ERROR, address)

    def refusal(self, at: Placed, fault: Fault) -> None:
        self._add(at, fault, Severity.REFUSAL)

    def _add(self, at: Placed, fault: Wording, severity: Severity, address: Address | None = None) -> None:
        if self.full:
            self._next = self._next or Place(at.line, at.column)
            self._more += 1
            return
        said = fault if isinstance(fault, Fault) else fault()
        self._shown.append(Diagnostic(said.code, severity, said.summary, said.detail, said.fix, address, self.span(at)))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """In the order of the file; the last one counts what is not shown."""
        ordered = sorted(self._shown, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))
        if self._next:
            ordered.append(self._rest(self._next))
        return tuple(ordered)

    def _rest(self, first: Place) -> Diagnostic:
        return Diagnostic(
            "more-errors",
            Severity.ERROR,
            "More errors than are shown",
            f"and {self._more} more; the first of them is here.",
            "Put right what is shown, then run this again.",
            span=self.span(first),
        )
