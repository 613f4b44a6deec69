"""What the connected server would refuse, said before anything is written: each rule names what to do instead."""

from smith_topology.core.feasibility.place import wrong_target
from smith_topology.core.feasibility.registry import RULES, infeasible

__all__ = ["RULES", "infeasible", "wrong_target"]
