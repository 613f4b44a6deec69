"""Reading is complete or an error: across pages, under churn, and where servers are gone."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from smith_topology.core.model import Live, Topology, consumer_address, stream_address
from smith_topology.jetstream import read
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.connection import Settings, connect
from smith_topology.jetstream.embedded import EmbeddedServer
from smith_topology.jetstream.retry import gather
from tests.command import Result, run, spawn
from tests.servers import LATEST, UNPACKED, Servers, cluster_of_three

MANY = 1_100
OWNED = {"smith-topo.owner": "smith"}
OWNER = Topology("smith", {}, ())

Request = Callable[..., Awaitable[dict[str, Any]]]


@asynccontextmanager
async def other_client(url: str) -> AsyncIterator[Request]:
    """Another client, which sends raw requests."""
    client: Client = await nats.connect(url.split(","))

    async def request(endpoint: str, payload: Any = None) -> dict[str, Any]:
        body = b"" if payload is None else json.dumps(payload).encode()
        answer: dict[str, Any] = json.loads((await client.request(f"$JS.API.{endpoint}", body, timeout=20)).data)
        return answer

    try:
        yield request
    finally:
        await client.close()


async def create_streams(request: Request, names: list[str]) -> None:
    await gather(names, lambda name: create_stream(request, name))


async def create_stream(request: Request, name: str, **config: Any) -> None:
    await request(f"STREAM.CREATE.{name}", {"name": name, "storage": "memory", "metadata": OWNED, **config})


async def create_consumers(request: Request, stream: str, names: list[str]) -> None:
    await gather(names, lambda name: create_consumer(request, stream, name))


async def create_consumer(request: Request, stream: str, name: str) -> None:
    config = {"durable_name": name, "name": name, "ack_policy": "explicit", "mem_storage": True}
    await request(f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})


def on(url: str, work: Callable[[Api, Request], Awaitable[Any]]) -> Any:
    """Run ``work`` with a connection of the program's and one of another client."""

    async def working() -> Any:
        async with connect(Settings.resolve({"servers": url}, {})) as api, other_client(url) as request:
            return await work(api, request)

    return asyncio.run(working())


def shuffled(prefix: str, count: int) -> list[str]:
    names = [f"{prefix}{i:05}" for i in range(count)]
    random.Random(count).shuffle(names)
    return names


@pytest.mark.parametrize("version", [UNPACKED[0], LATEST])
@pytest.mark.parametrize("count", [1, 256, 257, 1024, 1025])
def test_every_stream_is_read_whatever_the_size_of_a_page(servers: Servers, version: str, count: int) -> None:
    names = shuffled("S", count)

    async def work(api: Api, request: Request) -> Live:
        await create_streams(request, names)
        return await read.live(api, OWNER)

    live: Live = on(servers.start(version=version).url, work)

    assert live.observed.keys() == {stream_address(name) for name in names}


@pytest.mark.parametrize("count", [1, 256, 257, 1024 + 1])
def test_every_consumer_of_a_stream_is_read_whatever_the_size_of_a_page(server: EmbeddedServer, count: int) -> None:
    names = shuffled("c", count)

    async def work(api: Api, request: Request) -> Live:
        await create_stream(request, "BUSY", max_consumers=2_000)
        await create_consumers(request, "BUSY", names)
        return await read.live(api, OWNER)

    live: Live = on(server.url, work)

    assert {each.address for each in live.consumers("BUSY")} == {consumer_address("BUSY", name) for name in names}


def test_a_cluster_lists_its_names_in_order(tmp_path: Path) -> None:
    """What reading rests on: pages of names are slices of one sorted list."""
    with cluster_of_three(tmp_path) as cluster:

        async def work(api: Api, request: Request) -> tuple[list[str], Live]:
            await create_streams(request, shuffled("S", 300))
            return (await request("STREAM.NAMES", {"offset": 0}))["streams"], await read.live(api, OWNER)

        names, live = on(cluster.url, work)

    assert names == [f"S{i:05}" for i in range(300)]
    assert len(live.observed) == 300


# ------------------------------------------------------------------------------------------------------ churn

ELSEWHERE = [("AAA", "ZZZ"), ("AAA", "S00500_"), ("S00500_", "ZZZ"), ("A1", "A2")]
"""Pairs of names that another client creates and deletes alternately, so that the total stays and the pages shift."""


