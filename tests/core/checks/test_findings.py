from __future__ import annotations

import importlib
import pkgutil
import re
from itertools import pairwise
from pathlib import Path

import pytest

import smith_topology.core.checks
from smith_topology.core.model import Finding
from tests.core.checks.declare import Declared, consumers, findings, mirror, stream, written_at

DOCUMENT = Path(__file__).parents[3] / "docs" / "diagnostics.md"
ROW = re.compile(r"^\| ([A-Z]{2}\d{3}) \| (\w+) \|", re.MULTILINE)


def _all_findings() -> list[Finding]:
    package = smith_topology.core.checks
    modules = [importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Finding)]


def test_every_finding_is_documented_with_its_severity() -> None:
    documented = dict(ROW.findall(DOCUMENT.read_text(encoding="utf-8")))

    assert {each.code: documented.get(each.code) for each in _all_findings()} == {
        each.code: each.severity.value for each in _all_findings()
    }


def test_no_code_stands_for_two_findings() -> None:
    codes = [each.code for each in _all_findings()]

    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(
    ("declared", "code", "place"),
    [
        ({"A": {"subjects": ["a"]}, "B": {"subjects": ["b", "a"]}}, "SB101", "stream.B subjects.1"),
        ({"A": {"subjects": ["B"]}, "B": {}}, "SB101", "stream.B"),
        (stream(subjects=["a.*", "a.b"]), "SB102", "stream.S subjects.1"),
        (stream(subjects=["a", "b..c"]), "SB103", "stream.S subjects.1"),
        (mirror({"filter_subject": "o..a"}), "SB103", "stream.M mirror.filter_subject"),
        (stream(max_age=10**9, duplicate_window=10**10), "FC101", "stream.S duplicate_window"),
        (consumers({"backoff": [1, 2], "max_deliver": 1}), "FC201", "consumer.S.c0 backoff"),
        (consumers({}, retention="workqueue"), "FC301", "consumer.S.c0"),
        ({"A": {"mirror": {"name": "B"}}, "B": {"mirror": {"name": "A"}}}, "RF102", "stream.A mirror"),
    ],
)
def test_a_mistake_is_shown_where_it_is_written(declared: Declared, code: str, place: str) -> None:
    assert written_at(declared, code) == {place}


def test_every_finding_says_why_and_what_to_write() -> None:
    found = findings({**consumers({"ack_policy": "none", "ack_wait": 1}, {"filter_subject": "a..b"}), "B": {"subjects": ["s.a"]}})

    assert len(found) == 3
    assert all(each.detail and each.fix and each.address and each.span for each in found)


def test_findings_come_in_the_order_things_are_written() -> None:
    found = findings({name: {"subjects": ["a..b"], "max_age": 10**9, "duplicate_window": 10**10} for name in "CBA"})

    lines = [each.span.line for each in found if each.span]
    assert len(lines) == 6
    assert all(a <= b for a, b in pairwise(lines))


def test_an_overlap_names_both_places() -> None:
    (found,) = findings({"A": {"subjects": ["a.*"]}, "B": {"subjects": ["a.b"]}})

    assert 'Stream B listens to "a.b"' in found.detail
    assert 'stream A (topology.yaml:3:1) to "a.*"' in found.detail


def test_two_streams_that_share_many_subjects_are_reported_once() -> None:
    subjects = [f"a.{number}" for number in range(50)]
    found = findings({"A": {"subjects": subjects}, "B": {"subjects": subjects}})

    assert [each.code for each in found] == ["SB101"]


def test_a_cycle_is_reported_once() -> None:
    found = findings({f"S{n}": {"subjects": [f"s{n}"], "sources": [{"name": f"S{(n + 1) % 9}"}]} for n in range(9)})

    assert [each.code for each in found] == ["RF102"]
