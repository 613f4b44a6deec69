"""Every JSON document and line is as its table says: the table that prints it, and that the schema and the docs are made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from smith_topology.core.model import Change, Verb, Verdict
from smith_topology.render.documents import plan as plan_document
from smith_topology.render.documents.lines import LINES, version
from smith_topology.render.documents.shape import inside
from smith_topology.render.formats import TABLE, Format, View, renderer
from smith_topology.render.results import Applied
from smith_topology.render.text import Look
from tests.documents import BY_KEY, assert_described, validator
from tests.render.plans import (
    CREATED,
    DELETED,
    FILTERED,
    LEFT,
    PASSED,
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
from tests.render.test_hostile import SUBJECTS

COMMITTED = Path(__file__).parents[2] / "schemas" / "plan.schema.json"
CHANGES = (CREATED, UPDATED, REPLACED, DELETED, FILTERED, SAME, PASSED, LEFT)
STEPS = (call(1, CREATED.address, Verb.CREATE), call(2, UPDATED.address, Verb.UPDATE))
WHOLE = plan(*CHANGES, steps=STEPS, diagnostics=(WARNING, PROTECTED), unmanaged=unmanaged(), digest="abc", partial=True)
ORDINARY: dict[View, Any] = {
    **SUBJECTS,
    View.PLAN: WHOLE,
    View.STEPS: WHOLE,
    View.DRIFT: WHOLE,
    View.STEP: ended(STEPS[0], Verdict.DONE),
    View.OUTCOME: Applied(WHOLE, [ended(STEPS[0], Verdict.DONE), ended(STEPS[1], Verdict.STALE, PROTECTED)]),
    View.DIAGNOSTICS: (WARNING, PROTECTED),
}


@pytest.mark.parametrize("subjects", [ORDINARY, SUBJECTS], ids=["ordinary", "hostile"])
@pytest.mark.parametrize("view", View)
def test_what_is_printed_is_as_described(view: View, subjects: dict[View, Any]) -> None:
    if Format.JSON in TABLE[view]:
        assert_described(json.loads(renderer(view, Format.JSON)(subjects[view], Look())))
    if Format.NDJSON in TABLE[view]:
        for line in renderer(view, Format.NDJSON)(subjects[view], Look()).splitlines():
            assert_described(json.loads(line))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.address))
def test_a_plan_of_any_single_change_is_as_described(change: Change) -> None:
    assert_described(json.loads(renderer(View.PLAN, Format.JSON)(plan(change), Look())))


def test_the_first_line_is_described_too() -> None:
    assert_described(json.loads(version("1.0", Look())))


def test_the_committed_schema_of_the_plan_is_the_one_of_the_code_and_takes_keys_to_come() -> None:
    schema = json.loads(COMMITTED.read_text(encoding="utf-8"))
    document = json.loads(renderer(View.PLAN, Format.JSON)(WHOLE, Look()))

    assert schema == plan_document.schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate({**document, "timestamp": "a key of a later version"})
    for wrong in ({**document, "applyable": "yes"}, {key: value for key, value in document.items() if key != "smith_topo"}):
        assert not Draft202012Validator(schema).is_valid(wrong)


def test_a_key_that_is_not_described_is_found() -> None:
    document = json.loads(renderer(View.PLAN, Format.JSON)(plan(UPDATED), Look()))

    document["smith_topo"]["target"]["surprise"] = 1
    assert not validator(BY_KEY["resource_changes"]).is_valid(document)


def test_every_key_has_a_meaning_and_every_object_a_name_of_its_own() -> None:
    shapes = {id(shape): shape for start in (*BY_KEY.values(), *LINES) for shape in inside(start)}.values()

    assert all(key.doc.endswith(".") and key.type.words for shape in shapes for key in shape.keys)
    names = [shape.name for shape in shapes]
    assert sorted(set(names)) == sorted(names)
