"""What the connected server would refuse, said before anything is written: each rule names what to do instead."""

from smith_topology.core.planning.preflight.registry import RULES, refusals
from smith_topology.core.planning.preflight.target import unsupported, wrong_target

__all__ = ["RULES", "refusals", "unsupported", "wrong_target"]
