"""Answers to what the forecast asks (``forecast.questions``): counts that no listing carries.

Reads only; denied questions stay open. Message times and sizes come from ``STREAM.MSG.GET``; counts by subject from
``STREAM.INFO`` with ``subjects_filter``.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from smith_topology.core.model import Bound, Change, Kind, Live, Server, origins, stream_address
from smith_topology.core.planning.forecast.approved_loss import by_interest
from smith_topology.core.planning.forecast.questions import (
    EVERYTHING,
    Answer,
    Answers,
    BeforeFirstPending,
    OlderThan,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    Question,
)
from smith_topology.core.subjects import SubjectIndex
from smith_topology.core.times import instant
from smith_topology.jetstream import read
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.errors import ApiError, Fault, ServerError, fault_of
from smith_topology.jetstream.retry import Patient, gather

NO_MESSAGE = 10037
MOST_SUBJECTS = 500_000
MOST_READ, MOST_READ_BYTES = 2_000, 4 * 2**20
MOST_WINDOWS = 32
SAMPLES = 512
MOST_DELETED = 1_000_000
SCAN_AT_ONCE = 256


async def fresh(api: Api, server: Server, change: Change, parent: Change | None) -> Live:
    """What the effects of one change depend on, as it is now and by the server's clock: its stream, its consumers as far as
    they matter, and the streams it copies, or did. ``parent`` is what the plan does to its stream. Raises ServerError.
    """
    if change.address.kind is Kind.CONSUMER:
        return await read.family(api, server, change.address, lambda stream: by_interest(stream, parent))
    family = await read.family(api, server, change.address, lambda _: True)
    copied = dict.fromkeys(name for config in (change.before, change.after) for name in origins(config or {}))
    found = await gather(copied, lambda name: read.family(api, server, stream_address(name), lambda _: True))
    return replace(family, observed={**{a: each for origin in found for a, each in origin.observed.items()}, **family.observed})


async def answers(api: Api, questions: Iterable[Question], *, certain: bool = False) -> Answers:
    """The answers to be had; a question that a permission or an old server leaves open, or too many subjects do, or that
    no server answers, is left out.

    A failure that may pass is waited for, up to ``api.patience`` for each question. ``certain`` raises what has not passed by
    then, where a guess would be taken for a reason.
    """
    asked = list(questions)
    found = await gather(asked, lambda question: _answer(Patient(api), question, certain=certain))
    return {question: answer for question, answer in zip(asked, found, strict=True) if answer is not None}


async def _answer(ask: Patient, question: Question, *, certain: bool) -> Answer | None:
    try:
        match question:
            case OlderThan():
                return await _older_than(ask, question)
            case PerSubjectExcess():
                return await _per_subject_excess(ask, question)
            case Outside():
                return await _outside(ask, question)
            case OldestBeyond():
                return await _oldest_beyond(ask, question)
            case BeforeFirstPending():
                return await _before_first_pending(ask, question)
    except ServerError as error:
        if certain and fault_of(error) is not Fault.FINAL:
            raise
        return None


async def _older_than(ask: Patient, question: OlderThan) -> Answer:
    """Find by halving the first message that stays; times grow with sequences."""
    state = (await ask.request(f"STREAM.INFO.{question.stream}"))["state"]
    low, high = state["first_seq"], state["last_seq"] + 1
    while low < high:
        middle = (low + high) // 2
        message = await _message_from(ask, question.stream, middle)
        if message is not None and instant(message["time"]) < question.instant:
            low = message["seq"] + 1
        else:
            high = middle
    return await _stored_before(ask, question.stream, low, state)


async def _stored_before(ask: Patient, stream: str, sequence: int, state: dict[str, Any]) -> Answer:
    """How many messages have lower sequences: the span less what was deleted inside it."""
    span = sequence - state["first_seq"]
    if not state.get("num_deleted"):
        return Answer(span)
    if state["num_deleted"] > MOST_DELETED:
        return Answer(min(span, state["messages"]), None, Bound.UPPER)
    detailed = (await ask.request(f"STREAM.INFO.{stream}", {"deleted_details": True}))["state"]
    return Answer(span - sum(deleted < sequence for deleted in detailed.get("deleted") or ()))


async def _message_from(ask: Patient, stream: str, sequence: int, pattern: str = EVERYTHING) -> dict[str, Any] | None:
    """The first message with this sequence or a higher one whose subject matches the pattern."""
    try:
        answer = await ask.request(f"STREAM.MSG.GET.{stream}", {"seq": sequence, "next_by_subj": pattern})
    except ApiError as error:
        if error.err_code == NO_MESSAGE:
            return None
        raise
    message: dict[str, Any] = answer["message"]
    if message["seq"] < sequence:
        fault = f"`seq` is {message['seq']:,}, and {sequence:,} or more was asked for"
        raise ask.not_understood(f"STREAM.MSG.GET.{stream}", fault)
    return message


async def _per_subject_excess(ask: Patient, question: PerSubjectExcess) -> Answer | None:
    counts = await _by_subject(ask, question.stream, EVERYTHING)
    return None if counts is None else Answer(sum(max(0, count - question.limit) for count in counts.values()))


async def _by_subject(ask: Patient, stream: str, pattern: str) -> dict[str, int] | None:
    """Messages for each subject, all pages (100,000 subjects each); None when there are more than ``MOST_SUBJECTS``."""
    counts: dict[str, int] = {}
    while True:
        info = await ask.request(f"STREAM.INFO.{stream}", {"subjects_filter": pattern, "offset": len(counts)})
        known, total = len(counts), info.get("total") or 0
        counts.update(info["state"].get("subjects") or {})
        if len(counts) >= total:
            return counts
        if total > MOST_SUBJECTS or len(counts) == known:
            return None


async def _outside(ask: Patient, question: Outside) -> Answer | None:
    kept: SubjectIndex[None] = SubjectIndex()
    for pattern in question.subjects:
        kept.add(pattern, None)
    counts: dict[str, int] = {}
    for pattern in question.within:
        found = await _by_subject(ask, question.stream, pattern)
        if found is None:
            return None
        counts.update(found)
    return Answer(sum(each for subject, each in counts.items() if not kept.covers(subject)))


async def _before_first_pending(ask: Patient, question: BeforeFirstPending) -> Answer | None:
    """How many messages are stored before the first that the consumer has pending. None if the stream changed meanwhile: its
    messages are counted before and after the consumer is read, and all three numbers have to agree.
    """
    before = await _matching(ask, question)
    pending = (await ask.request(f"CONSUMER.INFO.{question.stream}.{question.consumer}"))["num_pending"]
    if not before or not before == pending == await _matching(ask, question):
        return None
    state = (await ask.request(f"STREAM.INFO.{question.stream}"))["state"]
    found = [await _message_from(ask, question.stream, state["first_seq"], pattern) for pattern in question.filters]
    first = min((each["seq"] for each in found if each), default=state["last_seq"] + 1)
    return await _stored_before(ask, question.stream, first, state)


async def _matching(ask: Patient, question: BeforeFirstPending) -> int | None:
    """How many stored messages the filters match; None where there are too many subjects to count."""
    counts = [await _by_subject(ask, question.stream, pattern) for pattern in question.filters]
    return None if None in counts else sum(sum(each.values()) for each in counts if each)


async def _oldest_beyond(ask: Patient, question: OldestBeyond) -> Answer | None:
    """Add up the oldest messages until the rest fits. Where these are more than ``MOST_READ`` messages or bytes by the average of
    all, a sample says about how many they are; their bytes are what is over.
    """
    info = await ask.request(f"STREAM.INFO.{question.stream}")
    state, storage = info["state"], info["config"].get("storage", "file")
    over = state["bytes"] - question.limit
    if over > MOST_READ_BYTES or over * state["messages"] > MOST_READ * state["bytes"]:
        return await _sampled(ask, question.stream, storage, state, over)
    dropped, freed, sequence = 0, 0, state["first_seq"]
    for _ in range(MOST_WINDOWS):
        if freed >= over or sequence > state["last_seq"]:
            break
        window = range(sequence, min(sequence + SCAN_AT_ONCE, state["last_seq"] + 1))
        sizes = await gather(window, lambda seq: _size(ask, question.stream, seq, storage), SCAN_AT_ONCE)
        for size in sizes:
            if size and freed < over:
                dropped, freed = dropped + 1, freed + size
        sequence = window.stop if any(sizes) else await _beyond_gap(ask, question.stream, window.stop)
    return Answer(dropped, freed) if freed >= over else await _sampled(ask, question.stream, storage, state, over)


async def _sampled(ask: Patient, stream: str, storage: str, state: dict[str, Any], over: int) -> Answer:
    """About how many of the oldest messages take so many bytes: each of ``SAMPLES`` messages, evenly spread, stands for its part
    of the stream, and all of them for its bytes.
    """
    first, span = state["first_seq"], state["last_seq"] + 1 - state["first_seq"]
    places = [first + span * place // SAMPLES for place in range(SAMPLES)]
    found = await gather(places, lambda seq: _message_from(ask, stream, seq), SCAN_AT_ONCE)
    sizes = [_size_of(message, storage) for message in found if message]
    left, messages = over * sum(sizes) / state["bytes"], 0.0
    for size in sizes:
        part = min(1.0, left / size)
        messages, left = messages + part, left - part * size
    count = math.ceil(messages * state["messages"] / max(1, len(sizes)))
    return Answer(min(max(1, count), state["messages"]), over, Bound.ABOUT)


async def _beyond_gap(ask: Patient, stream: str, sequence: int) -> int:
    """The next sequence that holds a message. A work queue may have millions of sequences between two messages that are left."""
    message = await _message_from(ask, stream, sequence)
    return int(message["seq"]) if message else sequence


async def _size(ask: Patient, stream: str, sequence: int, storage: str) -> int:
    """What a message takes, in bytes; 0 for a gap."""
    try:
        return _size_of((await ask.request(f"STREAM.MSG.GET.{stream}", {"seq": sequence}))["message"], storage)
    except ApiError as error:
        if error.err_code == NO_MESSAGE:
            return 0
        raise


def _size_of(message: dict[str, Any], storage: str) -> int:
    """What a message takes by the server's own reckoning, in bytes.

    Measured against ``state.bytes`` of 2.15.1: a file record adds 30 bytes, and 4 more with headers; memory adds 16.
    """
    headers = len(base64.b64decode(message.get("hdrs") or ""))
    content = len(message["subject"].encode()) + headers + len(base64.b64decode(message.get("data") or ""))
    return content + (16 if storage == "memory" else 30 + (4 if headers else 0))
