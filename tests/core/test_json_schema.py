"""The schema is what the code says, and says what the parser says wherever a schema can say it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from smith_topology.core.file.document import MappingNode, Node, ScalarNode, SequenceNode, compose
from smith_topology.core.file.findings import EMPTY_TOPOLOGY
from smith_topology.core.file.json_schema import schema
from smith_topology.core.file.keys import FILE_KEYS, OWN_KEYS, TABLES
from smith_topology.core.file.report import Report
from smith_topology.core.file.topology import parse
from smith_topology.core.kinds.fields import FIRST, Field, Type, walk
from smith_topology.core.model import Kind, Resource, Severity

COMMITTED = Path(__file__).parents[2] / "schemas" / "topology.schema.json"
DOCUMENT = schema()
VALIDATOR = Draft202012Validator(DOCUMENT)
WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def as_yaml_1_2(node: Node | None) -> Any:
    """What an editor makes of the text: the core schema of YAML 1.2."""
    match node:
        case MappingNode():
            return {key: as_yaml_1_2(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [as_yaml_1_2(item) for item in node.items]
        case ScalarNode(text=text, plain=True) if re.fullmatch(r"[-+]?[0-9]+", text):
            return int(text)
        case ScalarNode(text=text, plain=True) if re.fullmatch(r"[-+]?[0-9]+\.[0-9]*", text):
            return float(text)
        case ScalarNode(plain=True):
            return None if node.is_null else WORDS.get(node.text, node.text)
        case ScalarNode():
            return node.text
        case None:
            return None


def schema_takes(text: str) -> bool:
    return VALIDATOR.is_valid(as_yaml_1_2(compose(text.encode(), Report("t"))))


def parser_takes(text: str) -> bool:
    """Whether the parser takes a file, which need not be the only one: an empty one is no fault here."""
    topology, found = parse([("t", text.encode())])
    faults = {each.code for each in found if each.severity in (Severity.ERROR, Severity.REFUSAL)}
    return topology is not None or faults == {EMPTY_TOPOLOGY.code}


def in_stream(fields: str) -> str:
    return f"version: 1\nname: n\nstreams: {{A: {fields}}}"


def in_consumer(fields: str) -> str:
    return in_stream(f"{{consumers: {{c: {fields}}}}}")


def test_the_committed_schema_is_the_one_the_code_makes() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == schema()


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(DOCUMENT)


def described(kind: Kind) -> Iterator[tuple[Field, dict[str, Any]]]:
    """Every field with its path in the schema, blocks and their members included."""
    for path, field in walk(tuple(TABLES[kind].values())):
        here = DOCUMENT["$defs"][kind.value]
        for name in path.split("."):
            here = here.get("items", here)["properties"][name]
        yield field, here


@pytest.mark.parametrize("kind", TABLES)
def test_every_key_that_is_no_field_is_described_and_sets_an_attribute_of_a_resource(kind: Kind) -> None:
    there = DOCUMENT["$defs"][kind.value]["properties"]
    attributes = {each.name for each in dataclasses.fields(Resource)}

    for name, key in OWN_KEYS[kind].items():
        assert there[name]["description"].startswith(key.field.doc)
        assert (name in attributes) == (key.read is not None)
    assert set(there) == {*TABLES[kind], *OWN_KEYS[kind]}
    assert list(DOCUMENT["properties"]) == list(FILE_KEYS)


@pytest.mark.parametrize("kind", TABLES)
def test_every_field_has_its_description_default_unit_and_server_version(kind: Kind) -> None:
    for field, there in described(kind):
        assert there["description"].startswith(field.doc)
        assert not field.default_text or f"Default: {field.default_text}." in there["description"]
        assert field.default is None or there["default"] == field.default
        assert field.since == FIRST or there["x-since"] == str(field.since)
        assert ("x-unit" in there) == (field.type in (Type.DURATION, Type.SIZE))
        newer = [choice for choice, since in field.choices.items() if since > max(field.since, FIRST)]
        assert all(f"`{choice}` needs server {field.choices[choice]}." in there["description"] for choice in newer)


VALID = [
    "version: 1\nname: n\nstreams: {OBJ_a: {subjects: [a]}, KV_a: {mirror: {name: A}}, KV_b: {subjects: [b], consumers: {c: }}}",
    in_stream(""),
    in_stream("{max_age: 6h, max_bytes: 500MiB, max_msgs: 1_000, max_msg_size: -1}"),
    in_stream("{max_age: -1, subject_delete_marker_ttl: '-1'}"),
    in_stream("{max_age: 0, max_bytes: 1024, description: on, no_ack: ~, storage: null}"),
    in_stream("{max_age: '1w2d3h4m5s6ms7us8ns', duplicate_window: 1.5s}"),
    in_stream("{description: 5, subjects: [a, 1, true, '>'], metadata: {a: 1, b: ~, c: x}}"),
    in_stream("{sources: [{name: X, external: {api: a}, subject_transforms: [{dest: b}]}], placement: {tags: []}}"),
    in_stream("{protect: true, ignore_changes: [num_replicas], extra: {new: {a: [1, ~]}}}"),
    in_consumer("{ack_policy: explicit, backoff: [1s, 0], pause_until: 2026-01-01T00:00:00.123456789+02:00}"),
    "version: 1\nname: 1\ntarget: {cluster: 5, account: ~}\ndefaults: {stream: ~, consumer: {ack_wait: 1m}}\nstreams: {A: }",
]
INVALID = [
    "[]",
    "name: n\nstreams: {A: }",
    "version: 2\nname: n\nstreams: {A: }",
    "version: 1\nname: a b\nstreams: {A: }",
    "version: 1\nname: n\nfoo: 1\nstreams: {A: }",
    "version: 1\nname: n\ntarget: {x: 1}\nstreams: {A: }",
    "version: 1\nname: n\ndefaults: {streams: {}}\nstreams: {A: }",
    "version: 1\nname: n\ndefaults: {stream: {protect: true}}\nstreams: {A: }",
    "version: 1\nname: n\nstreams: {a.b: }",
    "version: 1\nname: n\nstreams: {KV_a: }",
    "version: 1\nname: n\nstreams: {OBJ_a: }",
    "version: 1\nname: n\nstreams: {OBJ_a: {subjects: [a, $O.a.C.>]}}",
    "version: 1\nname: n\nstreams: {KV_a: {max_age: 5}}",
    "version: 1\nname: n\nstreams: {$MQTT_a: {subjects: [a]}}",
    f"version: 1\nname: n\nstreams: {{{'a' * 256}: }}",
    in_stream("5"),
    in_stream("{name: B}"),
    in_stream("{max_mgs: 5}"),
    in_stream("{max_age: 30}"),
    in_stream("{duplicate_window: -1}"),
    in_stream("{max_age: 30m1h}"),
    in_stream("{max_age: ''}"),
    in_stream("{max_bytes: 5M}"),
    in_stream("{max_bytes: 1.5}"),
    in_stream("{max_bytes: -2}"),
    in_stream("{max_msgs: 1.5}"),
    in_stream("{max_msgs: -2}"),
    in_stream("{max_msgs: '5'}"),
    in_stream("{num_replicas: 6}"),
    in_stream("{no_ack: yes}"),
    in_stream("{no_ack: 'true'}"),
    in_stream("{storage: disk}"),
    in_stream("{subjects: a}"),
    in_stream("{subjects: [~]}"),
    in_stream("{subjects: [[a]]}"),
    in_stream(f"{{description: {'a' * 4097}}}"),
    in_stream("{placement: {tag: []}}"),
    in_stream("{mirror: {}}"),
    in_stream("{mirror: {name: ~}}"),
    in_stream("{metadata: {smith-topo.owner: a}}"),
    in_stream("{metadata: {_nats.x: a}}"),
    in_stream("{metadata: {a: [b]}}"),
    in_stream("{protect: on}"),
    in_stream("{ignore_changes: [foo]}"),
    in_stream("{ignore_changes: protect}"),
    in_stream("{extra: {max_age: 5}}"),
    in_stream("{extra: {name: 5}}"),
    in_stream("{extra: []}"),
    in_consumer("{protect: 1}"),
    in_consumer("{consumers: {}}"),
    in_consumer("{opt_start_time: 2026-01-01}"),
    in_consumer("{opt_start_time: 2026-13-01T00:00:00Z}"),
    in_consumer("{opt_start_time: 2026-01-01T00:00:00}"),
    in_consumer("{backoff: 5s}"),
]


@pytest.mark.parametrize(("text", "valid"), [*((text, True) for text in VALID), *((text, False) for text in INVALID)])
def test_schema_and_parser_agree(text: str, valid: bool) -> None:
    assert (schema_takes(text), parser_takes(text)) == (valid, valid)


SCALARS = st.sampled_from([
    *("~", "true", "yes", "on", "'true'", "5", "-1", "0", "2.5", "1_000", "30s", "'30s'", "1h30m", "1:30", "1mb", "5MiB"),
    *("file", "explicit", "none", "a.b", "'x'", "''", "2026-01-01T00:00:00Z", "2026-01-01"),
])  # fmt: skip
KEYS = st.sampled_from(sorted({path.rpartition(".")[2] for table in TABLES.values() for path, _ in walk(tuple(table.values()))}))
OTHER_KEYS = st.sampled_from(
    ["external", "name", "protect", "ignore_changes", "extra", "consumers", "nope", "smith-topo.owner", "KV_a"]
)


def flow(entries: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in dict(entries).items()) + "}"


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(KEYS | OTHER_KEYS, inner), max_size=3).map(flow),
    ),
    max_leaves=6,
)


def of_type(field: Field) -> st.SearchStrategy[str]:
    """Mostly what the field takes."""
    match field.type:
        case Type.ENUM:
            one = st.sampled_from(list(field.choices))
        case Type.BOOLEAN:
            one = st.sampled_from(["true", "false"])
        case Type.INTEGER | Type.SIZE:
            one = st.sampled_from(["0", "1", "5", "-1", "1_000"])
        case Type.DURATION:
            one = st.sampled_from(["0", "30s", "1h30m"])
        case Type.TIME:
            one = st.just("2026-01-01T00:00:00Z")
        case Type.TEXT | Type.SUBJECT:
            one = st.sampled_from(["a.b", "5", "on"])
        case Type.MAP:
            one = st.just("{team: a}")
        case Type.BLOCK:
            one = bodies(field.fields)
    return st.lists(one, max_size=2).map(lambda items: f"[{', '.join(items)}]") if field.many else one


@cache
def bodies(fields: tuple[Field, ...]) -> st.SearchStrategy[str]:
    """Some of the fields, sometimes with a value of anything, sometimes beside a key of anything."""
    of_types = {field: of_type(field) for field in fields}
    one = st.one_of([st.tuples(st.just(field.name), typed | typed | VALUES) for field, typed in of_types.items()])
    needed = [st.tuples(st.just(field.name), typed) for field, typed in of_types.items() if field.required]
    stray = st.lists(st.tuples(KEYS | OTHER_KEYS, VALUES), max_size=1)
    return st.builds(lambda a, b, c: flow([*a, *b, *c]), st.tuples(*needed), st.lists(one, max_size=3), stray)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies(tuple(TABLES[Kind.STREAM].values())), bodies(tuple(TABLES[Kind.CONSUMER].values())))
def test_schema_and_parser_agree_on_whatever_is_written(of_stream: str, of_consumer: str) -> None:
    for text in (in_stream(of_stream), in_consumer(of_consumer)):
        assert schema_takes(text) == parser_takes(text), text
