"""Addresses of objects, positions in files, server versions, and the wire configuration: what the other nouns are made of."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Config: TypeAlias = Mapping[str, Any]
"""A wire configuration, as ``$JS.API`` sends and receives it."""


class Kind(StrEnum):
    """What JetStream keeps. The value is the word that addresses start with."""

    STREAM = "stream"
    CONSUMER = "consumer"
    KEY_VALUE = "kv"
    OBJECT_STORE = "object"

    __hash__ = str.__hash__


NAME_PATTERN = r"^[^\x00-\x20\x7f.*>/\\]+$"
"""The names of streams and consumers, for JSON Schema too. The server also limits them to ``MAX_NAME_BYTES`` of UTF-8."""
MAX_NAME_BYTES = 255
_NAME = re.compile(NAME_PATTERN[:-1] + r"\Z")


def is_name(text: str) -> bool:
    """Whether a stream or a consumer can be called this, whatever its length."""
    return _NAME.match(text) is not None


class Address(NamedTuple):
    """Kind and path: ``stream.ORDERS``, ``consumer.ORDERS.billing``. A tuple, since a plan looks 100,000s of them up."""

    kind: Kind
    path: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Address:
        """The inverse of ``str``, exact since names hold no dot. Raises ValueError for text that is no address."""
        kind, *path = text.split(".")
        length = 2 if kind == Kind.CONSUMER else 1
        if kind not in tuple(Kind) or len(path) != length or not all(map(is_name, path)):
            raise ValueError(f"{text!r} is not an address; addresses look like stream.ORDERS or consumer.ORDERS.billing")
        return cls(Kind(kind), tuple(path))

    def __str__(self) -> str:
        return ".".join((self.kind.value, *self.path))

    @property
    def in_shell(self) -> str:
        r"""Its text as it is typed into a shell: in quotes where a name holds characters that a shell reads in its own way.

        What can't be seen, such as a no-break space, is spelled as bash and zsh read it: ``$'stream.A\U000000a0B'``.
        """
        text = str(self)
        if text.isprintable():
            return shlex.quote(text)
        return "$'" + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text.replace("'", "\\'")) + "'"

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def parent(self) -> Address:
        """The stream that holds this consumer; a stream is its own parent."""
        return Address(Kind.STREAM, self.path[:1])


def stream_address(name: str) -> Address:
    return Address(Kind.STREAM, (name,))


def consumer_address(stream: str, name: str) -> Address:
    return Address(Kind.CONSUMER, (stream, name))


class Span(NamedTuple):
    """A position in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Version(NamedTuple):
    """A server version, comparable: ``Version(2, 12, 5) < Version.parse("2.15.1")``."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read the leading ``X.Y.Z``; pre-release suffixes are dropped. Raises ValueError without one."""
        found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
        if not found:
            raise ValueError(f"not a version: {text!r}")
        return cls(int(found[1]), int(found[2]), int(found[3] or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" if self.patch else f"{self.major}.{self.minor}"


def digest(value: Any) -> str:
    """The SHA-256 of a JSON value in canonical form, in hex. The order of keys makes no difference."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
