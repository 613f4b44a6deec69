"""Diagnostics as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from smith_topology.core.model import Diagnostic
from smith_topology.render.diagnostics import heeded
from smith_topology.render.documents.parts import DIAGNOSTIC, SEVERITIES
from smith_topology.render.documents.shape import COUNT, FLAG, Key, ListOf, Shape, always, dumps
from smith_topology.render.text import Look
from smith_topology.render.validation import Checked


def _count(found: Sequence[Diagnostic], severity: str) -> int:
    return sum(SEVERITIES[each.severity] == severity and not each.ignored for each in found)


DIAGNOSTICS = Shape[Sequence[Diagnostic]](
    "diagnostics",
    "Printed by `validate --output json`, and by every other command with `--output json` that ends before it has a result. The "
    "shape is that of `terraform validate -json`, plus `code`, `kind` and `fix`.",
    (
        Key("format_version", always("1.0"), "Of this document. Added keys do not change it.", lambda _: "1.0"),
        Key("valid", FLAG, "Whether there is no error.", lambda found: not _count(found, "error")),
        Key("error_count", COUNT, "How many errors and refusals.", lambda found: _count(found, "error")),
        Key("warning_count", COUNT, "How many warnings and notes, without ignored ones.", lambda found: _count(found, "warning")),
        Key("ignored_count", COUNT, "How many warnings the file ignores.", lambda found: len(found) - len(heeded(found))),
        Key("diagnostics", ListOf(DIAGNOSTIC), "The findings, in the order they were made.", lambda found: found),
    ),
)


def render(found: Sequence[Diagnostic], _look: Look) -> str:
    return dumps(DIAGNOSTICS.of(found))


def checked(files: Checked, look: Look) -> str:
    return render(files.warnings, look)
