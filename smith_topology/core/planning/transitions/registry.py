"""Every rule, in the order in which they split stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from smith_topology.core.model import Stage
from smith_topology.core.planning.ordering.order import needed
from smith_topology.core.planning.ordering.subjects import handovers
from smith_topology.core.planning.stage import Path, Stages, numbered
from smith_topology.core.planning.transitions import apart, filters, handover, interest
from smith_topology.core.planning.transitions.cycles import broken
from smith_topology.core.planning.writing import Writing

Rule: TypeAlias = Callable[[Stage, Writing], Path]
"""Gives the stage itself where it need not be split."""

RULES: tuple[Rule, ...] = (
    interest.consumers_first,
    filters.old_and_new,
    handover.taker_first,
    handover.giver_last,
    apart.move_and_scale,
    apart.sealed_afterwards,
    apart.made_durable,
    apart.paused_apart,
)


def stages_of(writing: Writing) -> Stages:
    """The stages of every change."""
    stages = Stages({stage.address: _split((stage,), writing) for stage in writing.whole})
    if not writing.passing:
        return stages
    stages = broken(stages, needed(writing, stages), writing.live)
    passing = list(handovers(stages.all(), writing.live))
    return Stages({address: handover.finished(path, passing) for address, path in stages.items()})


def _split(path: Path, writing: Writing) -> Path:
    for rule in RULES:
        path = tuple(part for stage in path for part in rule(stage, writing))
    return numbered(path)
