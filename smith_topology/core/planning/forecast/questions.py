"""What to ask of the server before a forecast can be exact: counts that no listing carries.

A question without an answer (older server, denied subject) turns an exact number into an upper bound, never into zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from smith_topology.core.model import Action, Bound, Change, Config, Effect, Kind, Live, Observed, amounts
from smith_topology.core.planning.claims import claims_of, gone

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
    """A count of messages, and the bytes they take where the server says so; ``bound`` is of the messages, and of the bytes where
    these have none of their own.
    """

    messages: int
    bytes: int | None = None
    bound: Bound = Bound.EXACT
    bound_of_bytes: Bound | None = None


SMALLEST_MESSAGE = 17
"""Bytes: one of the subject, and what memory adds to each message (2.15.1); a file adds more."""

Answers: TypeAlias = Mapping[Question, Answer]


def questions(changes: tuple[Change, ...], live: Live) -> Iterator[Question]:
    """What to ask of the server before ``forecast`` can be exact."""
    for change in changes:
        stream = live.observed.get(change.address.parent)
        if change.action is not Action.UPDATE or change.address not in live.observed or not (stream and stream.messages):
            continue
        if change.address.kind is Kind.STREAM:
            yield from about_limits(change, stream, live.server.now).values()
        elif question := passed_over(change):
            yield question
            yield before_first_pending(change)
        kept_by_limits = stream.config.get("retention", "limits") == "limits"
        if (change.address.kind is Kind.STREAM or not kept_by_limits) and (question := left_out(change)):
            yield question


def about_limits(change: Change, stream: Observed, now: int) -> Mapping[str, Question]:
    """The questions how many messages are beyond the new limits of a stream, by limit. ``now`` is in nanoseconds since 1970."""
    name, before, after = change.address.name, change.before or {}, change.after or {}
    found: dict[str, Question] = {}
    if lowered("max_age", before, after):
        found["max_age"] = OlderThan(name, now - after["max_age"])
    if lowered("max_msgs_per_subject", before, after):
        found["max_msgs_per_subject"] = PerSubjectExcess(name, after["max_msgs_per_subject"])
    if excess("max_bytes", stream.bytes, after):
        found["max_bytes"] = OldestBeyond(name, after["max_bytes"])
    return found


def left_out(change: Change) -> Outside | None:
    """The question how many messages are stored under subjects, or match filters, that an update gives up. None if it gives up
    none.
    """
    old, new = (claims_of(change.address.kind, config) for config in (change.before, change.after))
    return Outside(change.address.path[0], new, old) if gone(old, new) else None


def passed_over(change: Change) -> Outside | None:
    """The question how many messages are stored that new filters match and the old ones don't. None if there are no such
    subjects.
    """
    old, new = (claims_of(Kind.CONSUMER, config) for config in (change.before, change.after))
    return Outside(change.address.path[0], old, new) if gone(new, old) else None


def before_first_pending(change: Change) -> BeforeFirstPending:
    stream, consumer = change.address.path
    return BeforeFirstPending(stream, consumer, claims_of(Kind.CONSUMER, change.before))


def answer_to(question: Question, stream: Observed, answers: Answers) -> Answer:
    """The answer; without one every message of the stream, as an upper bound. What is over a limit of bytes is a subtraction, and
    no more messages than of the smallest size.
    """
    if answer := answers.get(question):
        return answer
    if isinstance(question, OldestBeyond):
        over = max(0, stream.bytes - question.limit)
        return Answer(min(stream.messages, over // SMALLEST_MESSAGE + 1), over, Bound.UPPER, Bound.ABOUT)
    return Answer(stream.messages, None, Bound.UPPER)


def lowered(name: str, before: Config, after: Config) -> bool:
    """Whether a limit, absent when there is none, becomes tighter."""
    return name in after and (name not in before or after[name] < before[name])


def excess(name: str, stored: int, after: Config) -> int:
    """How many messages or bytes are stored above a limit; 0 with ``discard: new``, which drops nothing stored. An update that
    only sets ``discard: old`` enforces the limits too.
    """
    return max(0, stored - after[name]) if name in after and after.get("discard") != "new" else 0


def dropped(code: str, path: str, stream: Observed, answer: Answer, text: str = "dropped at once") -> Effect:
    """The effect of messages that the stream drops. Their bytes are an average where the answer has none."""
    messages, size, bound = min(answer.messages, stream.messages), answer.bytes, answer.bound_of_bytes or answer.bound
    if size is None and messages in (0, stream.messages):
        size = stream.bytes if messages else 0
    elif size is None:
        size, bound = stream.bytes * messages // stream.messages, Bound.ABOUT
    return Effect(code, text, path, (*amounts(answer.bound, messages=messages), *amounts(bound, bytes=size)))
