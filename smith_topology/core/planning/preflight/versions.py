"""What needs a newer server than this one: fields by the tables, and values (filters, templates) of fields that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from smith_topology.core.checks.interface import filter_path
from smith_topology.core.checks.transforms import V2_12, mappings, placeholders, transform_republishes
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.behaviour import CHECKS_TEMPLATES, TAKES_CROSSING_FILTERS
from smith_topology.core.kinds.fields import Field, by_name
from smith_topology.core.kinds.stream import V2_11
from smith_topology.core.model import Diagnostic, Finding, Kind, Resource, Version, Versions, filters_of
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.subjects import REST, SubjectIndex, is_literal

TOO_OLD = Finding.error(
    "CP101",
    "Server is too old for a field",
    "A field, or a value of it (a template function, filters that cross), that needs a newer server; this one would drop it "
    "without a word, or refuse it [10138, 10146, 10154, 10156, 10052, 10093].",
    "Upgrade the server, or take the field out.",
)
PERHAPS_TOO_OLD = Finding.warning(
    "CP110",
    "Server may be too old for a field",
    "Some server of the cluster does not know a field that the file sets; `placement` may lead to others.",
    "Make sure that it does, or upgrade the older servers.",
)

Need: TypeAlias = tuple[str, Version, str]
"""The path of a field, the first server that takes what is written there, and how to name it in a sentence."""
Needs: TypeAlias = Callable[[Resource, PlannedChanges], Iterator[Need]]


def too_old(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Fields and values that a server does not know which has the object, or may come to have it.

    In a cluster it is known which servers have a stream only once it exists. With a `placement` the file may know better: then
    this is a warning, and apply compares what was stored.
    """
    for _, resource in planned.changing:
        versions, placed = planned.live.versions(resource.address), _is_placed(resource, planned)
        for path, needed, what in (need for needs in NEEDS for need in needs(resource, planned)):
            if versions.oldest < needed:
                avoidable = placed and needed <= min(versions.requests, max(versions.keepers))
                yield _too_old(resource, path, needed, what, versions.oldest, avoidable=avoidable)


def _is_placed(resource: Resource, planned: PlannedChanges) -> bool:
    """Whether the stream of this object is new and has a `placement`."""
    stream = resource.address.parent
    declared = planned.topology.resources.get(stream)
    return stream not in planned.live.observed and declared is not None and bool(declared.config.get("placement"))


def _too_old(resource: Resource, path: str, needed: Version, what: str, oldest: Version, *, avoidable: bool) -> Diagnostic:
    detail = f"{what} of {resource.address} needs server {needed}; server {oldest} would drop it silently or refuse it."
    if not avoidable:
        return TOO_OLD.at(resource, path, detail, f"Upgrade the server to {needed}, or take the field out.")
    fix = f"Make sure that `placement` leads to servers of {needed} or newer, or upgrade the others of this cluster."
    return PERHAPS_TOO_OLD.at(resource, path, detail, fix)


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


def template_functions(resource: Resource, planned: PlannedChanges) -> Iterator[Need]:
    """Functions of subject templates."""
    for path, mapping in mappings(resource.config):
        literal = is_literal(mapping.get("src") or REST)
        for token, held in placeholders(mapping.get("dest") or ""):
            if literal and not held.function.indexed:
                yield f"{path}.dest", V2_12, f"`{token}` of a source without wildcards in `{path}.dest`"
            elif not (held.indexes and _unchecked(path, planned.live.versions(resource.address))):
                yield f"{path}.dest", held.since, f"`{token}` in `{path}.dest`"


def republished_transform(resource: Resource, _planned: PlannedChanges) -> Iterator[Need]:
    """`republish` of everything, by the stream's own transform (10052 before 2.11)."""
    if transform_republishes(resource):
        yield "republish.dest", V2_11, "`republish` by the stream's own `subject_transform`"


def _unchecked(path: str, versions: Versions) -> bool:
    """Whether the server stores a template there without checking its functions."""
    return path.startswith("republish") or not (path.startswith("sources") or CHECKS_TEMPLATES.at(versions))


def crossing_filters(resource: Resource, planned: PlannedChanges) -> Iterator[Need]:
    """Filters of one consumer that share some subjects, and neither holds the other (10138 before 2.12)."""
    if resource.address.kind is not Kind.CONSUMER or TAKES_CROSSING_FILTERS.at(planned.live.versions(resource.address)):
        return
    index = SubjectIndex((subject, place) for place, subject in enumerate(filters_of(resource.config)))
    for (one, _), (other, place) in islice(index.overlapping(), 1):
        path = filter_path(resource, place)
        yield path, TAKES_CROSSING_FILTERS.since, f'`{path}: "{other}"`, which crosses "{one}",'


NEEDS: tuple[Needs, ...] = (
    lambda resource, _: _known(RULES[resource.address.kind].fields, resource.config, ""),
    template_functions,
    crossing_filters,
    republished_transform,
)
