"""Interruptions in words: which subjects have no stream, between which streams, and what that means for publishers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from smith_topology.core.model import Address, Interruption
from smith_topology.render.text import clean, count, named

FOR_A_MOMENT = "publishers that wait for an answer get an error and can retry; messages published without waiting are lost"
FROM_THEN_ON = "publishers that wait for an answer get an error; messages published without waiting are lost"


def now(subjects: Sequence[str]) -> str:
    """``2 subjects have no stream now: a, b.``; ``""`` without any."""
    has = "has" if len(subjects) == 1 else "have"
    return f"{count(len(subjects), 'subject')} {has} no stream now: {', '.join(map(clean, subjects))}." if subjects else ""


def sentences(interruptions: Sequence[Interruption]) -> Iterator[str]:
    """A sentence of the subjects that pass, and one of those that will have no stream from then on."""
    for lasting in (False, True):
        if some := [each for each in interruptions if (each.taker is None) is lasting]:
            yield sentence(some)


def sentence(interruptions: Sequence[Interruption]) -> str:
    """``a, b pass from stream.OLD to stream.NEW and have no stream in between: publishers that wait …``; they all pass, or all
    have none from then on.
    """
    return f"{'; '.join(passages(interruptions))}: {meaning(interruptions)}"


def meaning(interruptions: Iterable[Interruption]) -> str:
    return FOR_A_MOMENT if any(each.taker for each in interruptions) else FROM_THEN_ON


def passages(interruptions: Iterable[Interruption]) -> list[str]:
    """What happens to the subjects, one phrase for all that pass between the same two streams."""
    groups: dict[tuple[Address, Address | None], list[str]] = {}
    for each in interruptions:
        excepted = f" ({', '.join(map(clean, each.excepted))} excepted)" if each.excepted else ""
        groups.setdefault((each.giver, each.taker), []).append(clean(each.subject) + excepted)
    return [_passage(subjects, giver, taker) for (giver, taker), subjects in groups.items()]


def _passage(subjects: list[str], giver: Address, taker: Address | None) -> str:
    names, one = ", ".join(subjects), len(subjects) == 1
    if taker is None:
        return f"{names} {'leaves' if one else 'leave'} {named(giver)} and will have no stream"
    if taker == giver:
        return f"{names} {'waits' if one else 'wait'} until the peers of {named(giver)} have elected a leader"
    passes, has = ("passes", "has") if one else ("pass", "have")
    return f"{names} {passes} from {named(giver)} to {named(taker)} and {has} no stream in between"


def tally(interruptions: Iterable[Interruption]) -> str:
    """``Interruption: 1 subject has no stream for a moment. 2 subjects will have no stream.``; ``""`` without any."""
    known = list(interruptions)
    lasting = len({each.subject for each in known if not each.taker})
    passing = len({each.subject for each in known if each.taker})
    has = "has" if passing == 1 else "have"
    return " ".join(
        [
            *([f"Interruption: {count(passing, 'subject')} {has} no stream for a moment."] if passing else []),
            *([f"{count(lasting, 'subject')} will have no stream."] if lasting else []),
        ]
    )
