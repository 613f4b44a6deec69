"""Small plans built by hand, one change of each sort, for the renderers to restate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smith_topology.core.model import (
    Action,
    Address,
    Bound,
    Call,
    Change,
    Diagnostic,
    Effect,
    FieldChange,
    Interruption,
    Outcome,
    Plan,
    Reason,
    Role,
    Server,
    Severity,
    Span,
    Stage,
    Step,
    Verb,
    Verdict,
    Version,
    amounts,
    consumer_address,
    stream_address,
)

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
SERVER = Server(Version(2, 15, 1), "2.15.1", cluster="prod-eu", account="SMITH")


def at(line: int) -> Span:
    return Span("topology.yaml", line, 3)


CREATED = Change(
    stream_address("RAW"),
    Action.CREATE,
    Reason.NEW,
    None,
    {"subjects": ["raw.>"], "retention": "workqueue", "max_bytes": 524_288_000, "max_age": 6 * HOUR},
    span=at(3),
)
UPDATED = Change(
    stream_address("ORDERS"),
    Action.UPDATE,
    Reason.PENDING,
    {"max_age": 50 * HOUR},
    {"max_age": HOUR, "num_replicas": 3},
    (FieldChange("max_age", 50 * HOUR, HOUR), FieldChange("num_replicas", None, 3)),
    (Effect("DS103", "dropped at once", "max_age", amounts(messages=1_204_331, bytes=3_650_722_201)),),
    at(12),
)
REPLACED = Change(
    stream_address("EVENTS"),
    Action.REPLACE,
    Reason.PENDING,
    {"storage": "memory", "max_msgs": 5},
    {"max_msgs": 6},
    (FieldChange("max_msgs", 5, 6), FieldChange("storage", "memory", None, "the server can't move messages")),
    (),
    at(31),
)
DELETED = Change(
    stream_address("LEGACY"),
    Action.DELETE,
    Reason.REMOVED,
    {"subjects": ["legacy"]},
    None,
    effects=(Effect("DS101", "everything in it is deleted", "", amounts(messages=12, bytes=140, consumers=1, positions=1)),),
)
FILTERED = Change(
    consumer_address("ORDERS", "billing"),
    Action.UPDATE,
    Reason.DRIFT,
    {"max_deliver": 5},
    {"max_deliver": 3},
    (FieldChange("max_deliver", 5, 3),),
    (Effect("DS304", "delivered that often already", "max_deliver", amounts(Bound.UPPER, skipped=4)),),
    at(15),
)
OLD, NEW = stream_address("OLD"), stream_address("NEW")


def giving(*interruptions: Interruption) -> Change:
    """OLD keeps the subject `kept` alone, and these are without a stream meanwhile."""
    before = ["kept", *dict.fromkeys(each.subject for each in interruptions)]
    effect = Effect("DS401", "", "subjects", interruptions)
    return Change(
        OLD,
        Action.UPDATE,
        Reason.PENDING,
        {"subjects": before},
        {"subjects": ["kept"]},
        (FieldChange("subjects", before, ["kept"]),),
        (effect,),
        at(20),
    )


PASSED = giving(Interruption("a", OLD, NEW))
LEFT = giving(Interruption("b", OLD, None))
SAME = Change(stream_address("SAME"), Action.NO_OP, Reason.SAME, {}, {}, span=at(40))
SAME_CONSUMER = Change(consumer_address("SAME", "one"), Action.NO_OP, Reason.SAME, {}, {}, span=at(41))

PROTECTED = Diagnostic(
    "OW103",
    Severity.REFUSAL,
    "Object is protected",
    "stream.AUDIT is protected: not destroyed (protect, set 2026-03-01).",
    "Apply `protect: false` first.",
    stream_address("AUDIT"),
)
WARNING = Diagnostic(
    "RL102",
    Severity.WARNING,
    "Even number of replicas",
    "Two copies survive no more than one.",
    "",
    None,
    at(14),
)


def plan(*changes: Change, **more: Any) -> Plan:
    return replace(Plan("smith", SERVER, changes, (), (), owned=10), **more)


def unmanaged() -> dict[Address, Role]:
    roles = {"ALPHA": Role.STREAM, "BETA": Role.STREAM, "KV_SESSIONS": Role.KEY_VALUE, "OBJ_BLOBS": Role.OBJECT_STORE}
    return {stream_address(name): role for name, role in roles.items()}


def call(number: int, address: Address, verb: Verb) -> Call:
    return Call(number, Stage(address, None, None), verb, f"STREAM.{verb.upper()}.{address.name}", {}, "")


def ended(step: Step, verdict: Verdict, diagnostic: Diagnostic | None = None) -> Outcome:
    return Outcome(step, verdict, 0.01, diagnostic)
