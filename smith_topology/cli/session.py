"""What most commands begin with: read the files, connect, plan. Raises ExitWith for whatever stops them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from smith_topology.cli.exits import Exit, ExitWith, failed
from smith_topology.cli.options import Connection, Origin
from smith_topology.cli.streams import to_stderr
from smith_topology.core.diff.selection import Selection
from smith_topology.core.model import Diagnostic, Plan, Severity, Topology
from smith_topology.core.units import format_duration
from smith_topology.render.text import clean

if TYPE_CHECKING:
    from smith_topology.jetstream.api import Api
    from smith_topology.jetstream.connecting.errors import ServerError
    from smith_topology.jetstream.connecting.settings import Settings

LONGEST_ATTEMPT = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Declared:
    """The files, read and checked, with the warnings that don't stop anything."""

    topology: Topology
    warnings: tuple[Diagnostic, ...]


def declared(paths: list[str], origin: Origin | None = None) -> Declared:
    """Load and check offline. ``origin`` is for what is planned. Raises ExitWith, with every error of every file at once, and the
    owner if it can be read.
    """
    from smith_topology.core.file.topology import readable_owner
    from smith_topology.core.planning.ignored_warnings import offline
    from smith_topology.load import judged, read

    texts = read(paths, lambda size: sys.stdin.buffer.read(size) if sys.stdin else b"")
    topology, found = judged(texts, offline)
    if topology is None:
        raise failed(found, readable_owner(texts.sources))
    if origin:
        from smith_topology.sources import VARIABLE, sources_of

        named = origin.source or os.environ.get(VARIABLE, "")
        topology = replace(topology, sources=sources_of(topology.files, named, origin.from_source or ()))
    return Declared(topology, found)


def settings_of(connection: Connection) -> tuple[Settings, float]:
    """How to connect, and the seconds a request may take with its retries."""
    from smith_topology.jetstream.connecting.settings import Settings

    options = {name: getattr(connection, name) for name in connection.__slots__}
    options["servers"] = options.pop("server")
    named = options["timeout"] or os.environ.get("NATS_TIMEOUT")
    settings = Settings.resolve(options, os.environ)
    patience = settings.timeout if named else settings.patience
    return replace(settings, timeout=min(patience, LONGEST_ATTEMPT), patience=patience), patience


@asynccontextmanager
async def connected(connection: Connection, wait: float = 0.0) -> AsyncIterator[Api]:
    """The API of the account, connected. Waits up to ``wait`` seconds for a server; 0 tries once. Raises ServerError."""
    from smith_topology.jetstream.connecting.connection import connect, connect_within

    settings, _ = settings_of(connection)
    opening = connect_within(settings, wait, partial(_waiting, wait)) if wait else connect(settings)
    async with opening as api:
        yield api


def _waiting(seconds: float, error: ServerError) -> None:
    """Write once to stderr that the command waits (``seconds``), and why: the log of a container shows it."""
    to_stderr(f"Waiting at most {format_duration(round(seconds * 1e9))}. {clean(error.summary)}: {clean(error.detail)}")


async def planned(api: Api, what: Declared, selection: Selection, *, adopt: bool = False) -> Plan:
    """Read the account and plan; nothing is written."""
    from smith_topology.jetstream.planner import make_plan

    return await make_plan(api, what.topology, selection=selection, adopt=adopt, warnings=what.warnings)


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command's coroutine. Raises ExitWith in place of a ServerError, with its diagnostic."""
    from smith_topology.jetstream.connecting.errors import ServerError

    try:
        return asyncio.run(work())
    except ServerError as error:
        raise ExitWith(Exit.ERROR, (error.diagnostic,)) from error


def stopping(plan: Plan) -> tuple[Diagnostic, ...]:
    """Why nothing of this plan can be applied, whatever is approved."""
    return tuple(d for d in plan.diagnostics if d.severity in (Severity.ERROR, Severity.REFUSAL))


def raise_if_blocked(plan: Plan) -> None:
    """Raise ExitWith if something stops the plan, without its diagnostics: the plan as shown holds them."""
    if found := stopping(plan):
        raise ExitWith(failed(found).code)
