"""Texts → Topology: what values and defaults come to, and every message for what is wrong, told in one run."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from smith_topology.core.file.keys import TABLES
from smith_topology.core.file.scalars import expected
from smith_topology.core.file.topology import parse
from smith_topology.core.kinds.fields import Type, walk
from smith_topology.core.model import Diagnostic, Resource, Severity, Topology, consumer_address, stream_address

HEAD = "version: 1\nname: smith\n"


def parsed(*texts: str) -> tuple[Topology | None, tuple[Diagnostic, ...]]:
    return parse([(f"{'abc'[number]}.yaml", text.encode()) for number, text in enumerate(texts)])


def topology(*texts: str) -> Topology:
    whole, found = parsed(*texts)
    assert not found
    assert whole is not None
    return whole


def stream(fields: str, name: str = "A") -> Resource:
    return topology(f"{HEAD}streams:\n  {name}: {fields}\n").resources[stream_address(name)]


def written(resource: Resource, path: str) -> tuple[int, int] | None:
    """The line and column where this is written."""
    span = resource.written(path)
    return (span.line, span.column) if span else None


def consumer(fields: str) -> Resource:
    return topology(f"{HEAD}streams: {{A: {{consumers: {{c: {fields}}}}}}}\n").resources[consumer_address("A", "c")]


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ("{max_age: 6h}", {"max_age": 21_600_000_000_000}),
        ("{max_age: 0}", {"max_age": 0}),
        ("{max_age: '1h30m'}", {"max_age": 5_400_000_000_000}),
        ("{max_bytes: 500MiB}", {"max_bytes": 524_288_000}),
        ("{max_bytes: 1_000}", {"max_bytes": 1000}),
        ("{max_bytes: -1, max_msgs: 0, max_consumers: -1}", {"max_bytes": -1, "max_msgs": 0, "max_consumers": -1}),
        ("{max_msgs: 1_000_000}", {"max_msgs": 1_000_000}),
        ("{max_msgs: +5}", {"max_msgs": 5}),
        ("{no_ack: true, deny_delete: false}", {"no_ack": True, "deny_delete": False}),
        ("{description: on}", {"description": "on"}),
        ("{description: 1:30}", {"description": "1:30"}),
        ("{description: 2026-01-01}", {"description": "2026-01-01"}),
        ("{description: 1.10}", {"description": "1.10"}),
        ("{description: 'null'}", {"description": "null"}),
        ("{description: '', max_age: ~, storage: null}", {"description": ""}),
        ("{subjects: [a.*, no, '>']}", {"subjects": ["a.*", "no", ">"]}),
        ("{storage: memory, persist_mode: 'async'}", {"storage": "memory", "persist_mode": "async"}),
        ("{metadata: {team: 42, live: yes, gone: ~}}", {"metadata": {"team": "42", "live": "yes"}}),
        ("{placement: {cluster: c1, tags: [a, 1]}}", {"placement": {"cluster": "c1", "tags": ["a", "1"]}}),
        (
            "{sources: [{name: X, opt_start_time: '2026-01-01T00:00:00.5+02:00'}, {name: Y, external: {api: $JS.hub.API}}]}",
            {
                "sources": [
                    {"name": "X", "opt_start_time": "2026-01-01T00:00:00.5+02:00"},
                    {"name": "Y", "external": {"api": "$JS.hub.API"}},
                ]
            },
        ),
        ("", {}),
        ("~", {}),
        ("{}", {}),
    ],
)
def test_what_is_written_becomes_wire_values(fields: str, config: dict[str, Any]) -> None:
    assert stream(fields).config == config


NOTHING_ELSE = {"ack_policy": "explicit"}
"""What a consumer that writes nothing has."""


def test_a_list_of_durations_is_one_of_nanoseconds() -> None:
    assert consumer("{backoff: [1s, 5s, 0]}").config["backoff"] == [1_000_000_000, 5_000_000_000, 0]


@pytest.mark.parametrize(("fields", "means"), [("{}", "explicit"), ("{ack_policy: ~}", "explicit"), ("{ack_policy: all}", "all")])
def test_a_consumer_acknowledges_unless_it_says_otherwise(fields: str, means: str) -> None:
    assert consumer(fields).config == {"ack_policy": means}


@pytest.mark.parametrize("name", ["on", "123", "~", "null", "a-b_c", "ä", "K" * 255])
def test_a_name_is_the_text_of_its_key(name: str) -> None:
    assert stream("{}", name).address == stream_address(name)


def test_extra_follows_the_core_rules_of_yaml_1_2() -> None:
    written = "{extra: {a: [1, -2, 0o17, 0x1f, 1.5, 1e3, .5], b: {c: true, d: yes, e: ~}, f: '1', g: 017, h: 1_0, i: 12:30}}"

    assert stream(written).extra == {
        "a": [1, -2, 15, 31, 1.5, 1000.0, 0.5],
        "b": {"c": True, "d": "yes", "e": None},
        "f": "1",
        "g": 17,
        "h": "1_0",
        "i": "12:30",
    }


def test_protection_and_ignored_fields_are_kept_apart_from_the_configuration() -> None:
    resource = consumer("{protect: true, ignore_changes: [num_replicas, metadata]}")

    assert (resource.protect, resource.ignore_changes, resource.config) == (True, ("num_replicas", "metadata"), NOTHING_ELSE)


DEFAULTS = (
    HEAD
    + """\
