"""What can be known without a server: every rule over a topology.

What every supported server refuses is an error, and nothing else is: each refusal here is held against real servers by
``tests/agreement``. What only some of them refuse (``Conditional``) is an error where such a server is asked, and a warning
elsewhere. What the server accepts but is hardly ever meant is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice

from smith_topology.core.checks import (
    consumer_fields,
    consumer_limits,
    copies,
    effects,
    filters,
    origins,
    stream_fields,
    subjects,
    transforms,
    workqueue,
)
from smith_topology.core.checks.interface import Conditional, PartlyKnown, Rule, known
from smith_topology.core.kinds.stream import RULES as STREAM
from smith_topology.core.model import FILTERS, Address, Diagnostic, Finding, Resource, Severity, Topology, Versions

RULES: tuple[Rule, ...] = (
    subjects.invalid,
    subjects.reserved,
    subjects.overlapping,
    filters.within_consumer,
    filters.unreachable,
    filters.delivered_back,
    transforms.templates,
    transforms.of_one_origin,
    transforms.republished_back,
    stream_fields.combinations,
    stream_fields.sizes,
    consumer_fields.combinations,
    consumer_limits.against_stream,
    workqueue.one_consumer_per_message,
    workqueue.required_fields,
    copies.fields,
    copies.prepared_consumers,
    copies.external_prefixes,
    copies.duplicate_sources,
    origins.undeclared,
    origins.cycles,
    origins.larger_messages,
    effects.lost_messages,
    effects.idle_durables,
    effects.without_effect,
)


MOST_FINDINGS = 1_000
"""How many findings of one rule are reported. A file of YAML aliases can hold millions."""


FINDINGS: Mapping[str, Finding] = {
    each.code: each
    for module in (
        consumer_fields,
        consumer_limits,
        copies,
        effects,
        filters,
        origins,
        stream_fields,
        subjects,
        transforms,
        workqueue,
    )
    for each in vars(module).values()
    if isinstance(each, Finding)
}
"""Everything that these rules find, by code."""
CONDITIONAL = frozenset(
    each.code
    for each in (subjects.REACHES, transforms.LEFT_BEHIND, stream_fields.SCHEDULES_APART, consumer_fields.NO_POLICY)
)
"""Of what only some servers refuse."""


def check(topology: Topology, versions: Callable[[Address], Versions] | None = None) -> tuple[Diagnostic, ...]:
    """Every finding, in the order things are written. Fields under `ignore_changes` are unknown.

    ``versions`` are those of the servers that have an object, or are to have it. Without them, what only some servers refuse is a
    warning.
    """
    seen = replace(topology, resources={address: _as_known(each) for address, each in topology.resources.items()})
    found = [each for rule in RULES for each in islice(known(rule(seen)), MOST_FINDINGS)]
    judged = (_judged(each, versions) if isinstance(each, Conditional) else each for each in found)
    return tuple(sorted(filter(None, judged), key=_place))


_EVERY_FIELD = frozenset(each.name for each in STREAM.fields)


def _as_known(resource: Resource) -> Resource:
    if resource.external and not resource.config:
        return replace(resource, config=PartlyKnown({}, _EVERY_FIELD))
    ignored = {*resource.ignore_changes, *(FILTERS if {*FILTERS} & {*resource.ignore_changes} else ())}
    return replace(resource, config=PartlyKnown(resource.config, ignored)) if ignored else resource


def _judged(found: Conditional, versions: Callable[[Address], Versions] | None) -> Diagnostic | None:
    """An error where the server refuses it; elsewhere a warning, if a newer one does."""
    diagnostic, behaviour = found.diagnostic, found.behaviour
    if versions and diagnostic.address and behaviour.at(versions(diagnostic.address)):
        return diagnostic
    detail = (
        f"{diagnostic.detail} Servers from {behaviour.since} on refuse it, and don't load it from the store of an older server: "
        "after an upgrade it is gone."
    )
    return replace(diagnostic, severity=Severity.WARNING, detail=detail)


def _place(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    span = diagnostic.span
    return (span.file, span.line, span.column, diagnostic.code) if span else ("", 0, 0, diagnostic.code)
