"""What a change does to data, and how well each number is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
