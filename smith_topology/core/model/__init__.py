"""The nouns of the pipeline, all frozen: what is declared, what exists, what differs, what will be sent.

Configurations are *wire mappings* throughout: the server's own field names, durations as integer nanoseconds, sizes as
integer bytes, times as RFC 3339 text (``docs/architecture.md``).
"""

from __future__ import annotations

from smith_topology.core.model.addresses import (
    BUCKETS,
    MAX_NAME_BYTES,
    NAME_PATTERN,
    Address,
    Config,
    Kind,
    Span,
    Version,
    consumer_address,
    digest,
    is_name,
    stream_address,
)
from smith_topology.core.model.changes import Action, Change, FieldChange, Reason
from smith_topology.core.model.configs import FILTERS, copied_subjects, copies_of, filters_of, origins
from smith_topology.core.model.declared import Resource, Target, Topology
from smith_topology.core.model.diagnostics import Diagnostic, Severity, worst
from smith_topology.core.model.effects import Amount, Bound, Effect, Interruption, Measure, amounts
from smith_topology.core.model.live import APPLIED, EXTRA, METADATA_SINCE, OWN_METADATA, OWNER, PROTECT, Live, Observed, Server
from smith_topology.core.model.outcomes import Outcome, Verdict
from smith_topology.core.model.plan import Call, Handover, Permission, Plan, Step, Verb, Wait

__all__ = [
    "APPLIED",
    "BUCKETS",
    "EXTRA",
    "FILTERS",
    "MAX_NAME_BYTES",
    "METADATA_SINCE",
    "NAME_PATTERN",
    "OWNER",
    "OWN_METADATA",
    "PROTECT",
    "Action",
    "Address",
    "Amount",
    "Bound",
    "Call",
    "Change",
    "Config",
    "Diagnostic",
    "Effect",
    "FieldChange",
    "Handover",
    "Interruption",
    "Kind",
    "Live",
    "Measure",
    "Observed",
    "Outcome",
    "Permission",
    "Plan",
    "Reason",
    "Resource",
    "Server",
    "Severity",
    "Span",
    "Step",
    "Target",
    "Topology",
    "Verb",
    "Verdict",
    "Version",
    "Wait",
    "amounts",
    "consumer_address",
    "copied_subjects",
    "copies_of",
    "digest",
    "filters_of",
    "is_name",
    "origins",
    "stream_address",
    "worst",
]
