"""What a change does to data and to publishers, and how well each number is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from smith_topology.core.model.addresses import Address


class Bound(Enum):
    """How well a number is known."""

    EXACT = ""
    ABOUT = "about"
    UPPER = "up to"


class Measure(Enum):
    """What an amount counts. The value is its name in JSON."""

    MESSAGES = "messages"  # lost at once and for good
    BYTES = "bytes"  # taken by the messages that are lost at once
    EXPIRING = "expiring"  # messages that the stream drops sooner than it would have
    SKIPPED = "skipped"  # messages that a consumer does not get
    REDELIVERED = "redelivered"  # un-acknowledged messages that are delivered again
    DUPLICATED = "duplicated"  # messages that are stored twice
    CONSUMERS = "consumers"  # consumers that are deleted
    POSITIONS = "positions"  # consumers whose position is lost


LOSSES = (Measure.MESSAGES, Measure.SKIPPED, Measure.EXPIRING)
"""What counts as data loss: messages that are gone, or that are not delivered."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of what ``measure`` counts."""

    measure: Measure
    number: int
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class Interruption:
    """A moment in which no stream takes messages of a subject: after ``giver`` gave it up, until ``taker`` takes it.

    Without a ``taker`` the subject has no stream from then on, but for the parts of it that are ``excepted``. Where both are the
    same stream, its peers elect a leader.
    """

    subject: str
    giver: Address
    taker: Address | None
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part of a change does. ``path`` is the field that causes it, ``""`` the whole change."""

    code: str
    text: str
    path: str = ""
    amounts: tuple[Amount | Interruption, ...] = ()

    def amount(self, measure: Measure) -> Amount:
        """The amount of this measure; an exact zero where the effect has none."""
        return next((each for each in self.amounts if isinstance(each, Amount) and each.measure is measure), Amount(measure, 0))

    def number(self, measure: Measure) -> int:
        return self.amount(measure).number

    @property
    def interruptions(self) -> tuple[Interruption, ...]:
        return tuple(each for each in self.amounts if isinstance(each, Interruption))

    @property
    def loses_data(self) -> bool:
        """Whether messages are lost, or not delivered. An interruption is no loss of this kind: nothing stored is gone."""
        return any(isinstance(each, Amount) and each.number and each.measure in LOSSES for each in self.amounts)


def amounts(bound: Bound = Bound.EXACT, **numbers: int) -> tuple[Amount, ...]:
    """Amounts by the names of their measures: ``amounts(Bound.UPPER, messages=5)``. Raises ValueError for another name."""
    return tuple(Amount(Measure(name), number, bound) for name, number in numbers.items())
