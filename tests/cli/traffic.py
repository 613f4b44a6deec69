"""Publishers that run beside an apply, and where each of their messages is afterwards: stored, delivered or lost.

For each subject one publisher waits for answers, and sends a message again until a stream acknowledges it. Another one publishes
without waiting. Every message has a payload of its own, by which it is found again.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, pairwise, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import nats
import nats.errors
from nats.aio.client import Client

from tests.cli.account import ALLOW_ALL, whole
from tests.command import Result, started
from tests.gate import gate
from tests.raw import Raw
from tests.topologies import Document, text

PACE = 0.001
"""Seconds from one message of a publisher to its next."""
ANSWERS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds to wait for an answer, by attempt, before a message is sent again. A stream that changes its replicas may give none."""
BEFORE = 0.1
"""Seconds to wait for the first acknowledgement of each subject; one that no stream takes yet gets none."""
AFTERWARDS = 2.0
"""Seconds to wait for one more acknowledgement of each subject after the apply, to see which stream takes it then."""
SETTLES = 0.25
"""Seconds between two reads of all streams. If the second finds no more messages, the missing ones are lost."""
ALL = 1_000_000


class Sent(NamedTuple):
    """A message as its publisher knows it: ``at`` is the monotonic time in seconds, ``stream`` the one that acknowledged it."""

    subject: str
    payload: bytes
    at: float
    stream: str = ""


@dataclass(slots=True)
class Traffic:
    """What was published. Made by ``traffic``, and complete when its block has ended."""

    acknowledged: list[Sent] = field(default_factory=list)
    unanswered: list[Sent] = field(default_factory=list)
    """Published without waiting for an answer."""
    unsure: set[bytes] = field(default_factory=set)
    """Payloads that may be stored twice: their first answer took too long."""
    last: dict[str, float] = field(default_factory=dict)
    """By subject, the time of its latest acknowledgement."""
    ended: float = 0.0
    label: int = field(default_factory=time.monotonic_ns)
    """Part of every payload: tells it from those of other publishers of the same test."""
    begun: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def streams(self, subject: str) -> list[str]:
        """The streams that acknowledged messages of this subject, in the order of their first one."""
        return list(dict.fromkeys(each.stream for each in self.acknowledged if each.subject == subject))

    def gap(self, subject: str) -> float:
        """The longest time in seconds without an acknowledgement, from the first one to the end."""
        times = [each.at for each in self.acknowledged if each.subject == subject] + [self.ended]
        return max((late - early for early, late in pairwise(times)), default=0.0)

    def wait(self, subjects: Iterable[str], seconds: float) -> None:
        """Wait until each of these subjects has been acknowledged once more, for at most so many seconds."""
        begun = time.monotonic()
        while any(self.last.get(each, 0.0) < begun for each in subjects) and time.monotonic() < begun + seconds:
            time.sleep(PACE)


@contextmanager
def traffic(url: str, *subjects: str, unanswered: Iterable[str] | None = None) -> Iterator[Traffic]:
    """Publish to these subjects while the block runs; ``unanswered`` limits those that are also published to without waiting."""
    flow = Traffic()
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(asyncio.run, _publish(flow, url, subjects, subjects if unanswered is None else unanswered))
        assert flow.begun.wait(10)
        flow.wait(subjects, BEFORE)
        try:
            yield flow
            flow.wait(subjects, AFTERWARDS)
        finally:
            flow.ended = time.monotonic()
            flow.stop.set()
            publishing.result()


def applied(
    url: str,
    streams: Document,
    *subjects: str,
    unanswered: Iterable[str] | None = None,
    through: str = "",
    at: str = "",
    options: Iterable[str] = (),
) -> tuple[Result, Traffic]:
    """Apply this in a process of its own while these subjects are published to, from before its first request on.

    ``through`` is the address that it connects to, if not the publishers' own. ``at`` is the request that is held until
    publishing has begun, if not the first one.
    """
    with (
        topology_file(streams) as path,
        gate(through or url, at) as way,
        started("apply", "-f", path, *ALLOW_ALL, *options, url=way.url) as process,
    ):
        way.wait()
        with traffic(url, *subjects, unanswered=unanswered) as flow:
            way.open()
            stdout, stderr = process.communicate()
    return Result(process.returncode, stdout, stderr), flow


