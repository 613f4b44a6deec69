"""Which stages a change takes. Each rule splits a stage in two where the server, or a publisher, needs it; a rule per file."""

from smith_topology.core.planning.transitions.registry import stages_of

__all__ = ["stages_of"]
