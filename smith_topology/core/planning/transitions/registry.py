"""Every rule, in the order in which they split stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from smith_topology.core.model import Change, Edge, Stage
from smith_topology.core.planning.ordering.subjects import handovers
from smith_topology.core.planning.stage import Path, Stages, numbered
from smith_topology.core.planning.transitions import cluster, creation, filters, handover, interest
from smith_topology.core.planning.transitions.cycles import broken
from smith_topology.core.planning.transitions.interface import Rule, Writing

RULES: tuple[Rule, ...] = (
    interest.consumers_first,
    filters.old_and_new,
    handover.taker_first,
    handover.giver_last,
    cluster.move_and_scale,
    creation.sealed_afterwards,
    creation.made_durable,
    creation.paused_apart,
)


def stages_of(writing: Writing, needed: Callable[[Stages], Iterable[Edge]]) -> Stages:
    """The stages of every change. ``needed`` gives the edges between stages as they are before cycles are broken."""
    whole = {address: _whole(change) for address, change in writing.changes.items()}
    stages = Stages({address: _split((stage,), writing) for address, stage in whole.items()})
    if not writing.passing:
        return stages
    stages = broken(stages, needed(stages), writing.live)
    passing = list(handovers(stages.all(), writing.live))
    return Stages({address: handover.finished(path, passing) for address, path in stages.items()})


def _whole(change: Change) -> Stage:
    return Stage(change.address, change.before, change.after)


def _split(path: Path, writing: Writing) -> Path:
    for rule in RULES:
        path = tuple(part for stage in path for part in rule(stage, writing))
    return numbered(path)
