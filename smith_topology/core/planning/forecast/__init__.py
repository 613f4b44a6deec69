"""What a change costs in data: what to ask of the server first (``questions``), the effects (``forecast``), and what
of them binds apply (``approved_loss``).
"""

from smith_topology.core.planning.forecast.approved_loss import Excess, by_interest, can_lose, excess, part_of
from smith_topology.core.planning.forecast.forecast import forecast
from smith_topology.core.planning.forecast.questions import (
    EVERYTHING,
    Answer,
    Answers,
    BeforeFirstPending,
    OlderThan,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    Question,
    questions,
)

__all__ = [
    "EVERYTHING",
    "Answer",
    "Answers",
    "BeforeFirstPending",
    "Excess",
    "OlderThan",
    "OldestBeyond",
    "Outside",
    "PerSubjectExcess",
    "Question",
    "by_interest",
    "can_lose",
    "excess",
    "forecast",
    "part_of",
    "questions",
]
