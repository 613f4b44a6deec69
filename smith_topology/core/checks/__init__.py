"""What can be known of a topology without a server."""

from smith_topology.core.checks.registry import RULES, check

__all__ = ["RULES", "check"]
