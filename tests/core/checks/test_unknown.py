"""Fields under `ignore_changes` are unknown offline: a rule that reads one is silent, and every other rule goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smith_topology.core.checks import check
from smith_topology.core.kinds import RULES
from smith_topology.core.model import Address, Topology, consumer_address, stream_address
from tests.agreement import test_consumers_agree, test_streams_agree, test_subjects_agree
from tests.core.checks.declare import Declared, build, consumers, mirror, stream
from tests.core.checks.test_warnings import WARNED

S, C0, C1 = stream_address("S"), consumer_address("S", "c0"), consumer_address("S", "c1")
SECOND = 1_000_000_000
EXPLICIT = {"ack_policy": "explicit"}
WORK = {"retention": "workqueue"}

JUDGED_BY_DEFAULT: dict[str, tuple[Declared, dict[Address, str]]] = {
    "two filters": (consumers(EXPLICIT, EXPLICIT, **WORK), {C0: "filter_subject", C1: "filter_subject"}),
    "one of two filters": (consumers({**EXPLICIT, "filter_subject": "s.a"}, EXPLICIT, **WORK), {C1: "filter_subjects"}),
    "pushed": (consumers({**EXPLICIT, "rate_limit_bps": 1, "deliver_group": "g"}), {C0: "deliver_subject"}),
    "paced": (consumers({"ack_policy": "flow_control"}), {C0: "deliver_subject"}),
    "pulled": (consumers({"deliver_subject": "d", "max_waiting": 5, "max_batch": 1}), {C0: "deliver_subject"}),
    "heartbeat": (consumers({"deliver_subject": "d", "flow_control": True}), {C0: "idle_heartbeat"}),
    "start": (consumers({"deliver_policy": "by_start_sequence"}), {C0: "opt_start_seq"}),
    "policy of the start": (consumers({"opt_start_seq": 5}), {C0: "deliver_policy"}),
    "of which subject": (consumers({"deliver_policy": "last_per_subject"}), {C0: "filter_subjects"}),
    "groups": (consumers({"priority_policy": "overflow"}), {C0: "priority_groups"}),
    "policy": (consumers({"priority_groups": ["g"]}), {C0: "priority_policy"}),
    "acknowledgements": (consumers({}, **WORK), {C0: "ack_policy"}),
    "idle acknowledgements": (consumers({"ack_wait": SECOND}), {C0: "ack_policy"}),
    "replicas": (consumers({"num_replicas": 3}), {S: "num_replicas"}),
    "retention": (consumers(EXPLICIT, EXPLICIT, **WORK), {S: "retention"}),
    "limits": (
        consumers({"inactive_threshold": 6 * SECOND}, consumer_limits={"inactive_threshold": SECOND}),
        {S: "consumer_limits", C0: "inactive_threshold"},
    ),
    "room": (consumers({}, {}, max_consumers=1), {S: "max_consumers"}),
    "subjects": ({"A": {}, "S": {"subjects": ["A"]}}, {stream_address("A"): "subjects"}),
    "filter of unknown subjects": (consumers({"filter_subject": "x"}), {S: "subjects"}),
    "delivered into unknown subjects": ({"S": {"consumers": {"c0": {"deliver_subject": "S"}}}}, {S: "subjects"}),
    "republished into unknown subjects": ({"S": {"republish": {"src": "S", "dest": "S"}}}, {S: "subjects"}),
    "answers": (stream(subjects=["$JS.API.>"]), {S: "no_ack"}),
    "discard": (stream(discard_new_per_subject=True, max_msgs_per_subject=1), {S: "discard"}),
    "per subject": (stream(discard_new_per_subject=True, discard="new"), {S: "max_msgs_per_subject"}),
    "mirror": (stream(mirror_direct=True, subjects=["s"]), {S: "mirror"}),
    "age": (stream(max_age=SECOND, duplicate_window=2 * SECOND), {S: "max_age"}),
    "consumers of a copy": (
        {"S": {"subjects": ["s"], "retention": "interest"}, "M": {"subjects": ["m"]}},
        {stream_address("M"): "sources"},
    ),
    "size": (
        {"O": {"subjects": ["o"], "max_msg_size": 2000}, "M": {"mirror": {"name": "O"}, "max_msg_size": 1000}},
        {stream_address("O"): "max_msg_size"},
    ),
    "drained": ({"O": {"subjects": ["o"], **WORK}, "M": {"mirror": {"name": "O"}}}, {stream_address("O"): "retention"}),
    "origin": (mirror({"filter_subject": "x"}), {stream_address("O"): "subjects"}),
}


def _ignoring(declared: Declared, ignored: dict[Address, str]) -> Topology:
    topology = build(declared)
    changed = {a: replace(topology.resources[a], ignore_changes=(name,)) for a, name in ignored.items()}
    return replace(topology, resources={**topology.resources, **changed})


@pytest.mark.parametrize(("declared", "ignored"), JUDGED_BY_DEFAULT.values(), ids=JUDGED_BY_DEFAULT)
def test_a_rule_that_reads_an_ignored_field_is_silent(declared: Declared, ignored: dict[Address, str]) -> None:
    assert check(build(declared))
    assert check(_ignoring(declared, ignored)) == ()


ALL: dict[str, Any] = {
    **{name: case[0] for m in (test_consumers_agree, test_streams_agree, test_subjects_agree) for name, case in m.CASES.items()},
    **{name: case[0] for name, case in WARNED.items()},
}


def test_nothing_is_found_where_every_field_is_ignored() -> None:
    for name, declared in ALL.items():
        topology = build(declared)
        every = {
            a: replace(each, ignore_changes=tuple(field.name for field in RULES[a.kind].fields))
            for a, each in topology.resources.items()
        }

        assert check(replace(topology, resources=every)) == (), name


def test_a_field_that_no_rule_reads_can_be_ignored_without_hiding_anything() -> None:
    for name, declared in ALL.items():
        topology = build(declared)
        others = {a: replace(each, ignore_changes=("compression", "headers_only")) for a, each in topology.resources.items()}

        assert check(replace(topology, resources=others)) == check(topology), name


def test_the_rest_of_an_object_is_judged() -> None:
    """One ignored field hides neither the other mistakes of its object nor those of its stream."""
    sealed_off = {**WORK, "deny_purge": True, "allow_rollup_hdrs": True}
    declared = consumers({**EXPLICIT, "backoff": [1, 2], "max_deliver": 1, "rate_limit_bps": 1}, EXPLICIT, **sealed_off)
    found = check(_ignoring(declared, {C0: "deliver_subject", C1: "filter_subject", S: "num_replicas"}))

    assert [each.code for each in found] == ["FC103", "FC201"]
