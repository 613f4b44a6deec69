"""Wire values as the file or a person writes them: ``86400000000000`` is ``1d``, an omitted ``max_age`` is ``no limit``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.model import Kind
from smith_topology.core.units import format_duration, format_size
from smith_topology.render.text import clean, quoted

NOT_SET = "not set"
NUMERIC = (Type.INTEGER, Type.SIZE, Type.DURATION)


def fields_of(kind: Kind) -> tuple[Field, ...]:
    return RULES[kind].fields if kind in RULES else ()


def field_at(kind: Kind, path: str) -> Field | None:
    """The field a dotted path leads to; None for fields this program does not know and for keys of a map."""
    table, found = by_name(fields_of(kind)), None
    for name in path.split("."):
        found = table.get(name)
        table = by_name(found.fields if found else ())
    return found


def human(known: Field | None, value: Any) -> str:
    """One wire value on one line. An absent value reads as what the server takes for it."""
    if value is None:
        return absent(known)
    if known is None:
        return unknown(value)
    if isinstance(value, list):
        return f"[{', '.join(human(known, item) for item in value)}]"
    if known.type in NUMERIC and isinstance(value, int):
        return _number(known, value)
    match known.type:
        case Type.ENUM | Type.TIME if isinstance(value, str):
            return clean(value)
        case Type.BLOCK if isinstance(value, Mapping):
            table = by_name(known.fields)
            return _braced((name, human(table.get(name), item)) for name, item in value.items())
        case _:
            return unknown(value)


def absent(known: Field | None) -> str:
    """What an omitted field means, in the words of the tables."""
    if known is None:
        return NOT_SET
    if known.unset:
        return known.unset
    if known.unlimited:
        return "unlimited"
    if known.type in NUMERIC and not known.default:
        return NOT_SET
    return NOT_SET if known.default is None else human(known, known.default)


def unknown(value: Any) -> str:
    """A value without a field to say what it means: as it is on the wire."""
    match value:
        case str():
            return quoted(value)
        case Mapping():
            return _braced((clean(str(key)), unknown(item)) for key, item in value.items())
        case list():
            return f"[{', '.join(map(unknown, value))}]"
        case _:
            return clean(json.dumps(value, default=str))


def _number(known: Field, value: int) -> str:
    """No limit and no number at all are words; a default that is a number, such as one replica, stays one."""
    if value <= 0 and known.default in (0, -1):
        return absent(known)
    if value < 0 or known.type is Type.INTEGER:
        return f"{value:,}"
    return clean(format_duration(value) if known.type is Type.DURATION else format_size(value))


def _braced(items: Any) -> str:
    inside = ", ".join(f"{clean(name)} = {text}" for name, text in items)
    return f"{{{inside}}}"
