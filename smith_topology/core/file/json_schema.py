"""The tables of fields and keys as a JSON Schema (Draft 2020-12), for editors. The parser reads the same tables.

The schema sees a file as a YAML 1.2 reader does. Bounds of values with a unit, ``name`` in another file, leading zeros and
quotes are left to the parser: a schema can't express them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from smith_topology.core.file.keys import EXTERNAL_KEYS, FILE_KEYS, OWN_KEYS, TABLES, Key
from smith_topology.core.file.scalars import TIME_PATTERN, bounds
from smith_topology.core.file.values import EXTENSION
from smith_topology.core.file.written import written
from smith_topology.core.kinds.fields import FIRST, MAX_TEXT_BYTES, Field, Type
from smith_topology.core.kinds.marks import OURS, SERVERS
from smith_topology.core.model import Kind
from smith_topology.core.units import DURATION_PATTERN, SIZE_PATTERN

Schema: TypeAlias = dict[str, Any]

UNDERSCORED_PATTERN = r"^\+?[1-9][0-9]*(_[0-9]+)+$"
"""``1_000``: text to YAML 1.2, a number to the parser."""
_ANY_TEXT = ["string", "number", "boolean"]
"""What may stand in a text field without quotes. The parser takes its text, whatever YAML makes of it."""


def schema() -> Schema:
    """A new document each time. Null anywhere means that the key is left out."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:smith-topo:topology:1",
        "title": "smith-topo topology",
        "description": "What a NATS JetStream account should hold. Several files may make one topology.",
        **_object(key.field for key in FILE_KEYS.values()),
        "properties": _keys(FILE_KEYS.values()),
        "$defs": {kind.value: _resource(kind) for kind in TABLES},
    }


def _resource(kind: Kind) -> Schema:
    described = _object(TABLES[kind].values())
    described["properties"] |= _keys(OWN_KEYS[kind].values())
    if "external" in OWN_KEYS[kind]:
        others = described["properties"].keys() - {*EXTERNAL_KEYS}
        described["if"] = {"properties": {"external": {"const": True}}, "required": ["external"]}
        described["then"] = {"properties": {name: {"type": "null"} for name in sorted(others)}}
    return {"description": f"A {kind.value}.", **_nullable(described)}


def _keys(keys: Iterable[Key]) -> Schema:
    return {key.field.name: _described(key.field) | key.schema for key in keys}


def _described(field: Field) -> Schema:
    value = {"type": "array", "items": _value(field)} if field.many else _value(field)
    described: Schema = {"description": _description(field), **(value if field.required else _nullable(value))}
    default = field.default if field.declared is None else field.declared
    if default is not None:
        described["default"] = default
    if unit := _UNITS.get(field.type):
        described["x-unit"] = unit
    if field.since > FIRST:
        described["x-since"] = str(field.since)
    return described


def _description(field: Field) -> str:
    parts = [field.doc]
    if text := field.default_text or field.unset:
        parts.append(f"Default: {text}.")
    elif field.declared is not None:
        parts.append(f"Default: {written(field, field.declared)}.")
    elif field.default is not None:
        parts.append(f"Default: {'unlimited (-1)' if field.unlimited else written(field, field.default)}.")
    if field.since > FIRST:
        parts.append(f"Needs server {field.since}.")
    parts += [f"`{choice}` needs server {since}." for choice, since in field.choices.items() if since > max(field.since, FIRST)]
    return " ".join(parts)


def _nullable(value: Schema) -> Schema:
    if "enum" in value:
        return {"enum": [*value["enum"], None]}
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return {**value, "type": [*kinds, "null"]}


def _value(field: Field) -> Schema:
    smallest, largest = bounds(field)
    match field.type:
        case Type.TEXT | Type.SUBJECT:
            return {"type": _ANY_TEXT, "maxLength": field.maximum or MAX_TEXT_BYTES}
        case Type.BOOLEAN:
            return {"type": "boolean"}
        case Type.INTEGER:
            underscored = {"type": ["integer", "string"], "pattern": UNDERSCORED_PATTERN} if largest > 9 else {"type": "integer"}
            return {**underscored, "minimum": smallest, "maximum": largest}
        case Type.SIZE:
            pattern = f"{SIZE_PATTERN}|{UNDERSCORED_PATTERN}"
            return {"type": ["integer", "string"], "pattern": pattern, "minimum": smallest, "maximum": largest}
        case Type.DURATION:
            least = -1 if field.unset else min(smallest, 0)
            return {"type": ["string", "integer"], "pattern": DURATION_PATTERN, "minimum": least, "maximum": 0}
        case Type.TIME:
            return {"type": "string", "format": "date-time", "pattern": TIME_PATTERN}
        case Type.ENUM:
            return {"enum": list(field.choices)}
        case Type.MAP:
            taken = "|".join(prefix.replace(".", r"\.") for prefix in (OURS, SERVERS))
            texts = {"type": [*_ANY_TEXT, "null"]}
            return {"type": "object", "propertyNames": {"pattern": f"^(?!{taken})"}, "additionalProperties": texts}
        case Type.BLOCK:
            return _object(field.fields)


def _object(fields: Iterable[Field]) -> Schema:
    table = {field.name: field for field in fields}
    required = [name for name, field in table.items() if field.required]
    properties = {name: _described(field) for name, field in table.items()}
    extension: Schema = {f"^{EXTENSION}": {}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        "patternProperties": extension,
    }


_UNITS = {Type.DURATION: "duration: ns us ms s m h d w M y", Type.SIZE: "size: B KB MB GB TB KiB MiB GiB TiB"}
