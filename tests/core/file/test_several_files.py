"""Defaults belong to the topology, whichever file they stand in; keys that start with ``x-`` mean nothing."""

from __future__ import annotations

import pytest

from smith_topology.core.file.topology import parse, readable_owner
from smith_topology.core.model import Severity, Topology, consumer_address, stream_address
from tests.secret_texts import SEED

DEFAULTS = "version: 1\ndefaults: {stream: {max_age: 1h, num_replicas: 3}, consumer: {ack_wait: 5s}}\n"
STREAMS = "version: 1\nname: smith\nstreams: {A: {max_age: 2h, consumers: {c: }}}\n"
HEAD = "version: 1\nname: smith\n"


def topology(*texts: str) -> Topology:
    made, found = parse([(f"{number}.yaml", text.encode()) for number, text in enumerate(texts)])
    assert made, found
    return made


@pytest.mark.parametrize("texts", [(DEFAULTS, STREAMS), (STREAMS, DEFAULTS)], ids=["before", "after"])
def test_defaults_of_any_file_hold_for_all(texts: tuple[str, ...]) -> None:
    made = topology(*texts)

    stream, consumer = made.resources[stream_address("A")], made.resources[consumer_address("A", "c")]
    assert stream.config == {"max_age": 7200 * 10**9, "num_replicas": 3}
    assert consumer.config["ack_wait"] == 5 * 10**9
    assert str(stream.where("num_replicas")) == f"{texts.index(DEFAULTS)}.yaml:2:34"


def test_defaults_of_several_files_are_joined() -> None:
    made = topology(DEFAULTS, "version: 1\ndefaults: {stream: {max_age: 60m, storage: memory}}\n", STREAMS)

    assert made.resources[stream_address("A")].config == {"max_age": 7200 * 10**9, "num_replicas": 3, "storage": "memory"}


def test_two_values_of_one_default_are_an_error_that_names_both_places() -> None:
    other = "version: 1\ndefaults: {consumer: {ack_wait: 6s}}\n"
    made, found = parse([("a.yaml", DEFAULTS.encode()), ("b.yaml", STREAMS.encode()), ("c.yaml", other.encode())])

    assert made is None
    assert [(each.code, each.severity, str(each.span)) for each in found] == [
        ("different-default", Severity.ERROR, "c.yaml:2:23")
    ]
    assert "a.yaml:2:63 gives `defaults.consumer.ack_wait` another value" in found[0].detail


def test_defaults_alone_declare_nothing() -> None:
    made, found = parse([("a.yaml", (HEAD + "defaults: {stream: {max_age: 1h}}\n").encode())])

    assert made is None
    assert [each.code for each in found] == ["empty-topology"]


def test_keys_that_start_with_x_are_ignored_where_keys_are_given() -> None:
    text = (
        "x-base: &base {max_age: 1h, x-note: anything}\nx-list: [1, {a: b}]\ndefaults: {x-d: 1, stream: {x-e: 2}}\n"
        "streams:\n  A: {<<: *base, x-f: , republish: {dest: r, x-g: 3}, consumers: {c: {x-h: {}}}}\n"
    )

    assert topology(HEAD + text).resources[stream_address("A")].config == {"max_age": 3600 * 10**9, "republish": {"dest": "r"}}


def test_where_keys_are_names_x_is_a_name_like_any_other() -> None:
    made = topology(HEAD + "streams: {x-A: {metadata: {x-k: v}, extra: {x-new: 1}, consumers: {x-c: }}}\n")

    resource = made.resources[stream_address("x-A")]
    assert (resource.config, resource.extra) == ({"metadata": {"x-k": "v"}}, {"x-new": 1})
    assert consumer_address("x-A", "x-c") in made.resources


@pytest.mark.parametrize(
    ("texts", "owner"),
    [
        ((HEAD + "streams: {A: {nonsense: 1}}\n",), "smith"),
        ((HEAD + "streams: [\n",), "smith"),
        (("version: 1\n\tname: x\nname: 'smith'  # the shop\r\n",), "smith"),
        (('{"name": "smith", "streams": 3}',), "smith"),
        (("version: [\n", HEAD), "smith"),
        (("name: a\n", "name: b\n"), ""),
        (("name: not a name\n",), ""),
        ((f"name: {SEED}\n",), ""),
        (("streams: {A: {mirror:\n  name: x\n",), ""),
        ((), ""),
    ],
)
def test_the_owner_of_a_broken_file_is_known_where_it_can_be_read(texts: tuple[str, ...], owner: str) -> None:
    assert readable_owner([("a.yaml", text.encode()) for text in texts]) == owner
