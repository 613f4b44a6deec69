"""What JetStream knows of each kind, and the one table that finds a kind's rules."""

from __future__ import annotations

from smith_topology.core.kinds import consumer, stream
from smith_topology.core.kinds.normal_forms import KindRules
from smith_topology.core.model import Kind

RULES: dict[Kind, KindRules] = {Kind.STREAM: stream.RULES, Kind.CONSUMER: consumer.RULES}
