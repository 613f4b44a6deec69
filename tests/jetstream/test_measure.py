"""Answers to what the forecast asks are counted by the server's own reckoning, or left open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nats
import pytest

from smith_topology.core.model import Bound
from smith_topology.core.planning.forecast.questions import (
    Answer,
    Answers,
    OlderThan,
    OldestBeyond,
    Outside,
    PerSubjectExcess,
    Question,
)
from smith_topology.core.times import instant
from smith_topology.jetstream.connecting.connection import connect
from smith_topology.jetstream.connecting.settings import Settings
from smith_topology.jetstream.counts import MOST_SUBJECTS, answers
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import wait_for
from tests.raw import Raw, raw
from tests.servers import Servers

STREAM = {"name": "S", "subjects": ["s.>"]}
GAPS = (2, 3, 7)


@pytest.fixture
def js(server: EmbeddedServer) -> Iterator[Raw]:
    """Ten messages, 6 of s.a and 4 of s.b, alternately at first, of growing size."""
    with raw(server.url) as found:
        found.request("STREAM.CREATE.S", STREAM)
        for number in range(10):
            found.publish("s.a" if number % 2 == 0 or number > 7 else "s.b", b"x" * 10 * number)
        yield found


def ask(url: str, question: Question) -> Answer | None:
    """None where the question stays open."""

    async def work() -> Answer | None:
        async with connect(Settings(servers=(url,))) as api:
            return (await answers(api, [question])).get(question)

    return asyncio.run(work())


def stored_at(js: Raw, seq: int) -> int:
    return instant(js.request("STREAM.MSG.GET.S", {"seq": seq})["message"]["time"])


@pytest.mark.parametrize("seq", range(1, 11))
def test_messages_before_an_instant_are_counted_by_halving(server: EmbeddedServer, js: Raw, seq: int) -> None:
    assert ask(server.url, OlderThan("S", stored_at(js, seq))) == Answer(seq - 1)
    assert ask(server.url, OlderThan("S", stored_at(js, seq) + 1)) == Answer(seq)


def test_deleted_messages_are_not_counted(server: EmbeddedServer, js: Raw) -> None:
    instants = {seq: stored_at(js, seq) for seq in range(1, 11)}
    for seq in GAPS:
        js.request("STREAM.MSG.DELETE.S", {"seq": seq})

    found = {seq: ask(server.url, OlderThan("S", instants[seq])) for seq in instants}

    assert found == {seq: Answer(sum(each not in GAPS for each in range(1, seq))) for seq in instants}


@pytest.mark.parametrize(("limit", "excess"), [(1, 8), (3, 4), (4, 2), (5, 1), (6, 0)])
def test_what_is_too_much_of_each_subject_is_added_up(server: EmbeddedServer, js: Raw, limit: int, excess: int) -> None:
    assert ask(server.url, PerSubjectExcess("S", limit)) == Answer(excess)


@pytest.mark.parametrize(
    ("subjects", "count"), [(("s.>",), 0), (("s.a",), 4), (("s.b", "s.c"), 6), (("s.*.x",), 10), ((), 10)], ids=str
)
def test_messages_outside_of_subjects_are_counted(server: EmbeddedServer, js: Raw, subjects: tuple[str, ...], count: int) -> None:
    assert ask(server.url, Outside("S", subjects)) == Answer(count)


@pytest.mark.parametrize("storage", ["file", "memory"])
def test_the_oldest_messages_are_added_up_to_the_byte(server: EmbeddedServer, js: Raw, storage: str) -> None:
    """For every limit: what the server drops is what was counted."""
    size, held = js.request("STREAM.INFO.S")["state"]["bytes"], 10
    for limit in range(size - 1, 30, -97):
        js.request("STREAM.CREATE.T", {"name": "T", "subjects": ["t.>"], "storage": storage})
        for number in range(held):
            js.publish("t.a", b"x" * 10 * number, {"Some": "header"} if number % 3 == 0 else None)
        before = js.request("STREAM.INFO.T")["state"]

        counted = ask(server.url, OldestBeyond("T", limit))
        after = js.request("STREAM.UPDATE.T", {"name": "T", "subjects": ["t.>"], "storage": storage, "max_bytes": limit})["state"]
        js.request("STREAM.DELETE.T")

        assert counted == Answer(before["messages"] - after["messages"], before["bytes"] - after["bytes"])


@pytest.mark.parametrize("storage", ["file", "memory"])
def test_a_gap_of_any_size_is_stepped_over(server: EmbeddedServer, js: Raw, storage: str) -> None:
    js.request("STREAM.CREATE.T", {"name": "T", "subjects": ["t.>"], "storage": storage})
    js.fill("t.kept", 2, b"")
    js.fill("t.gone", 25_000, b"")
    js.fill("t.kept", 2, b"")
    js.request("STREAM.PURGE.T", {"filter": "t.gone"})
    size = js.request("STREAM.INFO.T")["state"]["bytes"] // 4

    assert ask(server.url, OldestBeyond("T", size)) == Answer(3, 3 * size)


@pytest.mark.parametrize(("small", "large"), [(8_500, 500), (2_500, 0)])
def test_past_what_is_worth_reading_the_bytes_are_exact_and_the_messages_an_estimate(
    server: EmbeddedServer, js: Raw, small: int, large: int
) -> None:
    """Also where the oldest are far from the average."""
    js.request("STREAM.CREATE.T", {"name": "T", "subjects": ["t.>"], "storage": "memory"})
    js.fill("t.a", small, b"")
    of_small = js.request("STREAM.INFO.T")["state"]["bytes"]
    js.fill("t.a", large, b"x" * 2_000)
    over = of_small - 100
    limit = js.request("STREAM.INFO.T")["state"]["bytes"] - over

    answer = ask(server.url, OldestBeyond("T", limit))

    assert answer is not None
    assert (answer.bytes, answer.bound) == (over, Bound.ABOUT)
    assert 0.9 * small < answer.messages < 1.1 * small


DENIED = """
authorization { users: [
  { user: owner, password: o }
  { user: planner, password: p, permissions: { publish: { allow: ">", deny: "$JS.API.STREAM.MSG.GET.>" } } }
] }
"""


@pytest.mark.parametrize("question", [OlderThan("S", 2**62), OldestBeyond("S", 1)], ids=str)
def test_what_may_not_be_read_stays_open(server_with: Callable[[str], EmbeddedServer], question: Question) -> None:
    server = server_with(DENIED)
    with raw(server.url, user="owner", password="o") as owner:
        owner.request("STREAM.CREATE.S", STREAM)
        owner.publish("s.a")

    assert ask(server.url.replace("://", "://planner:p@"), question) is None


def test_a_lost_answer_is_asked_for_again(servers: Servers, tmp_path: Path) -> None:
    """The server is gone when the question comes up, and back a moment later."""
    question = Outside("S", ())
    with ExitStack() as first:
        url = Servers(first).start(store=tmp_path).url
        with raw(url) as js:
            js.request("STREAM.CREATE.S", STREAM)
            js.publish("s.a")

        async def work() -> Answers:
            async with connect(Settings(servers=(url,))) as api:
                await asyncio.to_thread(first.close)
                asked = asyncio.create_task(answers(api, [question]))
                await asyncio.to_thread(servers.start, port=int(url.rpartition(":")[2]), store=tmp_path)
                return await asked

        assert asyncio.run(work()) == {question: Answer(1)}


BUFFERED = 5_000
"""A stream drops what comes while 10,000 messages wait to be stored."""


def test_more_subjects_than_are_worth_reading_leave_a_question_open(server: EmbeddedServer) -> None:
    with raw(server.url) as js:
        js.request("STREAM.CREATE.S", {**STREAM, "storage": "memory", "no_ack": True})

    async def fill(start: int) -> None:
        client = await nats.connect(server.url)
        for number in range(start, start + BUFFERED):
            await client.publish(f"s.{number}")
        await client.flush(60)
        await client.close()

    with raw(server.url) as js:
        for start in range(0, MOST_SUBJECTS + 1, BUFFERED):
            asyncio.run(fill(start))
            wait_for(lambda: js.request("STREAM.INFO.S")["state"]["messages"] == start + BUFFERED)  # noqa: B023  # called at once

    assert ask(server.url, PerSubjectExcess("S", 1)) is None
    assert ask(server.url, Outside("S", ("s.1",))) is None
    assert ask(server.url, Outside("S", (), ("s.1",))) == Answer(1)
