"""Reads that are repeated while their failure may pass, and many requests at once."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from smith_topology.core.model import Config
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.errors import Fault, NotUnderstood, ServerError, fault_of

IN_FLIGHT = 64
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SHORTEST_ATTEMPT, LONGEST_ATTEMPT = 0.5, 5.0

T = TypeVar("T")


class Patient:
    """Reads that are repeated while their failure may pass (a leader yet to come), until none of them has had an answer
    for ``patience`` seconds, ``api.patience`` unless that is less.
    """

    def __init__(self, api: Api, patience: float | None = None) -> None:
        self._api = api
        self._patience = api.patience if patience is None else min(patience, api.patience)
        self._deadline = time.monotonic() + self._patience

    async def request(self, endpoint: str, payload: Config | None = None, *, attempt: float = LONGEST_ATTEMPT) -> dict[str, Any]:
        """As ``Api.request``; ``attempt`` is the most seconds for one try."""
        return await self.repeat(lambda: self._api.request(endpoint, payload, timeout=min(attempt, self._left())))

    def not_understood(self, endpoint: str, fault: str) -> NotUnderstood:
        return self._api.not_understood(endpoint, fault)

    async def repeat(self, ask: Callable[[], Awaitable[T]]) -> T:
        pause = FIRST_PAUSE
        while True:
            try:
                answer = await ask()
            except ServerError as error:
                hopeless = fault_of(error) not in (Fault.TRANSIENT, Fault.UNKNOWN) or isinstance(error, NotUnderstood)
                if hopeless or time.monotonic() + pause > self._deadline:
                    raise
            else:
                self._deadline = time.monotonic() + self._patience
                return answer
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _left(self) -> float:
        return max(self._deadline - time.monotonic(), SHORTEST_ATTEMPT)


async def gather(items: Iterable[Any], each: Callable[[Any], Awaitable[T]], at_once: int = IN_FLIGHT) -> list[T]:
    """The results in order, with at most ``at_once`` under way; the first error ends the rest."""
    places = asyncio.Semaphore(at_once)

    async def place(item: Any) -> T:
        async with places:
            return await each(item)

    tasks = [asyncio.ensure_future(place(item)) for item in items]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
