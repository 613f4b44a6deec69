"""What a check of the files alone has found."""

from __future__ import annotations

from dataclasses import dataclass

from smith_topology.core.model import Diagnostic, Kind, Topology
from smith_topology.render.diagnostics import heeded
from smith_topology.render.text import Look, clean, count


@dataclass(frozen=True, slots=True)
class Checked:
    """A topology without errors, and its warnings."""

    topology: Topology
    warnings: tuple[Diagnostic, ...]


def render(checked: Checked, _look: Look) -> str:
    """``topology.yaml: valid (1 stream, 2 consumers).``; the warnings are written apart from it."""
    kinds = [address.kind for address in checked.topology.managed]
    parts = [count(kinds.count(Kind.STREAM), "stream"), count(kinds.count(Kind.CONSUMER), "consumer")]
    if external := len(checked.topology.resources) - len(kinds):
        parts.append(count(external, "external stream"))
    if ignored := len(checked.warnings) - len(heeded(checked.warnings)):
        parts.append(count(ignored, "ignored warning"))
    return f"{clean(' '.join(checked.topology.files))}: valid ({', '.join(parts)})."
