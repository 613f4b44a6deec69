"""Stage → the literal JetStream request that carries it out.

An update sends the whole configuration, because the server resets what is left out. What the live object has and this
program does not know is carried along unchanged.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smith_topology.core.diff.diff import applied_digest
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.carry import carry
from smith_topology.core.kinds.marks import PROTECTED, PSEUDO_FIELDS, UNFINISHED, kept, without_server_metadata
from smith_topology.core.kinds.normal_forms import NOTHING
from smith_topology.core.kinds.own_limits import LIMITED, given
from smith_topology.core.model import (
    ADDRESS,
    APPLIED,
    EXTRA,
    OWNER,
    PROTECT,
    SOURCE,
    STAGE,
    Action,
    Address,
    Config,
    Kind,
    Observed,
    Resource,
    Server,
    Stage,
    Topology,
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


FILLED_IN: Mapping[Kind, tuple[str, ...]] = {
    Kind.STREAM: ("duplicate_window",),
    Kind.CONSUMER: ("max_ack_pending", "max_batch", "max_waiting", "ack_wait", "priority_timeout"),
}
"""Fields that the server fills in by limits of its own: by the account's, a tier's, or those of its configuration, which no
answer shows. It refuses a default that is above them, and takes the limit where the field is left out (2.10 to 2.15).
"""


def request_of(
    stage: Stage,
    resource: Resource | None,
    observed: Observed | None,
    topology: Topology,
    server: Server,
    limits: Config = NOTHING,
) -> Request:
    """The request of one stage. ``resource`` is None for what the file no longer declares, ``observed`` for what is new;
    ``limits`` are the ``consumer_limits`` of a consumer's stream, as they are and as they will be.
    """
    address, after = stage.address, stage.after
    if after is None:
        return Request(Verb.DELETE, _endpoint(address, "DELETE"), {})
    if is_pause(stage):
        pause = {"pause_until": after["pause_until"]} if "pause_until" in after else {}
        return Request(Verb.PAUSE, _endpoint(address, "PAUSE"), pause)
    verb = Verb.CREATE if stage.action is Action.CREATE else Verb.UPDATE
    marks = {OWNER: topology.name, ADDRESS: str(address), **_source(resource, observed, topology)}
    marks |= _lasting_marks(after, resource, observed, server)
    sent = {name: value for name, value in after.items() if name not in _left_out(address, after, resource, observed, limits)}
    payload = _payload(address, sent, observed, marks)
    if address.kind is Kind.STREAM:
        return Request(verb, _endpoint(address, verb.value.upper()), {"name": address.name, **payload})
    return _of_consumer(address, verb, {"durable_name": address.name, "name": address.name, **payload})


def keeping(observed: Observed, marks: Mapping[str, str]) -> Request:
    """The request that adds these marks to an object and leaves it as it is."""
    config = {**observed.config, "metadata": {**without_server_metadata(observed.config)["metadata"], **marks}}
    if observed.address.kind is Kind.CONSUMER:
        return _of_consumer(observed.address, Verb.UPDATE, config)
    return Request(Verb.UPDATE, _endpoint(observed.address, "UPDATE"), config)


def _of_consumer(address: Address, verb: Verb, config: Config) -> Request:
    body = {"stream_name": address.path[0], "action": verb.value, "config": config}
    return Request(verb, _endpoint(address, "CREATE"), body)


def _left_out(
    address: Address, after: Config, resource: Resource | None, observed: Observed | None, limits: Config
) -> list[str]:
    """Defaults that the file does not declare. What a stream's limits give, or an older server gave, is sent."""
    if resource is None or after.get("mirror") or (after.get("sources") and observed):
        return []
    names = LIMITED if observed else FILLED_IN
    sent = {*given(resource), *limits, *(resource.ignore_changes if observed else ())}
    return [name for name in names[address.kind] if name not in sent]


def _payload(address: Address, after: Config, observed: Observed | None, marks: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: value for name, value in after.items() if name not in PSEUDO_FIELDS and value is not None}
    payload = copy.deepcopy({**fields, "metadata": _metadata(after, observed, marks)})
    if observed is None:
        return payload
    ended = [name for name, value in after.items() if value is None]
    live = {name: value for name, value in observed.config.items() if name not in ("metadata", *ended)}
    return carry(RULES[address.kind].fields, live, payload)


def _metadata(after: Config, observed: Observed | None, marks: Mapping[str, str]) -> dict[str, str]:
    """The user's keys, and this program's marks. Between two stages those of the last apply stay, beside that of the stage."""
    unfinished = {}
    if UNFINISHED in after:
        live = observed.marks if observed else {}
        unfinished = {key: live[key] for key in (APPLIED, EXTRA) if key in live} | {STAGE: after[UNFINISHED]}
    return {**(kept(observed) if observed else {}), **after.get("metadata", {}), **marks, **unfinished}


def _lasting_marks(after: Config, resource: Resource | None, observed: Observed | None, server: Server) -> dict[str, str]:
    """The marks of an object that is as declared. ``smith-topo.protect`` is the day it was first set, by the server's clock."""
    marks = {}
    if resource is not None and UNFINISHED not in after:
        marks[APPLIED] = applied_digest(after, resource)
        if extra := sorted(name for name, value in resource.extra.items() if value is not None):
            marks[EXTRA] = ",".join(extra)
    if after.get(PROTECTED):
        marks[PROTECT] = (observed.protected if observed else "") or server.time[:10]
    return marks


def _source(resource: Resource | None, observed: Observed | None, topology: Topology) -> dict[str, str]:
    """The mark that says where an object is declared. What the file no longer declares keeps the one that it has."""
    known = topology.sources.marks.get(resource.span.file, "") if resource else observed.source if observed else ""
    return {SOURCE: known} if known else {}


def _endpoint(address: Address, operation: str) -> str:
    return ".".join((address.kind.value.upper(), operation, *address.path))
