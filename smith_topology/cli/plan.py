"""``smith-topo plan``: what apply would do, and what it would cost."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Annotated

import typer

from smith_topology.cli import session
from smith_topology.cli.emit import emit, machine_readable
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Adopt, Connection, Files, Format, Origin, Output, Selected
from smith_topology.cli.streams import to_stdout
from smith_topology.render.formats import View

HIDDEN = "…"

Detailed = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there is something to do.")]
Steps = Annotated[bool, typer.Option("--steps", help="Also list every request and wait, in order, with its reason.")]


def plan(
    files: Files,
    connection: Connection,
    selected: Selected,
    origin: Origin,
    output: Format = Output.HUMAN,
    adopt: Adopt = False,
    detailed_exitcode: Detailed = False,
    steps: Steps = False,
) -> None:
    """Show what apply would do, and what data each change costs. Writes nothing."""
    if steps and output not in (Output.HUMAN, Output.JSON):
        raise typer.BadParameter("goes with the outputs human and json; JSON always has the steps.", param_hint="'--steps'")

    async def work() -> None:
        what = session.declared(files.paths, origin)
        async with session.connected(connection) as api:
            found = await session.planned(api, what, selected.selection, adopt=adopt)
        emit(View.PLAN, output, found, verb=apply_command(files, connection, selected, origin, adopt=adopt))
        if steps and output is Output.HUMAN:
            to_stdout("")
            emit(View.STEPS, output, found)
        session.raise_if_blocked(found)
        if detailed_exitcode and not found.is_empty:
            raise ExitWith(Exit.DIFFERENCES)

    with machine_readable(output):
        session.run(work)


def apply_command(files: Files, connection: Connection, selected: Selected, origin: Origin, *, adopt: bool) -> str:
    """What carries out the plan that these options made. `…` stands for a secret that has to be given again: left out, the
    command could act as another user.
    """
    from smith_topology.sources import written

    options = {"-f": files.file, **_reconnecting(connection), "--target": selected.target, "--exclude": selected.exclude}
    named = [origin.source] if origin.source else []
    options |= {"--source": [*map(written, named)], "--from-source": [*map(written, origin.from_source or ())]}
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
