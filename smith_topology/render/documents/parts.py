"""Objects that several documents hold: places in files, diagnostics, the target, fields, effects, interruptions."""

from __future__ import annotations

from typing import Any

from smith_topology.core.model import (
    Action,
    Address,
    Amount,
    Bound,
    Change,
    Diagnostic,
    Effect,
    FieldChange,
    Interruption,
    Kind,
    Measure,
    Plan,
    Reason,
    Severity,
    Span,
)
from smith_topology.render.amounts import Loss, text_of
from smith_topology.render.documents.shape import (
    ANYTHING,
    BYTES,
    COUNT,
    FLAG,
    TEXT,
    Key,
    ListOf,
    MapOf,
    OrNull,
    Shape,
    one_of,
)
from smith_topology.render.interruptions import sentence

ADDRESS_DOC = "The object: `stream.ORDERS`, `consumer.ORDERS.billing`."

SPAN = Shape[Span](
    "place",
    "Where something is written.",
    (
        Key("filename", TEXT, "The file, as it was named on the command line.", lambda span: span.file),
        Key("line", COUNT, "Counts from 1.", lambda span: span.line),
        Key("column", COUNT, "Counts from 1.", lambda span: span.column),
    ),
)

POSITION = Shape[Span](
    "position",
    "A point in a file.",
    (
        Key("line", COUNT, "Counts from 1.", lambda span: span.line),
        Key("column", COUNT, "Counts from 1.", lambda span: span.column),
    ),
)

RANGE = Shape[Span](
    "range",
    "Where a diagnostic points to, as terraform writes it. It is a point: `end` equals `start`.",
    (
        Key("filename", TEXT, "The file, as it was named on the command line.", lambda span: span.file),
        Key("start", POSITION, "Where it begins.", lambda span: span),
        Key("end", POSITION, "The same position.", lambda span: span),
    ),
)

SEVERITIES = {
    Severity.ERROR: "error",
    Severity.REFUSAL: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "warning",
}
"""Terraform knows two; ours is kept as ``kind``."""

DIAGNOSTIC = Shape[Diagnostic](
    "diagnostic",
    "One finding. [Every code is explained](diagnostics.md).",
    (
        Key("severity", one_of("error", "warning"), "How terraform grades it.", lambda found: SEVERITIES[found.severity]),
        Key(
            "kind",
            one_of(*(each.value for each in Severity)),
            "`error` and `refusal` keep the plan from being applied; `refusal` is a safety gate (exit code 3).",
            lambda found: found.severity.value,
        ),
        Key("code", TEXT, "The same in every release; made for comparing.", lambda found: found.code),
        Key("summary", TEXT, "What is wrong, without names: equal for equal findings.", lambda found: found.summary),
        Key("detail", TEXT, "What is wrong, with names, and why it matters; may be empty.", lambda found: found.detail),
        Key("fix", TEXT, "What to write or run instead; may be empty.", lambda found: found.fix),
        Key("address", TEXT, f"{ADDRESS_DOC} Absent where it is about several.", lambda found: _text(found.address), True),
        Key("ignored", TEXT, "Why the file ignores it; absent where it does not.", lambda found: found.ignored or None, True),
        Key("range", RANGE, "Where it is written; absent where it is about no place in a file.", lambda found: found.span, True),
    ),
)


def _text(address: Address | None) -> str | None:
    return str(address) if address else None


TARGET = Shape[Plan](
    "target",
    "Where the plan was made. Empty text where the server does not say.",
    (
        Key("account", TEXT, "The account; empty where it is not known.", lambda plan: plan.server.account),
        Key("server", TEXT, "The URL connected to, without user and password.", lambda plan: plan.server.url),
        Key("cluster", TEXT, "The cluster; empty on a standalone server.", lambda plan: plan.server.cluster),
        Key("domain", TEXT, "The JetStream domain.", lambda plan: plan.server.domain),
        Key("server_version", TEXT, "The version, as the server writes it.", lambda plan: plan.server.version_text),
    ),
)

FIELD = Shape[FieldChange](
    "field",
    "A field that differs. Lists are one value.",
    (
        Key("path", TEXT, "Dotted: `consumer_limits.max_ack_pending`.", lambda each: each.path),
        Key("before", ANYTHING, "The live wire value; `null` where it is not set.", lambda each: each.before),
        Key("after", ANYTHING, "The declared wire value; `null` where it is not set.", lambda each: each.after),
    ),
)

INTERRUPTION = Shape[Interruption](
    "interruption",
    "A subject that has no stream for a moment, or from then on.",
    (
        Key("subject", TEXT, "The subject, or a pattern of subjects.", lambda each: each.subject),
        Key("from", TEXT, "The stream that gives it up.", lambda each: str(each.giver)),
        Key("to", OrNull(TEXT), "The stream that takes it; `null`: no stream takes it any more.", lambda each: _text(each.taker)),
        Key("text", TEXT, "The same for people, and what it means for publishers.", lambda each: sentence([each])),
    ),
)

