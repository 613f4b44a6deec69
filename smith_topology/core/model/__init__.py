"""The nouns of the pipeline, all frozen: what is declared, what exists, what differs, what will be sent.

Configurations are *wire mappings* throughout: the server's own field names, durations as integer nanoseconds, sizes as
integer bytes, times as RFC 3339 text (``docs/architecture.md``).
"""

from __future__ import annotations

from smith_topology.core.model.addresses import (
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
from smith_topology.core.model.declared import IgnoredWarning, Resource, Sources, Target, Topology
from smith_topology.core.model.diagnostics import BUG, Diagnostic, Finding, Severity, worst
from smith_topology.core.model.effects import Amount, Bound, Effect, Interruption, Measure, amounts
from smith_topology.core.model.live import (
    ADDRESS,
    APPLIED,
    EXTRA,
    KEPT,
    LIMITS,
    OWN_METADATA,
    OWNER,
    PROTECT,
    SOURCE,
    STAGE,
    Live,
    Observed,
    Server,
    Versions,
    tier_of,
)
from smith_topology.core.model.outcomes import Outcome, Verdict
from smith_topology.core.model.plan import After, Call, Permission, Plan, Step, Verb, Wait
from smith_topology.core.model.roles import BUCKETS, MQTT_PREFIX, Role, role_of
from smith_topology.core.model.stages import Edge, Handover, Stage, StageId, WaitsFor

__all__ = [
    "ADDRESS",
    "APPLIED",
    "BUCKETS",
    "BUG",
    "EXTRA",
    "FILTERS",
    "KEPT",
    "LIMITS",
    "MAX_NAME_BYTES",
    "MQTT_PREFIX",
    "NAME_PATTERN",
    "OWNER",
    "OWN_METADATA",
    "PROTECT",
    "SOURCE",
    "STAGE",
    "Action",
    "Address",
    "After",
    "Amount",
    "Bound",
    "Call",
    "Change",
    "Config",
    "Diagnostic",
    "Edge",
    "Effect",
    "FieldChange",
    "Finding",
    "Handover",
    "IgnoredWarning",
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
    "Role",
    "Server",
    "Severity",
    "Sources",
    "Span",
    "Stage",
    "StageId",
    "Step",
    "Target",
    "Topology",
    "Verb",
    "Verdict",
    "Version",
    "Versions",
    "Wait",
    "WaitsFor",
    "amounts",
    "consumer_address",
    "copied_subjects",
    "copies_of",
    "digest",
    "filters_of",
    "is_name",
    "origins",
    "role_of",
    "stream_address",
    "tier_of",
    "worst",
]
