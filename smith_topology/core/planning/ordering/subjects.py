"""Subjects of streams, and filters of work queues, that pass from one object to another: given up first, then taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from smith_topology.core.model import Edge, Handover, Kind, Live, Stage, StageId
from smith_topology.core.planning.claims import gained, given_up
from smith_topology.core.planning.stage import Stages
from smith_topology.core.subjects import SubjectIndex, intersection


def handovers(stages: Iterable[Stage], live: Live) -> Iterator[Handover]:
    """The claims that one stage gives up and a stage of another object takes. The server refuses the taker before the giver:
    10065 for streams, 10099 and 10100 for consumers of a work queue.
    """
    streams: list[Stage] = []
    queues: dict[str, list[Stage]] = defaultdict(list)
    for stage in stages:
        if stage.address.kind is Kind.STREAM:
            streams.append(stage)
        elif (stream := live.stream(stage.address.path[0])) and stream.config.get("retention") == "workqueue":
            queues[stage.address.path[0]].append(stage)
    for family in (streams, *queues.values()):
        yield from _handed_over(family)


def _handed_over(stages: list[Stage]) -> Iterator[Handover]:
    index = SubjectIndex(
        (claim, (takes, stage.id))
        for stage in stages
        for takes, passing in ((False, given_up), (True, gained))
        for claim in passing(stage.address.kind, stage.before, stage.after)
    )
    for pair in index.overlapping():
        (claim, (is_new, giver)), (wanted, (takes, taker)) = sorted(pair, key=lambda entry: entry[1])
        if giver.address != taker.address and takes and not is_new:
            yield Handover(giver, taker, claim, intersection(claim, wanted))


def edges(stages: Stages, passing: Iterable[Handover]) -> Iterator[Edge]:
    """A taker waits until its giver's request is accepted; what the giver does afterwards waits for the taker."""
    for each in passing:
        yield Edge(each.giver, each.taker, each.why, waits_for="accepted")
        following = StageId(each.giver.address, each.giver.number + 1)
        if following.number <= len(stages[following.address]) and each.giver.address.kind is Kind.STREAM:
            deletes = stages[following.address][-1].after is None
            yield Edge(each.taker, following, f'"{each.subject}" is taken', required=not deletes, waits_for="accepted")