COPIES = Key[Plan](
    "copies",
    MapOf(TEXT, "address"),
    "Those of `unmanaged` that carry the marks of another object, each with the address of that one.",
    lambda plan: {str(address): original for address, original in plan.copies.items()},
)

BOUND = one_of(*(each.name.lower() for each in Bound))


def _number(measure: Measure) -> Any:
    return lambda effect: effect.number(measure)


def messages_bound(effect: Effect) -> Bound:
    """How well the numbers of messages are known: those of one effect are known alike."""
    counted = (each for each in effect.amounts if isinstance(each, Amount) and each.measure is not Measure.BYTES)
    return next((each.bound for each in counted), Bound.EXACT)


EFFECT = Shape[Effect](
    "effect",
    "What one part of a change does to data and to publishers. Amounts that it does not have are 0.",
    (
        Key("code", TEXT, "What sort of effect it is; [explained here](diagnostics.md#costs).", lambda effect: effect.code),
        Key("path", TEXT, "The field that causes it; empty: the change as a whole.", lambda effect: effect.path),
        Key("text", TEXT, "The same for people.", text_of),
        Key("messages", COUNT, "Messages lost at once and for good.", _number(Measure.MESSAGES)),
        Key(
            "messages_bound",
            BOUND,
            "How well the numbers of messages are known: exact, about, or at most (`upper`).",
            lambda effect: messages_bound(effect).name.lower(),
        ),
        Key("bytes", BYTES, "Bytes taken by the messages that are lost at once.", _number(Measure.BYTES)),
        Key(
            "bytes_bound",
            BOUND,
            "How well `bytes` is known.",
            lambda effect: effect.amount(Measure.BYTES).bound.name.lower(),
        ),
        Key("consumers", COUNT, "Consumers that are deleted.", _number(Measure.CONSUMERS)),
        Key("positions", COUNT, "Consumers whose position is lost.", _number(Measure.POSITIONS)),
        Key("redelivered", COUNT, "Un-acknowledged messages that are delivered again.", _number(Measure.REDELIVERED)),
        Key("skipped", COUNT, "Messages that a consumer does not get.", _number(Measure.SKIPPED)),
        Key("expiring", COUNT, "Messages that are dropped sooner than they would have been.", _number(Measure.EXPIRING)),
        Key("duplicated", COUNT, "Messages that are stored twice.", _number(Measure.DUPLICATED)),
        Key("interruptions", ListOf(INTERRUPTION), "Subjects without a stream.", lambda effect: effect.interruptions),
    ),
)

LOSS = Shape[Loss](
    "data loss",
    "What all changes lose together. A consumer destroyed with its stream is counted once.",
    (
        Key("messages", COUNT, "Messages lost at once and for good.", lambda loss: loss[Measure.MESSAGES].number),
        Key("bytes", BYTES, "Bytes taken by these messages.", lambda loss: loss[Measure.BYTES].number),
        Key("never_delivered", COUNT, "Messages that a consumer does not get.", lambda loss: loss[Measure.SKIPPED].number),
        Key("expiring", COUNT, "Messages that are dropped sooner.", lambda loss: loss[Measure.EXPIRING].number),
        Key("exact", FLAG, "`false` when any of the numbers is an estimate or an upper bound.", lambda loss: loss.exact),
    ),
)

ACTION = one_of(*(each.name.lower() for each in Action if each is not Action.NO_OP))
REASON = one_of(*(each.name.lower() for each in Reason))

DETAIL: tuple[Key[Change], ...] = (
    Key("action", ACTION, "What happens to the object.", lambda change: change.action.name.lower()),
    Key("reason", REASON, "Why it differs: [what the words mean](#reasons).", lambda change: change.reason.name.lower()),
    Key("loses_data", FLAG, "Whether messages are lost, or not delivered.", lambda change: change.loses_data),
    Key("fields", ListOf(FIELD), "What differs; empty for an object that is created or deleted.", lambda change: change.fields),
    Key("effects", ListOf(EFFECT), "What it costs.", lambda change: change.effects),
    Key(
        "source",
        TEXT,
        "Of an object that is deleted: the file it was applied from, if it is none of this run's. Absent otherwise.",
        lambda change: change.source or None,
        True,
    ),
    Key("span", OrNull(SPAN), "Where it is declared; `null` for what is not in the file.", lambda change: change.span),
)


TYPES = {
    Kind.STREAM: "jetstream_stream",
    Kind.CONSUMER: "jetstream_consumer",
    Kind.KEY_VALUE: "jetstream_key_value",
    Kind.OBJECT_STORE: "jetstream_object_store",
}
"""How terraform would call the resource types."""
