"""Claims that no object has when an apply ends early: they are given back to the object that gave them up, or reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from smith_topology.core.checks.interface import subjects_of
from smith_topology.core.diff.ownership import owned
from smith_topology.core.kinds.marks import UNFINISHED, StageMark
from smith_topology.core.model import (
    STAGE,
    Address,
    Call,
    Diagnostic,
    Finding,
    Handover,
    Kind,
    Live,
    Observed,
    Outcome,
    Plan,
    Topology,
    Verb,
    Verdict,
)
from smith_topology.core.planning.claims import claiming, claims_of, is_parked
from smith_topology.core.subjects import SubjectIndex, is_subset

SUBJECT_ORPHANED = Finding.error(
    "AP111",
    "Subject may be without a stream",
    "A stream has given up a subject, and the stream that was to take it is not known to have it: perhaps no stream stores what "
    "is published there.",
    "Put right what stopped the taker, and apply again at once.",
)
FILTER_ORPHANED = Finding.error(
    "AP112",
    "Filter may be without a consumer",
    "The same of a filter on a work queue: messages wait, and no consumer gets them.",
    "Put right what stopped the taker, and apply again.",
)
INTERRUPTED = Finding.warning(
    "AP113",
    "Subject has no stream",
    "An earlier apply stopped between the two sides of a hand-over: a stream has given up a subject, and no other has taken it. "
    "The streams carry the mark of that apply.",
    "Apply again at once: that finishes it.",
)
WITHOUT_STREAM = (
    SUBJECT_ORPHANED,
    "what is published there is not stored: publishers that wait for an answer get an error, others notice nothing.",
    "apply again at once.",
)
UNREAD = FILTER_ORPHANED, "its messages wait in the stream, and no consumer gets them.", "apply again."

SHORT = 12
HELD = (Verdict.DONE, Verdict.ALTERED)


def orphaned(handovers: Sequence[Handover], plan: Plan, outcomes: Sequence[Outcome]) -> list[Handover]:
    """The claims that their giver has given up, or may have, and that neither giver nor taker is known to have now."""
    if not handovers:
        return []
    known, perhaps = _latest(outcomes, HELD), _latest(outcomes, (*HELD, Verdict.UNKNOWN))
    before = {change.address: change.before for change in plan.changes}

    def holds(address: Address, subject: str) -> bool:
        """For certain: whether a request without an answer has worked or not."""
        configs = (calls[address].expected if address in calls else before.get(address) for calls in (known, perhaps))
        return all(any(is_subset(subject, claim) for claim in claims_of(address.kind, config)) for config in configs)

    return [
        each
        for each in handovers
        if not holds(each.giver.address, each.subject) and not holds(each.taker.address, each.subject)
    ]


def _latest(outcomes: Sequence[Outcome], verdicts: tuple[Verdict, ...]) -> dict[Address, Call]:
    """The last request of each object that ended like this, pauses apart, which touch no claim."""
    calls = ((each.step, each.verdict) for each in outcomes)
    return {c.address: c for c, verdict in calls if isinstance(c, Call) and c.verb is not Verb.PAUSE and verdict in verdicts}


def rollback(handovers: Sequence[Handover], plan: Plan, outcomes: Sequence[Outcome]) -> list[Call]:
    """The requests by which streams, as their last request left them, take back the subjects that no other stream took.

    Filters are not given back: their messages wait, and a consumer that takes them on anew would skip those.
    """
    left: dict[Address, list[str]] = defaultdict(list)
    for each in orphaned(handovers, plan, outcomes):
        if each.giver.address.kind is Kind.STREAM:
            left[each.giver.address].append(each.subject)
    known = _latest(outcomes, HELD)
    there = {giver: subjects for giver, subjects in left.items() if giver in known and known[giver].verb is not Verb.DELETE}
    calls = [_taking_back(known[giver], tuple(dict.fromkeys(subjects)), plan.digest[:SHORT]) for giver, subjects in there.items()]
    return [replace(call, id=len(plan.steps) + call.id) for call in calls]


def _taking_back(call: Call, subjects: tuple[str, ...], plan: str) -> Call:
    """The same request once more, with these subjects. Its mark says that the object is not as the file declares it."""
    expected, config = call.expected or {}, call.payload
    claims = (*(claim for claim in claims_of(Kind.STREAM, expected) if not is_parked(claim)), *subjects)
    mark = str(StageMark(plan, 0, call.stage.number))
    payload = claiming(Kind.STREAM, {**config, "metadata": {**config.get("metadata", {}), STAGE: mark}}, claims)
    stage = replace(call.stage, after=claiming(Kind.STREAM, {**expected, UNFINISHED: mark}, claims))
    return replace(call, stage=stage, payload=payload, seen=None, after=(), gives=(), rolls_back=subjects)


def interrupted_before(topology: Topology, live: Live) -> Mapping[str, Diagnostic]:
    """The declared subjects that have no stream, because an earlier apply stopped between the two sides of a hand-over, each with
    its diagnostic.
    """
    return dict(_interrupted(topology, live))


def _interrupted(topology: Topology, live: Live) -> Iterator[tuple[str, Diagnostic]]:
    unfinished = [each for each in owned(topology, live).values() if each.stage and each.address.kind is Kind.STREAM]
    if not unfinished:
        return
    streams = (observed.config for address, observed in live.observed.items() if address.kind is Kind.STREAM)
    held = SubjectIndex((claim, None) for config in streams for claim in claims_of(Kind.STREAM, config))
    ours = (resource for resource in topology.streams() if not resource.external)
    declared = SubjectIndex((subject, None) for resource in ours for subject in subjects_of(resource))
    missing = {subject: (each, taker) for each in unfinished for subject, taker in _unfinished_subjects(each)}
    for subject, (observed, taker) in missing.items():
        if not held.covers(subject) and next(declared.meeting(subject), None):
            yield subject, _has_no_stream(subject, observed, taker)


def _unfinished_subjects(observed: Observed) -> Iterator[tuple[str, str]]:
    """Subjects that the mark names, with the stream that was to take each."""
    mark = StageMark.parse(observed.stage)
    yield from ((subject, str(observed.address)) for subject in mark.takes)
    yield from mark.gave.items()


def _has_no_stream(subject: str, observed: Observed, taker: str) -> Diagnostic:
    detail = f'"{subject}" has no stream: an earlier apply stopped before {taker} took it ({observed.address} carries the mark '
    detail += "of that apply). Publishers that wait for an answer get an error; messages published without waiting are lost."
    return INTERRUPTED.diagnostic(detail, INTERRUPTED.advice, observed.address)


def orphan_diagnostics(plan: Plan, outcomes: Sequence[Outcome]) -> list[Diagnostic]:
    """A diagnostic for each claim that no object is known to have at the end of an apply."""
    return [_orphaned(each) for each in orphaned(plan.handovers, plan, outcomes)]


def _orphaned(claim: Handover) -> Diagnostic:
    giver, taker = claim.giver.address, claim.taker.address
    finding, text, again = WITHOUT_STREAM if giver.kind is Kind.STREAM else UNREAD
    detail = f'"{claim.subject}": {giver} has given it up, and {taker} is not known to have taken it. Unless another has, {text}'
    return finding.diagnostic(detail, f"Put right what stopped {taker}, and {again}", taker)
