"""``smith-topo schema``: JSON Schemas, of what is read and of what is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from smith_topology.cli.streams import to_stdout


class Of(StrEnum):
    TOPOLOGY = "topology"
    PLAN = "plan"


def schema(
    of: Annotated[Of, typer.Option("--of", help="Of topology files, for editors; or of what plan --output json prints.")] = (
        Of.TOPOLOGY
    ),
) -> None:
    """Print a JSON Schema."""
    from smith_topology.core.file import json_schema
    from smith_topology.render.documents import plan
    from smith_topology.render.documents.shape import dumps

    to_stdout(dumps(plan.schema() if of is Of.PLAN else json_schema.schema()))
