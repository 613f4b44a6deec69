"""Subjects of a work queue that no consumer takes any more: what is stored under them, and what comes, waits without an end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.model import FILTERS, Action, Address, Change, Config, Effect, Kind, Live
from smith_topology.core.planning.claims import claims_of, given_up
from smith_topology.core.subjects import SubjectIndex, intersection, overlaps

UNREAD = "DS404"


def of(changes: Iterable[Change], live: Live) -> Mapping[Address, tuple[Effect, ...]]:
    """The effects of filters that are given up, by the consumer that had them. Nothing is lost: the messages stay."""
    planned = {change.address: change for change in changes}
    giving: dict[Address, list[tuple[Change, tuple[str, ...]]]] = defaultdict(list)
    for address, change in planned.items():
        written = address.kind is Kind.CONSUMER and change.action in (Action.UPDATE, Action.DELETE)
        if written and (gone := given_up(Kind.CONSUMER, change.before, change.after)):
            giving[address.parent].append((change, gone))
    found: dict[Address, tuple[Effect, ...]] = {}
    for address, givers in giving.items():
        stream = _afterwards(address, planned, live)
        if stream.get("retention") == "workqueue":
            held = SubjectIndex((claim, None) for claims in _consumers(address, planned, live) for claim in claims)
            found |= {change.address: tuple(_without_consumer(change, gone, stream, held)) for change, gone in givers}
    return found


def _without_consumer(change: Change, gone: tuple[str, ...], stream: Config, held: SubjectIndex[None]) -> Iterator[Effect]:
    path = next((each.path for each in change.fields if each.path in FILTERS), "") if change.after else ""
    for subject in sorted({part for claim in gone for part in _parts(claim, stream)}):
        if not held.covers(subject):
            others = sorted({other for other, _ in held.meeting(subject)})
            but = f" ({', '.join(others)} excepted)" if others else ""
            yield Effect(UNREAD, f"no consumer takes {subject}{but} any more: its messages wait in the work queue", path)


def _parts(claim: str, stream: Config) -> list[str]:
    """What of a filter the stream's subjects can match; the filter where it copies others, whose subjects are not known."""
    if stream.get("sources") or stream.get("mirror"):
        return [claim]
    return [intersection(claim, subject) for subject in stream.get("subjects") or () if overlaps(claim, subject)]


def _consumers(stream: Address, planned: Mapping[Address, Change], live: Live) -> Iterator[tuple[str, ...]]:
    """The filters of every consumer that the stream has after the plan."""
    for observed in live.consumers(stream.name):
        if observed.address not in planned and not is_ephemeral_or_internal(observed):
            yield claims_of(Kind.CONSUMER, observed.config)
    for address, change in planned.items():
        if address.kind is Kind.CONSUMER and address.parent == stream:
            yield claims_of(Kind.CONSUMER, change.after)


def _afterwards(stream: Address, planned: Mapping[Address, Change], live: Live) -> Config:
    """The configuration of a stream after the plan; empty where it is deleted."""
    if change := planned.get(stream):
        return change.after or {}
    observed = live.observed.get(stream)
    return observed.config if observed else {}
