"""One scalar → the wire value of its field. Raises Fault for text that the type of the field does not take."""

from __future__ import annotations

import re
from typing import Any

from smith_topology.core.file import findings
from smith_topology.core.file.document import MappingNode, Node, ScalarNode, SequenceNode
from smith_topology.core.file.report import Fault
from smith_topology.core.file.suggest import choices, meant, shown
from smith_topology.core.file.written import written_item
from smith_topology.core.kinds.fields import MAX_TEXT_BYTES, Field, Type
from smith_topology.core.times import instant
from smith_topology.core.units import INT64_MAX, AsWritten, UnitError, parse_duration, parse_size

TIME_PATTERN = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
INTEGER_PATTERN = r"^[-+]?[0-9]+(_[0-9]+)*$"

_INTEGER = re.compile(INTEGER_PATTERN[:-1] + r"\Z")
_TIME = re.compile(TIME_PATTERN[:-1] + r"\Z")
_LOOSE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d)(:\d\d)?(\.\d{1,9})?)?\s*([Zz]|[+-]\d\d:?\d\d)?\Z", re.ASCII)
_OTHER_BASE = re.compile(r"0([oO]?[0-7_]+|[xX][0-9a-fA-F_]+|[bB][01_]+)\Z")
_EXPONENT = re.compile(r"([0-9]{1,3})(?:\.0*)?[eE]\+?([0-9]{1,2})\Z")
_EARLIEST, _LATEST = instant("0001-01-01T00:00:00Z"), instant("9999-12-31T23:59:59.999999999Z")
"""The server can't write other years into an answer (10104, 2.11 to 2.15)."""
_LONGEST_NUMBER = 40
_BOOLEANS = {"true": True, "false": False}
_EXPECTED = {
    Type.TEXT: "text",
    Type.SUBJECT: "a subject such as `orders.>`",
    Type.BOOLEAN: "`true` or `false`",
    Type.INTEGER: "a whole number",
    Type.SIZE: "a size such as `500MiB`",
    Type.DURATION: "a duration such as `30s`",
    Type.TIME: "a time such as `2026-01-01T00:00:00Z`",
    Type.MAP: "a mapping of text to text",
}
_MEANS_TRUE = frozenset(("yes", "y", "on", "true", "1"))
_MEANS_FALSE = frozenset(("no", "n", "off", "false", "0"))


def expected(field: Field) -> str:
    """What to write there, for a message."""
    if field.takes:
        return field.takes
    match field.type:
        case Type.ENUM:
            return choices(field.choices)
        case Type.BLOCK:
            return f"a mapping of {choices(each.name for each in field.fields)}"
        case simple:
            return _EXPECTED[simple]


def found(node: Node) -> str:
    """What is written there, for a message."""
    match node:
        case ScalarNode() if node.is_null:
            return "nothing"
        case ScalarNode():
            return shown(node.text) if node.plain else f"the text {shown(node.text)}"
        case SequenceNode():
            return "a list"
        case MappingNode():
            return "a mapping"


def wrong_type(path: str, node: Node, wanted: str, fix: str = "") -> Fault:
    return Fault(findings.WRONG_TYPE, f"{shown(path)} takes {wanted}; here is {found(node)}.", fix or f"Write {wanted}.")


def bad_value(detail: str, fix: str) -> Fault:
    return Fault(findings.BAD_VALUE, detail, fix)


def read_scalar(field: Field, path: str, node: ScalarNode) -> Any:
    """The wire value of one scalar: integer nanoseconds, integer bytes, RFC 3339 text. ``path`` is for messages.

    Raises Fault for text that the field does not take.
    """
    match field.type:
        case Type.TEXT | Type.SUBJECT:
            return _text(field, path, node.text)
        case Type.ENUM:
            return _choice(field, path, node.text)
        case Type.BOOLEAN:
            return read_boolean(path, node)
        case Type.INTEGER:
            return _within(field, path, read_integer(path, node))
        case Type.SIZE:
            return _within(field, path, _size(path, node))
        case Type.DURATION:
            return _within(field, path, _duration(path, node.text))
        case Type.TIME:
            return _time(path, node.text)
        case Type.MAP | Type.BLOCK:
            raise wrong_type(path, node, expected(field))


def read_boolean(path: str, node: ScalarNode) -> bool:
    """The value of a plain ``true`` or ``false``. Raises Fault for everything else, YAML 1.1's ``yes`` included."""
    if node.plain and node.text in _BOOLEANS:
        return _BOOLEANS[node.text]
    word = node.text.lower()
    meant_word = "true" if word in _MEANS_TRUE else "false" if word in _MEANS_FALSE else ""
    quotes = "" if node.plain else ", without quotes"
    raise wrong_type(path, node, "`true` or `false`", meant_word and f"Write `{meant_word}`{quotes}.")


