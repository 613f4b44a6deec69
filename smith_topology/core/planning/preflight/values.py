"""Values that only newer servers take, of fields that older ones know: filters, templates, subjects."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from smith_topology.core.checks.interface import filter_path
from smith_topology.core.checks.transforms import placeholders
from smith_topology.core.model import (
    Config,
    Kind,
    Resource,
    Version,
    copied_subjects,
    copies_of,
    filters_of,
    origins,
    stream_address,
)
from smith_topology.core.planning.preflight.interface import Need, PlannedChanges
from smith_topology.core.subjects import ANY, REST, SEPARATOR, SubjectIndex, is_subset, overlaps

V2_10, V2_11, V2_12 = Version(2, 10), Version(2, 11), Version(2, 12)


def template_functions(resource: Resource, intent: PlannedChanges) -> Iterator[Need]:
    """Functions of subject templates."""
    for path, destination in _destinations(resource.config):
        for token, held in placeholders(destination):
            if not (held.indexes and _unchecked(path, intent.server.version)):
                yield path, held.since, f"`{token}` in `{path}`"


def _destinations(config: Config) -> Iterator[tuple[str, str]]:
    for name in ("subject_transform", "republish"):
        if block := config.get(name):
            yield f"{name}.dest", block.get("dest") or ""
    for path, copy in copies_of(config):
        for place, transform in enumerate(copy.get("subject_transforms") or ()):
            yield f"{path}.subject_transforms.{place}.dest", transform.get("dest") or ""


def _unchecked(path: str, version: Version) -> bool:
    """Where a server knows more functions than its check of other places lets pass: `republish` from 2.10 on, and in 2.10
    everything but sources.
    """
    return version >= V2_10 and (path.startswith("republish") or (version < V2_11 and not path.startswith("sources")))


def crossing_filters(resource: Resource, intent: PlannedChanges) -> Iterator[Need]:
    """Filters of one consumer that share some subjects, and neither holds the other (10138 before 2.12)."""
    filters = filters_of(resource.config) if resource.address.kind is Kind.CONSUMER else ()
    index: SubjectIndex[int] = SubjectIndex()
    for place, subject in enumerate(filters if intent.server.version < V2_12 else ()):
        index.add(subject, place)
    for (one, _), (other, place) in islice(index.overlapping(), 1):
        path = filter_path(resource, place)
        yield path, V2_12, f'`{path}: "{other}"`, which crosses "{one}",'


def filters_outside(resource: Resource, intent: PlannedChanges) -> Iterator[Need]:
    """Filters that no subject of the stream holds, nor they one of it (10093 before 2.10)."""
    if resource.address.kind is Kind.STREAM or intent.server.version >= V2_10:
        return
    subjects = _subjects(resource.address.path[0], intent)
    for place, wanted in enumerate(filters_of(resource.config)):
        if subjects and not any(is_subset(wanted, each) or is_subset(each, wanted) for each in subjects):
            path = filter_path(resource, place)
            yield path, V2_10, f'`{path}: "{wanted}"`, outside the subjects of the stream,'


def copies_of_nothing(resource: Resource, intent: PlannedChanges) -> Iterator[Need]:
    """Copies of subjects that their origin does not have (10052 before 2.10)."""
    for path, copy in copies_of(resource.config) if intent.server.version < V2_10 else ():
        subjects = () if copy.get("external") else _subjects(copy["name"], intent)
        for wanted in copied_subjects(copy) if subjects else ():
            if not any(overlaps(wanted, each) for each in subjects):
                yield f"{path}.filter_subject", V2_10, f'`{path}.filter_subject: "{wanted}"`, outside the subjects of the origin,'


def republish(resource: Resource, intent: PlannedChanges) -> Iterator[Need]:
    """Republishing of subjects the stream does not have, or without taking every wildcard over (10052 before 2.10)."""
    block = resource.config.get("republish")
    if not block or intent.server.version >= V2_10:
        return
    source, destination = block.get("src") or REST, block.get("dest") or ""
    subjects = _subjects(resource.address.name, intent)
    if subjects and not any(overlaps(source, each) for each in subjects):
        yield "republish.src", V2_10, f'`republish.src: "{source}"`, outside the subjects of the stream,'
    if len(list(placeholders(destination))) < source.split(SEPARATOR).count(ANY):
        yield "republish.dest", V2_10, f'`republish.dest: "{destination}"`, which leaves out wildcards of the source,'


def _subjects(stream: str, intent: PlannedChanges) -> tuple[str, ...]:
    """The subjects of a stream, as it will be, and of its origins; nothing where these copy others in turn, or are elsewhere."""
    config = _future(stream, intent)
    held = [_future(origin, intent) for origin in origins(config)]
    if len(held) < len(list(copies_of(config))) or any(next(copies_of(each), None) or not each for each in held):
        return ()
    return tuple(subject for each in (config, *held) for subject in each.get("subjects") or ())


def _future(stream: str, intent: PlannedChanges) -> Config:
    change, observed = intent.planned.get(stream_address(stream)), intent.live.stream(stream)
    return (change.after if change else observed.config if observed else None) or {}
