"""What one apply knows of the server and of its own work, shared by all of its steps."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TypeAlias

from smith_topology.core.model import Address, Diagnostic, Observed, Server, Verdict
from smith_topology.core.planning.requests import fingerprint
from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.errors import ServerError, common_trouble

Ending: TypeAlias = tuple[Verdict, Diagnostic | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many units run at once, and how many seconds a request may take with all its retries."""

    parallelism: int = 10
    patience: float = 20.0


@dataclass(slots=True)
class State:
    """What is shared. Once ``stop`` is set no unit is started, and no request outside a hand-over is sent again.

    ``left`` is the fingerprint of each object as its latest step left it, ``accepted`` the steps whose request the server has
    answered OK, ``made`` the objects whose change counts as made (``planning.plan.decisive_stages``).
    """

    api: Api
    server: Server
    pace: Pace
    stop: asyncio.Event
    left: dict[Address, str] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    made: set[Address] = field(default_factory=set)
    lost: bool = False
    _in_vain: set[int] = field(default_factory=set)

    def leave(self, address: Address, seen: Observed | None) -> None:
        self.left[address] = fingerprint(seen)

    async def out_of_time(self, deadline: float, error: ServerError, *, finishing: bool = False) -> bool:
        """Whether to give up: ``deadline`` (seconds of ``time.monotonic``) is past, or others waited in vain for
        the same trouble. The first step to give up asks whether the server answers at all. ``finishing`` is for the steps of a
        hand-over, which go on after a stop.
        """
        trouble = common_trouble(error)
        if time.monotonic() > deadline and not self.lost:
            self._in_vain |= {trouble} - {0}
            try:
                await self.api.request("INFO")
            except ServerError:
                self.lost = True
            return True
        return self.lost or trouble in self._in_vain or (self.stop.is_set() and not finishing)
