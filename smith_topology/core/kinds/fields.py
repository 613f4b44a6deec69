"""How a field of a configuration is described: type, default, limits, and the first server that knows it.

The tables of ``stream.py`` and ``consumer.py`` are the one source: the parser, the JSON Schema, the diff, the
version checks and the reference documentation all read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from smith_topology.core.model import Version

FIRST = Version(2, 10)
"""The oldest supported server: older ones keep no metadata, and with it no mark of ownership (2.9.10 measured)."""


MAX_TEXT_BYTES = 4096
"""Of a text or subject without a ``maximum``. The server stores more (900,000 bytes measured on 2.10.26), but by default closes
the connection of a client that publishes to a longer subject (``max_control_line``)."""


class Type(Enum):
    """What a field holds on the wire, and so how a person writes it."""

    TEXT = "text"
    SUBJECT = "subject"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    SIZE = "size"  # integer bytes; written 500MiB
    DURATION = "duration"  # integer nanoseconds; written 30s
    TIME = "time"  # RFC 3339 text
    ENUM = "enum"
    MAP = "map"  # text to text
    BLOCK = "block"  # named fields of its own


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a configuration.

    ``default`` is the wire value the server takes for an omitted field, dropped from normal forms; None where
    absence itself is the value or where the default depends on other fields (``default_text`` says how, for documents).
    ``declared`` is what a file means by leaving the field out, where that is not the server's default.
    ``unset`` is how a diff reads a field that is left out, where "not set" or the default would not say it.
    ``since`` is the first supported server version that knows the field, ``choices`` maps each enum value to the first
    one that knows it. ``many`` makes it a list; ``unordered`` lists are compared as sets.
    ``minimum``/``maximum`` are wire values, ``unlimited`` lets -1 stand for no limit. ``takes`` says what to write, for messages
    and documents, where the type would say too much or too little.
    """

    name: str
    type: Type
    doc: str
    default: Any = None
    default_text: str = ""
    declared: Any = None
    unset: str = ""
    since: Version = FIRST
    choices: Mapping[str, Version] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    many: bool = False
    unordered: bool = False
    minimum: int | None = None
    maximum: int | None = None
    unlimited: bool = False
    required: bool = False
    takes: str = ""

    def is_default(self, value: Any) -> bool:
        """Whether the server treats this value as if the field were left out.

        The five ``max_*`` limits read every value below 1 as unlimited.
        """
        if not value:
            return self.default is None or value == self.default or self.unlimited or value in ("", [], {})
        return bool(value == self.default or (self.unlimited and value < 0))


def walk(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field with its dotted path, blocks before their members."""
    for each in fields:
        yield prefix + each.name, each
        yield from walk(each.fields, f"{prefix}{each.name}.")


@cache
def by_name(fields: tuple[Field, ...]) -> Mapping[str, Field]:
    return {each.name: each for each in fields}
