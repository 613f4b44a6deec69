"""Requests to a server without any of the project's code in between: what tests prepare and judge by."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

import nats
from nats.aio.client import Client

T = TypeVar("T")
TIMEOUT = 5.0
ATTEMPTS = 4
NO_MESSAGE = 10037


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('description')} ({error.get('err_code')})")
        self.err_code = int(error.get("err_code", 0))


class Message(NamedTuple):
    """A stored message."""

    seq: int
    subject: str
    headers: dict[str, str]
    payload: bytes


class Raw:
    """A connection whose calls block. Made by ``raw``."""

    def __init__(self, runner: asyncio.Runner, client: Client) -> None:
        self._runner = runner
        self._client = client

    def request(self, endpoint: str, payload: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Ask ``$JS.API.<endpoint>``; raises Refused, or an error of nats-py when no answer comes.

        Without a timeout of its own it is asked again: a cluster on a busy machine elects anew, and drops what comes meanwhile.
        """
        if timeout is not None:
            return self._run(self._request(endpoint, payload, timeout))
        return self._run(self._answered(endpoint, payload))

    def answers(self, subject: str) -> bool:
        """Whether a client answers a request on this subject."""
        return self._run(self._is_answered(subject))

    def publish(self, subject: str, payload: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """Store a message and return its sequence."""
        return self._run(self._publish(subject, payload, headers))

    def fill(self, subject: str, count: int, payload: bytes = b"x") -> None:
        """Store many messages, all the same."""
        self._run(self._fill(subject, count, payload))

    def messages(self, stream: str) -> list[Message]:
        """Every stored message, by sequence."""
        return self._run(self._messages(stream))

    def pull(self, stream: str, consumer: str, count: int = 1, *, ack: bool = False) -> list[bytes]:
        """Take at most ``count`` messages that are there; without ``ack`` they stay pending."""
        return self._run(self._pull(stream, consumer, count, ack))

    def pull_in_vain(self, stream: str, consumer: str) -> None:
        """Wait 50 ms for a message, as a worker that has nothing to do: the server searches the stream to its end."""
        assert self._run(self._expired(stream, consumer)) == "408"

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _answered(self, endpoint: str, payload: Mapping[str, Any] | None) -> dict[str, Any]:
        for _ in range(ATTEMPTS - 1):
            with suppress(nats.errors.TimeoutError):
                return await self._request(endpoint, payload)
        return await self._request(endpoint, payload)

    async def _request(self, endpoint: str, payload: Mapping[str, Any] | None, timeout: float = TIMEOUT) -> dict[str, Any]:
        body = b"" if payload is None else json.dumps(payload).encode()
        return _answer((await self._client.request(f"$JS.API.{endpoint}", body, timeout=timeout)).data)

    async def _is_answered(self, subject: str) -> bool:
        with suppress(nats.errors.Error):
            return bool((await self._client.request(subject, timeout=TIMEOUT)).data)
        return False

    async def _publish(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> int:
        return int(_answer((await self._client.request(subject, payload, timeout=TIMEOUT, headers=headers)).data)["seq"])

    async def _fill(self, subject: str, count: int, payload: bytes) -> None:
        for start in range(0, count, 500):
            await asyncio.gather(*(self._publish(subject, payload) for _ in range(start, min(start + 500, count))))

    async def _messages(self, stream: str) -> list[Message]:
        state = (await self._request(f"STREAM.INFO.{stream}", None))["state"]
        sequences = range(state["first_seq"], state["last_seq"] + 1) if state["messages"] else ()
        found = await asyncio.gather(*(self._message(stream, seq) for seq in sequences))
        return [message for message in found if message]

    async def _message(self, stream: str, seq: int) -> Message | None:
        try:
            message = (await self._request(f"STREAM.MSG.GET.{stream}", {"seq": seq}))["message"]
        except Refused as error:
            if error.err_code == NO_MESSAGE:
                return None
            raise
        payload = base64.b64decode(message.get("data", ""))
        return Message(seq, message["subject"], _headers(base64.b64decode(message.get("hdrs", ""))), payload)

    async def _pull(self, stream: str, consumer: str, count: int, ack: bool) -> list[bytes]:
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox)
        wanted = json.dumps({"batch": count, "no_wait": True}).encode()
        await self._client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", wanted, reply=inbox)
        taken: list[bytes] = []
        while len(taken) < count:
            message = await subscription.next_msg(timeout=TIMEOUT)
            if "Status" in (message.headers or {}):
                break
            taken.append(message.data)
            if ack:
                await self._client.request(message.reply, b"+ACK", timeout=TIMEOUT)
        await subscription.unsubscribe()
        return taken


    async def _expired(self, stream: str, consumer: str) -> str:
        wanted = json.dumps({"batch": 1, "expires": 50_000_000}).encode()
        answer = await self._client.request(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", wanted, timeout=TIMEOUT)
        return (answer.headers or {}).get("Status", "")


@contextmanager
def raw(url: str, **options: Any) -> Iterator[Raw]:
    """Connect; ``options`` are those of nats-py (``user``, ``password``, ``tls`` …)."""
    with asyncio.Runner() as runner:
        client = runner.run(_connect(url, options))
        try:
            yield Raw(runner, client)
        finally:
            runner.run(client.close())


async def _connect(url: str, options: Mapping[str, Any]) -> Client:
    return await nats.connect(url.split(","), error_cb=_ignore, **options)


async def _ignore(error: Exception) -> None:
    """nats-py would log what the caller gets as an exception anyway."""


def _answer(data: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(data)
    if "error" in answer:
        raise Refused(answer["error"])
    return answer


def _headers(block: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.decode().splitlines()[1:] if line)
    return {name: value.strip() for name, _, value in pairs}
