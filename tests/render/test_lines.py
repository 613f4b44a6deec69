from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from smith_topology.core.model import Action, Verb, Verdict, Wait
from smith_topology.render.documents import lines
from smith_topology.render.results import Applied
from smith_topology.render.text import Look
from tests.render.plans import CREATED, DELETED, FILTERED, HOUR, PROTECTED, REPLACED, SAME, UPDATED, WARNING, call, ended, plan

NOW = Look(now=datetime(2026, 11, 23, 22, 28, 42, tzinfo=UTC))
CREATE = call(1, CREATED.address, Verb.CREATE)


def read(line: str) -> dict[str, Any]:
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    assert (found["@module"], found["@timestamp"]) == ("smith-topo.ui", "2026-11-23T22:28:42Z")
    assert found["@level"] in ("info", "warn", "error")
    return found


def test_the_first_line_names_the_versions() -> None:
    line = read(lines.version("1.0.0", NOW))

    assert (line["type"], line["ui"], line["smith_topo"]) == ("version", "1.2", "1.0.0")


def test_a_plan_streams_changes_with_values_and_costs_then_diagnostics_then_the_summary() -> None:
    parsed = [read(line) for line in lines.plan(plan(UPDATED, DELETED, SAME, diagnostics=(WARNING,)), NOW).splitlines()]

    assert [line["type"] for line in parsed] == ["planned_change", "planned_change", "diagnostic", "change_summary"]
    change = parsed[0]["change"]
    assert change["resource"]["addr"] == "stream.ORDERS"
    assert change["action"] == "update"
    assert change["fields"][0] == {"path": "max_age", "before": 50 * HOUR, "after": HOUR}
    assert change["effects"][0]["messages"] == 1_204_331
    assert parsed[-1]["changes"]["data_loss"]["messages"] == 1_204_343


def test_a_summary_counts_a_replacement_as_terraform_does_and_says_how_many_there_are() -> None:
    *_, last = lines.plan(plan(CREATED, REPLACED, DELETED), NOW).splitlines()

    numbers = read(last)["changes"]
    assert (numbers["add"], numbers["change"], numbers["remove"], numbers["replace"]) == (2, 0, 2, 1)
    assert numbers["operation"] == "plan"


def test_drift_streams_each_difference_and_the_headline_last() -> None:
    parsed = [read(line) for line in lines.drift(plan(FILTERED, SAME), NOW).splitlines()]

    assert [line["type"] for line in parsed] == ["resource_drift", "drift_summary"]
    assert parsed[0]["change"]["kind"] == "changed"
    assert parsed[1]["@message"] == "Drift on account SMITH @ prod-eu: 1 changed by hand."
    assert parsed[1]["changes"]["changed"] == 1


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.NO_OP])
def test_every_action_has_a_word(action: Action) -> None:
    assert lines.ACTIONS[action] in {"create", "update", "replace", "delete", "remove"}


def test_a_diagnostic_has_a_level_a_message_and_all_its_parts() -> None:
    line = read(lines.diagnostics([PROTECTED], NOW))

    assert (line["@level"], line["@message"]) == ("error", "Refused: Object is protected")
    assert line["diagnostic"]["fix"] == "Apply `protect: false` first."


def test_a_step_completes_or_fails_with_its_reason() -> None:
    done = read(lines.step(ended(CREATE, Verdict.DONE), NOW))
    failed = read(lines.step(ended(CREATE, Verdict.REFUSED, PROTECTED), NOW))

    assert (done["type"], done["hook"]["action"]) == ("apply_complete", "create")
    assert (done["type"], done["hook"]["elapsed_seconds"]) == ("apply_complete", 0.01)
    assert (failed["type"], failed["hook"]["verdict"]) == ("apply_errored", "refused")
    assert failed["hook"]["diagnostic"]["code"] == "OW103"


def test_waiting_is_a_step_too() -> None:
    assert read(lines.step(ended(Wait(2, CREATED.address), Verdict.DONE), NOW))["hook"]["action"] == "wait"


def test_the_end_of_an_apply_counts_what_was_done_not_what_was_planned() -> None:
    whole = plan(CREATED, DELETED, steps=(CREATE, call(2, DELETED.address, Verb.DELETE)))

    line = read(lines.outcome(Applied(whole, [ended(CREATE, Verdict.DONE)]), NOW))

    assert line["@level"] == "error"
    assert line["changes"] == {
        "add": 1,
        "change": 0,
        "import": 0,
        "remove": 0,
        "replace": 0,
        "operation": "apply",
        "not_done": 1,
    }
