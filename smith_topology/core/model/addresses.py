"""Names, places, versions, and the wire configuration: what every other noun is made of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Config: TypeAlias = Mapping[str, Any]
"""A wire configuration, as ``$JS.API`` sends and receives it."""


class Kind(StrEnum):
    """What JetStream keeps, by the word its addresses start with."""

    STREAM = "stream"
    CONSUMER = "consumer"
    KEY_VALUE = "kv"
    OBJECT_STORE = "object"

    __hash__ = str.__hash__


BUCKETS: Mapping[str, Kind] = {"KV_": Kind.KEY_VALUE, "OBJ_": Kind.OBJECT_STORE}
"""How the streams of buckets begin (ADR-8, ADR-20), and whose they are."""


class Address(NamedTuple):
    """Kind and path: ``stream.ORDERS``, ``consumer.ORDERS.billing``. A tuple, since a plan looks 100,000s of them up."""

    kind: Kind
    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.kind.value, *self.path))

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def parent(self) -> Address:
        """The stream that holds this consumer; a stream is its own parent."""
        return Address(Kind.STREAM, self.path[:1])

    @property
    def role(self) -> Kind:
        """What people call it: the stream of a bucket is that bucket."""
        return BUCKETS.get(self.name[: self.name.find("_") + 1], self.kind) if self.kind is Kind.STREAM else self.kind

    @property
    def is_bucket(self) -> bool:
        """Whether this is the stream that keeps a bucket, which no file can declare as a stream."""
        return self.role is not self.kind


def stream_address(name: str) -> Address:
    return Address(Kind.STREAM, (name,))


def consumer_address(stream: str, name: str) -> Address:
    return Address(Kind.CONSUMER, (stream, name))


class Span(NamedTuple):
    """Where something is written; lines and columns count from 1."""

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
    """SHA-256 of a JSON value in canonical form, hex: equal values, equal digests, whatever the key order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
