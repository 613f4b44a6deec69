"""How the steps of an apply ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smith_topology.core.model.diagnostics import Diagnostic
from smith_topology.core.model.plan import Call, Step


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
    """A step's end. ``seconds`` is wall time, retries included; ``diagnostic`` says why it was not done, or why nothing had to be
    sent.
    """

    step: Step
    verdict: Verdict
    seconds: float
    diagnostic: Diagnostic | None = None

    @property
    def was_so(self) -> bool:
        """Whether the object had become as declared when it was looked at, so that nothing was sent."""
        return self.verdict is Verdict.DONE and self.diagnostic is not None

    @property
    def wrote(self) -> bool:
        """Whether this run has written something, or may have."""
        return self.verdict.wrote and not self.was_so

    @property
    def rolls_back(self) -> tuple[str, ...]:
        """The subjects or filters that the step gives back to the object that had given them up. Apply adds such a step when
        their taker failed; no plan holds it.
        """
        return self.step.rolls_back if isinstance(self.step, Call) else ()
