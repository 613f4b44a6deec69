from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from smith_topology.core.model import Plan
from smith_topology.render import metrics
from smith_topology.render.text import Look
from tests.render.plans import CREATED, FILTERED, PROTECTED, SAME, plan, unmanaged

NOW = datetime.fromtimestamp(1_764_000_000.5, UTC)


def samples(text: str) -> list[str]:
    assert text.endswith("\n")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_check_becomes_counts_by_sort() -> None:
    text = metrics.drift(plan(CREATED, FILTERED, SAME, unmanaged=unmanaged()), Look(now=NOW))

    assert samples(text) == [
        'smith_topo_drift_check_success{owner="smith"} 1',
        'smith_topo_drift_check_timestamp_seconds{owner="smith"} 1764000000.5',
        'smith_topo_drift_resources{owner="smith",kind="unfinished"} 0',
        'smith_topo_drift_resources{owner="smith",kind="changed"} 1',
        'smith_topo_drift_resources{owner="smith",kind="missing"} 1',
        'smith_topo_drift_resources{owner="smith",kind="not_kept"} 0',
        'smith_topo_drift_resources{owner="smith",kind="pending"} 0',
        'smith_topo_drift_resources{owner="smith",kind="unknown"} 0',
        'smith_topo_drift_resources{owner="smith",kind="unowned"} 0',
        'smith_topo_drift_resources{owner="smith",kind="theirs"} 0',
        'smith_topo_drift_resources{owner="smith",kind="extra"} 0',
        'smith_topo_drift_resources_in_sync{owner="smith"} 1',
        'smith_topo_drift_resources_unmanaged{owner="smith"} 4',
        'smith_topo_drift_resources_unknown{owner="smith"} 0',
    ]


def test_a_failed_check_claims_no_counts() -> None:
    assert samples(metrics.failed("smith", Look(now=NOW))) == [
        'smith_topo_drift_check_success{owner="smith"} 0',
        'smith_topo_drift_check_timestamp_seconds{owner="smith"} 1764000000.5',
    ]


@pytest.mark.parametrize(
    ("found", "counted"),
    [
        (plan(CREATED, diagnostics=(PROTECTED,)), True),
        (plan(SAME, diagnostics=(PROTECTED,)), False),
        (plan(CREATED, diagnostics=(replace(PROTECTED, address=None),)), False),
    ],
    ids=["one object can't be applied", "one can't be compared", "none can"],
)
def test_a_comparison_that_was_refused_claims_no_counts(found: Plan, counted: bool) -> None:
    assert any("resources" in line for line in samples(metrics.drift(found, Look()))) is counted


def test_every_metric_is_described_and_typed() -> None:
    text = metrics.drift(plan(), Look())

    names = {line.split("{")[0] for line in samples(text)}
    assert all(f"# HELP {name} " in text and f"# TYPE {name} gauge" in text for name in names)


def test_labels_are_escaped() -> None:
    text = metrics.drift(replace(plan(), topology='a"b\\c\nd'), Look())

    assert samples(text)[0] == r'smith_topo_drift_check_success{owner="a\"b\\c\nd"} 1'
