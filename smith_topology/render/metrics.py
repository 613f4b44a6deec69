"""Drift in the Prometheus text format, for node_exporter's textfile collector or a push gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from smith_topology.core.model import Action, Plan
from smith_topology.render.differences import is_compared, sorted_out
from smith_topology.render.text import Look


def drift(plan: Plan, look: Look) -> str:
    """One check as metrics, final newline included, which the format demands.

    Where the comparison was refused no counts are written, since zero would claim that nothing differs.
    """
    compared, labels = is_compared(plan), {"owner": plan.topology}
    return _text([*_check(labels, look, ok=compared), *(_counts(plan, labels) if compared else ())])


def failed(owner: str, look: Look) -> str:
    """A check that could not be made: the file or the account could not be read. ``owner`` names the topology, if it is known."""
    return _text(_check({"owner": owner}, look, ok=False))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _check(labels: Mapping[str, str], look: Look, *, ok: bool) -> Iterator[str]:
    yield from _metric("check_success", "Whether the last check could compare the file with the account.", [(labels, float(ok))])
    seconds = look.now.timestamp()
    yield from _metric("check_timestamp_seconds", "When the last check ran, seconds since 1970.", [(labels, seconds)])


def _counts(plan: Plan, labels: Mapping[str, str]) -> Iterator[str]:
    sorts = [({**labels, "kind": sort.value}, float(len(changes))) for sort, changes in sorted_out(plan).items()]
    yield from _metric("resources", "Objects that differ from the file, by how.", sorts)
    yield from _metric("resources_in_sync", "Objects that are as declared.", [(labels, float(len(plan.of(Action.NO_OP))))])
    yield from _metric("resources_unmanaged", "Objects the file has no say in.", [(labels, float(len(plan.unmanaged)))])
    yield from _metric("resources_unknown", "Objects that exist and could not be read.", [(labels, float(len(plan.unknown)))])


def _metric(name: str, what: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    full = f"smith_topo_drift_{name}"
    yield f"# HELP {full} {what}"
    yield f"# TYPE {full} gauge"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{full}{{{inside}}} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
