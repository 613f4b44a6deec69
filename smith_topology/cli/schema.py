"""``smith-topo schema``: the JSON Schema that editors use."""

from __future__ import annotations

from smith_topology.cli.streams import to_stdout


def schema() -> None:
    """Print the JSON Schema of topology files."""
    from smith_topology.core.file import json_schema
    from smith_topology.render.documents.shape import dumps

    to_stdout(dumps(json_schema.schema()))
