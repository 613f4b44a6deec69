"""What a change costs in data: what to ask of the server first (``asked``), the price (``pricing``), and what of it binds
apply (``promise``).
"""

from smith_topology.core.cost.asked import (
    EVERYTHING,
    Answer,
    Answers,
    OlderThan,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    Question,
    questions,
)
from smith_topology.core.cost.pricing import priced
from smith_topology.core.cost.promise import Excess, by_interest, can_lose, excess

__all__ = [
    "EVERYTHING",
    "Answer",
    "Answers",
    "Excess",
    "OlderThan",
    "OldestBeyond",
    "Outside",
    "PerSubjectExcess",
    "Question",
    "by_interest",
    "can_lose",
    "excess",
    "priced",
    "questions",
]
