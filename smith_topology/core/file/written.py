"""Wire values → the YAML that a person would write for them: the inverse of ``scalars`` and ``values``.

All text is one line and stands in a block or a flow collection. YAML 1.1 and 1.2 read it as the same thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.units import format_duration, format_size

_PLAIN = re.compile(r"[^ \-?:,\[\]{}#&*!|>'\"%@`=<~](?:[^?:,\[\]{}#]*[^ ?:,\[\]{}#])?\Z")
"""Printable text without the characters that mean something to YAML where they stand, or in flow collections."""
_NUMBER_OR_DATE = re.compile(r"[-+.0-9][-+.0-9a-fA-FoOxX_]*\Z")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", "+.inf", ".nan"))
"""In any case, what some reader of YAML takes for a boolean, null or a number."""
_LONGEST_KEY = 1000  # a parser looks for the `:` of a key within 1024 characters, quotes included


def written(field: Field, value: Any) -> str:
    """The text of a wire value: integer nanoseconds as ``1h30m``, integer bytes as ``500MiB``, a block as ``{name: X}``.

    Reading it as this field gives exactly the value. Raises KeyError for a member of a block that has no field.
    """
    return f"[{', '.join(written_item(field, item) for item in value)}]" if field.many else written_item(field, value)


def written_item(field: Field, value: Any) -> str:
    """As ``written``, for one item of a field that holds a list. Raises the same."""
    match field.type:
        case Type.DURATION:
            return format_duration(value)
        case Type.SIZE:
            return format_size(value)
        case Type.TIME:
            return str(value)
        case Type.BLOCK:
            table = by_name(field.fields)
            return _mapping((name, written(table[name], member)) for name, member in value.items())
        case _:
            return written_json(value)


def written_json(value: Any) -> str:
    """The text of a JSON value that no field describes: the inverse of ``FieldReader.free``."""
    match value:
        case str():
            return written_text(value)
        case Mapping():
            return _mapping((key, written_json(member)) for key, member in value.items())
        case list():
            return f"[{', '.join(map(written_json, value))}]"
        case _:
            return json.dumps(value)


def written_text(text: str) -> str:
    """Text as it is where every reader of YAML takes it for text, otherwise in quotes."""
    if not text.isprintable():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{"".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped)}"'
    if _PLAIN.match(text) and not _NUMBER_OR_DATE.match(text) and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'"


def _mapping(members: Iterable[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{_key(key)}: {value}' for key, value in members)}}}"


def _key(key: str) -> str:
    return written_text(key) if len(key) <= _LONGEST_KEY else f"? {written_text(key)} "
