"""What needs a newer server than this one: fields by the tables, and values of fields that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, by_name
from smith_topology.core.model import Diagnostic, Resource, Severity
from smith_topology.core.planning.preflight import values
from smith_topology.core.planning.preflight.interface import Need, PlannedChanges

Needs: TypeAlias = Callable[[Resource, PlannedChanges], Iterator[Need]]


def too_old(intent: PlannedChanges) -> Iterator[Diagnostic]:
    for _, resource in intent.changing:
        oldest = intent.live.versions(resource.address).oldest
        for needs in NEEDS:
            for path, needed, what in needs(resource, intent):
                if oldest < needed:
                    yield Diagnostic(
                        "CP101",
                        Severity.ERROR,
                        "Server is too old for a field",
                        f"{what} of {resource.address} needs server {needed}; server {oldest} would drop it silently or "
                        "refuse it.",
                        f"Upgrade the server to {needed}, or take the field out.",
                        resource.address,
                        resource.where(path),
                    )


def _known(fields: tuple[Field, ...], config: Mapping[str, Any], prefix: str) -> Iterator[Need]:
    table = by_name(fields)
    for name, value in config.items():
        known = table.get(name)
        if known is None or known.is_default(value):
            continue
        path = prefix + name
        if not (name == "filter_subjects" and len(value) == 1):
            yield path, known.since, f"`{path}`"
        if isinstance(value, str) and value in known.choices:
            yield path, known.choices[value], f"`{path}: {value}`"
        for place, block in enumerate(value if known.many else [value]) if known.fields else ():
            yield from _known(known.fields, block, f"{path}.{place}." if known.many else f"{path}.")


NEEDS: tuple[Needs, ...] = (
    lambda resource, _: _known(RULES[resource.address.kind].fields, resource.config, ""),
    values.template_functions,
    values.crossing_filters,
)
