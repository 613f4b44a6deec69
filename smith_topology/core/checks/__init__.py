"""What can be known of a topology without a server."""

from smith_topology.core.checks.registry import CODES, CONDITIONAL, RULES, check

__all__ = ["CODES", "CONDITIONAL", "RULES", "check"]
