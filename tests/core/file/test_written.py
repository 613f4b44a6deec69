"""Wire values → YAML text → the same wire values, for every field, and for text that YAML would read as something else."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smith_topology.core.file.document import MappingNode, compose
from smith_topology.core.file.keys import TABLES
from smith_topology.core.file.report import Report
from smith_topology.core.file.scalars import bounds
from smith_topology.core.file.values import FieldReader
from smith_topology.core.file.written import written, written_json, written_text
from smith_topology.core.kinds.fields import Field, Type
from smith_topology.core.kinds.marks import OURS, SERVERS
from smith_topology.core.model import Kind
from smith_topology.core.units import INT64_MAX, AsWritten

TEXTS = st.text("aNx01e_ .:#-?,[]{}&*!|>'\"%@`\\~=<$+é🙂\t\n\r\0\x07\x7f\x85\xa0\u2028\ufeff\ue000", max_size=8)
MISREAD = [
    *("", " ", " a", "a ", "yes", "No", "ON", "y", "true", "null", "~", "0x10", "0o17", "0b1", "017", "1e3", "1_000", "1:30"),
    *("-1", "+5", ".5", "1.", ".inf", "-.INF", ".NaN", "2001-01-01", "2001-01-01T00:00:00Z", "=", "<<", "---", "...", "a: b"),
    *("a #b", "#a", "a:", "a,b", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "? a", "- a", "%a", "@a", "`a`", "'a'", '"a"'),
    *("a\nb", "\ta", "\x00", "\x85", "\u2028", "\ufeff", "a'b\n", '\\\n"', "a?b"),
]  # fmt: skip
TIMES = st.builds(
    lambda moment, fraction, zone: f"{moment.isoformat(timespec='seconds')}{fraction}{zone}",
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001  # the zone is added as text
    st.sampled_from(["", ".5", ".123456789"]),
    st.sampled_from(["Z", "+02:00", "-09:30"]),
)


def numbers(smallest: int, largest: int) -> st.SearchStrategy[int]:
    """Round ones too: 1h30m, 500MiB."""
    scales = st.sampled_from([1, 1000, 1024, 10**6, 2**20, 10**9, 60 * 10**9, 3600 * 10**9, 2**40])
    rounded = st.builds(lambda count, scale: count * scale, st.integers(0, 5000), scales)
    return st.integers(smallest, largest) | rounded.map(lambda value: max(smallest, min(value, largest)))


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """The wire values that the field can hold."""
    one = items_of(field)
    return st.lists(one, max_size=3) if field.many else one


def items_of(field: Field) -> st.SearchStrategy[Any]:
    match field.type:
        case Type.TEXT | Type.SUBJECT:
            return TEXTS.filter(bool) if field.required else TEXTS
        case Type.BOOLEAN:
            return st.booleans()
        case Type.INTEGER | Type.SIZE:
            return numbers(*bounds(field))
        case Type.DURATION:
            return numbers(*bounds(field)) | st.just(0)
        case Type.TIME:
            return TIMES
        case Type.ENUM:
            return st.sampled_from(list(field.choices))
        case Type.MAP:
            return st.dictionaries(TEXTS.filter(lambda key: not key.startswith((OURS, SERVERS))), TEXTS, max_size=3)
        case Type.BLOCK:
            members = {each.name: values_of(each) for each in field.fields}
            required = {each.name: members.pop(each.name) for each in field.fields if each.required}
            return st.fixed_dictionaries(required, optional=members)


def read(field: Field, text: str) -> Any:
    """The wire value of text as this field, in a block and in a flow mapping; both are the same."""
    values = []
    for document in (f"{field.name}: {text}\n", f"{{{field.name}: {text}}}"):
        report = Report("t.yaml")
        root = compose(document.encode(), report)
        assert isinstance(root, MappingNode), document
        values.append(FieldReader(report).body({field.name: field}, root.entries).config[field.name])
        assert not report.diagnostics(), document
    assert values[0] == values[1]
    return values[0]


@pytest.mark.parametrize("kind", TABLES, ids=str)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_for_a_field_is_read_as_the_same_value(kind: Kind, data: st.DataObject) -> None:
    for name, field in TABLES[kind].items():
        value = data.draw(values_of(field), label=name)
        again = read(field, written(field, value))

        assert again == value, name
        assert type(again) is type(value) or isinstance(again, AsWritten), name


def as_yaml_1_1(text: str) -> Any:
    return yaml.safe_load(f"[{text}]")[0]


TEXT = Field("a", Type.TEXT, "")


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_any_text_is_read_as_that_text(text: str) -> None:
    assert read(TEXT, written_text(text)) == text
    assert as_yaml_1_1(written_text(text)) == text


@pytest.mark.parametrize("text", MISREAD)
def test_text_that_yaml_reads_as_something_else_is_in_quotes(text: str) -> None:
    assert written_text(text)[0] in "'\""
    assert read(TEXT, written_text(text)) == text
    assert as_yaml_1_1(written_text(text)) == text


@pytest.mark.parametrize(
    "text", ["a", "orders.>", "a.*.b", "$JS.hub.API", "30 messages", "a\\b", "ä-ö_1", "./x", "30s", "it's"]
)
def test_other_text_is_not(text: str) -> None:
    assert written_text(text) == text
    assert read(TEXT, text) == as_yaml_1_1(text) == text


def test_every_character_is_read_as_itself() -> None:
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x11000), sys.maxunicode)))

    assert read(replace(TEXT, maximum=5 * sys.maxunicode), written_text(text)) == text
    assert written_text(text).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-INT64_MAX, INT64_MAX) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=20, deadline=None)
@given(JSON)
def test_json_without_a_field_is_read_as_the_same_value(value: Any) -> None:
    report = Report("t.yaml")
    node = compose(f"[{written_json(value)}]".encode(), report)
    assert node is not None
    again = FieldReader(report).free("extra", node, report.start)

    assert again == [value]
    assert repr(again) == repr([value])
    assert not report.diagnostics()


@pytest.mark.parametrize("key", ["k" * 1000, "k" * 1001, "it's: " * 200])
def test_a_long_key_of_a_map_is_read_back(key: str) -> None:
    """A parser gives up on a key of more than 1024 characters that does not start with ``?``."""
    field = TABLES[Kind.STREAM]["metadata"]

    assert read(field, written(field, {key: "v", "b": "w"})) == {key: "v", "b": "w"}


@pytest.mark.parametrize(
    ("kind", "name", "value", "text"),
    [
        (Kind.STREAM, "max_age", 5_400_000_000_000, "90m"),
        (Kind.STREAM, "max_age", 0, "0"),
        (Kind.STREAM, "max_bytes", 524_288_000, "500MiB"),
        (Kind.STREAM, "max_bytes", -1, "-1"),
        (Kind.STREAM, "subjects", ["orders.>", "*.a", "on"], "[orders.>, '*.a', 'on']"),
        (Kind.STREAM, "no_ack", True, "true"),
        (Kind.STREAM, "storage", "memory", "memory"),
        (Kind.STREAM, "mirror", {"name": "A", "external": {"api": "$JS.hub.API"}}, "{name: A, external: {api: $JS.hub.API}}"),
        (Kind.STREAM, "metadata", {"team": "1", "a b": "x: y"}, "{team: '1', a b: 'x: y'}"),
        (Kind.CONSUMER, "backoff", [1_000_000_000, 0], "[1s, 0]"),
        (Kind.CONSUMER, "pause_until", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_it_is_what_a_person_would_write(kind: Kind, name: str, value: Any, text: str) -> None:
    assert written(TABLES[kind][name], value) == text
