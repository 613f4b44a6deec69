"""Values that only newer servers take, of fields that older ones know: filters and templates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from smith_topology.core.checks.interface import filter_path
from smith_topology.core.checks.transforms import placeholders
from smith_topology.core.kinds.behaviour import CHECKS_TEMPLATES, TAKES_CROSSING_FILTERS
from smith_topology.core.model import Config, Kind, Resource, Versions, copies_of, filters_of
from smith_topology.core.planning.preflight.interface import Need, PlannedChanges
from smith_topology.core.subjects import SubjectIndex


def template_functions(resource: Resource, planned: PlannedChanges) -> Iterator[Need]:
    """Functions of subject templates."""
    for path, destination in _destinations(resource.config):
        for token, held in placeholders(destination):
            if not (held.indexes and _unchecked(path, planned.live.versions(resource.address))):
                yield path, held.since, f"`{token}` in `{path}`"


def _destinations(config: Config) -> Iterator[tuple[str, str]]:
    for name in ("subject_transform", "republish"):
        if block := config.get(name):
            yield f"{name}.dest", block.get("dest") or ""
    for path, copy in copies_of(config):
        for place, transform in enumerate(copy.get("subject_transforms") or ()):
            yield f"{path}.subject_transforms.{place}.dest", transform.get("dest") or ""


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
