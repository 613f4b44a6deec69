"""Stage → the literal JetStream request that carries it out.

An update sends the whole configuration, because the server resets what is left out. What the live object has and this
program does not know is carried along unchanged.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from smith_topology.core.diff.diff import applied_digest
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.carry import carry
from smith_topology.core.kinds.marks import PROTECTED, PSEUDO_FIELDS, UNFINISHED, kept, without_server_metadata
from smith_topology.core.model import (
    ADDRESS,
    APPLIED,
    EXTRA,
    OWNER,
    PROTECT,
    STAGE,
    Action,
    Address,
    Config,
    Kind,
    Observed,
    Resource,
    Server,
    Stage,
    Verb,
    digest,
)
from smith_topology.core.planning.transitions.marks import is_pause

NOT_YET = ""
"""The fingerprint of an object that must not exist."""


def fingerprint(observed: Observed | None) -> str:
    """A digest of an object's identity and whole configuration. A request is sent only while the live object has the planned
    one.
    """
    if observed is None:
        return NOT_YET
    return digest([observed.created, without_server_metadata(observed.config)])


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: ``endpoint`` is the subject below the API prefix."""

    verb: Verb
    endpoint: str
    payload: Config


def request_of(stage: Stage, resource: Resource | None, observed: Observed | None, owner: str, server: Server) -> Request:
    """The request of one stage. ``resource`` is None for what the file no longer declares, ``observed`` for what is new."""
    writer = _Writer(stage.address, resource, observed, owner, server)
    if stage.after is None:
        return Request(Verb.DELETE, _endpoint(stage.address, "DELETE"), {})
    if is_pause(stage):
        pause = {"pause_until": stage.after["pause_until"]} if "pause_until" in stage.after else {}
        return Request(Verb.PAUSE, _endpoint(stage.address, "PAUSE"), pause)
    verb = Verb.CREATE if stage.action is Action.CREATE else Verb.UPDATE
    return writer.consumer(verb, stage.after) if stage.address.kind is Kind.CONSUMER else writer.stream(verb, stage.after)


@dataclass(frozen=True, slots=True)
class _Writer:
    address: Address
    resource: Resource | None
    observed: Observed | None
    owner: str
    server: Server

    def stream(self, verb: Verb, after: Config) -> Request:
        return Request(verb, _endpoint(self.address, verb.value.upper()), {"name": self.address.name, **self._payload(after)})

    def consumer(self, verb: Verb, after: Config) -> Request:
        config = {"durable_name": self.address.name, "name": self.address.name, **self._payload(after)}
        body = {"stream_name": self.address.path[0], "action": verb.value, "config": config}
        return Request(verb, _endpoint(self.address, "CREATE"), body)

    def _payload(self, after: Config) -> dict[str, Any]:
        fields = {name: value for name, value in after.items() if name not in PSEUDO_FIELDS and value is not None}
        payload = copy.deepcopy({**fields, "metadata": self._metadata(after)})
        if self.observed is None:
            return payload
        ended = [name for name, value in after.items() if value is None]
        live = {name: value for name, value in self.observed.config.items() if name not in ("metadata", *ended)}
        return carry(RULES[self.address.kind].fields, live, payload)

    def _metadata(self, after: Config) -> dict[str, str]:
        """The user's keys, and this program's marks.

        ``smith-topo.protect`` holds the day it was first set, by the server's clock. Between two stages the marks of the last
        apply stay, beside that of the stage.
        """
        others = kept(self.observed) if self.observed else {}
        marks = self._lasting_marks(after)
        if UNFINISHED in after:
            live = self.observed.marks if self.observed else {}
            marks |= {key: live[key] for key in (APPLIED, EXTRA) if key in live} | {STAGE: after[UNFINISHED]}
        return {**others, **after.get("metadata", {}), **marks}

    def _lasting_marks(self, after: Config) -> dict[str, str]:
        marks = {OWNER: self.owner, ADDRESS: str(self.address)}
        if self.resource is not None and UNFINISHED not in after:
            marks[APPLIED] = applied_digest(after, self.resource)
            if extra := sorted(name for name, value in self.resource.extra.items() if value is not None):
                marks[EXTRA] = ",".join(extra)
        if after.get(PROTECTED):
            marks[PROTECT] = (self.observed.protected if self.observed else "") or self.server.time[:10]
        return marks


def _endpoint(address: Address, operation: str) -> str:
    return ".".join((address.kind.value.upper(), operation, *address.path))
