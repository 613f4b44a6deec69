"""A cluster moves a stream's peers and changes their number one after the other."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.core.model import Action, Kind, Stage
from smith_topology.core.planning.stage import Path, by_way_of, with_fields_of
from smith_topology.core.planning.transitions.interface import Writing

MOVING, SCALING = ("placement",), ("num_replicas", "retention")
"""Another retention scales the consumers, and so counts as scaling."""


def move_and_scale(stage: Stage, writing: Writing) -> Path:
    """Both in one update are refused (10123): growing moves first, anything else moves last."""
    if stage.address.kind is not Kind.STREAM or stage.action is not Action.UPDATE or not writing.live.server.is_clustered:
        return (stage,)
    before, after = stage.before or {}, stage.after or {}
    moves, scales = stage.changes(MOVING), stage.changes(SCALING)
    stage = replace(stage, settles=moves or scales)
    if not (moves and scales):
        return (stage,)
    grows = after.get("num_replicas", 1) > before.get("num_replicas", 1)
    middle = with_fields_of(after, before, SCALING if grows else MOVING)
    return by_way_of(stage, middle, "a stream moves and scales one after the other")