@asynccontextmanager
async def churning(pairs: list[tuple[str, str]], create: Request, delete: Request) -> AsyncIterator[None]:
    """Swap each pair for as long as the block runs."""
    over = asyncio.Event()

    async def swap(first: str, second: str) -> None:
        while not over.is_set():
            await create(first)
            await delete(second)
            await create(second)
            await delete(first)

    tasks = [asyncio.create_task(swap(*pair)) for pair in pairs]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def stable_streams(api: Api, request: Request, pairs: list[tuple[str, str]], rounds: int) -> Iterator[set[str]]:
    """Read ``rounds`` times under churn: the names read that were there all the time."""
    stable = [f"S{i:05}" for i in range(MANY)]
    await create_streams(request, stable)

    async def create(name: str) -> dict[str, Any]:
        return await request(f"STREAM.CREATE.{name}", {"name": name, "storage": "memory"})

    async def delete(name: str) -> dict[str, Any]:
        return await request(f"STREAM.DELETE.{name}")

    async with churning(pairs, create, delete):
        lives = [await read.live(api, OWNER) for _ in range(rounds)]
    return iter({a.name for a in live.observed} & set(stable) for live in lives)


@pytest.mark.parametrize("pairs", [ELSEWHERE[:1], ELSEWHERE])
def test_streams_that_stay_are_never_missed_while_others_come_and_go(
    server: EmbeddedServer, pairs: list[tuple[str, str]]
) -> None:
    found = on(server.url, lambda api, request: stable_streams(api, request, pairs, 8))

    assert [len(names) for names in found] == [MANY] * 8


def test_a_plan_under_churn_stays_empty(server: EmbeddedServer, tmp_path: Path) -> None:
    """1,100 streams, declared and owned; others that no file declares come and go before, between and after them."""
    path = tmp_path / "topology.yaml"
    declared = "".join(f"  S{i:05}: {{subjects: [s{i}], storage: memory}}\n" for i in range(MANY))
    path.write_text(f"version: 1\nname: smith\nstreams:\n{declared}")
    assert run("apply", "--auto-approve", "-f", path, url=server.url).exit_code == 0

    async def work(api: Api, request: Request) -> list[Result]:
        async def create(name: str) -> dict[str, Any]:
            return await request(f"STREAM.CREATE.{name}", {"name": name, "storage": "memory"})

        async def delete(name: str) -> dict[str, Any]:
            return await request(f"STREAM.DELETE.{name}")

        async with churning(ELSEWHERE, create, delete):
            planning = ("plan", "--detailed-exitcode", "-f", path)
            return [await asyncio.to_thread(spawn, *planning, url=server.url) for _ in range(5)]

    results: list[Result] = on(server.url, work)

    assert [(each.exit_code, each.stderr) for each in results] == [(0, "")] * 5


@pytest.mark.soak
@pytest.mark.parametrize("version", [*UNPACKED, LATEST])
def test_streams_that_stay_are_never_missed_in_a_long_churn(servers: Servers, version: str) -> None:
    server = servers.start(version=version)
    found = on(server.url, lambda api, request: stable_streams(api, request, ELSEWHERE, 300))

    assert [len(names) for names in found] == [MANY] * 300


def test_consumers_that_stay_are_never_missed_while_others_come_and_go(server: EmbeddedServer) -> None:
    stable = {f"s{i:05}" for i in range(300)}

    async def work(api: Api, request: Request) -> list[set[str]]:
        await create_stream(request, "BUSY")
        await create_consumers(request, "BUSY", sorted(stable))

        async def create(name: str) -> dict[str, Any]:
            await create_consumer(request, "BUSY", name)
            return {}

        async def delete(name: str) -> dict[str, Any]:
            return await request(f"CONSUMER.DELETE.BUSY.{name}")

        async with churning([("a", "z"), ("a1", "s00100_")], create, delete):
            lives = [await read.live(api, OWNER) for _ in range(10)]
        return [{each.address.name for each in live.consumers("BUSY")} for live in lives]

    for names in on(server.url, work):
        assert names >= stable


def test_a_stream_deleted_while_it_is_read_is_simply_gone(server: EmbeddedServer) -> None:
    async def work(api: Api, request: Request) -> list[Live]:
        async def create(name: str) -> dict[str, Any]:
            await create_stream(request, name)
            await create_consumer(request, name, "c")
            return {}

        async def delete(name: str) -> dict[str, Any]:
            return await request(f"STREAM.DELETE.{name}")

        async with churning([("A", "B"), ("C", "D")], create, delete):
            return [await read.live(api, OWNER) for _ in range(50)]

    assert len(on(server.url, work)) == 50
