"""``smith-topo schema``: the JSON Schema that editors use."""

from __future__ import annotations

from smith_topology.cli.streams import tell


def schema() -> None:
    """Print the JSON Schema of topology files."""
    from smith_topology.core import json_schema
    from smith_topology.render.document import dumps

    tell(dumps(json_schema.schema()))
