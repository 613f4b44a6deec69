"""What each answer of the JetStream API has to look like, checked before anything is read from it.

What answers may not be a server: an import of another account, a proxy, a fault. Nothing behind this door meets a null where it
reads an object, or text where it counts. Fields that are not listed here are not looked at.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, Type
from smith_topology.core.model import MAX_NAME_BYTES, Kind, is_name
from smith_topology.core.times import instant

Check: TypeAlias = Callable[[Any], str]
"""What is wrong with a value, after the path to it: ``.config is null, not an object``. ``""`` if nothing is."""
LONGEST_SHOWN = 40


def fault(endpoint: str, answer: Mapping[str, Any]) -> str:
    """What is wrong with an answer of this endpoint; ``""`` if nothing is."""
    start, check = next(((start, check) for start, check in ANSWERS.items() if endpoint.startswith(start)), ("", None))
    if check is None:
        return ""
    return (check(answer) or _of_another(start, endpoint.rpartition(".")[2], answer)).removeprefix(".")


def _of_another(start: str, asked: str, answer: Mapping[str, Any]) -> str:
    """Whether it is an object of another name than the one that was asked for."""
    if start not in OBJECTS:
        return ""
    path, found = (".config.name", answer["config"]["name"]) if start.startswith("STREAM") else (".name", answer["name"])
    return "" if found == asked else f"{path} is {_shown(found)}, not {asked!r}"


def _is_a(noun: str, *types: type) -> Check:
    return lambda value: "" if type(value) in types else f" is {_shown(value)}, not {noun}"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            text = repr(value)
            return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _count(value: Any) -> str:
    return "" if type(value) is int and value >= 0 else f" is {_shown(value)}, not a count"


def _name(value: Any) -> str:
    fits = isinstance(value, str) and is_name(value) and len(value.encode(errors="replace")) <= MAX_NAME_BYTES
    return "" if fits else f" is {_shown(value)}, not a name"


def _instant(value: Any) -> str:
    try:
        instant(value)
    except (TypeError, ValueError, AttributeError):
        return f" is {_shown(value)}, not a time"
    return ""


def _base64(value: Any) -> str:
    try:
        b64decode(value)
    except (TypeError, ValueError):
        return f" is {_shown(value)}, not base64"
    return ""


def _or_null(check: Check) -> Check:
    return lambda value: "" if value is None else check(value)


def _list(check: Check) -> Check:
    def checked(value: Any) -> str:
        if type(value) is not list:
            return f" is {_shown(value)}, not a list"
        return next((f".{place}{wrong}" for place, each in enumerate(value) if (wrong := check(each))), "")

    return checked


def _map(check: Check) -> Check:
    def checked(value: Any) -> str:
        if type(value) is not dict:
            return f" is {_shown(value)}, not an object"
        return next((f".{_shown(key)}{wrong}" for key, each in value.items() if (wrong := check(each))), "")

    return checked


def _object(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these members. Optional ones may be null."""
    members = {**required, **{name: _or_null(check) for name, check in (optional or {}).items()}}

    def checked(value: Any) -> str:
        if type(value) is not dict:
            return f" is {_shown(value)}, not an object"
        for name, check in members.items():
            if name not in value:
                if name in required:
                    return f".{name} is missing"
            elif wrong := check(value[name]):
                return f".{name}{wrong}"
        return ""

    return checked


_text, _number, _flag = _is_a("text", str), _is_a("a whole number", int), _is_a("true or false", bool)
_CHECKS: Mapping[type, Check] = {str: _text, int: _number, bool: _flag}


def _scalar(field: Field) -> type | None:
    """The Python type of a field's single values; None where they are objects, or lists."""
    if field.many or field.type in (Type.MAP, Type.BLOCK):
        return None
    return _type_of(field)


def _type_of(field: Field) -> type:
    if field.type is Type.BOOLEAN:
        return bool
    return int if field.type in (Type.INTEGER, Type.DURATION, Type.SIZE) else str