defaults:
  stream: {storage: memory, max_age: 1h, placement: {cluster: c1, tags: [x]}}
  consumer: {ack_wait: 5s}
streams:
  A:
    max_age: ~
    placement:
      tags: [y]
    consumers: {c: {max_deliver: 3}}
  B: {storage: file}
"""
)


def test_a_resource_takes_what_it_does_not_write_from_the_defaults() -> None:
    """A null takes a default away; a block replaces it whole."""
    resources = topology(DEFAULTS).resources

    assert resources[stream_address("A")].config == {"storage": "memory", "placement": {"tags": ["y"]}}
    assert resources[consumer_address("A", "c")].config == {"ack_wait": 5_000_000_000, "max_deliver": 3, **NOTHING_ELSE}
    assert resources[stream_address("B")].config == {
        "storage": "file",
        "max_age": 3_600_000_000_000,
        "placement": {"cluster": "c1", "tags": ["x"]},
    }


def test_every_field_knows_where_it_is_written() -> None:
    resource = topology(DEFAULTS).resources[stream_address("A")]

    places = {
        "storage": (4, 12),
        "max_age": (8, 5),
        "placement": (9, 5),
        "placement.tags": (10, 7),
        "placement.tags.0": (10, 14),
        **dict.fromkeys(("placement.cluster", "placement.tags.1", "placement.tags.x")),
    }
    assert {path: written(resource, path) for path in places} == places
    assert (resource.span.file, resource.span.line, resource.span.column) == ("a.yaml", 7, 3)


def test_items_of_lists_and_keys_of_maps_have_places_too() -> None:
    resource = stream("{sources: [{name: X}], subjects: [a, b], metadata: {k: v, d.t: w}}")

    columns = {
        "sources": 7,
        "sources.0": 17,
        "sources.0.name": 18,
        "subjects": 29,
        "subjects.0": 40,
        "subjects.1": 43,
        "metadata": 47,
        "metadata.k": 58,
        "metadata.d.t": 64,
    }
    assert {path: written(resource, path) for path in columns} == {path: (4, column) for path, column in columns.items()}


def test_aliases_of_a_list_are_read_once_and_each_has_its_own_place() -> None:
    streams = topology(HEAD + "streams: {A: {subjects: &s [a, b]}, B: {subjects: *s}}").resources
    one, other = streams[stream_address("A")], streams[stream_address("B")]

    assert other.config["subjects"] is one.config["subjects"]
    assert [written(each, "subjects") for each in (one, other)] == [(3, 15), (3, 41)]
    assert [written(each, "subjects.1") for each in (one, other)] == [(3, 32)] * 2


def test_a_mistake_behind_an_alias_is_reported_wherever_it_counts() -> None:
    _, found = parsed(HEAD + "streams: {A: {subjects: &s [{a: 1}]}, B: {subjects: *s}}")

    assert [str(each.address) for each in found] == ["stream.A", "stream.B"]


def test_resources_stand_in_the_order_of_the_file_each_stream_before_its_consumers() -> None:
    whole = topology(HEAD + "streams: {Z: {consumers: {b: , a: }}, A: {consumers: {c: }}}")

    assert [str(address) for address in whole.resources] == [
        "stream.Z",
        "consumer.Z.b",
        "consumer.Z.a",
        "stream.A",
        "consumer.A.c",
    ]


def test_anchors_and_merge_keys_work_between_resources() -> None:
    text = HEAD + "streams:\n  A: &a {storage: memory, max_msgs: 5}\n  B: {<<: *a, max_msgs: 6}\n"

    assert topology(text).resources[stream_address("B")].config == {"storage": "memory", "max_msgs": 6}


def test_several_files_make_one_topology() -> None:
    """``name``, ``target`` and ``defaults`` may stand in one of them, and hold for all."""
    whole = topology(
        "version: 1\ndefaults: {stream: {storage: memory}}\nstreams: {A: }\n",
        "version: 1\nname: smith\ntarget: {cluster: prod, account: X}\nstreams: {B: }\n",
        "version: 1\nname: smith\n",
    )

    assert (whole.name, whole.files) == ("smith", ("a.yaml", "b.yaml", "c.yaml"))
    assert whole.target is not None
    assert (whole.target.cluster, whole.target.account, str(whole.target.span)) == ("prod", "X", "b.yaml:3:1")
    assert {str(address): resource.config for address, resource in whole.resources.items()} == {
        "stream.A": {"storage": "memory"},
        "stream.B": {"storage": "memory"},
    }


def in_stream(fields: str) -> str:
    return f"{HEAD}streams:\n  A: {{{fields}}}\n"


def in_consumer(fields: str) -> str:
    return f"{HEAD}streams:\n  A:\n    consumers:\n      c: {{{fields}}}\n"


TYPE, VALUE, UNKNOWN = ("wrong-type", "Wrong type"), ("bad-value", "Bad value"), ("unknown-value", "Unknown value")
KEY, MISSING = ("unknown-key", "Unknown key"), ("missing-key", "Missing key")
BOOL, NAMED = "`true` or `false`", "Delete it: the name is the key that all this stands under."
SOURCE_KEYS = "`name`, `opt_start_seq`, `opt_start_time`, `filter_subject`, `external`, `subject_transforms` or `consumer`"
ZONED = "; a time needs a date, `T`, a time of day and a zone."
NAME_FIX = "Leave out spaces, control characters and `.`, `*`, `>`, `/`, `\\`."
BUCKET_FIX = "Delete it. A later version of smith-topo will declare buckets."
OWNER_FIX = "Write at most 64 of letters, digits, `-`, `_` and `.`."

NO_MAPPING = "Start with `version: 1`, then `name:` and `streams:`. A file of credentials goes after --creds or --nkey."
REST_OF_KEYS = "`ignore_warnings` or `streams`"
MESSAGES: list[tuple[str, tuple[int, int, tuple[str, str], str, str]]] = [
    ("[a]", (1, 1, TYPE, "A topology file is a mapping; here is a list.", NO_MAPPING)),
    ("s3cret", (1, 1, TYPE, "A topology file is a mapping; here is text.", NO_MAPPING)),
    ("name: a\nstreams: {A: }", (1, 1, MISSING, "The file does not say which format it is in.", "Write `version: 1`.")),
    (
        "version: 1\nstreams: {A: }",
        (
            1,
            1,
            MISSING,
            "No file has a `name`; it is stamped on everything that the topology manages, and tells it from everything else.",
            "Write `name:` and a name that no other topology of the account has.",
        ),
    ),
    (
        "version: 2\nname: a\nstreams: {A: }",
        (1, 1, VALUE, "This program reads version 1; here is `2`.", "Write `version: 1`."),
    ),
    (
        "version: []\nname: a\nstreams: {A: }",
        (1, 1, VALUE, "This program reads version 1; here is a list.", "Write `version: 1`."),
    ),
    (
        "version: '1'\nname: a\nstreams: {A: }",
        (1, 1, VALUE, "This program reads version 1; here is the text `1`.", "Write `version: 1`."),
    ),
    ("version: 1\nname: a b\nstreams: {A: }", (2, 1, VALUE, "`a b` can't be an owner.", OWNER_FIX)),
    ("version: 1\nname: [a]\nstreams: {A: }", (2, 1, TYPE, "`name` takes text; here is a list.", "Write text.")),
    (HEAD + "streams: [A]", (3, 10, TYPE, "`streams` takes a mapping; here is a list.", "Write a mapping.")),
    (HEAD + "stream: {}\nstreams: {A: }", (3, 1, KEY, "`stream` is not a key of a topology file.", "Did you mean `streams`?")),
    (
        HEAD + "zzz: 1\nstreams: {A: }",
        (3, 1, KEY, "`zzz` is not a key of a topology file.", f"Write `version`, `name`, `target`, `defaults`, {REST_OF_KEYS}."),
    ),
    (HEAD + "target: {acount: b}\nstreams: {A: }", (3, 10, KEY, "`acount` is not a key of `target`.", "Did you mean `account`?")),
    (
        HEAD + "target: {cluster: []}\nstreams: {A: }",
        (3, 10, TYPE, "`target.cluster` takes text; here is a list.", "Write text."),
    ),
    (
        HEAD + "defaults: {streams: }\nstreams: {A: }",
        (3, 12, KEY, "`streams` is not a key of `defaults`.", "Did you mean `stream`?"),
    ),
    (
        HEAD + "defaults: {stream: {protect: true}}\nstreams: {A: }",
        (3, 21, KEY, "`protect` is not a key of `defaults.stream`.", "Write it at each stream that needs it."),
    ),
    (HEAD + "streams: {a b: }", (3, 11, ("bad-name", "Bad name"), "`a b` can't name a stream or a consumer.", NAME_FIX)),
    (HEAD + 'streams: {"a\\x01": }', (3, 11, ("bad-name", "Bad name"), "`a\\x01` can't name a stream or a consumer.", NAME_FIX)),
    (
        HEAD + "streams: {A: {consumers: {c.d: }}}",
        (3, 27, ("bad-name", "Bad name"), "`c.d` can't name a stream or a consumer.", NAME_FIX),
    ),
    (
        HEAD + f"streams: {{{'ä' * 128}: }}",
        (3, 11, ("bad-name", "Bad name"), f"`{'ä' * 40}…{'ä' * 15}` has more than 255 bytes.", "Shorten it."),
    ),
    (
        HEAD + "streams: {KV_x: }",
        (
            3,
            11,
            ("bucket-stream", "A bucket declared as a stream"),
            "`KV_x` belongs to a key-value bucket; declared as a plain stream it would lose what makes it a bucket.",
            BUCKET_FIX,
        ),
    ),
    (
        HEAD + "streams: {OBJ_x: }",
        (
            3,
            11,
            ("bucket-stream", "A bucket declared as a stream"),
            "`OBJ_x` belongs to an object bucket; declared as a plain stream it would lose what makes it a bucket.",
            BUCKET_FIX,
        ),
    ),
    (HEAD + "streams: {A: 5}", (3, 14, TYPE, "`stream.A` takes a mapping; here is `5`.", "Write a mapping.")),
    (
        in_stream("max_mgs_per_subject: 1"),
        (4, 7, KEY, "`max_mgs_per_subject` is not a key of a stream.", "Did you mean `max_msgs_per_subject`?"),
    ),
    (in_stream("maxAge: 1h"), (4, 7, KEY, "`maxAge` is not a key of a stream.", "Did you mean `max_age`?")),
    (
        in_stream("ack_wait: 1s"),
        (4, 7, KEY, "`ack_wait` is not a key of a stream.", "It is a key of a consumer: write it there."),
    ),
    (
        in_consumer("max_age: 1s"),
        (6, 11, KEY, "`max_age` is not a key of a consumer.", "It is a key of a stream: write it there."),
    ),
    (in_stream("name: x"), (4, 7, KEY, "`name` is not a key of a stream.", NAMED)),
    (in_consumer("durable_name: x"), (6, 11, KEY, "`durable_name` is not a key of a consumer.", NAMED)),
    (
        in_stream("max_age: 30"),
        (
            4,
            7,
            VALUE,
            "`max_age` is `30`, which is not a duration.",
            "Write the unit: `30s` for seconds, `30m` for minutes, `30h` for hours.",
        ),
    ),
    (
        in_stream("duplicate_window: -1"),
        (4, 7, VALUE, "`duplicate_window` is `-1`; it must be at least `100ms`, or `0`.", "Write `0`, or leave it out."),
    ),
    (
        in_stream("duplicate_window: 1ms"),
        (4, 7, VALUE, "`duplicate_window` is `1ms`; it must be at least `100ms`, or `0`.", "Write at least `100ms`."),
    ),
    (in_consumer("ack_wait: -1"), (6, 11, VALUE, "`ack_wait` is `-1`; it must be at least `0`.", "Write `0`, or leave it out.")),
    (
        in_stream("max_age: [1s]"),
        (4, 7, TYPE, "`max_age` takes a duration such as `30s`; here is a list.", "Write a duration such as `30s`."),
    ),
    (in_stream("max_bytes: 5M"), (4, 7, VALUE, "`max_bytes` is `5M`, which is not a size.", "Write `5MB`.")),
    (
        in_stream("max_msg_size: 4GiB"),
        (
            4,
            7,
            VALUE,
            "`max_msg_size` is `4GiB`; it must be at least `-1` and at most `2147483647B`.",
            "Write at most `2147483647B`.",
        ),
    ),
    (
        in_stream("num_replicas: 6"),
        (4, 7, VALUE, "`num_replicas` is `6`; it must be at least `1` and at most `5`.", "Write at most `5`."),
    ),
    (
        in_stream("num_replicas: 0"),
        (4, 7, VALUE, "`num_replicas` is `0`; it must be at least `1` and at most `5`.", "Write at least `1`."),
    ),
    (in_stream("max_msgs: -2"), (4, 7, VALUE, "`max_msgs` is `-2`; it must be at least `-1`.", "Write at least `-1`.")),
    (in_stream("max_msgs: 0o17"), (4, 7, TYPE, "`max_msgs` takes a whole number in decimal; here is `0o17`.", "Write `15`.")),
    (
        in_stream("max_msgs: 017"),
        (
            4,
            7,
            TYPE,
            "`max_msgs` takes a whole number in decimal; here is `017`.",
            "Write `15`, or `17` if it is decimal already.",
        ),
    ),
    (in_stream("max_msgs: 0x1F"), (4, 7, TYPE, "`max_msgs` takes a whole number in decimal; here is `0x1F`.", "Write `31`.")),
    (in_stream("max_msgs: 00"), (4, 7, TYPE, "`max_msgs` takes a whole number in decimal; here is `00`.", "Write `0`.")),
    (in_stream("max_msgs: 1e3"), (4, 7, TYPE, "`max_msgs` takes a whole number in decimal; here is `1e3`.", "Write `1000`.")),
    (in_stream("max_msgs: many"), (4, 7, TYPE, "`max_msgs` takes a whole number; here is `many`.", "Write a whole number.")),
    (
        in_stream("max_msgs: '5'"),
        (4, 7, TYPE, "`max_msgs` takes a whole number; here is the text `5`.", "Write `5` without quotes."),
    ),
    (
        in_stream(f"max_msgs: {'9' * 60}"),
        (4, 7, VALUE, f"`max_msgs` is `{'9' * 60}`; the server counts up to 9223372036854775807.", "Write a smaller number."),
    ),
    (in_stream("no_ack: yes"), (4, 7, TYPE, f"`no_ack` takes {BOOL}; here is `yes`.", "Write `true`.")),
    (in_stream("no_ack: off"), (4, 7, TYPE, f"`no_ack` takes {BOOL}; here is `off`.", "Write `false`.")),
    (
        in_stream("no_ack: 'true'"),
        (4, 7, TYPE, f"`no_ack` takes {BOOL}; here is the text `true`.", "Write `true`, without quotes."),
    ),
    (in_stream("no_ack: maybe"), (4, 7, TYPE, f"`no_ack` takes {BOOL}; here is `maybe`.", f"Write {BOOL}.")),
    (in_stream("protect: on"), (4, 7, TYPE, f"`protect` takes {BOOL}; here is `on`.", "Write `true`.")),
    (in_stream("protect: []"), (4, 7, TYPE, f"`protect` takes {BOOL}; here is a list.", f"Write {BOOL}.")),
    (in_stream("storage: flie"), (4, 7, UNKNOWN, "`storage` can't be `flie`.", "Did you mean `file`?")),
    (in_stream("storage: disk"), (4, 7, UNKNOWN, "`storage` can't be `disk`.", "Write `file` or `memory`.")),
    (in_consumer("ack_policy: Explicit"), (6, 11, UNKNOWN, "`ack_policy` can't be `Explicit`.", "Did you mean `explicit`?")),
    (
        in_stream("subjects: foo.*"),
        (
            4,
            7,
            TYPE,
            "`subjects` takes a list, each item a subject such as `orders.>`; here is `foo.*`.",
            "Write `subjects: [foo.*]`.",
        ),
    ),
    (
        in_stream("subjects: '*.a'"),
        (
            4,
            7,
            TYPE,
            "`subjects` takes a list, each item a subject such as `orders.>`; here is the text `*.a`.",
            "Write `subjects: ['*.a']`.",
        ),
    ),
    (
        in_stream("sources: {name: x}"),
        (
            4,
            7,
            TYPE,
            f"`sources` takes a list, each item a mapping of {SOURCE_KEYS}; here is a mapping.",
            "Put `- ` before it, one for each item.",
        ),
    ),
    (
        in_stream("subjects: [a, ~]"),
        (
            4,
            21,
            TYPE,
            "`subjects.1` takes a subject such as `orders.>`; here is nothing.",
            "Write the item, or delete it.",
        ),
    ),
    (
        in_stream("subjects: [a, [b]]"),
        (4, 21, TYPE, "`subjects.1` takes a subject such as `orders.>`; here is a list.", "Write a subject such as `orders.>`."),
    ),
    (in_stream("description: {a: b}"), (4, 7, TYPE, "`description` takes text; here is a mapping.", "Write text.")),
    (
        in_stream(f"description: {'ä' * 2049}"),
        (4, 7, VALUE, "`description` has 4098 bytes; at most 4096 are allowed.", "Shorten it."),
    ),
    (
        in_stream("placement: c1"),
        (
            4,
            7,
            TYPE,
            "`placement` takes a mapping of `cluster` or `tags`; here is `c1`.",
            "Write a mapping of `cluster` or `tags`.",
        ),
    ),
    (in_stream("placement: {tag: [a]}"), (4, 19, KEY, "`tag` is not a key of `placement`.", "Did you mean `tags`?")),
    (in_stream("mirror: {filter_subject: a}"), (4, 7, MISSING, "`mirror` needs `name`.", "Write `name`: The origin stream.")),
    (in_stream("sources: [{name: ~}]"), (4, 17, MISSING, "`sources.0` needs `name`.", "Write `name`: The origin stream.")),
    (
        in_stream("metadata: 5"),
        (4, 7, TYPE, "`metadata` takes a mapping of text to text; here is `5`.", "Write a mapping of text to text."),
    ),
    (in_stream("metadata: {a: [b]}"), (4, 18, TYPE, "`metadata.a` takes text; here is a list.", "Write text.")),
    (
        in_stream("metadata: {smith-topo.owner: x}"),
        (
            4,
            18,
            ("reserved-key", "Reserved metadata key"),
            "`smith-topo.owner` belongs to smith-topo.",
            "Choose a key of your own.",
        ),
    ),
    (
        in_stream("metadata: {_nats.level: 1}"),
        (4, 18, ("reserved-key", "Reserved metadata key"), "`_nats.level` belongs to the server.", "Choose a key of your own."),
    ),
    (
        in_consumer("opt_start_time: 2026-01-01"),
        (6, 11, VALUE, f"`opt_start_time` is `2026-01-01`{ZONED}", "Write `2026-01-01T00:00:00Z`."),
    ),
    (
        in_consumer("pause_until: 2026-01-01 10:30"),
        (6, 11, VALUE, f"`pause_until` is `2026-01-01 10:30`{ZONED}", "Write `2026-01-01T10:30:00Z`."),
    ),
    (
        in_consumer("pause_until: 2026-01-01T10:30:00.5+0200"),
        (6, 11, VALUE, f"`pause_until` is `2026-01-01T10:30:00.5+0200`{ZONED}", "Write `2026-01-01T10:30:00.5+02:00`."),
    ),
    (
        in_consumer("pause_until: tomorrow"),
        (
            6,
            11,
            VALUE,
            f"`pause_until` is `tomorrow`{ZONED}",
            "Write it as `2026-01-01T00:00:00Z`, or with `+02:00` instead of `Z`.",
        ),
    ),
    (
        "version: 1\nname: smith\ntarget: {cluster: ''}\nstreams:\n  A:\n",
        (
            3,
            1,
            ("empty-target", "An empty target"),
            "It names no cluster, no account and no domain, so the file could be applied anywhere.",
            "Write `target: {cluster: NAME}`, `{account: NAME}` or `{domain: NAME}`, or leave it out.",
        ),
    ),
    (
        in_stream("mirror: {name: B, external: {api: ''}}"),
        (
            4,
            25,
            ("missing-key", "Missing key"),
            "`mirror.external` needs `api`.",
            "Write `api`: API prefix of the other account or domain, such as `$JS.hub.API`.",
        ),
    ),
    (
        in_consumer("pause_until: 9999-12-31T23:59:59-10:00"),
        (
            6,
            11,
            VALUE,
            "`pause_until` is `9999-12-31T23:59:59-10:00`, which is not in the years 1 to 9999 of UTC.",
            "Write another.",
        ),
    ),
    (
        in_consumer("pause_until: 2026-02-30T00:00:00Z"),
        (6, 11, VALUE, "`pause_until` is `2026-02-30T00:00:00Z`; the calendar has no such day.", "Write a day that exists."),
    ),
    (
        in_stream("ignore_changes: num_replicas"),
        (
            4,
            7,
            TYPE,
            "`ignore_changes` takes a list, each item the name of a field; here is `num_replicas`.",
            "Write `ignore_changes: [num_replicas]`.",
        ),
    ),
    (
        in_stream("ignore_changes: [num_replica]"),
        (4, 24, UNKNOWN, "`ignore_changes.0` can't be `num_replica`.", "Did you mean `num_replicas`?"),
    ),
    (
        in_stream("ignore_changes: [~]"),
        (4, 24, TYPE, "`ignore_changes.0` takes the name of a field; here is nothing.", "Write the item, or delete it."),
    ),
    (in_stream("extra: [a]"), (4, 14, TYPE, "`extra` takes a mapping; here is a list.", "Write a mapping.")),
    (
        in_stream("extra: {max_age: 5}"),
        (
            4,
            15,
            ("known-extra", "A known field in `extra`"),
            "`max_age` is known; in `extra` its value would reach the server unchecked.",
            "Write it as a field of its own, outside `extra`.",
        ),
    ),
    (in_stream("extra: {name: B}"), (4, 15, ("extra-name", "Name in `extra`"), "`name` is sent anyway.", NAMED)),
    (
        in_stream("extra: {new: .inf}"),
        (4, 15, VALUE, "`extra.new` is `.inf`, which JSON can't hold.", "Write a number, or put text in quotes."),
    ),
]


@pytest.mark.parametrize(("text", "wanted"), MESSAGES, ids=map(str, itertools.count()))
def test_every_message_says_where_what_and_what_to_write(text: str, wanted: tuple[int, int, tuple[str, str], str, str]) -> None:
    nothing, [found, *more] = parsed(text)

    assert nothing is None
    assert not more
    assert found.span is not None
    assert found.severity is Severity.ERROR
    assert (found.span.line, found.span.column, (found.code, found.summary), found.detail, found.fix) == wanted


def test_all_errors_come_in_one_run_and_in_the_order_of_the_file() -> None:
    text = "version: 3\nname: smith\nfoo: 1\nstreams:\n  A: {max_age: 5, foo: 1}\n  KV_b: {consumers: {c: {ack_wait: 1}}}\n"

    _, found = parsed(text)

    assert [(each.code, each.span.line if each.span else 0) for each in found] == [
        ("bad-value", 1),
        ("unknown-key", 3),
        ("bad-value", 5),
        ("unknown-key", 5),
        ("bucket-stream", 6),
        ("bad-value", 6),
    ]
    assert str(found[-1].address) == "consumer.KV_b.c"


def test_errors_of_all_files_come_in_one_run() -> None:
    _, found = parsed("a: [\n", HEAD + "streams: {A: {x: 1}}")

    assert [str(each.span) for each in found] == ["a.yaml:2:1", "b.yaml:3:15"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            (HEAD + "streams: {A: {consumers: {c: }}}", HEAD + "streams: {A: {consumers: {c: }}}"),
            (
                "b.yaml:3:11",
                "duplicate-stream",
                "A stream declared twice",
                "stream.A is already declared at a.yaml:3:11; only one of the two could count.",
                "Delete one of them, or join them.",
            ),
        ),
        (
            (HEAD + "streams: {A: }", "version: 1\nname: other\nstreams: {B: }"),
            (
                "b.yaml:2:1",
                "different-name",
                "Files with different `name`",
                "All files make one topology; a.yaml:2:1 says `smith`.",
                "Write the same `name`, or write it in one file only.",
            ),
        ),
        (
            (HEAD + "target: {cluster: x, account: y}\nstreams: {A: }", HEAD + "target: {cluster: x}\nstreams: {B: }"),
            (
                "b.yaml:3:1",
                "different-target",
                "Files with different `target`",
                "All files make one topology; a.yaml:3:1 says cluster `x` and account `y`.",
                "Write the same `target`, or write it in one file only.",
            ),
        ),
    ],
)
def test_files_that_contradict_each_other_are_an_error_that_names_both(texts: tuple[str, ...], message: tuple[str, ...]) -> None:
    nothing, [found] = parsed(*texts)

    assert nothing is None
    assert (str(found.span), found.code, found.summary, found.detail, found.fix) == message


@pytest.mark.parametrize(
    ("text", "code", "summary", "detail", "fix"),
    [
        *(
            (
                text,
                "empty-file",
                "The file is empty",
                "A file that declares nothing would mean: delete everything that it declared before.",
                "Write `version: 1`, `name:` and `streams:`; to delete everything it has: put the file back as it was, "
                "then smith-topo destroy",
            )
            for text in ("", "# nothing\n", "~")
        ),
        *(
            (
                text,
                "empty-topology",
                "No streams",
                "A topology without streams would mean: delete everything that it declared before.",
                "Declare a stream under `streams:`; to delete everything it has: put the file back as it was, "
                "then smith-topo destroy",
            )
            for text in (HEAD, HEAD + "streams: {}", HEAD + "streams: ~")
        ),
    ],
)
def test_nothing_declared_is_refused_and_never_means_delete_all(
    *, text: str, code: str, summary: str, detail: str, fix: str
) -> None:
    nothing, [found] = parsed(text)

    assert nothing is None
    assert (found.severity, found.code, found.summary, found.detail, found.fix) == (Severity.REFUSAL, code, summary, detail, fix)


def test_an_empty_file_beside_others_is_refused_too() -> None:
    nothing, [found] = parsed(HEAD + "streams: {A: }", "")

    assert nothing is None
    assert (found.code, found.severity, str(found.span)) == ("empty-file", Severity.REFUSAL, "b.yaml:1:1")


def test_a_flood_of_errors_is_counted_not_listed() -> None:
    _, found = parsed(HEAD + "streams:\n" + "".join(f"  A{i}: {{nope{i}: 1}}\n" for i in range(500)))

    assert len(found) == 101
    assert (found[-1].code, found[-1].detail) == ("more-errors", "and 400 more; the first of them is here.")


def test_defaults_that_would_fill_the_memory_are_an_error() -> None:
    """A megabyte of text would otherwise stand for ten million values."""
    subjects = ", ".join(f"s{i}" for i in range(10_000))
    streams = "".join(f"  S{i}:\n" for i in range(100))

    _, [found] = parsed(f"{HEAD}defaults: {{stream: {{subjects: [{subjects}]}}}}\nstreams:\n{streams}")

    assert (found.code, str(found.span)) == ("too-large", "a.yaml:79:3")


def test_what_to_write_is_known_for_every_type_of_field() -> None:
    fields = [field for table in TABLES.values() for _, field in walk(tuple(table.values()))]

    assert {field.type for field in fields} == set(Type)
    assert all(expected(field) for field in fields)
