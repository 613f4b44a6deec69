"""``smith-topo plan``: what apply would do, and what it would cost."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields
from typing import Annotated, assert_never

import typer

from smith_topology.cli import session
from smith_topology.cli.console import style
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Adopt, Connection, Files, Format, Output, Selected
from smith_topology.cli.streams import to_stdout
from smith_topology.core.model import Plan

HIDDEN = "…"

Detailed = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there is something to do.")]


def plan(
    files: Files,
    connection: Connection,
    selected: Selected,
    output: Format = Output.HUMAN,
    adopt: Adopt = False,
    detailed_exitcode: Detailed = False,
) -> None:
    """Show what apply would do, and what data each change costs. Writes nothing."""

    async def work() -> None:
        what = session.declared(files.paths)
        async with session.connected(connection) as api:
            found = await session.surveyed(api, what, selected.selection, adopt=adopt)
        to_stdout(rendered(found, output, verb=apply_command(files, connection, selected, adopt=adopt)))
        session.raise_if_blocked(found)
        if detailed_exitcode and not found.is_empty:
            raise ExitWith(Exit.DIFFERENCES)

    with session.told_to_machines(output):
        session.run(work)


def apply_command(files: Files, connection: Connection, selected: Selected, *, adopt: bool) -> str:
    """What carries out the plan that these options made. `…` stands for a secret that has to be given again: left out, the
    command could act as somebody else.
    """
    options = {"-f": files.file, **_reconnecting(connection), "--target": selected.target, "--exclude": selected.exclude}
    words = [word for option, values in options.items() for value in values or () for word in (option, shlex.quote(value))]
    flags = [*(["--tlsfirst"] if connection.tlsfirst else []), *(["--adopt"] if adopt else [])]
    return " ".join(["apply", *words, *flags])


def _reconnecting(connection: Connection) -> dict[str, list[str]]:
    from smith_topology.jetstream.connecting.settings import redacted, urls

    given = {each.name: getattr(connection, each.name) for each in fields(connection) if each.name != "tlsfirst"}
    secret = ("password", "token") if given["password"] else ("user", "token")  # a user without a password is a token
    shown = {name: HIDDEN if name in secret else value for name, value in given.items() if value}
    if connection.server:
        shown["server"] = ",".join(redacted(url, f"{HIDDEN}@") for url in urls(connection.server))
    return {f"--{name.replace('_', '-')}": [value] for name, value in shown.items()}


def rendered(found: Plan, output: Output, *, verb: str = "apply") -> str:
    """The plan in one of the formats."""
    if output is Output.HUMAN:
        from smith_topology.render import plan as human

        return human.render(found, style(sys.stdout), verb=verb)
    from smith_topology.render import document, markdown, ndjson, summary

    match output:
        case Output.JSON:
            return document.dumps(document.plan_document(found))
        case Output.NDJSON:
            return "\n".join(ndjson.plan(found, session.now()))
        case Output.MARKDOWN:
            return markdown.plan(found)
        case Output.SUMMARY:
            return summary.plan(found)
        case _:
            assert_never(output)
