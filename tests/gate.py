"""A proxy before a server that stops at a chosen request, so that a test can act at exactly that moment of a command."""

from __future__ import annotations

import re
import socket
import threading
import time
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
    _pattern: re.Pattern[bytes]
    _number: int
    _holds_answer: bool
    closed: bool = False
    """The request, or its answer, is held, or was."""
    _requests: threading.Event = field(default_factory=threading.Event)
    _answers: threading.Event = field(default_factory=threading.Event)

    def wait(self, ended: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the gate is closed and return true, or until the client has ended and return false."""
        deadline = time.monotonic() + WAIT
        while not (self.closed or ended()):
            assert time.monotonic() < deadline, f"never sent: {self._pattern.pattern.decode()}"
            time.sleep(0.001)
        return self.closed

    def open(self) -> None:
        self._requests.set()
        self._answers.set()

    def requests(self, client: socket.socket, server: socket.socket) -> None:
        """Copy what the client sends until it disconnects."""
        rest = b""
        while chunk := client.recv(CHUNK):
            *lines, rest = (rest + chunk).split(b"\r\n")
            self._number -= sum(bool(self._pattern.match(line)) for line in lines)
            if self._number <= 0 and not self.closed:
                self._close()
            self._requests.wait()
            server.sendall(chunk)

    def answers(self, client: socket.socket, server: socket.socket) -> None:
        """Copy what the server sends until it disconnects."""
        while chunk := server.recv(CHUNK):
            self.closed = self.closed or not self._answers.is_set()
            self._answers.wait()
            client.sendall(chunk)

    def _close(self) -> None:
        if self._holds_answer:
            self._answers.clear()
        else:
            self._requests.clear()
            self.closed = True


@contextmanager
def gate(url: str, request: str, number: int = 1, *, holds_answer: bool = False) -> Iterator[Gate]:
    """Hold the first, second … request to ``$JS.API.<request>…``, a regular expression, and all that comes after it.

    ``holds_answer``: the request goes through, and its answer is held. Clients have to disconnect before the block ends.
    """
    parts = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(THREADS) as pool:
        here, there = listener.getsockname(), (str(parts.hostname), int(parts.port or 4222))
        pattern = re.compile(rb"H?PUB \$JS\.(?:\w+\.)?API\.(?:%b)" % request.encode())
        way = Gate(url.replace(f":{there[1]}", f":{here[1]}"), pattern, number, holds_answer)
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
    """Copy one direction; when one side has disconnected, disconnect the other."""
    with suppress(OSError):
        copying(client, server)
    for each in (client, server):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
