"""What to ask of the server before a forecast can be exact: counts that no listing carries.

A question without an answer (older server, denied subject) turns an exact number into an upper bound, never into zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from smith_topology.core.model import Action, Bound, Change, Config, Effect, Kind, Live, Observed, amounts, filters_of
from smith_topology.core.subjects import is_subset

EVERYTHING = ">"


@dataclass(frozen=True, slots=True)
class OlderThan:
    """How many messages were stored before this instant (nanoseconds since 1970)?"""

    stream: str
    instant: int


@dataclass(frozen=True, slots=True)
class PerSubjectExcess:
    """How many messages are there beyond the newest ``limit`` of each subject?"""

    stream: str
    limit: int


@dataclass(frozen=True, slots=True)
class OldestBeyond:
    """How many of the oldest messages must go until the rest fits into ``limit`` bytes?"""

    stream: str
    limit: int


@dataclass(frozen=True, slots=True)
class Outside:
    """How many messages are stored under subjects that none of these patterns covers, and one of ``within`` does?"""

    stream: str
    subjects: tuple[str, ...]
    within: tuple[str, ...] = (EVERYTHING,)


@dataclass(frozen=True, slots=True)
class BeforeFirstPending:
    """How many messages are stored before the first that this consumer, with these filters, still has to deliver?

    Answered only if every stored message that the filters match is still pending. Otherwise the consumer's position can't be
    told: one that has looked for messages and found none stands at the end of the stream, and its info says ``delivered`` 0
    (measured on 2.10 to 2.15).
    """

    stream: str
    consumer: str
    filters: tuple[str, ...]


Question: TypeAlias = OlderThan | PerSubjectExcess | OldestBeyond | Outside | BeforeFirstPending


@dataclass(frozen=True, slots=True)
class Answer:
    """A count of messages, and the bytes they take where the server says so; ``bound`` is of the messages."""

    messages: int
    bytes: int | None = None
    bound: Bound = Bound.EXACT


Answers: TypeAlias = Mapping[Question, Answer]


def questions(changes: tuple[Change, ...], live: Live) -> Iterator[Question]:
    """What to ask of the server before ``forecast`` can be exact."""
    for change in changes:
        if change.action is not Action.UPDATE:
            continue
        observed, stream = live.observed.get(change.address), live.observed.get(change.address.parent)
        if observed is None or stream is None or not messages_of(stream):
            continue
        if change.address.kind is Kind.STREAM:
            yield from _stream_questions(change, observed, live)
            continue
        if question := passed_over(change):
            yield question
            yield before_first_pending(change)
        if gives_up(change) and stream.config.get("retention", "limits") != "limits":
            yield left_out(change)


def _stream_questions(change: Change, observed: Observed, live: Live) -> Iterator[Question]:
    name, before, after = change.address.name, change.before or {}, change.after or {}
    if lowered("max_age", before, after):
        yield OlderThan(name, live.server.now - after["max_age"])
    if lowered("max_msgs_per_subject", before, after):
        yield PerSubjectExcess(name, after["max_msgs_per_subject"])
    if excess("max_bytes", bytes_of(observed), after):
        yield OldestBeyond(name, after["max_bytes"])
    if question := no_longer_taken(change):
        yield question


def no_longer_taken(change: Change) -> Outside | None:
    """The question how many messages are stored under subjects that the stream gives up. None if it keeps all its subjects."""
    old, new = (tuple((config or {}).get("subjects") or ()) for config in (change.before, change.after))
    return Outside(change.address.name, new, old) if beyond(old, new) else None


def passed_over(change: Change) -> Outside | None:
    """The question how many messages are stored that new filters match and the old ones don't. None if there are no such
    subjects.
    """
    old, new = (filters_of(config or {}) or (EVERYTHING,) for config in (change.before, change.after))
    return Outside(change.address.path[0], old, new) if beyond(new, old) else None


def gives_up(change: Change) -> bool:
    """Whether a consumer's new filters leave out subjects that its old ones match."""
    old, new = (filters_of(config or {}) or (EVERYTHING,) for config in (change.before, change.after))
    return change.action is Action.UPDATE and beyond(old, new)


def left_out(change: Change) -> Outside:
    """The question how many messages are stored that the old filters match and the new ones don't."""
    old, new = (filters_of(config or {}) or (EVERYTHING,) for config in (change.before, change.after))
    return Outside(change.address.path[0], new, old)


def before_first_pending(change: Change) -> BeforeFirstPending:
    stream, consumer = change.address.path
    return BeforeFirstPending(stream, consumer, filters_of(change.before or {}) or (EVERYTHING,))


def beyond(patterns: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether some of the first patterns is not covered by one of the others."""
    return not all(any(is_subset(each, other) for other in others) for each in patterns)


def lowered(name: str, before: Config, after: Config) -> bool:
    """Whether a limit, absent when there is none, becomes tighter."""
    return name in after and (name not in before or after[name] < before[name])


def excess(name: str, stored: int, after: Config) -> int:
    """How many messages or bytes are stored above a limit; 0 with ``discard: new``, which drops nothing stored. An update that
    only sets ``discard: old`` enforces the limits too.
    """
    return max(0, stored - after[name]) if name in after and after.get("discard") != "new" else 0


def messages_of(observed: Observed) -> int:
    return int(observed.state.get("messages", 0))


def bytes_of(observed: Observed) -> int:
    """The bytes that a stream stores, headers and the server's own overhead included."""
    return int(observed.state.get("bytes", 0))


def dropped(code: str, path: str, observed: Observed, answer: Answer) -> Effect:
    messages = min(answer.messages, messages_of(observed))
    if answer.bytes is not None or messages in (0, messages_of(observed)):
        size = answer.bytes if answer.bytes is not None else bytes_of(observed) if messages else 0
        size_bound = answer.bound
    else:
        size, size_bound = bytes_of(observed) * messages // messages_of(observed), Bound.ABOUT
    return Effect(code, "dropped at once", path, (*amounts(answer.bound, messages=messages), *amounts(size_bound, bytes=size)))
