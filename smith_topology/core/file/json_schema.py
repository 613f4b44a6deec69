"""The field tables as a JSON Schema (Draft 2020-12), for editors: made of the same tables the parser reads.

It sees a file as a YAML 1.2 reader does. It can't say everything: bounds of values with a unit, ``name`` in another file,
leading zeros and quotes are the parser's to judge.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from smith_topology.core.file.reader import (
    NAME_KEYS,
    OWN_KEYS,
    OWNER_PATTERN,
    TABLES,
    VERSION,
)
from smith_topology.core.file.scalars import TIME_PATTERN, bounds
from smith_topology.core.file.written import written
from smith_topology.core.kinds.fields import FIRST, Field, Type
from smith_topology.core.kinds.marks import OURS, SERVERS
from smith_topology.core.model import BUCKETS, MAX_NAME_BYTES, NAME_PATTERN, Kind
from smith_topology.core.units import DURATION_PATTERN, SIZE_PATTERN

Schema: TypeAlias = dict[str, Any]

UNDERSCORED_PATTERN = r"^\+?[1-9][0-9]*(_[0-9]+)+$"
"""``1_000``: text to YAML 1.2, a number to the parser."""
_ANY_TEXT = ["string", "number", "boolean"]
"""What stands in a text field without quotes: its text counts, whatever YAML would make of it."""


def schema() -> Schema:
    """A fresh document each time; a null anywhere means that the key is left out."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:smith-topo:topology:1",
        "title": "smith-topo topology",
        "description": "What a NATS JetStream account should hold. Several files may make one topology.",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": {
            "version": {"description": "The format of this file.", "const": VERSION},
            "name": {
                "description": "The owner: stamped on everything this topology manages. Needed in one of its files at least.",
                "type": [*_ANY_TEXT, "null"], "pattern": OWNER_PATTERN,
            },
            "target": _target(),
            "defaults": _object("What every stream or consumer of this file has unless it says otherwise.", {
                kind.value: _object(f"For every {kind.value} of this file.", _fields(tuple(table.values())))
                for kind, table in TABLES.items()
            }),
            "streams": {
                "description": "The streams, by name.",
                "type": ["object", "null"],
                "propertyNames": _name(*BUCKETS),
                "additionalProperties": {"$ref": "#/$defs/stream"},
            },
        },
        "$defs": {kind.value: _resource(kind) for kind in TABLES},
    }  # fmt: skip


def _target() -> Schema:
    text = {"type": [*_ANY_TEXT, "null"]}
    return _object("Refuse to plan or apply anywhere else.", {
        "cluster": {"description": "Name of the cluster, as its servers report it.", **text},
        "account": {"description": "Name of the account.", **text},
    })  # fmt: skip


def _resource(kind: Kind) -> Schema:
    table = TABLES[kind]
    properties = _fields(tuple(table.values())) | {
        "protect": {
            "description": "Survives removal from this file; stored with the live object. Default: false.",
            "type": ["boolean", "null"], "default": False,
        },
        "ignore_changes": {
            "description": "Fields left to somebody else.",
            "type": ["array", "null"], "items": {"enum": list(table)},
        },
        "extra": {
            "description": "Fields of a newer server that this version does not know, sent as they are.",
            "type": ["object", "null"], "propertyNames": {"not": {"enum": [*table, *OWN_KEYS, *NAME_KEYS]}},
        },
    }  # fmt: skip
    if kind is Kind.STREAM:
        properties["consumers"] = {
            "description": "The stream's durable consumers, by name.",
            "type": ["object", "null"],
            "propertyNames": _name(),
            "additionalProperties": {"$ref": f"#/$defs/{Kind.CONSUMER.value}"},
        }
    return _object(f"A {kind.value}.", properties)


def _object(description: str, properties: Schema) -> Schema:
    return {"description": description, "type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _name(*taken: str) -> Schema:
    reserved = f"(?!{'|'.join(taken)})" if taken else ""
    return {"maxLength": MAX_NAME_BYTES, "pattern": NAME_PATTERN.replace("^", f"^{reserved}", 1)}


def _fields(fields: tuple[Field, ...]) -> Schema:
    return {field.name: _described(field) for field in fields}


def _described(field: Field) -> Schema:
    described: Schema = {"description": _description(field), **_nullable(_list(field) if field.many else _value(field))}
    if field.default is not None:
        described["default"] = field.default
    if unit := _UNITS.get(field.type):
        described["x-unit"] = unit
    if field.since > FIRST:
        described["x-since"] = str(field.since)
    return described


def _description(field: Field) -> str:
    parts = [field.doc]
    if text := field.default_text or field.unset:
        parts.append(f"Default: {text}.")
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


def _list(field: Field) -> Schema:
    return {"type": "array", "items": _value(field)}


def _value(field: Field) -> Schema:
    smallest, largest = bounds(field)
    match field.type:
        case Type.TEXT | Type.SUBJECT:
            return {"type": _ANY_TEXT, **_longest(field)}
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
            return _block(field.fields)


def _block(fields: tuple[Field, ...]) -> Schema:
    required = [each.name for each in fields if each.required]
    properties = {each.name: _required(each) if each.required else _described(each) for each in fields}
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _longest(field: Field) -> Schema:
    return {"maxLength": field.maximum} if field.maximum else {}


def _required(field: Field) -> Schema:
    described = _described(field)
    return {**described, "type": [kind for kind in described["type"] if kind != "null"]}


_UNITS = {Type.DURATION: "duration: ns us ms s m h d w", Type.SIZE: "size: B KB MB GB TB KiB MiB GiB TiB"}
