"""Configurations in a form in which equal meanings are equal values, and what the planner asks of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.model import Config, Server, Versions, digest
from smith_topology.core.times import instant
from smith_topology.core.units import AsWritten

NOTHING: Config = MappingProxyType({})


class Context(NamedTuple):
    """What the server's defaults depend on, beyond the declaration itself.

    ``versions`` are those of the servers that have the object. ``stream`` is the normal form of a consumer's stream;
    ``origin_direct`` the ``allow_direct`` of a mirror's origin in the same account, None when the origin can't be seen; ``live``
    the normal form of the object itself, which keeps the defaults of the server version that made it.
    """

    server: Server
    versions: Versions
    stream: Config = NOTHING
    origin_direct: bool | None = None
    live: Config = NOTHING


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


def comparable(fields: tuple[Field, ...], config: Config) -> dict[str, Any]:
    """A reduced form in which equal meanings are equal values: sets sorted, times as instants, numbers without their text."""
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
    if known.type in (Type.DURATION, Type.SIZE):
        return _number(value)
    return sorted(value) if known.unordered else value


def _number(value: Any) -> Any:
    """The plain number, or the list of them: deepdiff takes another type for a difference."""
    if isinstance(value, list):
        return [_number(each) for each in value]
    return int(value) if isinstance(value, AsWritten) else value


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
