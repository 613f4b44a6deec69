"""A way to a server that closes at a chosen request: what a test does then happens at exactly that moment of a command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 65_536
THREADS = 16
"""Two for each connection at a time."""
WAIT = 30.0
"""Seconds until a request that never comes fails the test."""


@dataclass(slots=True)
class Gate:
    """Connect to ``url``. Made by ``gate``."""

    url: str
    _pattern: bytes
    _holds_answer: bool
    _reached: threading.Event = field(default_factory=threading.Event)
    _requests: threading.Event = field(default_factory=threading.Event)
    _answers: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Until the request has come, and the gate is closed."""
        assert self._reached.wait(WAIT), f"never sent: {self._pattern.decode()}"

    def open(self) -> None:
        self._requests.set()
        self._answers.set()

    def requests(self, client: socket.socket, server: socket.socket) -> None:
        """Copy what the client says until it has left."""
        seen = b""
        while chunk := client.recv(CHUNK):
            seen = seen[-len(self._pattern) :] + chunk
            if self._pattern in seen and not self._reached.is_set():
                (self._answers if self._holds_answer else self._requests).clear()
                self._reached.set()
            self._requests.wait()
            server.sendall(chunk)

    def answers(self, client: socket.socket, server: socket.socket) -> None:
        """Copy what the server says until it has left."""
        while chunk := server.recv(CHUNK):
            self._answers.wait()
            client.sendall(chunk)


@contextmanager
def gate(url: str, request: str, *, holds_answer: bool = False) -> Iterator[Gate]:
    """A gate before a server that closes once, at the first request to ``$JS.API.<request>…``: this one waits, and all after it.

    ``holds_answer``: it goes through, and its answer waits. Who connects here has to leave before the gate ends.
    """
    parts = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(THREADS) as pool:
        here, there = listener.getsockname(), (str(parts.hostname), int(parts.port or 4222))
        way = Gate(url.replace(f":{there[1]}", f":{here[1]}"), f"PUB $JS.API.{request}".encode(), holds_answer)
        way.open()
        pool.submit(_accept, listener, lambda client: pool.submit(_connect, way, client, there, pool))
        try:
            yield way
        finally:
            way.open()
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, connect: Callable[[socket.socket], object]) -> None:
    with suppress(OSError):
        while True:
            connect(listener.accept()[0])


def _connect(way: Gate, client: socket.socket, there: tuple[str, int], pool: ThreadPoolExecutor) -> None:
    with client, socket.create_connection(there) as server:
        copies = [pool.submit(_copy, each, client, server) for each in (way.requests, way.answers)]
        for each in copies:
            each.result()


def _copy(copying: Callable[[socket.socket, socket.socket], None], client: socket.socket, server: socket.socket) -> None:
    """When one of the two has left, the other one is hung up on."""
    with suppress(OSError):
        copying(client, server)
    for each in (client, server):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
