"""Topologies as short mappings, given to the offline checks, and in ``tests/agreement`` to a real server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from smith_topology.core.checks import check
from smith_topology.core.model import (
    Address,
    Diagnostic,
    Resource,
    Severity,
    Span,
    Topology,
    Version,
    Versions,
    consumer_address,
    stream_address,
)

Declared = Mapping[str, Mapping[str, Any]]
"""Streams by name: a wire configuration, and ``consumers`` by name."""


def build(declared: Declared) -> Topology:
    """What a parser would make of it, every resource, field and list item on a line of its own."""
    lines = iter(range(1, 10_000_000))
    resources: dict[Address, Resource] = {}

    def add(address: Address, config: Mapping[str, Any]) -> None:
        spans = {path: Span("topology.yaml", next(lines), 1) for path in ("", *_paths(config))}
        resources[address] = Resource(address, spans.pop(""), config, spans.get)

    for name, whole in declared.items():
        add(stream_address(name), own(whole))
        for consumer, config in whole.get("consumers", {}).items():
            add(consumer_address(name, consumer), config)
    return Topology("test", resources, ("topology.yaml",))


def findings(declared: Declared) -> tuple[Diagnostic, ...]:
    return check(build(declared))


def codes(declared: Declared, severity: Severity = Severity.ERROR) -> set[str]:
    """The codes that the checks find for the latest server."""
    latest = Version(2, 15, 1)
    found = check(build(declared), lambda _: Versions(latest, frozenset({latest})))
    return {each.code for each in found if each.severity is severity}


def written_at(declared: Declared, code: str) -> set[str]:
    """Where a finding points: ``consumer.S.c filter_subject``."""
    topology = build(declared)
    places = {
        resource.where(path): f"{resource.address} {path}".strip()
        for resource in topology.resources.values()
        for path in ("", *_paths(resource.config))
    }
    return {places[each.span] for each in check(topology) if each.code == code and each.span}


def own(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key != "consumers"}


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield f"{prefix}{key}"
        yield from _paths(inner, f"{prefix}{key}.")


def stream(**fields: Any) -> Declared:
    """One stream S that stores ``s.>`` unless told otherwise."""
    return {"S": {"subjects": ["s.>"], **fields}}


def consumers(*each: Mapping[str, Any], **fields: Any) -> Declared:
    """Consumers c0, c1 … on such a stream."""
    return {"S": {"subjects": ["s.>"], **fields, "consumers": {f"c{number}": config for number, config in enumerate(each)}}}


def mirror(entry: Mapping[str, Any] | None = None, **fields: Any) -> Declared:
    """Stream O that stores ``o.>``, and its mirror M."""
    return {"O": {"subjects": ["o.>"]}, "M": {"mirror": {"name": "O", **(entry or {})}, **fields}}


def sources(*entries: Mapping[str, Any], **fields: Any) -> Declared:
    """Stream O that stores ``o.>``, and M that copies it once for each entry."""
    return {"O": {"subjects": ["o.>"]}, "M": {"sources": [{"name": "O", **entry} for entry in entries], **fields}}
