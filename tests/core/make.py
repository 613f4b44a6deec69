"""Values for tests on values: what is declared, what is live, and what changes, each in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from smith_topology.core.model import (
    OWNER,
    Action,
    Address,
    Change,
    Config,
    Diagnostic,
    FieldChange,
    Live,
    Observed,
    Plan,
    Reason,
    Resource,
    Server,
    Severity,
    Span,
    Stage,
    Topology,
    Version,
    consumer_address,
    stream_address,
)
from smith_topology.core.planning.ordering.order import Order, arrange
from smith_topology.core.planning.plan import complete, prepare
from smith_topology.core.planning.stage import Stages
from smith_topology.core.planning.transitions.registry import stages_of
from smith_topology.core.planning.writing import Writing

stream, consumer = stream_address, consumer_address
NAME, FILE = "shop", "topology.yaml"
SPAN = Span(FILE, 3, 3)
HOUR = 3600 * 10**9  # nanoseconds
STORED = {"messages": 100, "bytes": 5000, "first_seq": 1, "last_seq": 100, "first_ts": "2026-01-01T00:00:00Z"}
"""The state of a stream of 100 messages, a day before the time of ``server()``."""


def server(version: str = "2.15.1", *, cluster: str = "", members: Mapping[str, str] | None = None, **limits: Any) -> Server:
    """A server, or the leader of a cluster; the account has these limits."""
    versions = {name: Version.parse(each) for name, each in (members or {}).items()}
    return Server(Version.parse(version), version, versions, cluster, limits=limits, time="2026-01-02T00:00:00Z", account="SHOP")


def there(address: Address, config: Config | None = None, *, owner: str = "", created: str = "then", **state: Any) -> Observed:
    """A live object, with an owner if one is named."""
    body = dict(config or {})
    if owner:
        body["metadata"] = {**body.get("metadata", {}), OWNER: owner}
    return Observed(address, body, created, state)


def stored(config: Config | None = None, **state: Any) -> Observed:
    """The stream S, with 100 messages of 5,000 bytes."""
    return there(stream("S"), config, **{**STORED, **state})


def reading(config: Config, pending: int, name: str = "c", **state: Any) -> Observed:
    """A durable consumer of it that has still to get so many messages."""
    return there(consumer("S", name), {"durable_name": name, **config}, num_pending=pending, **state)


def live(*observed: Observed, on: Server | None = None, unknown: Iterable[Address] = ()) -> Live:
    why = Diagnostic("incomplete", Severity.ERROR, "", "No answer.", "Bring the servers back.")
    return Live(on or server(), {each.address: each for each in observed}, dict.fromkeys(unknown, why))


def declared(address: Address, **config: Any) -> Resource:
    return Resource(address, SPAN, config)


def topology(*resources: Resource, **more: Any) -> Topology:
    return Topology(NAME, {each.address: each for each in resources}, (FILE,), **more)


def change(address: Address, before: Config | None, after: Config | None, **more: Any) -> Change:
    """From one configuration to the other: None where there is no object, and no change where they are equal."""
    if before is None:
        return Change(address, Action.CREATE, Reason.NEW, None, after, span=SPAN, **more)
    if after is None:
        return Change(address, Action.DELETE, Reason.REMOVED, before, None, **more)
    names = dict.fromkeys([*before, *after])
    fields = tuple(FieldChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))
    action, reason = (Action.UPDATE, Reason.PENDING) if fields else (Action.NO_OP, Reason.SAME)
    return Change(address, action, reason, before, after, fields, span=SPAN, **more)


def writing(*changes: Change, now: Live | None = None) -> Writing:
    """Where nothing else is said, live is what the changes begin with."""
    return Writing.of(changes, now or live(*(there(each.address, each.before) for each in changes if each.before is not None)))


def stages(found: Writing) -> Stages:
    return stages_of(found)


def path(address: Address, *changes: Change, now: Live | None = None) -> tuple[Stage, ...]:
    """The stages of one of these changes."""
    return stages(writing(*changes, now=now))[address]


def order(*changes: Change, now: Live | None = None) -> Order:
    found = writing(*changes, now=now)
    return arrange(found, stages(found))


def plan(wanted: Topology, now: Live) -> Plan:
    return complete(prepare(wanted, now), {})
