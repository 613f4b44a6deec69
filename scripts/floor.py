"""The floor: the same API calls as smith-topo makes, by a bare asyncio script, as fast as nats-py lets it.

No checks, no retries, no model of what comes back; answers are decoded, because pages can't be followed otherwise.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import nats
from nats.aio.client import Client

IN_FLIGHT = 64


async def ask(nc: Client, endpoint: str, payload: dict[str, Any] | None = None) -> Any:
    body = json.dumps(payload).encode() if payload is not None else b""
    return json.loads((await nc.request(f"$JS.API.{endpoint}", body, timeout=30)).data)


async def together(items: Iterable[Any], each: Callable[[Any], Awaitable[Any]], at_once: int = IN_FLIGHT) -> list[Any]:
    places = asyncio.Semaphore(at_once)

    async def one(item: Any) -> Any:
        async with places:
            return await each(item)

    return await asyncio.gather(*(one(item) for item in items))


async def pages(nc: Client, endpoint: str, size: int) -> list[Any]:
    first = await ask(nc, endpoint, {"offset": 0})
    offsets = range(size, first["total"], size)
    return [first, *await together(offsets, lambda offset: ask(nc, endpoint, {"offset": offset}))]


async def read_everything(nc: Client) -> int:
    """Names, streams, and the consumers of each stream that has some; how many objects there are."""
    _, _, listed = await asyncio.gather(ask(nc, "INFO"), pages(nc, "STREAM.NAMES", 1024), pages(nc, "STREAM.LIST", 256))
    streams = [stream for page in listed for stream in page["streams"]]
    used = [stream["config"]["name"] for stream in streams if stream["state"]["consumer_count"]]
    consumers = await together(used, lambda name: pages(nc, f"CONSUMER.LIST.{name}", 256))
    return len(streams) + sum(len(page["consumers"]) for found in consumers for page in found)


async def create_streams(nc: Client, configs: list[dict[str, Any]], at_once: int) -> None:
    """What an apply of new streams asks: is it there, make it, is it as it should be."""

    async def create(config: dict[str, Any]) -> None:
        await ask(nc, f"STREAM.INFO.{config['name']}")
        await ask(nc, f"STREAM.CREATE.{config['name']}", config)

    await pages(nc, "STREAM.NAMES", 1024)
    await pages(nc, "STREAM.LIST", 256)
    await together(configs, create, at_once)
    await together(configs, lambda config: ask(nc, f"STREAM.INFO.{config['name']}"))


async def main(url: str, runs: int) -> None:
    """Print the seconds that reading everything takes, the median of several runs."""
    nc: Client = await nats.connect(url)
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        await read_everything(nc)
        taken.append(time.perf_counter() - started)
    await nc.close()
    print(statistics.median(taken))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
