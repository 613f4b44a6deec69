from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import walk
from smith_topology.core.model import Kind
from smith_topology.render.amounts import approximate_size
from smith_topology.render.values import absent, field_at, human
from tests.render.plans import HOUR, SECOND

STREAM, CONSUMER = Kind.STREAM, Kind.CONSUMER


@pytest.mark.parametrize(
    ("kind", "path", "wire", "text"),
    [
        (STREAM, "max_age", 6 * HOUR, "6h"),
        (STREAM, "max_age", 0, "no limit"),
        (STREAM, "max_age", None, "no limit"),
        (STREAM, "max_msgs", -1, "unlimited"),
        (STREAM, "max_msgs", None, "unlimited"),
        (STREAM, "max_msgs", 1_000_000, "1,000,000"),
        (STREAM, "max_bytes", 524_288_000, "500MiB"),
        (STREAM, "num_replicas", None, "1"),
        (STREAM, "num_replicas", 1, "1"),
        (STREAM, "storage", None, "file"),
        (STREAM, "storage", "memory", "memory"),
        (STREAM, "description", 'say "hi"', r'"say \"hi\""'),
        (STREAM, "description", None, "not set"),
        (STREAM, "subjects", ["a.>", "b"], '["a.>", "b"]'),
        (STREAM, "subjects", None, "not set"),
        (STREAM, "allow_direct", None, "false"),
        (STREAM, "allow_direct", True, "true"),
        (STREAM, "consumer_limits.inactive_threshold", 90 * SECOND, "90s"),
        (STREAM, "metadata.team.name", "x", '"x"'),
        (STREAM, "placement", {"cluster": "c", "tags": ["a"]}, '{cluster = "c", tags = ["a"]}'),
        (STREAM, "field_of_2_99", {"deep": [1, None]}, "{deep = [1, null]}"),
        (STREAM, "max_age", "not a number", '"not a number"'),
        (CONSUMER, "backoff", [SECOND, 5 * SECOND], "[1s, 5s]"),
        (CONSUMER, "num_replicas", 0, "not set"),
        (CONSUMER, "ack_wait", None, "not set"),
        (CONSUMER, "inactive_threshold", None, "never"),
        (CONSUMER, "opt_start_time", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        (CONSUMER, "max_deliver", -1, "unlimited"),
    ],
)
def test_a_wire_value_reads_as_a_person_would_write_it(kind: Kind, path: str, wire: Any, text: str) -> None:
    assert human(field_at(kind, path), wire) == text


@pytest.mark.parametrize("kind", RULES)
def test_every_field_has_words_for_its_absence(kind: Kind) -> None:
    for path, known in walk(RULES[kind].fields):
        assert absent(known), path


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3_650_722_201, "3.4 GiB"),
        (1024**2 - 1, "1.0 MiB"),
        (1024**3, "1.0 GiB"),
        (1024**7, "1024.0 EiB"),
    ],
)
def test_a_size_is_rounded_for_people(size: int, text: str) -> None:
    assert approximate_size(size) == text
