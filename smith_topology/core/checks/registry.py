"""What can be known without a server: every rule over a topology.

What the server refuses is an error, and nothing else is: each refusal here is held against a real server by
``tests/agreement``. What the server accepts but is hardly ever meant is a warning.
"""

from __future__ import annotations

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
from smith_topology.core.checks.interface import Rule
from smith_topology.core.model import Diagnostic, Topology

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


def check(topology: Topology) -> tuple[Diagnostic, ...]:
    """Every finding, in the order things are written."""
    found = [diagnostic for rule in RULES for diagnostic in islice(rule(topology), MOST_FINDINGS)]
    return tuple(sorted(found, key=_place))


def _place(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    span = diagnostic.span
    return (span.file, span.line, span.column, diagnostic.code) if span else ("", 0, 0, diagnostic.code)