@contextmanager
def topology_file(streams: Document) -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "topology.yaml"
        path.write_text(text(whole(streams)), encoding="utf-8")
        yield path


async def _publish(flow: Traffic, url: str, waiting: Iterable[str], unanswered: Iterable[str]) -> None:
    client = await nats.connect(url.split(","), error_cb=_ignore)
    publishers: list[Coroutine[Any, Any, None]] = [
        *(_publish_until_acknowledged(flow, client, subject) for subject in waiting),
        *(_publish_without_waiting(flow, client, subject) for subject in unanswered),
    ]
    try:
        flow.begun.set()
        await asyncio.gather(*publishers)
        await client.flush()
    finally:
        await client.close()


async def _publish_until_acknowledged(flow: Traffic, client: Client, subject: str) -> None:
    while not flow.stop.is_set():
        payload = f"{subject} {flow.label}-{len(flow.acknowledged)} answered".encode()
        if stream := await _acknowledging(flow, client, subject, payload):
            flow.last[subject] = time.monotonic()
            flow.acknowledged.append(Sent(subject, payload, flow.last[subject], stream))
        await asyncio.sleep(PACE)


async def _acknowledging(flow: Traffic, client: Client, subject: str, payload: bytes) -> str:
    """The stream that has stored it; empty where publishing ended before any had."""
    patience = chain(ANSWERS, repeat(ANSWERS[-1]))
    while not flow.stop.is_set():
        try:
            answer = json.loads((await client.request(subject, payload, timeout=next(patience))).data)
        except nats.errors.NoRespondersError:
            continue
        except nats.errors.TimeoutError:
            flow.unsure.add(payload)
            continue
        if "error" not in answer:
            return str(answer["stream"])
    return ""


async def _publish_without_waiting(flow: Traffic, client: Client, subject: str) -> None:
    while not flow.stop.is_set():
        payload = f"{subject} {flow.label}-{len(flow.unanswered)} unanswered".encode()
        flow.unanswered.append(Sent(subject, payload, time.monotonic()))
        await client.publish(subject, payload)
        await asyncio.sleep(PACE)


async def _ignore(error: Exception) -> None:
    """An error shows in that a message gets no acknowledgement."""


# ------------------------------------------------------------------------------------------------- the ledger


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where all the messages are."""

    missing: list[Sent]
    """Acknowledged, and neither stored nor delivered."""
    lost: dict[str, list[Sent]]
    """By subject, what was published without waiting and is neither stored nor delivered."""
    duplicated: list[bytes]
    """Stored twice, though sent once."""


def settled(flow: Traffic, read: Callable[[], list[bytes]]) -> Ledger:
    """Where the messages are, once publishing has ended. ``read`` returns all payloads; it is called until it finds no more."""
    found = read()
    while (ledger := _ledger(flow, found)).missing or ledger.lost:
        time.sleep(SETTLES)
        before, found = found, read()
        if len(found) == len(before):
            break
    return ledger


def _ledger(flow: Traffic, payloads: Iterable[bytes]) -> Ledger:
    found = Counter(payloads)
    lost: dict[str, list[Sent]] = defaultdict(list)
    for each in flow.unanswered:
        if each.payload not in found:
            lost[each.subject].append(each)
    missing = [each for each in flow.acknowledged if each.payload not in found]
    sent = [each.payload for each in (*flow.acknowledged, *flow.unanswered) if each.payload not in flow.unsure]
    return Ledger(missing, dict(lost), [payload for payload in sent if found[payload] > 1])


def stored(js: Raw, *streams: str) -> list[bytes]:
    """The payloads of all messages in these streams, which have to be of retention limits."""
    return [payload for stream in streams for payload in _read(js, stream)]


def _read(js: Raw, stream: str) -> list[bytes]:
    reader = {"ack_policy": "none", "mem_storage": True, "num_replicas": 1, "inactive_threshold": 60_000_000_000}
    name = js.request(f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": reader})["name"]
    payloads = js.pull(stream, name, ALL)
    js.request(f"CONSUMER.DELETE.{stream}.{name}")
    return payloads
