"""How a kind is described: its fields, what the server makes of them, and what can change in place.

The tables of ``stream.py`` and ``consumer.py`` are the one source: the parser, the JSON Schema, the diff, the
version checks and the reference documentation all read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from smith_topology.core.model import Config, Server, Version, digest
from smith_topology.core.times import instant

FIRST = Version(2, 9)
"""The oldest supported server; fields older than that need no version check."""


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
    ``unset`` is how a diff reads a field that is left out, where "not set" or the default would not say it.
    ``since`` is the first server version that knows the field, ``choices`` maps each enum value to the first
    server version that knows it. ``many`` makes it a list; ``unordered`` lists are compared as sets.
    ``minimum``/``maximum`` are wire values, ``unlimited`` lets -1 stand for no limit.
    """

    name: str
    type: Type
    doc: str
    default: Any = None
    default_text: str = ""
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

    def is_default(self, value: Any) -> bool:
        """Whether the server treats this value as if the field were left out.

        The five ``max_*`` limits read every value below 1 as unlimited (2.10 and later store -1, 2.9 keeps what was sent).
        """
        if not value:
            return self.default is None or value == self.default or self.unlimited or value in ("", [], {})
        return bool(value == self.default or (self.unlimited and value < 0))


NOTHING: Config = MappingProxyType({})


class Context(NamedTuple):
    """What the server's defaults depend on, beyond the declaration itself.

    ``stream`` is the normal form of a consumer's stream; ``origin_direct`` the ``allow_direct`` of a mirror's
    origin in the same account, None when the origin can't be seen; ``live`` the normal form of the object itself, which
    keeps the defaults of the server version that made it.
    """

    server: Server
    stream: Config = NOTHING
    origin_direct: bool | None = None
    live: Config = NOTHING

    @property
    def now(self) -> int:
        """The server's clock, nanoseconds since 1970."""
        return instant(self.server.time) if self.server.time else 0


def walk(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field with its dotted path, blocks before their members."""
    for each in fields:
        yield prefix + each.name, each
        yield from walk(each.fields, f"{prefix}{each.name}.")


@cache
def by_name(fields: tuple[Field, ...]) -> Mapping[str, Field]:
    return {each.name: each for each in fields}


def reduced(table: Mapping[str, Field], config: Config) -> dict[str, Any]:
    """The known fields whose value differs from the server's static default, blocks reduced likewise.

    Equal configurations have equal reduced forms, whichever server version reported them.
    """
    result: dict[str, Any] = {}
    for name, value in config.items():
        known = table.get(name)
        if known is None or value is None or value == known.default:
            continue
        if known.fields:
            inner = by_name(known.fields)
            value = [reduced(inner, item) for item in value] if known.many else reduced(inner, value)
        if (value and not known.unlimited) or not known.is_default(value):
            result[name] = value
    return result


IDENTITIES = (("name", "external", "filter_subject", "subject_transforms"), ("name",), ("src",))
"""What tells the items of a list apart, strictest first; servers tell sources apart by the first (an origin may come twice)."""


def carry(fields: tuple[Field, ...], live: Config, sent: dict[str, Any]) -> dict[str, Any]:
    """``sent`` with what the live object has and this program does not know, at any depth, put in unchanged.

    A block, or an item of a list, that stays the same is sent exactly as it is live; so is a block of unknown members alone.
    A block that ``sent`` takes away takes its unknown members with it. A time that is the same keeps its live spelling: in
    another zone some servers take it for another time (10012, 10055).
    """
    table = by_name(fields)
    for name, value in live.items():
        known = table.get(name)
        if known is None:
            sent.setdefault(name, value)
        elif known.type in (Type.TIME, Type.BLOCK) and value:
            if _meaning((known,), {name: value}) == _meaning((known,), {name: sent.get(name)}):
                sent[name] = value
            elif known.type is Type.BLOCK and name in sent:
                carry_over = _continued_items if known.many else carry
                sent[name] = carry_over(known.fields, value, sent[name])
    return sent


def _meaning(fields: tuple[Field, ...], config: Config) -> dict[str, Any]:
    return comparable(fields, reduced(by_name(fields), config))


def _continued_items(fields: tuple[Field, ...], live: list[Config], sent: list[dict[str, Any]]) -> list[Config]:
    pairs = _matched(fields, live, sent)
    return [_continued(fields, pairs[place], item) if place in pairs else item for place, item in enumerate(sent)]


def _continued(fields: tuple[Field, ...], live: Config, sent: dict[str, Any]) -> Config:
    return live if _meaning(fields, live) == _meaning(fields, sent) else carry(fields, live, sent)


def _matched(fields: tuple[Field, ...], live: list[Config], sent: list[dict[str, Any]]) -> dict[int, Config]:
    """By place in ``sent``, the live item that it continues: one that is equal, else the only one left of its identity."""
    old, new = dict(enumerate(live)), dict(enumerate(sent))
    pairs: dict[int, Config] = {}
    whole = tuple(by_name(fields))
    for names in (whole, *(each for each in IDENTITIES if set(each) <= set(whole))):
        before, after = _places(fields, old, names), _places(fields, new, names)
        for key in before.keys() & after.keys():
            if names == whole or len(before[key]) == len(after[key]) == 1:
                for here, there in zip(before[key], after[key], strict=False):
                    pairs[there] = old.pop(here)
                    del new[there]
    return pairs


def _places(fields: tuple[Field, ...], items: Mapping[int, Config], names: tuple[str, ...]) -> dict[str, list[int]]:
    """The places of the items, by what these fields of theirs mean."""
    places: dict[str, list[int]] = {}
    for place, item in items.items():
        meaning = _meaning(fields, item)
        places.setdefault(digest([meaning.get(name) for name in names]), []).append(place)
    return places


def comparable(fields: tuple[Field, ...], config: Config) -> dict[str, Any]:
    """A reduced form in which equal meanings are equal values: sets sorted, times as instants."""
    table = by_name(fields)
    return {name: _comparable(table[name], value) if name in table else value for name, value in config.items()}


def _comparable(known: Field, value: Any) -> Any:
    if known.type is Type.BLOCK:
        if not known.many:
            return comparable(known.fields, value)
        items = [comparable(known.fields, item) for item in value]
        return sorted(items, key=digest) if known.unordered else items
    if known.type is Type.TIME:
        return _moment(value)
    return sorted(value) if known.unordered else value


def _moment(text: str) -> int | str:
    """The instant; what lies outside the calendar, as a client may have stored it, stands for itself."""
    try:
        return instant(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the planner asks of a kind.

    ``normal(config, context)`` is what a live configuration means; ``effective(declared, name, context)`` what the
    server will make of a declaration: both in the same reduced form, so that equal is equal. ``immutable(path,
    before, after, context)`` says why the server can't change that top-level field in place, ``""`` if it can.
    """

    fields: tuple[Field, ...]
    normal: Callable[[Config, Context], dict[str, Any]]
    effective: Callable[[Config, str, Context], dict[str, Any]]
    immutable: Callable[[str, Config, Config, Context], str]
