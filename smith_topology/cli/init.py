"""``smith-topo init``: a first topology file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from smith_topology.cli import signals
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.streams import to_stdout
from smith_topology.core.model import Finding
from smith_topology.render.text import clean

EXISTS = Finding.error(
    "init",
    "File exists already",
    "`init` found a file there already, or may not write it.",
    "Name another path.",
)
UNWRITABLE = EXISTS.worded("File can't be written")

STARTER = """\
# yaml-language-server: $schema=./topology.schema.json
version: 1
name: {name}            # the owner: stamped on everything this file manages

defaults:
  stream: {{storage: file}}
  consumer: {{ack_policy: explicit, ack_wait: 30s, max_deliver: 5}}

streams:
  ORDERS:
    subjects: [orders.>]
    max_age: 7d
    max_bytes: 1GiB
    consumers:
      billing: {{filter_subject: orders.placed}}
"""


def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")] = Path("topology.yaml"),
    name: Annotated[str | None, typer.Option("--name", help="The owner.  [default: the directory's name]")] = None,
) -> None:
    """Write a first topology file. The schema for your editor comes beside it; nothing is overwritten."""
    from smith_topology.core.file import json_schema
    from smith_topology.core.file.topology import parse
    from smith_topology.render.documents.shape import dumps

    owner, schema = name or _owner(path), path.with_name("topology.schema.json")
    text = STARTER.format(name=owner)
    parsed, _ = parse([(str(path), text.encode())])
    if parsed is None or parsed.name != owner:
        what = f"{owner!r} can't be an owner: write at most 64 of letters, digits, `-`, `_` and `.`."
        raise typer.BadParameter(what, param_hint="'--name'")
    described, shown = dumps(json_schema.schema()) + "\n", clean(shlex.quote(str(path)))
    with signals.handled(lambda _: None):  # both files or none
        _create(path, text)
        kept = schema.exists()
        if not kept:
            _create(schema, described)
        signals.ends_with(f"Interrupted: {shown} is written.")
    written = f"Wrote {shown}; {clean(str(schema))} is left as it was." if kept else f"Wrote {shown} and {clean(str(schema))}."
    to_stdout(f"{written} Next:\n\n    smith-topo validate -f {shown}\n    smith-topo plan -f {shown}")


def _owner(path: Path) -> str:
    try:
        directory = path.resolve().parent.name
    except OSError:  # the directory has been deleted
        directory = ""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in directory).strip("-.")
    return name[:64] or "topology"


def _create(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        diagnostic = EXISTS.diagnostic(f"{path} is there already, and is left as it is.", "Name another: smith-topo init PATH")
        raise ExitWith(Exit.ERROR, (diagnostic,)) from error
    except OSError as error:
        diagnostic = UNWRITABLE.diagnostic(f"{path}: {error.strerror}.", "Choose a place you may write to.")
        raise ExitWith(Exit.ERROR, (diagnostic,)) from error
