"""The mark that an object carries between two of its stages, so that a later plan knows unfinished work from a hand edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from smith_topology.core.kinds.marks import UNFINISHED, StageMark
from smith_topology.core.model import Address, Handover, Kind, Stage
from smith_topology.core.planning.claims import gained
from smith_topology.core.planning.stage import Path


def marked(paths: Mapping[Address, Path], passing: Iterable[Handover], plan: str) -> dict[Address, Path]:
    """The paths with a mark in every configuration but the last of each. ``plan`` identifies the plan in it."""
    given: dict[Address, list[Handover]] = defaultdict(list)
    for each in passing:
        if each.giver.address.kind is Kind.STREAM:
            given[each.giver.address].append(each)
    return {address: _marked(path, given[address], plan) if len(path) > 1 else path for address, path in paths.items()}


def _marked(path: Path, given: list[Handover], plan: str) -> Path:
    """The stages of one object with their marks. A pause writes no metadata, so the stage before it is marked as the last one
    would be.
    """
    stages: list[Stage] = []
    for stage, following in zip(path, (*path[1:], None), strict=True):
        before = stages[-1].after if stages else stage.before
        after = stage.after
        if after is not None and following is not None and not is_pause(following):
            after = {**after, UNFINISHED: str(_mark(stage, path, given, plan))}
        stages.append(replace(stage, before=before, after=after))
    return tuple(stages)


def _mark(stage: Stage, path: Path, given: list[Handover], plan: str) -> StageMark:
    gave = {each.subject: str(each.taker.address) for each in given if each.giver.number <= stage.number}
    takes = gained(Kind.STREAM, stage.after, path[-1].after) if stage.address.kind is Kind.STREAM and path[-1].after else ()
    return StageMark(plan, stage.number, len(path), gave, takes)


def is_pause(stage: Stage) -> bool:
    """Whether a stage of a consumer changes nothing but its pause."""
    if stage.address.kind is not Kind.CONSUMER or stage.before is None or stage.after is None:
        return False
    others = ({name: value for name, value in each.items() if name != "pause_until"} for each in (stage.before, stage.after))
    return stage.changes(("pause_until",)) and next(others) == next(others)
