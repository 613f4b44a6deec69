"""Change → the literal JetStream requests that carry it out, in the order they have to come in.

An update sends the whole configuration, because the server resets what is left out. What the live object has and this
program does not know is carried along unchanged.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from smith_topology.core.diff.diff import OWNED_BY, PROTECTED, PSEUDO_FIELDS, applied_digest
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.carry import carry
from smith_topology.core.kinds.marks import kept, without_server_metadata
from smith_topology.core.model import (
    APPLIED,
    EXTRA,
    OWNER,
    PROTECT,
    Action,
    Address,
    Change,
    Config,
    FieldChange,
    Kind,
    Observed,
    Resource,
    Server,
    Verb,
    digest,
)
from smith_topology.core.planning.ordering.subjects import claiming

NOT_YET = ""
"""The fingerprint of an object that must not exist."""
MOVING, SCALING = frozenset({"placement"}), frozenset({"num_replicas", "retention"})
"""What makes the peers of a cluster change places, and what changes how many there are."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before it has a number and a place; ``settles`` means the next step waits for the stream's peers."""

    verb: Verb
    endpoint: str
    payload: dict[str, Any]
    expected: Config | None
    settles: bool = False


def fingerprint(observed: Observed | None) -> str:
    """What an object must be, to be written as planned: its identity and its whole configuration."""
    if observed is None:
        return NOT_YET
    return digest([observed.created, without_server_metadata(observed.config)])


def drafts(change: Change, resource: Resource | None, observed: Observed | None, owner: str, server: Server) -> list[Draft]:
    """The requests of one change. Empty for what needs none (no-op, replacement that isn't available)."""
    writer = _Writer(change.address, resource, observed, owner, server)
    match change.action:
        case Action.DELETE:
            return [writer.delete()]
        case Action.CREATE | Action.UPDATE if resource is not None:
            return list(writer.write(change))
        case _:
            return []


@dataclass(frozen=True, slots=True)
class _Writer:
    address: Address
    resource: Resource | None
    observed: Observed | None
    owner: str
    server: Server

    def delete(self) -> Draft:
        return Draft(Verb.DELETE, _endpoint(self.address, "DELETE"), {}, None)

    def write(self, change: Change) -> Iterator[Draft]:
        after = {name: value for name, value in (change.after or {}).items() if name != OWNED_BY}
        if self.address.kind is Kind.CONSUMER:
            yield from self._consumer(change, after)
        elif change.action is Action.CREATE:
            yield from self._new_stream(after)
        else:
            yield from self._changed_stream(change, after)

    def _new_stream(self, after: dict[str, Any]) -> Iterator[Draft]:
        """The server refuses to create a sealed stream, so it is sealed right after."""
        if after.get("sealed"):
            yield self._stream(Verb.CREATE, _back(after, {}, ["sealed"]))
            yield self._stream(Verb.UPDATE, after)
        else:
            yield self._stream(Verb.CREATE, after)

    def _changed_stream(self, change: Change, after: dict[str, Any]) -> Iterator[Draft]:
        """Moving and scaling in one update is refused (10123), and another retention scales the consumers: growing moves first,
        anything else moves last.
        """
        before, paths = change.before or {}, {each.path.partition(".")[0] for each in change.fields}
        moves, scales = "placement" in paths, paths & SCALING
        clustered = self.server.is_clustered
        if moves and scales and clustered:
            grows = after.get("num_replicas", 1) > before.get("num_replicas", 1)
            yield self._stream(Verb.UPDATE, _back(after, before, SCALING if grows else MOVING), settles=True)
        yield self._stream(Verb.UPDATE, after, settles=clustered and bool(moves or scales))

    def _stream(self, verb: Verb, after: dict[str, Any], *, settles: bool = False) -> Draft:
        payload = {"name": self.address.name, **self._payload(after)}
        return Draft(verb, _endpoint(self.address, verb.value.upper()), payload, after, settles)

    def _consumer(self, change: Change, after: dict[str, Any]) -> Iterator[Draft]:
        """A live pause is changed by the pause API alone; an update keeps whatever it was (2.11 and later)."""
        before = change.before or {}
        creates = change.action is Action.CREATE
        paused = after if creates else _back(after, before, ["pause_until"])
        if creates or any(each.path != "pause_until" for each in change.fields):
            verb = Verb.CREATE if creates else Verb.UPDATE
            for stage in _made_durable(before, paused):
                config = {"durable_name": self.address.name, "name": self.address.name, **self._payload(stage)}
                body = {"stream_name": self.address.path[0], "action": verb.value, "config": config}
                yield Draft(verb, _endpoint(self.address, "CREATE"), body, stage)
        if not creates and before.get("pause_until") != after.get("pause_until"):
            pause = {"pause_until": after["pause_until"]} if "pause_until" in after else {}
            yield Draft(Verb.PAUSE, _endpoint(self.address, "PAUSE"), pause, after)

    def _payload(self, after: Config) -> dict[str, Any]:
        fields = {name: value for name, value in after.items() if name not in PSEUDO_FIELDS and value is not None}
        payload = copy.deepcopy({**fields, "metadata": self._metadata(after)})
        if self.observed is None:
            return payload
        ended = [name for name, value in after.items() if value is None]
        live = {name: value for name, value in self.observed.config.items() if name not in ("metadata", *ended)}
        return carry(RULES[self.address.kind].fields, live, payload)

    def _metadata(self, after: Config) -> dict[str, str]:
        """The user's keys and the owner's marks; ``smith-topo.protect`` holds the day it was first set, by the server's clock."""
        if self.resource is None:
            return {}
        marks = {OWNER: self.owner, APPLIED: applied_digest(after, self.resource)}
        if extra := sorted(name for name, value in self.resource.extra.items() if value is not None):
            marks[EXTRA] = ",".join(extra)
        if after.get(PROTECTED):
            marks[PROTECT] = (self.observed.protected if self.observed else "") or self.server.time[:10]
        others = kept(self.observed.config) if self.observed else {}
        return {**others, **after.get("metadata", {}), **marks}