def read_integer(path: str, node: ScalarNode) -> int:
    """A decimal number, ``_`` allowed between digits. Raises Fault for anything else.

    A leading 0 is refused, since YAML 1.1 and 1.2 read it as different numbers.
    """
    text = node.text
    if len(text) > _LONGEST_NUMBER:
        raise bad_value(f"{shown(path)} is {shown(text)}; the server counts up to {INT64_MAX}.", "Write a smaller number.")
    if advice := _decimal_advice(text):
        raise wrong_type(path, node, "a whole number in decimal", advice)
    if not _INTEGER.match(text):
        raise wrong_type(path, node, "a whole number")
    if not node.plain:
        raise wrong_type(path, node, "a whole number", f"Write `{text}` without quotes.")
    return int(text)


def _decimal_advice(text: str) -> str:
    if text != "0" and (based := _OTHER_BASE.match(text)):
        digits = text.replace("_", "")
        if digits.strip("0") == "":
            return "Write `0`."
        if based[1][0] not in "xXbBoO":
            return f"Write `{int(digits, 8)}`, or `{int(digits)}` if it is decimal already."
        return f"Write `{int(digits, 0)}`."
    if scientific := _EXPONENT.match(text):
        return f"Write `{int(scientific[1]) * 10 ** int(scientific[2])}`."
    return ""


def _text(field: Field, path: str, text: str) -> str:
    longest = field.maximum or MAX_TEXT_BYTES
    if (size := len(text.encode())) > longest:
        raise bad_value(f"{shown(path)} has {size} bytes; at most {longest} are allowed.", "Shorten it.")
    return text


def _choice(field: Field, path: str, text: str) -> str:
    if text in field.choices:
        return text
    raise Fault(findings.UNKNOWN_VALUE, f"{shown(path)} can't be {shown(text)}.", meant(text, field.choices))


def _size(path: str, node: ScalarNode) -> int:
    text = node.text
    try:
        if len(text) <= _LONGEST_NUMBER and "_" in text and _INTEGER.match(text):
            return AsWritten(int(text), text)
        return parse_size(text)
    except UnitError as error:
        raise bad_value(f"{shown(path)} is {shown(text)}, which is not a size.", str(error)) from None


def _duration(path: str, text: str) -> int:
    try:
        return parse_duration(text)
    except UnitError as error:
        raise bad_value(f"{shown(path)} is {shown(text)}, which is not a duration.", str(error)) from None


def _time(path: str, text: str) -> str:
    try:
        if _TIME.match(text):
            if not _EARLIEST <= instant(text) <= _LATEST:
                raise bad_value(f"{shown(path)} is {shown(text)}, which is not in the years 1 to 9999 of UTC.", "Write another.")
            return text
    except ValueError:  # the 30th of February
        raise bad_value(f"{shown(path)} is {shown(text)}; the calendar has no such day.", "Write a day that exists.") from None
    raise bad_value(f"{shown(path)} is {shown(text)}; a time needs a date, `T`, a time of day and a zone.", _time_advice(text))


def _time_advice(text: str) -> str:
    loose = _LOOSE_TIME.match(text.strip())
    if not loose:
        return "Write it as `2026-01-01T00:00:00Z`, or with `+02:00` instead of `Z`."
    day, clock, seconds, fraction, zone = loose.groups()
    zone = (zone or "Z").upper()
    if len(zone) == len("+0200"):
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"Write `{day}T{clock or '00:00'}{seconds or ':00'}{fraction or ''}{zone}`."


def bounds(field: Field) -> tuple[int, int]:
    """The smallest and largest wire value (nanoseconds, bytes, a number). A duration may always be 0 besides."""
    smallest = field.minimum
    if smallest is None:
        smallest = 0 if field.type is Type.DURATION else -1
    return -1 if field.unlimited else smallest, INT64_MAX if field.maximum is None else field.maximum


def _within(field: Field, path: str, value: int) -> int:
    smallest, largest = bounds(field)
    if value == -1 and field.type is Type.DURATION and field.unset:
        return 0
    if smallest <= value <= largest or (value == 0 and field.type is Type.DURATION):
        return value
    actual, least, most = (f"`{written_item(field, each)}`" for each in (value, smallest, largest))
    at_most = "" if largest == INT64_MAX else f" and at most {most}"
    or_zero = ", or `0`" if field.type is Type.DURATION and smallest > 0 else ""
    if value > largest:
        advice = f"Write at most {most}."
    elif value == -1 and (smallest == 0 or field.type is Type.DURATION):
        advice = "Write `0`, or leave it out."
    else:
        advice = f"Write at least {least}."
    raise bad_value(f"{shown(path)} is {actual}; it must be at least {least}{at_most}{or_zero}.", advice)
