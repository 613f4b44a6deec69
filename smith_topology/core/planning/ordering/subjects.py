"""Subjects and work queue filters that pass from one object to another: who gives what to whom, and what nobody holds when
an apply ends halfway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from smith_topology.core.model import (
    APPLIED,
    FILTERS,
    Address,
    Call,
    Change,
    Config,
    Diagnostic,
    Finding,
    Handover,
    Kind,
    Live,
    Observed,
    Outcome,
    Plan,
    Verb,
    Verdict,
    filters_of,
)
from smith_topology.core.subjects import REST, SubjectIndex, intersection, is_subset

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
    "An apply was cut off halfway",
    "An earlier apply was killed in the middle of a handover: an object is parked on a placeholder subject, and the subjects "
    "that it had may be without a stream.",
    "Apply again at once.",
)

PARKED = "_smith-topo.parked."
HELD = (Verdict.DONE, Verdict.ALTERED)


def claims_of(kind: Kind, config: Config | None) -> tuple[str, ...]:
    """The subjects of a stream, or the filters of a consumer, where none is everything."""
    if config is None:
        return ()
    return tuple(config.get("subjects") or ()) if kind is Kind.STREAM else filters_of(config) or (REST,)


def claiming(kind: Kind, config: Config, claims: tuple[str, ...]) -> dict[str, Any]:
    """The configuration with these claims instead of its own."""
    if kind is Kind.STREAM:
        return {**config, "subjects": list(claims)}
    claim = {"filter_subject": claims[0]} if len(claims) == 1 else {"filter_subjects": list(claims)}
    return {**{name: value for name, value in config.items() if name not in FILTERS}, **claim}


def parked(giver: Address) -> tuple[str, ...]:
    """A subject nobody uses, for an object that keeps none of its own."""
    return (PARKED + ".".join(giver.path),)


def interrupted_before(observed: Iterable[Observed]) -> Iterator[Diagnostic]:
    """What an earlier apply has parked and, killed on the way, not brought to its end."""
    for each in observed:
        if any(claim.startswith(PARKED) for claim in claims_of(each.address.kind, each.config)):
            yield INTERRUPTED.diagnostic(
                f"{each.address} was parked on a subject that nobody uses, for a handover that did not come to its end: what "
                "it had before may be without a holder.",
                "Apply again at once.",
                each.address,
            )


def handovers(writing: Mapping[Address, Change], live: Live) -> Iterator[Handover]:
    """Whoever lets go of a subject comes before whoever takes it (10065; on work queues 10099 and 10100)."""
    yield from _handed_over([c for c in writing.values() if c.address.kind is Kind.STREAM])
    queues: dict[str, list[Change]] = defaultdict(list)
    for change in writing.values():
        stream = live.stream(change.address.path[0])
        if change.address.kind is Kind.CONSUMER and stream and stream.config.get("retention") == "workqueue":
            queues[change.address.path[0]].append(change)
    for consumers in queues.values():
        yield from _handed_over(consumers)


def _handed_over(changes: list[Change]) -> Iterator[Handover]:
    index: SubjectIndex[tuple[bool, Address]] = SubjectIndex()
    for change in changes:
        old, new = (claims_of(change.address.kind, config) for config in (change.before, change.after))
        for takes, subjects in ((False, _gone(old, new)), (True, _gone(new, old))):
            for subject in subjects:
                index.add(subject, (takes, change.address))
    for pair in index.overlapping():
        (claim, (is_new, giver)), (wanted, (takes, taker)) = sorted(pair, key=lambda entry: entry[1])
        if giver != taker and takes and not is_new:
            yield Handover(giver, taker, claim, intersection(claim, wanted))


def _gone(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    remaining: SubjectIndex[None] = SubjectIndex()
    for subject in new:
        remaining.add(subject, None)
    return tuple(subject for subject in old if not remaining.covers(subject))


# ------------------------------------------------------------------------------------------------------- halfway


def stranded(plan: Plan, outcomes: Iterable[Outcome]) -> list[Handover]:
    """What its giver has let go of, or may have, and neither of the two is known to hold."""
    if not plan.handovers:
        return []
    known = _latest(outcomes, HELD)
    perhaps = _latest(outcomes, (*HELD, Verdict.UNKNOWN))
    before = {change.address: change.before for change in plan.changes}

    def holds(address: Address, subject: str) -> bool:
        """For certain: whether a request without an answer has worked or not."""
        configs = (calls[address].expected if address in calls else before.get(address) for calls in (known, perhaps))
        return all(any(is_subset(subject, claim) for claim in claims_of(address.kind, config)) for config in configs)

    return [each for each in plan.handovers if not holds(each.giver, each.subject) and not holds(each.taker, each.subject)]


def _latest(outcomes: Iterable[Outcome], verdicts: tuple[Verdict, ...]) -> dict[Address, Call]:
    """The last request of each object that ended like this, pauses apart, which touch nothing that can be claimed."""
    calls = ((each.step, each.verdict) for each in outcomes)
    return {c.address: c for c, verdict in calls if isinstance(c, Call) and c.verb is not Verb.PAUSE and verdict in verdicts}


def rollback(plan: Plan, outcomes: Iterable[Outcome]) -> list[Call]:
    """The requests by which streams, as their last request left them, hold again what nobody has taken from them.

    Filters are not given back: their messages wait, and a consumer that takes them on anew would skip those.
    """
    left: dict[Address, list[str]] = defaultdict(list)
    for each in stranded(plan, outcomes):
        if each.giver.kind is Kind.STREAM:
            left[each.giver].append(each.subject)
    known = _latest(outcomes, HELD)
    there = {giver: subjects for giver, subjects in left.items() if giver in known and known[giver].verb is not Verb.DELETE}
    calls = [_holding(known[giver], tuple(dict.fromkeys(subjects))) for giver, subjects in there.items()]
    return [replace(call, id=len(plan.steps) + place) for place, call in enumerate(calls, start=1)]


def _holding(call: Call, subjects: tuple[str, ...]) -> Call:
    """Without the mark of what was applied last, since that is not what the file says."""
    expected, payload = call.expected or {}, call.payload
    own = (claim for claim in claims_of(Kind.STREAM, expected) if (claim,) != parked(call.address))
    claims = (*own, *subjects)
    marks = {key: value for key, value in payload.get("metadata", {}).items() if key != APPLIED}
    payload = claiming(Kind.STREAM, {**payload, "metadata": marks} if marks else payload, claims)
    expected = claiming(Kind.STREAM, expected, claims)
    return replace(call, payload=payload, expected=expected, before=None, after=(), rolls_back=subjects)


def orphan_diagnostics(plan: Plan, outcomes: Iterable[Outcome]) -> list[Diagnostic]:
    """What the end of an apply has to say of everything stranded."""
    return [_without_stream(each) if each.giver.kind is Kind.STREAM else _unread(each) for each in stranded(plan, outcomes)]


def _without_stream(lost: Handover) -> Diagnostic:
    return SUBJECT_ORPHANED.diagnostic(
        f'"{lost.subject}": {lost.giver} has let it go, and {lost.taker} is not known to have taken it. Unless another has, '
        "what is published there is not stored: who waits for an answer gets an error, others notice nothing.",
        f"Put right what stopped {lost.taker}, and apply again at once.",
        lost.taker,
    )


def _unread(lost: Handover) -> Diagnostic:
    return FILTER_ORPHANED.diagnostic(
        f'"{lost.subject}": {lost.giver} has let it go, and {lost.taker} is not known to have taken it. Unless another has, '
        "its messages wait in the stream, and no consumer gets them.",
        f"Put right what stopped {lost.taker}, and apply again.",
        lost.taker,
    )
