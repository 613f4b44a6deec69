"""Exit codes, the same for every command (``docs/reference.md``)."""

from __future__ import annotations

from enum import IntEnum

from smith_topology.core.model import Diagnostic, Severity, worst


class Exit(IntEnum):
    """What a caller may conclude; anything but 0 and 2 means that it did not work."""

    DONE = 0
    ERROR = 1
    DIFFERENCES = 2
    REFUSED = 3
    STALE = 4
    LOCKED = 5
    PARTLY = 6
    DECLINED = 7
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


class ExitWith(Exception):
    """Ends a command with an exit code, after its ``diagnostics`` are reported. ``owner`` is the name that a broken file has."""

    def __init__(self, code: int, diagnostics: tuple[Diagnostic, ...] = (), owner: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.diagnostics = diagnostics
        self.owner = owner


def failed(diagnostics: tuple[Diagnostic, ...], owner: str = "") -> ExitWith:
    """Errors are 1; safety gates alone are 3."""
    return ExitWith(Exit.REFUSED if worst(diagnostics) is Severity.REFUSAL else Exit.ERROR, diagnostics, owner)


def raise_for(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Raise ExitWith if any diagnostic stops the command."""
    if worst(diagnostics) in (Severity.ERROR, Severity.REFUSAL):
        raise failed(diagnostics)
