"""One request to the JetStream API, and what its answer or its absence means.

The answers come through one subscription of our own, not nats-py's ``request``: the server reports a denied
subject beside the request, not in answer to it, and the request must fail at once instead of waiting for its timeout.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
from nats import errors as nats
from nats.aio.msg import Msg

from smith_topology.core.model import Config, Server
from smith_topology.jetstream import answers, versions
from smith_topology.jetstream.connecting.errors import (
    AccountWithoutJetStream,
    ApiError,
    AuthenticationFailed,
    Denied,
    Garbled,
    JetStreamNotReady,
    JetStreamOff,
    NoAnswer,
    NotUnderstood,
    ServerError,
    TooLarge,
    Unreachable,
)
from smith_topology.jetstream.connecting.link import Link

ANSWERS = "io.nats.jetstream.api.v1."
"""How the ``type`` of every answer of JetStream begins (2.10 to 2.15)."""
LONGEST_RECEIPT = 1024
LONGEST_REASON = 500

_WHOAMI = "$SYS.REQ.USER.INFO"
_WHOAMI_SECONDS = 1.0
_DENIAL = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"', re.IGNORECASE)
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(slots=True, eq=False)
class _Asked:
    """A request that waits for its answer. ``stored_in`` is the stream that stored it as a message and acknowledged it."""

    subject: str
    answer: asyncio.Future[Msg]
    stored_in: str = ""

    def fail(self, error: ServerError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def receive(self, message: Msg) -> None:
        """An acknowledgement comes beside the answer, before or after it, where a stream takes in what is sent to JetStream."""
        if stream := _stored_in(message):
            self.stored_in = stream
        elif not self.answer.done():
            self.answer.set_result(message)

    def expire(self, seconds: float) -> None:
        """Fail the request, which had no answer for so many seconds."""
        self.fail(_stored(self) if self.stored_in else NoAnswer(self.subject, seconds))


class Api:
    """The JetStream API of one account, as long as the connection is open. Made by ``connection.connect``.

    Nothing here is tried again; ``patience`` is for those who do, the seconds a request may take with all its repeats.
    """

    def __init__(self, link: Link, prefix: str, timeout: float, patience: float) -> None:
        self._link = link
        self._prefix = prefix
        self._timeout = timeout
        self.patience = patience
        self._inbox = f"{link.new_inbox()}."
        self._skip = len(self._inbox)
        self._tokens = count()
        self._waiting: dict[str, _Asked] = {}
        self._deaf = False
        self._shut_out = ""
        self._answered = False

    @classmethod
    async def open(cls, link: Link, prefix: str, timeout: float, patience: float) -> Api:
        """``timeout``, in seconds, is for requests that name none. Raises Unreachable."""
        api = cls(link, prefix, timeout, patience)
        link.listener = api._on_error
        try:
            await link.subscribe(f"{api._inbox}*", cb=api._receive)
        except nats.Error as error:
            raise api._lost() from error
        return api

    async def request(self, endpoint: str, payload: Config | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Send to ``<prefix>.<endpoint>`` and return the answer. ``timeout`` is in seconds.

        Raises ApiError when the server refuses, Denied as soon as it denies the subject, JetStreamOff when no server
        listens, Unreachable when nothing was sent, and NoAnswer when the outcome is unknown. Cancelled, the outcome is
        unknown as well.
        """
        subject = f"{self._prefix}.{endpoint}"
        data = b"" if payload is None else _encode(payload).encode()
        message = await self._ask(subject, data, self._timeout if timeout is None else timeout)
        if not message.data and (message.headers or {}).get("Status") == "503":
            raise self._no_listener()
        answer = _decode(message)
        if not str(answer.get("type")).startswith(ANSWERS):
            raise _garbled()
        if "error" in answer:
            raise _refusal(endpoint, answer["error"])
        if wrong := answers.fault(endpoint, answer):
            raise NotUnderstood(subject, wrong)
        self._answered = True
        return answer

    def not_understood(self, endpoint: str, fault: str) -> NotUnderstood:
        """The error for an answer that contradicts what was asked, or another answer."""
        return NotUnderstood(f"{self._prefix}.{endpoint}", fault)

    async def server(self) -> Server:
        """The servers that answer, as far as one answer says (``servers.known`` adds what the objects say), the account and its
        limits. Raises as ``request`` does, but not for who the user is: that may be denied.

        ``time`` is this machine's clock where the server did not send its own.
        """
        info, user_info = await asyncio.gather(self.request("INFO"), self._whoami())
        user, host = (user_info.get(name) or {} for name in ("data", "server"))
        try:
            server = versions.answering(self._link.greeting, self._prefix, info)
        except ValueError as error:
            raise JetStreamOff(f"The server's version makes no sense: {error}.", "Connect to a nats-server.") from error
        server = replace(server, time=host.get("time") or our_clock(), url=self._link.url, api_prefix=self._prefix)
        if not server.is_own_account:
            return server
        key = user.get("account") or ""
        return replace(server, account=user.get("account_name") or key, account_key=key)

    async def _whoami(self) -> Mapping[str, Any]:
        try:
            answer = _decode(await self._ask(_WHOAMI, b"", min(_WHOAMI_SECONDS, self._timeout)))
        except ServerError:
            return {}
        return {} if answers.fault(_WHOAMI, answer) else answer

    async def _ask(self, subject: str, data: bytes, seconds: float) -> Msg:
        if self._deaf:
            raise _no_inbox(self._inbox)
        loop = asyncio.get_running_loop()
        token = str(next(self._tokens))
        asked = self._waiting[token] = _Asked(subject, loop.create_future())
        timer = loop.call_later(seconds, asked.expire, seconds)
        try:
            await self._link.publish(subject, data, reply=self._inbox + token)
            return await asked.answer
        except nats.MaxPayloadError as error:
            raise TooLarge(
                f"{subject}: {len(data):,} bytes, and it takes {self._link.max_payload:,}.",
                "Declare less in one object, or raise max_payload on the server.",
            ) from error
        except nats.Error as error:
            raise self._lost() from error
        finally:
            timer.cancel()
            del self._waiting[token]

    async def _receive(self, message: Msg) -> None:
        if asked := self._waiting.get(message.subject[self._skip :]):
            asked.receive(message)

    def _on_error(self, error: Exception) -> None:
        """Pass a denial on to the requests that met it. nats-py has lower-cased the subject by now: where it may be either of
        two requests, neither fails at once, and both wait for their timeout. With the connection, every answer under way is lost.
        """
        if isinstance(error, ConnectionResetError):
            for asked in self._waiting.values():
                asked.fail(NoAnswer(asked.subject, 0))
        if "authorization violation" in str(error).lower():
            self._shut_out = "The server no longer accepts these credentials."
        denial = _DENIAL.search(str(error))
        if not denial:
            return
        kind, denied = denial[1].lower(), denial[2].lower()
        self._deaf = self._deaf or kind == "subscription"
        alike = {asked.subject for asked in self._waiting.values() if asked.subject.lower() == denied}
        for asked in self._waiting.values():
            if self._deaf or {asked.subject} == alike:
                asked.fail(_no_inbox(self._inbox) if self._deaf else _no_publish(asked.subject, self._prefix))

    def _lost(self) -> ServerError:
        if self._shut_out:
            return AuthenticationFailed(self._shut_out, "Check whether they were revoked or changed.")
        state = "is lost for good" if self._link.is_closed else "is lost, and being made anew"
        return Unreachable(f"The connection {state}.", "See the server's log for the reason.")

    def _no_listener(self) -> JetStreamOff:
        greeting = self._link.greeting
        if self._answered:
            return JetStreamNotReady(f"No server listens on {self._prefix} any more.", "Try again when the servers are up.")
        if self._prefix != "$JS.API":
            own = f" This server's own domain is {greeting['domain']!r}." if greeting.get("domain") else ""
            return JetStreamOff(f"No server listens on {self._prefix}.{own}", "Check --js-domain or --js-api-prefix.")
        if greeting.get("jetstream"):
            return JetStreamNotReady("The server has JetStream, but none listens on $JS.API.", "Try again, or use --wait 60s.")
        return JetStreamOff(
            "The server runs without JetStream.", "Start it with -js or a jetstream block, or name its domain: --js-domain NAME"
        )


