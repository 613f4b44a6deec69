"""What the server refuses, or loses, at the creation of an object or in one update with other fields, as stages of its own."""

from __future__ import annotations

from dataclasses import replace

from smith_topology.core.model import Action, Kind, Stage
from smith_topology.core.planning.stage import Path, by_way_of, with_fields_of
from smith_topology.core.planning.writing import Writing

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


def sealed_afterwards(stage: Stage, writing: Writing) -> Path:
    """Create a stream open, then seal it: the server refuses to create a sealed one (``tests/cli/test_sealed.py``)."""
    after = stage.after or {}
    if stage.action is not Action.CREATE or not after.get("sealed"):
        return (stage,)
    return by_way_of(stage, with_fields_of(after, {}, ("sealed",)), "a stream can't be created sealed")


def made_durable(stage: Stage, writing: Writing) -> Path:
    """The update that makes an ephemeral consumer durable keeps its default threshold, which goes with another one
    (measured on 2.10 to 2.15).
    """
    before, after = stage.before or {}, stage.after or {}
    if not (stage.after and before.get("ephemeral") and before.get("inactive_threshold") and not after.get("inactive_threshold")):
        return (stage,)
    return by_way_of(stage, with_fields_of(after, before, ("inactive_threshold",)), "its threshold goes once it is durable")


def paused_apart(stage: Stage, writing: Writing) -> Path:
    """A change of a live pause as a stage of its own: only the pause API changes it, and an update keeps it (2.11 and later)."""
    before, after = stage.before or {}, stage.after or {}
    if stage.address.kind is not Kind.CONSUMER or stage.action is not Action.UPDATE or not stage.changes(("pause_until",)):
        return (stage,)
    middle = with_fields_of(after, before, ("pause_until",))
    return (stage,) if middle == before else by_way_of(stage, middle, "a pause has a request of its own")
