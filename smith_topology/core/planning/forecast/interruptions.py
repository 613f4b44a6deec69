"""Moments in which a subject has no stream: while it passes from one stream to another, or for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from smith_topology.core.model import Address, Change, Effect, Handover, Interruption, Kind, Live
from smith_topology.core.planning.claims import claims_of, given_up, is_parked
from smith_topology.core.subjects import SubjectIndex

PASSES, ENDS, ELECTS = "DS401", "DS402", "DS403"
RETRY = "publishers that wait for an answer get an error meanwhile and can retry; what is published without waiting is lost"
LOST = "publishers that wait for an answer get an error; what is published without waiting is lost"


def of(changes: Iterable[Change], handovers: Iterable[Handover], live: Live) -> Mapping[Address, tuple[Effect, ...]]:
    """The interruptions that these changes cause, by the object that gives a subject up."""
    planned = {change.address: change for change in changes if change.address.kind is Kind.STREAM}
    passing: dict[Address, list[Interruption]] = defaultdict(list)
    for each in handovers:
        if each.giver.address.kind is Kind.STREAM:
            passing[each.giver.address].append(Interruption(each.subject, each.giver.address, each.taker.address))
    found: dict[Address, list[Effect]] = defaultdict(list)
    for giver, interrupted in passing.items():
        found[giver] = [Effect(PASSES, RETRY, _path(planned[giver]), tuple(dict.fromkeys(interrupted)))]
    for change in planned.values() if live.server.is_clustered else ():
        found[change.address] += _electing(change)
    for change, subject, others in _ending(planned, live):
        ending = Interruption(subject, change.address, None, tuple(others))
        found[change.address].append(Effect(ENDS, LOST, _path(change), (ending,)))
    return {address: tuple(effects) for address, effects in found.items() if effects}


def _path(change: Change) -> str:
    return "subjects" if change.after is not None else ""


def _electing(change: Change) -> Iterator[Effect]:
    """The interruption of a stream that moves, gets its first replicas or gives up its last: until a leader is elected, it takes
    no messages.

    Unacknowledged messages lost, measured from 1 to 3 replicas: 36 to 43 (2.12.8, 2.15.1), 232 (2.10.26). From 3 to 1: 0 to 3,
    once 2,739 (2.12.8).
    """
    before, after = change.before, change.after
    if before is None or after is None:
        return
    copies = {config.get("num_replicas", 1) for config in (before, after)}
    kept = [claim for claim in claims_of(Kind.STREAM, after) if claim in claims_of(Kind.STREAM, before) and not is_parked(claim)]
    if kept and ((1 in copies and len(copies) > 1) or before.get("placement") != after.get("placement")):
        electing = tuple(Interruption(claim, change.address, change.address) for claim in kept)
        yield Effect(ELECTS, RETRY, "num_replicas" if len(copies) > 1 else "placement", electing)


def _ending(planned: Mapping[Address, Change], live: Live) -> Iterator[tuple[Change, str, list[str]]]:
    """Subjects that are given up and that no stream takes as a whole, with the parts of them that streams have."""
    giving = [(c, gone) for c in planned.values() if c.before and (gone := given_up(Kind.STREAM, c.before, c.after))]
    if not giving:
        return
    staying = (o.config for address, o in live.observed.items() if address.kind is Kind.STREAM and address not in planned)
    configs = (*staying, *(change.after for change in planned.values()))
    held = SubjectIndex((claim, None) for config in configs for claim in claims_of(Kind.STREAM, config))
    for change, gone in giving:
        for subject in gone:
            if not held.covers(subject):
                yield change, subject, sorted({other for other, _ in held.meeting(subject)})
