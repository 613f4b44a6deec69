"""JSON documents and lines held against their JSON Schemas, closed: a key that is not described fails too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from smith_topology.render.documents.diagnostics import DIAGNOSTICS
from smith_topology.render.documents.drift import DRIFT
from smith_topology.render.documents.lines import LINES
from smith_topology.render.documents.outcome import OUTCOME
from smith_topology.render.documents.plan import PLAN
from smith_topology.render.documents.shape import Shape, json_schema
from smith_topology.render.documents.show import SHOW

BY_KEY: Mapping[str, Shape[Any]] = {
    "resource_changes": PLAN,
    "drift": DRIFT,
    "steps": OUTCOME,
    "valid": DIAGNOSTICS,
    "objects": SHOW,
}
"""A key that no other document has."""


def assert_described(document: Mapping[str, Any]) -> None:
    """The document, or the line, is as its table of keys says."""
    if "@message" in document:
        assert any(validator(line).is_valid(document) for line in LINES), document
        return
    (shape,) = (shape for key, shape in BY_KEY.items() if key in document)
    validator(shape).validate(document)


@cache
def validator(shape: Shape[Any]) -> Draft202012Validator:
    schema = json_schema(shape, shape.name)
    for definition in schema["$defs"].values():
        definition["additionalProperties"] = False
    return Draft202012Validator(schema)
