from __future__ import annotations

import json
from typing import Any

import pytest

from smith_topology.core.model import Action, Kind, Verb, Verdict
from smith_topology.render.documents import diagnostics, drift, outcome
from smith_topology.render.documents import plan as document
from smith_topology.render.documents.parts import TYPES
from smith_topology.render.results import Applied
from smith_topology.render.text import Look
from tests.render.plans import (
    CREATED,
    DELETED,
    FILTERED,
    HOUR,
    PROTECTED,
    REPLACED,
    SAME,
    UPDATED,
    WARNING,
    call,
    ended,
    plan,
    unmanaged,
)

FULL = plan(
    CREATED,
    UPDATED,
    REPLACED,
    DELETED,
    FILTERED,
    SAME,
    diagnostics=(WARNING,),
    unmanaged=unmanaged(),
    digest="abc",
    owned=7,
)


def read_back(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def changes() -> dict[str, Any]:
    """The resource changes of the full plan by address, as a reader of the JSON text gets them."""
    read = read_back(document.render(FULL, Look()))
    return {each["address"]: each for each in read["resource_changes"]}


def test_a_plan_has_the_shape_terraform_tools_read() -> None:
    read = read_back(document.render(FULL, Look()))

    assert read["format_version"] == "1.2"
    assert (read["applyable"], read["complete"], read["errored"]) == (True, True, False)
    for each in read["resource_changes"]:
        assert each["mode"] == "managed"
        assert each["provider_name"] == "smith-topo/jetstream"
        assert set(each["change"]) >= {"actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive"}


def test_each_change_is_reported_in_terraform_words() -> None:
    shown = {address: (each["type"], each["change"]["actions"], each.get("action_reason")) for address, each in changes().items()}

    assert shown == {
        "stream.RAW": ("jetstream_stream", ["create"], None),
        "stream.ORDERS": ("jetstream_stream", ["update"], None),
        "stream.EVENTS": ("jetstream_stream", ["delete", "create"], "replace_because_cannot_update"),
        "stream.LEGACY": ("jetstream_stream", ["delete"], "delete_because_no_resource_config"),
        "consumer.ORDERS.billing": ("jetstream_consumer", ["update"], None),
        "stream.SAME": ("jetstream_stream", ["no-op"], None),
    }


def test_before_and_after_are_wire_values_and_null_where_there_is_nothing() -> None:
    created, deleted = changes()["stream.RAW"]["change"], changes()["stream.LEGACY"]["change"]

    assert created["before"] is None
    assert created["after"]["max_age"] == 6 * HOUR
    assert deleted["before"] == {"subjects": ["legacy"]}
    assert deleted["after"] is None


def test_only_the_fields_that_force_a_replacement_are_its_paths() -> None:
    assert changes()["stream.EVENTS"]["change"]["replace_paths"] == [["storage"]]
    assert changes()["stream.ORDERS"]["change"]["replace_paths"] == []


def test_the_own_block_carries_what_terraform_has_no_place_for() -> None:
    block = read_back(document.render(FULL, Look()))["smith_topo"]

    assert block["target"] == {"account": "SMITH", "cluster": "prod-eu", "domain": "", "server": "", "server_version": "2.15.1"}
    assert block["summary"] == {"add": 1, "change": 2, "replace": 1, "destroy": 1, "interruptions": 0}
    assert block["data_loss"] == {
        "messages": 1_204_343,
        "bytes": 3_650_722_341,
        "never_delivered": 4,
        "expiring": 0,
        "exact": False,
    }
    assert block["required"] == ["delete", "data-loss"]
    assert block["unmanaged"] == ["stream.ALPHA", "stream.BETA", "stream.KV_SESSIONS", "stream.OBJ_BLOBS"]
    assert (block["owner"], block["digest"], block["owned"], block["applyable"]) == ("smith", "abc", 7, True)
    assert "stream.SAME" not in block["changes"]
    assert block["changes"]["stream.ORDERS"]["fields"][0] == {"path": "max_age", "before": 50 * HOUR, "after": HOUR}
    assert block["changes"]["stream.ORDERS"]["span"] == {"filename": "topology.yaml", "line": 12, "column": 3}


def test_a_refused_plan_is_not_applyable_and_not_an_error_either() -> None:
    read = read_back(document.render(plan(CREATED, diagnostics=(PROTECTED,)), Look()))

    assert (read["applyable"], read["smith_topo"]["applyable"], read["errored"]) == (False, False, False)


@pytest.mark.parametrize("action", Action)
def test_every_action_has_terraform_words(action: Action) -> None:
    assert document.ACTIONS[action]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_resource_type(kind: Kind) -> None:
    assert TYPES[kind].startswith("jetstream_")


def test_drift_counts_every_sort_and_shows_live_beside_declared() -> None:
    read = read_back(drift.render(FULL, Look()))

    assert read["drift"] is True
    rest = {"unfinished": 0, "not_kept": 0, "unknown": 0, "unowned": 0, "theirs": 0}
    assert read["summary"] == {"changed": 1, "missing": 1, "pending": 2, "extra": 1, **rest}
    assert read["unchanged"] == 1
    assert {each["address"]: each["kind"] for each in read["resources"]}["consumer.ORDERS.billing"] == "changed"
    assert read_back(drift.render(plan(SAME), Look()))["drift"] is False


def test_diagnostics_have_the_shape_of_terraform_validate() -> None:
    read = read_back(diagnostics.render([PROTECTED, WARNING], Look()))

    assert (read["format_version"], read["valid"], read["error_count"], read["warning_count"]) == ("1.0", False, 1, 1)
    assert read["diagnostics"][0]["address"] == "stream.AUDIT"
    assert read["diagnostics"][1]["range"]["start"] == {"line": 14, "column": 3}
    assert [each["kind"] for each in read["diagnostics"]] == ["refusal", "warning"]
    assert read_back(diagnostics.render([], Look()))["valid"] is True


def test_an_outcome_lists_every_step_also_those_never_attempted() -> None:
    steps = (call(1, CREATED.address, Verb.CREATE), call(2, DELETED.address, Verb.DELETE), call(3, UPDATED.address, Verb.UPDATE))
    whole = plan(CREATED, DELETED, UPDATED, SAME, steps=steps)

    ends = [ended(steps[0], Verdict.DONE), ended(steps[1], Verdict.REFUSED, PROTECTED)]
    read = read_back(outcome.render(Applied(whole, ends), Look()))

    assert read["complete"] is False
    assert [each["verdict"] for each in read["steps"]] == ["done", "refused", "not_attempted"]
    assert [each["result"] for each in read["changes"]] == ["done", "failed", "not_attempted"]
    assert (read["summary"]["done"], read["summary"]["failed"], read["summary"]["not_attempted"]) == (1, 1, 1)
    assert read["steps"][1]["diagnostic"]["code"] == "OW103"
