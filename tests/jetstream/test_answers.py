"""Answers of the right type and wrong shape: a plain error that names the subject asked, whatever is wrong with them.

A client that answers below a prefix of its own stands for whatever an import may lead to. It passes on what the server says, but
for one endpoint.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import nats
import pytest

from smith_topology.jetstream.answers import fault
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.command import Result, run

FILE = """
version: 1
name: shop
streams: {ORDERS: {subjects: [orders.>], max_age: 1h, max_msgs_per_subject: 1, consumers: {c: {ack_policy: explicit}}}}
"""
Wire = dict[str, Any]
Wrong = Callable[[Wire], Any]


class Impostor:
    """Answers for the server below ``BAD``, and wrongly for one endpoint."""

    def __init__(self, url: str) -> None:
        self.url, self.endpoint = url, ""
        self.wrong: Wrong = lambda answer: answer
        self.asked = 0
        self.ready, self.over = threading.Event(), asyncio.Event()
        self.loop = asyncio.new_event_loop()

    async def serve(self) -> None:
        client = await nats.connect(self.url)

        async def answer(message: Any) -> None:
            endpoint = message.subject.removeprefix("BAD.")
            right = (await client.request(f"$JS.API.{endpoint}", message.data)).data
            if self.endpoint and endpoint.startswith(self.endpoint):
                self.asked += 1
                wrong = self.wrong(json.loads(right))
                right = wrong if isinstance(wrong, bytes) else json.dumps(wrong).encode()
            await message.respond(right)

        await client.subscribe("BAD.>", cb=answer)
        await client.flush()
        self.ready.set()
        await self.over.wait()
        await client.close()


@contextmanager
def impostor_of(url: str) -> Iterator[Impostor]:
    impostor = Impostor(url)
    thread = threading.Thread(target=impostor.loop.run_until_complete, args=(impostor.serve(),))
    thread.start()
    impostor.ready.wait()
    try:
        yield impostor
    finally:
        impostor.loop.call_soon_threadsafe(impostor.over.set)
        thread.join()
        impostor.loop.close()


def at(*path: str | int, value: Any) -> Wrong:
    """The answer with another value at this path; ``...`` takes it away."""

    def wrong(answer: Wire) -> Wire:
        *way, last = path
        inside: Any = answer
        for each in way:
            inside = inside[each]
        if value is ...:
            del inside[last]
        else:
            inside[last] = value
        return answer

    return wrong


def plan(url: str, *flags: str) -> Result:
    return run("plan", "-f", "-", "--timeout", "5s", *flags, url=url, stdin=FILE.replace("1h", "30m"))


CASES: list[tuple[str, Wrong, str]] = [
    ("INFO", at("limits", value=None), ""),
    ("INFO", at("limits", value=[]), "limits is a list, not an object"),
    ("INFO", at("limits", "max_streams", value="7"), "limits.max_streams is '7', not a whole number"),
    ("INFO", at("tiers", value={"R1": {"limits": {"max_storage": "1"}}}), "max_storage is '1', not a whole number"),
    ("INFO", at("api", "level", value={}), "api.level is an object, not a count"),
    ("STREAM.NAMES", at("streams", value=[None]), "streams.0 is null, not a name"),
    ("STREAM.NAMES", at("streams", value=["a.b"]), "streams.0 is 'a.b', not a name"),
    ("STREAM.NAMES", at("streams", value="ORDERS"), "streams is 'ORDERS', not a list"),
    ("STREAM.NAMES", at("total", value=10**9), "`total` is 1,000,000,000"),
    ("STREAM.NAMES", at("total", value=900_000), "`total` is 900,000"),
    ("STREAM.NAMES", at("total", value="1"), "total is '1', not a count"),
    ("STREAM.LIST", at("total", value=10**9), "`total` is 1,000,000,000"),
    ("STREAM.LIST", at("total", value=900_000), ""),
    ("STREAM.LIST", at("streams", 0, value=None), "streams.0 is null, not an object"),
    ("STREAM.LIST", at("streams", 0, "config", value=None), "streams.0.config is null, not an object"),
    ("STREAM.LIST", at("streams", 0, "config", "max_age", value="1h"), "config.max_age is '1h', not a whole number"),
    ("STREAM.LIST", at("streams", 0, "config", "subjects", value=[None]), "config.subjects.0 is null, not text"),
    ("STREAM.LIST", at("streams", 0, "config", "metadata", value=["a"]), "config.metadata is a list, not an object"),
    ("STREAM.LIST", at("streams", 0, "config", "name", value=...), "config.name is missing"),
    ("STREAM.LIST", at("streams", 0, "state", value=...), "streams.0.state is missing"),
    ("STREAM.LIST", at("streams", 0, "state", "messages", value=-1), "state.messages is -1, not a count"),
    ("STREAM.LIST", at("streams", 0, "state", "first_ts", value="yesterday"), "state.first_ts is 'yesterday', not a time"),
    ("STREAM.LIST", at("streams", 0, "created", value=7), "streams.0.created is 7, not text"),
    ("STREAM.LIST", at("missing", value=[7]), "missing.0 is 7, not a name"),
    ("CONSUMER.LIST", at("consumers", 0, "config", value=None), "consumers.0.config is null, not an object"),
    ("CONSUMER.LIST", at("consumers", 0, "num_pending", value="0"), "num_pending is '0', not a count"),
    ("CONSUMER.LIST", at("consumers", 0, "delivered", value=3), "delivered is 3, not an object"),
    ("STREAM.LIST", lambda _: b"[]", "Something other than JetStream answers there"),
    ("STREAM.LIST", at("error", value="no"), "Something other than JetStream answers there"),
    ("STREAM.LIST", at("error", value={"description": "x" * 900_000}), "x" * 400),
]
"""Endpoint, what is wrong with its answer, and what is said of it: nothing where it does no harm."""


def test_every_wrong_answer_is_said_to_be_wrong_by_its_subject(server: EmbeddedServer) -> None:
    assert run("apply", "-f", "-", "--auto-approve", url=server.url, stdin=FILE).exit_code == 0
    with impostor_of(server.url) as impostor:
        for endpoint, wrong, said in CASES:
            impostor.endpoint, impostor.wrong, impostor.asked = endpoint, wrong, 0
            found = plan(server.url, "--js-api-prefix", "BAD")
            words = " ".join(found.stderr.split())

            assert (found.exit_code, "[bug]" in words) == (1 if said else 0, False), (endpoint, said, found)
            assert said in words, (endpoint, said, words)
            assert "not understood" not in words or f"BAD.{endpoint}" in words
            assert len(found.stderr) < 2_000
            assert impostor.asked < 200


INFO: Wire = {
    "name": "c",
    "created": "2026",
    "num_pending": 0,
    "config": {"name": "S", "subjects": ["a"], "max_age": 0, "sources": [{"name": "T"}], "metadata": None},
    "state": {"messages": 0, "bytes": 0, "first_seq": 0, "last_seq": 0, "first_ts": "0001-01-01T00:00:00Z"},
    "message": {"subject": "a", "seq": 1, "time": "2026-01-01T00:00:00Z"},
}


@pytest.mark.parametrize(
    ("endpoint", "wrong", "said"),
    [
        ("STREAM.INFO.S", at("unknown", value=None), ""),
        ("STREAM.INFO.S", at("config", "new_field", value=[None]), ""),
        ("STREAM.INFO.S", at("config", "name", value="T"), "config.name is 'T', not 'S'"),
        ("STREAM.UPDATE.S", at("config", "sources", 0, "name", value=...), "config.sources.0.name is missing"),
        ("STREAM.CREATE.S", at("config", "sources", value={}), "config.sources is an object, not a list"),
        ("STREAM.INFO.S", at("cluster", value={"replicas": [{}]}), "cluster.replicas.0.name is missing"),
        ("STREAM.INFO.S", at("state", "subjects", value={"a": "1"}), "state.subjects.'a' is '1', not a count"),
        ("STREAM.MSG.GET.S", at("message", "seq", value=1.5), "message.seq is 1.5, not a count"),
        ("STREAM.MSG.GET.S", at("message", "time", value="x" * 10**6), f"message.time is '{'x' * 39}…, not a time"),
        ("STREAM.MSG.GET.S", at("message", "data", value="a"), "message.data is 'a', not base64"),
        ("CONSUMER.INFO.S.c", at("config", value={}), ""),
        ("CONSUMER.CREATE.S.c", at("name", value=...), "name is missing"),
        ("CONSUMER.INFO.S.c", at("name", value="d"), "name is 'd', not 'c'"),
        ("CONSUMER.INFO.S.c", at("config", "headers_only", value="yes"), "config.headers_only is 'yes', not true or false"),
        ("STREAM.DELETE.S", at("config", value=None), ""),
    ],
)
def test_what_is_wrong_is_named_with_its_place(endpoint: str, wrong: Wrong, said: str) -> None:
    assert fault(endpoint, wrong(deepcopy(INFO))) == said