def our_clock() -> str:
    """The time of this machine as RFC 3339, UTC. For servers that don't send theirs."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _stored_in(message: Msg) -> str:
    """The stream that acknowledges a message; ``""`` for every other answer. Other answers name their ``type``, and are not
    decoded here as well.
    """
    receipt = _object(message) if len(message.data) <= LONGEST_RECEIPT and b'"type":' not in message.data else None
    return str(receipt.get("stream", "")) if receipt else ""


def _stored(asked: _Asked) -> Garbled:
    return Garbled(
        f"Stream {asked.stored_in} listens to {asked.subject}: it stores the request, and no server answers it.",
        "Check --js-domain or --js-api-prefix; if that is right, take these subjects out of the stream.",
    )


def _object(message: Msg) -> dict[str, Any] | None:
    try:
        answer = orjson.loads(message.data)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _decode(message: Msg) -> dict[str, Any]:
    answer = _object(message)
    if answer is None or not isinstance(answer.get("error", {}), dict):
        raise _garbled()
    return answer


def _garbled() -> Garbled:
    return Garbled("Something other than JetStream answers there.", "Check --js-api-prefix.")


def _refusal(endpoint: str, error: Mapping[str, Any]) -> ServerError:
    match _number(error.get("err_code")):
        case 10039:
            return AccountWithoutJetStream(
                "The account has no JetStream.", "Enable it for the account, or connect as another user."
            )
        case 10076:
            return JetStreamOff("The server runs without JetStream.", "Start it with -js or a jetstream block.")
        case err_code:
            description = str(error.get("description", "no reason given"))[:LONGEST_REASON]
            return ApiError(endpoint, _number(error.get("code")), err_code, description)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _no_inbox(inbox: str) -> Denied:
    prefix = inbox.split(".", maxsplit=1)[0]
    return Denied(
        f"{inbox}*",
        f"It may not subscribe to {inbox}*, where answers arrive.",
        f'Grant it subscribe "{prefix}.>", or use the inbox it may have: --inbox-prefix NAME',
    )


def _no_publish(subject: str, prefix: str) -> Denied:
    return Denied(subject, f"It may not publish to {subject}.", f'Grant it publish "{permission(subject, prefix)}".')


def permission(subject: str, prefix: str) -> str:
    """The pattern to grant for requests like this one, whatever the stream or consumer.

    ``CONSUMER.CREATE`` carries the filter in further tokens, so it takes ``>``.
    """
    kind, *rest = subject.removeprefix(f"{prefix}.").split(".")
    if subject.startswith(f"{prefix}.CONSUMER.CREATE."):
        return f"{prefix}.CONSUMER.CREATE.>"
    if subject.startswith(f"{prefix}.STREAM.MSG."):  # not .*.*, which would grant deleting messages
        return f"{prefix}.STREAM.MSG.GET.*"
    return ".".join((prefix, kind, *rest[:1], *("*" for _ in rest[1:])))