def _field(field: Field) -> Check:
    match field.type:
        case Type.BLOCK:
            named = {"name": _text} if field.name in ("mirror", "sources") else {}
            check = _configuration(field.fields, **named)
        case Type.MAP:
            check = _map(_text)
        case _:
            check = _CHECKS[_type_of(field)]
    return _or_null(_list(check) if field.many else check)


def _configuration(fields: tuple[Field, ...], **more: Check) -> Check:
    """The fields of a kind's table, each of its type or null. Fields that the table lacks may be anything."""
    checks = {field.name: _field(field) for field in fields}
    scalars = {field.name: _scalar(field) for field in fields}

    def checked(config: Any) -> str:
        if type(config) is not dict:
            return f" is {_shown(config)}, not an object"
        for name, value in config.items():
            if type(value) is scalars.get(name):  # most are, and a list holds 100,000s of them
                continue
            if (check := checks.get(name)) and (wrong := check(value)):
                return f".{name}{wrong}"
        return required(config)

    required = _object(more)
    return checked


_cluster = _object({}, {"name": _text, "leader": _text, "replicas": _list(_object({"name": _text}))})
_state = _object(
    {"messages": _count, "bytes": _count, "first_seq": _count, "last_seq": _count},
    {
        "first_ts": _instant,
        "last_ts": _instant,
        "num_deleted": _count,
        "consumer_count": _count,
        "deleted": _list(_count),
        "subjects": _map(_count),
    },
)
_stream = _object(
    {"config": _configuration(RULES[Kind.STREAM].fields, name=_name), "created": _text, "state": _state},
    {"cluster": _cluster, "ts": _instant, "total": _count},
)
_position = _object({"consumer_seq": _count, "stream_seq": _count})
_consumer = _object(
    {"name": _name, "config": _configuration(RULES[Kind.CONSUMER].fields), "created": _text, "num_pending": _count},
    {"num_ack_pending": _count, "num_redelivered": _count, "delivered": _position, "ack_floor": _position, "cluster": _cluster},
)
_page = {"total": _count, "offset": _count, "limit": _count}
_gaps = {"missing": _list(_name), "offline": lambda value: _list(_name)(list(value) if type(value) is dict else value)}
_most = ("max_memory", "max_storage", "max_streams", "max_consumers", "max_ack_pending")
_each = ("memory_max_stream_bytes", "storage_max_stream_bytes")
_limits = _object({}, {**dict.fromkeys((*_most, *_each), _number), "max_bytes_required": _flag})
_tiers = _map(_object({}, {"limits": _limits}))
_message = _object({"subject": _text, "seq": _count, "time": _instant}, {"data": _base64, "hdrs": _base64})
_user = _object({}, {"account": _text, "account_name": _text})

ANSWERS: Mapping[str, Check] = {
    "INFO": _object({}, {"limits": _limits, "tiers": _tiers, "api": _object({}, {"level": _count}), "domain": _text}),
    "$SYS.REQ.USER.INFO": _object({}, {"data": _user, "server": _object({}, {"time": _instant})}),
    "STREAM.NAMES": _object(_page, {"streams": _list(_name)}),
    "STREAM.LIST": _object(_page, {"streams": _list(_stream), **_gaps}),
    "STREAM.INFO.": _stream,
    "STREAM.CREATE.": _stream,
    "STREAM.UPDATE.": _stream,
    "STREAM.MSG.GET.": _object({"message": _message}),
    "CONSUMER.NAMES.": _object(_page, {"consumers": _list(_name)}),
    "CONSUMER.LIST.": _object(_page, {"consumers": _list(_consumer), **_gaps}),
    "CONSUMER.INFO.": _consumer,
    "CONSUMER.CREATE.": _consumer,
}
"""The check for each endpoint, by how its subject begins below the API prefix."""
OBJECTS = tuple(start for start, check in ANSWERS.items() if check in (_stream, _consumer))
