"""The keys of a file and of its resources that are no fields of JetStream: one table for parser, JSON Schema and reference."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeAlias

from smith_topology.core.file import findings
from smith_topology.core.file.document import Entry, ScalarNode
from smith_topology.core.file.report import Fault
from smith_topology.core.file.scalars import bad_value
from smith_topology.core.file.suggest import shown
from smith_topology.core.file.values import ABSENT, FieldReader
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import FIRST, Field, Type, by_name
from smith_topology.core.model import BUCKETS, MAX_NAME_BYTES, MQTT_PREFIX, NAME_PATTERN, Config, Kind

VERSION = 1
OWNER_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
NAME_KEYS = ("name", "durable_name")
"""Fields of the wire that hold the name of an object. In a file the name is the key that the object stands under."""
NAMED_BY_KEY = "Delete it: the name is the key that all this stands under."
TABLES: Mapping[Kind, Mapping[str, Field]] = {kind: by_name(rules.fields) for kind, rules in RULES.items()}
DECLARED: Mapping[Kind, Config] = {
    kind: {name: field.declared for name, field in table.items() if field.declared is not None} for kind, table in TABLES.items()
}
"""What a file means by leaving a field out, where that is not the server's default."""

Read: TypeAlias = Callable[[FieldReader, Field, Entry], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """A row of ``FILE_KEYS`` or ``OWN_KEYS``. ``field`` says what the key takes, ``schema`` what only the JSON Schema adds.

    ``read`` returns what ``Resource`` holds under the same name, or ABSENT for the default. It is None for the keys of a file,
    which ``reader`` reads, and for ``consumers``, under which more resources stand.
    """

    field: Field
    read: Read | None = None
    schema: dict[str, Any] = dataclasses.field(default_factory=dict)
    kinds: Collection[Kind] = tuple(TABLES)


def _as_field(reader: FieldReader, known: Field, entry: Entry) -> Any:
    return reader.value(known, known.name, entry)


def _as_tuple(reader: FieldReader, known: Field, entry: Entry) -> Any:
    values = reader.value(known, known.name, entry)
    return values if values is ABSENT else tuple(values)


def _extra(known_keys: Collection[str], reader: FieldReader, known: Field, entry: Entry) -> Config:
    values = {}
    for key, each in reader.entries(known.name, entry).items():
        if key in NAME_KEYS:
            reader.error(each, Fault(findings.EXTRA_NAME, f"{shown(key)} is sent anyway.", NAMED_BY_KEY))
        elif key in known_keys:
            reader.error(each, _known_extra(key))
        else:
            values[key] = reader.free(f"{known.name}.{key}", each.value, each)
    return values


def _known_extra(key: str) -> Fault:
    detail = f"{shown(key)} is known; in `extra` its value would reach the server unchecked."
    return Fault(findings.KNOWN_EXTRA, detail, "Write it as a field of its own, outside `extra`.")


def reasons(reader: FieldReader, known: Field, entry: Entry) -> dict[str, str]:
    """The reasons for which warnings are ignored, by their codes; one without is reported."""
    values = {}
    for code, each in reader.entries(known.name, entry).items():
        if isinstance(each.value, ScalarNode) and not each.is_null and each.value.text.strip():
            values[code] = each.value.text
        else:
            reader.error(each, bad_value(f"{shown(code)} is to be ignored without a reason.", "Write why, behind the code."))
    return values


def _ignored_warnings(what: str) -> Field:
    return Field(
        "ignore_warnings",
        Type.MAP,
        f"Warnings that are not to be shown {what}, by code, each with the reason.",
        takes="reasons, by code",
    )


def _resources(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of resources by name."""
    names = {"maxLength": MAX_NAME_BYTES, "pattern": NAME_PATTERN}
    return {"propertyNames": names, "additionalProperties": {"$ref": f"#/$defs/{kind.value}"}}


def _streams() -> dict[str, Any]:
    """The same of streams: those of MQTT can't be declared, and what is named as a bucket needs something that makes it another
    stream. The parser also looks at the origins of copies.
    """
    schema = _resources(Kind.STREAM)
    schema["propertyNames"]["pattern"] = NAME_PATTERN.replace("^", f"^(?!{re.escape(MQTT_PREFIX)})", 1)
    schema["patternProperties"] = {
        f"^{prefix}": {
            "$ref": f"#/$defs/{Kind.STREAM.value}",
            "type": "object",
            "anyOf": [{"required": [key]} for key in ("subjects", "mirror", "sources")],
            "properties": {"subjects": {"items": {"not": {"pattern": f"^{re.escape(subjects)}"}}}},
        }
        for prefix, (_, subjects) in BUCKETS.items()
    }
    return schema


_OWN = (
    Key(
        Field(
            "protect",
            Type.BOOLEAN,
            "Keep the object when it is removed from the file. Stored on the live object.",
            default=False,
        ),
        _as_field,
    ),
    Key(
        Field(
            "external",
            Type.BOOLEAN,
            "The stream is another topology's, or has no owner: it is only looked at, and has to be there. Its `consumers` here "
            "are this topology's; no other key can stand beside them. Leave the entry until its last consumer is deleted.",
            default=False,
        ),
        _as_field,
        kinds=(Kind.STREAM,),
    ),
    Key(_ignored_warnings("for this object, and for the consumers under it"), reasons),
    Key(
        Field("consumers", Type.MAP, "The durable consumers of the stream.", takes="consumers, by name"),
        schema=_resources(Kind.CONSUMER),
        kinds=(Kind.STREAM,),
    ),
)
"""Keys that take the same in every kind that has them. A new one is a row here and an attribute of ``Resource``."""


def _own_keys(kind: Kind) -> dict[str, Key]:
    """The rows of ``_OWN`` for this kind, and those that depend on its fields."""
    rows = [key for key in _OWN if kind in key.kinds]
    known_keys = (*TABLES[kind], *(key.field.name for key in rows), "ignore_changes", "extra")
    ignored = Field(
        "ignore_changes",
        Type.ENUM,
        "Fields that others manage, such as `[num_replicas]`.",
        choices=dict.fromkeys(TABLES[kind], FIRST),
        many=True,
        takes="the name of a field",
    )
    extra = Field(
        "extra",
        Type.MAP,
        "Fields of a newer server that this version does not know, sent as they are. Removing one takes it away again.",
        takes="fields with any value",
    )
    unknown = {"propertyNames": {"not": {"enum": [*known_keys, *NAME_KEYS]}}, "additionalProperties": True}
    rows += [Key(ignored, _as_tuple), Key(extra, partial(_extra, known_keys), unknown)]
    return {key.field.name: key for key in rows}


OWN_KEYS: Mapping[Kind, Mapping[str, Key]] = {kind: _own_keys(kind) for kind in TABLES}
"""What a resource takes besides the fields of its kind."""

EXTERNAL_KEYS = ("external", "consumers", "ignore_warnings")
"""What an external stream takes."""

_FILE = (
    Key(Field("version", Type.INTEGER, "The format of the file.", required=True, minimum=VERSION, maximum=VERSION)),
    Key(
        Field("name", Type.TEXT, "The owner, stamped on everything the topology manages. Needed in one of its files."),
        schema={"pattern": OWNER_PATTERN},
    ),
    Key(
        Field(
            "target",
            Type.BLOCK,
            "Refuse to plan or apply anywhere else.",
            fields=(
                Field("cluster", Type.TEXT, "Name of the cluster, as its servers report it."),
                Field("account", Type.TEXT, "Name of the account."),
                Field("domain", Type.TEXT, "JetStream domain, as the servers that answer name it."),
            ),
        )
    ),
    Key(
        Field(
            "defaults",
            Type.BLOCK,
            "What every stream or consumer has unless it says otherwise, in whichever file it stands.",
            fields=tuple(
                Field(kind.value, Type.BLOCK, f"For every {kind.value}.", fields=rules.fields)
                for kind, rules in RULES.items()
            ),
            takes="`stream` and `consumer`, each with fields",
        )
    ),
    Key(_ignored_warnings("wherever they arise")),
    Key(Field("streams", Type.MAP, "The streams.", takes="streams, by name"), schema=_streams()),
)
FILE_KEYS: Mapping[str, Key] = {key.field.name: key for key in _FILE}
"""What a file takes."""


def own_values(reader: FieldReader, own: Mapping[str, Key], entries: Mapping[str, Entry]) -> dict[str, Any]:
    """The attributes of a Resource that its own keys set."""
    values = {}
    for name, entry in entries.items():
        key = own.get(name)
        if key and key.read and (value := key.read(reader, key.field, entry)) is not ABSENT:
            values[name] = value
    return values
