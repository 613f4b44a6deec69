"""What needs a newer server than this one: fields by the tables, and values of fields that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, by_name
from smith_topology.core.model import Diagnostic, Finding, Resource, Version
from smith_topology.core.planning.preflight import values
from smith_topology.core.planning.preflight.interface import Need, PlannedChanges

TOO_OLD = Finding.error(
    "CP101",
    "Server is too old for a field",
    "A field, or a value of it (a template function, filters that cross), that needs a newer server; this one would drop it "
    "without a word, or refuse it [10138, 10146, 10154, 10156, 10052, 10093].",
    "Upgrade the server, or take the field out.",
)
BACKOFF_LIMIT = Finding.error(
    "CP103",
    "Server needs a limit of deliveries above the backoff steps",
    "Server 2.9 takes `backoff` only with a `max_deliver` above the number of its steps [10116].",
    "Write `max_deliver`.",
)

Needs: TypeAlias = Callable[[Resource, PlannedChanges], Iterator[Need]]


def too_old(intent: PlannedChanges) -> Iterator[Diagnostic]:
    server = intent.server
    for _, resource in intent.changing:
        for needs in NEEDS:
            for path, needed, what in needs(resource, intent):
                if server.version < needed:
                    yield TOO_OLD.diagnostic(
                        f"{what} of {resource.address} needs server {needed}; this one is {server.version_text}, which would "
                        "drop it silently or refuse it.",
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
    values.filters_outside,
    values.copies_of_nothing,
    values.republish,
)


def endless_backoff(intent: PlannedChanges) -> Iterator[Diagnostic]:
    """2.9 wants more deliveries than ``backoff`` has steps, and takes unlimited ones for too few (10116)."""
    for _, resource in intent.declared() if intent.server.version < Version(2, 10) else ():
        steps, most = len(resource.config.get("backoff") or ()), resource.config.get("max_deliver", -1)
        if steps and most <= steps:
            yield BACKOFF_LIMIT.diagnostic(
                f"{resource.address} has {steps} steps of `backoff`; server {intent.server.version_text} takes them only with a "
                "`max_deliver` above their number (2.10 takes any).",
                f"Write `max_deliver: {steps + 1}` or more, or leave `backoff` out.",
                resource.address,
                resource.where("backoff"),
            )
