"""What needs a newer server than this one: fields by the tables, and values of fields that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, by_name
from smith_topology.core.model import Diagnostic, Resource, Severity, Version
from smith_topology.core.planning.preflight import values
from smith_topology.core.planning.preflight.interface import Need, PlannedChanges

Needs: TypeAlias = Callable[[Resource, PlannedChanges], Iterator[Need]]


def too_old(intent: PlannedChanges) -> Iterator[Diagnostic]:
    """What some server that has the object, or may come to have it, does not know.

    Where a new stream goes in a cluster is known once it is there. With a `placement` the file may know better: then it is a
    warning, and apply compares what was stored.
    """
    for _, resource in intent.changing:
        versions = intent.live.versions(resource.address)
        for needs in NEEDS:
            for path, needed, what in needs(resource, intent):
                if versions.oldest < needed:
                    maybe = _is_placed(resource, intent) and needed <= min(versions.requests, max(versions.keepers))
                    yield _may_be_too_old(resource, path, needed, what, versions.oldest) if maybe else _too_old(
                        resource, path, needed, what, versions.oldest
                    )


def _is_placed(resource: Resource, intent: PlannedChanges) -> bool:
    """Whether this is new, and the file says which servers its stream goes to."""
    stream = resource.address.parent
    declared = intent.topology.resources.get(stream)
    return stream not in intent.live.observed and declared is not None and bool(declared.config.get("placement"))


def _too_old(resource: Resource, path: str, needed: Version, what: str, oldest: Version) -> Diagnostic:
    return Diagnostic(
        "CP101",
        Severity.ERROR,
        "Server is too old for a field",
        f"{what} of {resource.address} needs server {needed}; server {oldest} would drop it silently or refuse it.",
        f"Upgrade the server to {needed}, or take the field out.",
        resource.address,
        resource.where(path),
    )


def _may_be_too_old(resource: Resource, path: str, needed: Version, what: str, oldest: Version) -> Diagnostic:
    return Diagnostic(
        "CP110",
        Severity.WARNING,
        "Server may be too old for a field",
        f"{what} of {resource.address} needs server {needed}, and this cluster has servers of {oldest} too, which would drop it "
        "silently or refuse it.",
        f"Make sure that `placement` means servers of {needed} or newer, or upgrade the others.",
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
