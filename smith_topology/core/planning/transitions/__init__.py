"""Which stages a change takes: one rule a file. Each splits a stage in two where the server, or a publisher, needs it."""

from smith_topology.core.planning.transitions.registry import stages_of

__all__ = ["stages_of"]
