"""Declared durations and sizes are shown as the file writes them; live ones, defaults and numbers for machines are not."""

from __future__ import annotations

import json
from copy import copy, deepcopy
from typing import Any

import pytest

from smith_topology.core.file.topology import parse
from smith_topology.core.model import Address, Kind, Plan, digest
from smith_topology.core.units import AsWritten, format_duration, parse_duration, parse_size
from smith_topology.render import drift, markdown
from smith_topology.render import plan as text
from smith_topology.render.text import PLAIN, Look
from smith_topology.render.values import field_at, human
from tests.core import make

DAY = 24 * make.HOUR
ORDERS, BILLING = make.stream("ORDERS"), make.consumer("ORDERS", "billing")
FILE = """
version: 1
name: shop
x-age: &age 1440m
x-limits: &limits {max_msg_size: 1024KiB, consumer_limits: {inactive_threshold: 168h, max_ack_pending: 10}}
defaults: {consumer: {ack_policy: explicit, ack_wait: 60s}}
streams:
  ORDERS:
    <<: *limits
    subjects: [orders]
    max_age: *age
    max_bytes: 2048MiB
    duplicate_window: '60000ms'
    consumers:
      billing: {}
      retrying: {backoff: [60s, 120s, 1h], inactive_threshold: 1w, max_bytes: 1_048_576}
"""
JSON = """{"version": 1, "name": "shop", "streams": {
  "ORDERS": {"subjects": ["orders"], "max_age": "1440m", "max_bytes": 1048576}
}}"""
LIVE: dict[str, Any] = {"subjects": ["orders"], "max_age": 3 * DAY, "max_bytes": 2**30, "duplicate_window": 30 * 10**9}


def planned(content: str, **live: Any) -> Plan:
    found, diagnostics = parse([("topology.yaml", content.encode())])
    assert found, diagnostics
    stream, consumer = make.there(ORDERS, {**LIVE, **live}, owner="shop"), {"durable_name": "billing", "ack_policy": "explicit"}
    return make.plan(found, make.live(stream, make.there(BILLING, {**consumer, "ack_wait": 5 * 10**9}, owner="shop")))


def lines(plan: Plan, address: Address) -> list[str]:
    (change,) = [each for each in plan.changes if each.address == address]
    return [" ".join(line.split()) for line in text.change_lines(change, plan.topology, PLAIN) if " = " in line]


def test_what_changes_is_shown_as_written_beside_the_live_value_however_the_file_puts_it_together() -> None:
    plan = planned(FILE, consumer_limits={"inactive_threshold": DAY, "max_ack_pending": 10})

    assert lines(plan, ORDERS) == [
        "~ max_bytes = 1GiB -> 2048MiB",
        "~ max_age = 3d -> 1440m",
        "~ max_msg_size = unlimited -> 1024KiB",
        "~ duplicate_window = 30s -> 60000ms",
        "~ consumer_limits.inactive_threshold = 1d -> 168h",
    ]
    assert "~ ack_wait = 5s -> 60s" in lines(plan, BILLING)


def test_what_is_new_is_shown_as_written_and_defaults_as_ever() -> None:
    shown = lines(planned(FILE), make.consumer("ORDERS", "retrying"))

    assert "+ backoff = [60s, 120s, 1h]" in shown
    assert "+ inactive_threshold = 1w" in shown
    assert "+ max_bytes = 1_048_576" in shown
    assert "~ duplicate_window = 30s -> 2m" in lines(planned(JSON), ORDERS)
    assert "~ max_age = 3d -> 1440m" in lines(planned(JSON), ORDERS)
    assert "~ max_bytes = 1GiB -> 1048576" in lines(planned(JSON), ORDERS)


def test_drift_and_markdown_show_it_too() -> None:
    plan = planned(FILE)

    assert "max_age           live 3d, declared 1440m" in drift.render(plan, Look())
    assert "max\\_age: live 3d, declared 1440m" in markdown.drift(plan, Look())
    assert "= 3d -&gt; 1440m\n" in markdown.plan(plan, Look())


def test_an_equal_value_written_otherwise_is_no_difference_where_others_differ() -> None:
    """A comparison that looks at types would take it for one: on the top level, in a block, and in a list."""
    limits = {"inactive_threshold": 7 * DAY, "max_ack_pending": 11}
    plan = planned(FILE, max_age=DAY, max_bytes=2**31, max_msg_size=2**20, duplicate_window=60 * 10**9, consumer_limits=limits)

    assert lines(plan, ORDERS) == ["~ consumer_limits.max_ack_pending = 11 -> 10"]


@pytest.mark.parametrize(
    ("kind", "path", "value", "shown"),
    [
        (Kind.STREAM, "max_age", parse_duration("0s"), "no limit"),
        (Kind.STREAM, "max_age", parse_duration("0"), "no limit"),
        (Kind.STREAM, "max_bytes", parse_size("-1"), "unlimited"),
        (Kind.STREAM, "max_bytes", parse_size("0.5GiB"), "0.5GiB"),
        (Kind.STREAM, "max_age", min(parse_duration("1w"), parse_duration("24h")), "24h"),
        (Kind.STREAM, "max_age", parse_duration("24h") + parse_duration("24h"), "2d"),
        (Kind.STREAM, "max_age", AsWritten(1, "1\x1b[2J"), r"1\x1b[2J"),
        (Kind.CONSUMER, "backoff", [parse_duration("60s"), 60 * 10**9], "[60s, 1m]"),
    ],
)
def test_words_stay_words_and_computed_values_have_no_text(kind: Kind, path: str, value: Any, shown: str) -> None:
    assert human(field_at(kind, path), value) == shown


def test_a_value_with_its_text_is_a_number_for_machines() -> None:
    value = parse_duration("24h")

    assert (json.dumps(value), repr(value), digest([value])) == (str(DAY), str(DAY), digest([DAY]))
    assert deepcopy(value) is value
    assert format_duration(copy(value)) == "24h"
    assert hash(value) == hash(DAY)