def _made_durable(before: Config, after: Config) -> Iterator[Config]:
    """An ephemeral consumer goes on with the threshold that ephemeral ones have by default, when the update that makes it durable
    gives it none (2.10 to 2.15): it is taken away behind that.
    """
    if before.get("ephemeral") and before.get("inactive_threshold") and not after.get("inactive_threshold"):
        yield _back(after, before, ["inactive_threshold"])
    yield after


def released(change: Change, observed: Observed, keeping: tuple[str, ...]) -> Draft:
    """The live object as it is, but for the subjects or filters that others take over."""
    kind, normal = change.address.kind, {name: value for name, value in (change.before or {}).items() if name != OWNED_BY}
    live, expected = (claiming(kind, each, keeping) for each in (without_server_metadata(observed.config), normal))
    if kind is Kind.STREAM:
        return Draft(Verb.UPDATE, _endpoint(change.address, "UPDATE"), live, expected)
    body = {"stream_name": change.address.path[0], "action": Verb.UPDATE.value, "config": live}
    return Draft(Verb.UPDATE, _endpoint(change.address, "CREATE"), body, expected)


def preparing(change: Change) -> Change:
    """An update without the retention."""
    after = _back(change.after or {}, change.before or {}, ["retention"])
    return replace(change, after=after, fields=_fields(change, retention=False))


def prepared(change: Change) -> Change:
    """What of an update is left once all but the retention is done."""
    return replace(change, fields=_fields(change, retention=True))


def _fields(change: Change, *, retention: bool) -> tuple[FieldChange, ...]:
    return tuple(each for each in change.fields if (each.path == "retention") is retention)


def _back(after: Config, before: Config, names: Collection[str]) -> dict[str, Any]:
    """What will be, but for these fields, which are as they were."""
    kept = {name: before[name] for name in names if name in before}
    return {**{name: value for name, value in after.items() if name not in names}, **kept}


def _endpoint(address: Address, operation: str) -> str:
    return ".".join((address.kind.value.upper(), operation, *address.path))
