"""What can be known of a topology without a server."""

from smith_topology.core.checks.registry import CONDITIONAL, FINDINGS, RULES, check

__all__ = ["CONDITIONAL", "FINDINGS", "RULES", "check"]
