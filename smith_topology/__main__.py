"""``python -m smith_topology`` is ``smith-topo``."""

from smith_topology.cli import entry

entry()
