"""Every output there is: view × format → the function that writes it.

A function is named by its module below ``render`` and its name, and loaded when it is asked for: each costs a start some
milliseconds. It takes the view's subject and a ``Look``, and returns text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from importlib import import_module
from typing import Any, TypeAlias

from smith_topology.render.text import Look


class Format(StrEnum):
    """How a result is written, by its name on the command line."""

    HUMAN = "human"
    JSON = "json"
    NDJSON = "ndjson"
    MARKDOWN = "markdown"
    SUMMARY = "summary"
    METRICS = "metrics"


class View(Enum):
    """What a command has to show. The value says what the functions take."""

    PLAN = "Plan"
    STEPS = "Plan, its steps"
    DRIFT = "Plan, compared"
    STEP = "Outcome"
    OUTCOME = "Applied"
    DIAGNOSTICS = "Sequence[Diagnostic]"
    VALIDATION = "Checked"
    SHOW = "Shown"


Renderer: TypeAlias = Callable[[Any, Look], str]

TABLE: Mapping[View, Mapping[Format, str]] = {
    View.PLAN: {
        Format.HUMAN: "plan.render",
        Format.JSON: "documents.plan.render",
        Format.NDJSON: "documents.lines.plan",
        Format.MARKDOWN: "markdown.plan",
        Format.SUMMARY: "summary.plan",
    },
    View.STEPS: {
        Format.HUMAN: "steps.render",
    },
    View.DRIFT: {
        Format.HUMAN: "drift.render",
        Format.JSON: "documents.drift.render",
        Format.NDJSON: "documents.lines.drift",
        Format.MARKDOWN: "markdown.drift",
        Format.SUMMARY: "drift.summary",
        Format.METRICS: "metrics.drift",
    },
    View.STEP: {
        Format.HUMAN: "outcome.progress_line",
        Format.NDJSON: "documents.lines.step",
    },
    View.OUTCOME: {
        Format.HUMAN: "outcome.report",
        Format.JSON: "documents.outcome.render",
        Format.NDJSON: "documents.lines.outcome",
        Format.MARKDOWN: "markdown.outcome",
        Format.SUMMARY: "outcome.report",
    },
    View.DIAGNOSTICS: {
        Format.HUMAN: "diagnostics.render",
        Format.JSON: "documents.diagnostics.render",
        Format.NDJSON: "documents.lines.diagnostics",
    },
    View.VALIDATION: {
        Format.HUMAN: "validation.render",
        Format.JSON: "documents.diagnostics.checked",
    },
    View.SHOW: {
        Format.HUMAN: "show.render",
        Format.JSON: "documents.show.render",
    },
}


def renderer(view: View, form: Format) -> Renderer:
    """The function that writes this view in this format. Raises KeyError where the view has no such format."""
    module, _, function = TABLE[view][form].rpartition(".")
    found: Renderer = getattr(import_module(f"smith_topology.render.{module}"), function)
    return found
