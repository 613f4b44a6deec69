"""nats-py's client, made to fail at once while connecting, strict about TLS, and silent."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import SecureConnWantedError

from smith_topology.jetstream.connecting.settings import Settings

# Both log what is also raised, and without any handler logging prints that on stderr.
for _noisy in ("nats", "asyncio"):
    logging.getLogger(_noisy).addHandler(logging.NullHandler())


class Elsewhere(NatsError):
    """Another server of the list answers, of another cluster: what was read and approved was read from the first one."""


_REFUSAL = re.compile(rb"^-ERR ('[^'\r\n]*')", re.MULTILINE)
_FOR_EVER = -1
"""Reconnect without a limit. The caller of each request bounds its time."""
_PAUSE = 0.5
"""Seconds between two attempts to connect again to one server."""


class Link(Client):
    """A connection; ``greeting`` is the server's latest INFO, ``listener`` is called with errors that no call raised, among them
    a ConnectionError when the connection is lost. It reconnects to the same cluster or not at all.
    """

    def __init__(self, *, wants_tls: bool) -> None:
        super().__init__()
        self.greeting: dict[str, Any] = {}
        self.listener: Callable[[Exception], None] | None = None
        self._wants_tls = wants_tls
        self._opening = True
        self._home: tuple[str, ...] = ()

    async def open(self, settings: Settings, servers: list[str], options: dict[str, Any]) -> None:
        """Connect to the first of ``servers``, the others being for reconnects. Raises whatever nats-py meets first."""
        try:
            await self._connect(settings, servers, options)
        except ConnectionError as error:
            said = self._last_words()
            if said:
                raise said from error
            raise
        if not self.is_connected:  # hung up on, which nats-py takes for the start of a reconnect
            raise ConnectionResetError("closed by the server")
        self._opening, self._home = False, self._place()

    async def _connect(self, settings: Settings, servers: list[str], options: dict[str, Any]) -> None:
        await self.connect(
            servers,
            error_cb=self._on_error,
            name=settings.name,
            connect_timeout=settings.timeout,  # type: ignore[arg-type]  # passed to asyncio, which takes fractions
            tls_handshake_first=settings.tlsfirst,
            inbox_prefix=settings.inbox_prefix or "_INBOX",
            dont_randomize=True,
            max_reconnect_attempts=_FOR_EVER,
            disconnected_cb=self._lose,
            reconnect_time_wait=_PAUSE,  # type: ignore[arg-type]
            # No buffer while disconnected: a request is refused at once instead of being sent later,
            # when its caller has given up and gone on.
            pending_size=0,
            **options,
        )

    def _last_words(self) -> NatsError | None:
        """The reason a server gave before it hung up while nats-py was still writing, so that it was not read.

        After a reset the stream only raises, and what it had received is to be had from its buffer alone.
        """
        reader = getattr(self._transport, "_io_reader", None)
        said = _REFUSAL.search(bytes(getattr(reader, "_buffer", b"")))
        return NatsError(f"nats: {said[1].decode(errors='replace')}") if said else None

    @property
    def reached(self) -> bool:
        """Whether anything accepted the connection, of whatever protocol."""
        return bool(self._transport)

    @property
    def url(self) -> str:
        """The server connected to at this moment; ``Settings`` has taken userinfo out of the URLs before."""
        return self._current_server.uri.geturl() if self._current_server else ""

    async def shut(self) -> None:
        """Close, whatever state it is in. Raises CancelledError if the task was cancelled meanwhile."""
        self._opening = False
        if not self.is_connected:
            # nats-py would wait for the end of a plaintext stream that a failed TLS handshake has taken over: for ever.
            # An abort closes the socket in the loop's next round, which nats-py's close lets pass.
            writer = getattr(self._transport, "_io_writer", None)
            if writer:
                writer.transport.abort()
            self._transport = None
        await self.close()
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # which nats-py's close swallows when it comes meanwhile: a Ctrl-C would be lost

    async def _on_error(self, error: Exception) -> None:
        # nats-py tries a list of servers over and over, and passes each failure here: raising ends that.
        if self._opening:
            raise error
        if self.listener:
            self.listener(error)

    async def _lose(self) -> None:
        if self.listener:
            self.listener(ConnectionResetError("the connection is lost"))

    def _place(self) -> tuple[str, ...]:
        """The cluster and domain connected to, which a reconnect must not change. The URL if there is no cluster."""
        cluster, domain = str(self.greeting.get("cluster") or ""), str(self.greeting.get("domain") or "")
        return cluster, domain, "" if cluster else self.url

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        # Called before CONNECT: nats-py would send the password in plaintext to a server that offers no TLS.
        self.greeting = info
        if initial_connection and not self._opening and self._place() != self._home:
            raise Elsewhere
        if initial_connection and self._wants_tls:
            info["tls_required"] = info.get("tls_required") or info.get("tls_available")
            if not info["tls_required"]:
                raise SecureConnWantedError
        await super()._process_info(info, initial_connection)
