"""Consumers: every field of server 2.15.1, what the server makes of a declaration, what can change in place."""

from __future__ import annotations

from typing import Any

from smith_topology.core.kinds.fields import FIRST, Field, Type, by_name
from smith_topology.core.kinds.marks import with_user_metadata
from smith_topology.core.kinds.normal_forms import Context, KindRules, reduced
from smith_topology.core.kinds.stream import V2_11, V2_12, V2_14
from smith_topology.core.model import Config
from smith_topology.core.times import SECOND, instant

DEFAULT_ACK_WAIT = 30 * SECOND
DEFAULT_MAX_ACK_PENDING = 1000
DEFAULT_MAX_WAITING = 512
DEFAULT_PRIORITY_TIMEOUT = 120 * SECOND
WAITING = ("explicit", "all")
"""The policies with an ``ack_wait``; with ``flow_control`` the server refuses one (10221)."""

FIELDS: tuple[Field, ...] = (
    Field("description", Type.TEXT, "What the consumer is for; at most 4096 bytes.", maximum=4096),
    Field(
        "deliver_policy",
        Type.ENUM,
        "Where in the stream a new consumer starts; fixed at creation.",
        default="all",
        choices=dict.fromkeys(("all", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject"), FIRST),
    ),
    Field(
        "opt_start_seq", Type.INTEGER, "First sequence, with `deliver_policy: by_start_sequence`; fixed at creation.", minimum=0
    ),
    Field("opt_start_time", Type.TIME, "First time, with `deliver_policy: by_start_time`; fixed at creation."),
    Field(
        "ack_policy",
        Type.ENUM,
        "How deliveries are acknowledged; fixed at creation. `none` delivers each message at most once, and has to be written: "
        "left out, this is `explicit`, as in every client library, though the server takes `none`.",
        declared="explicit",
        choices={"none": FIRST, "all": FIRST, "explicit": FIRST, "flow_control": V2_14},
    ),
    Field(
        "ack_wait", Type.DURATION, "Redeliver when not acknowledged within this time.", default_text="30s, or the first `backoff`"
    ),
    Field(
        "max_deliver",
        Type.INTEGER,
        "Most attempts for each message; more than there are `backoff` steps.",
        default=-1,
        unlimited=True,
    ),
    Field("backoff", Type.DURATION, "Waits between attempts; the first one replaces `ack_wait`.", many=True),
    Field("filter_subject", Type.SUBJECT, "Deliver only this subject.", default_text="every subject of the stream"),
    Field(
        "filter_subjects",
        Type.SUBJECT,
        "Deliver only these subjects; instead of `filter_subject`.",
        many=True,
        unordered=True,
    ),
    Field(
        "replay_policy",
        Type.ENUM,
        "Deliver at once, or as slowly as the messages came; fixed at creation.",
        default="instant",
        choices={"instant": FIRST, "original": FIRST},
    ),
    Field("rate_limit_bps", Type.INTEGER, "Bits per second, push only.", default=0, minimum=0),
    Field("sample_freq", Type.TEXT, "Share of acknowledgements to report, in percent, such as `30`."),
    Field(
        "max_waiting", Type.INTEGER, "Most pull requests waiting, pull only; fixed at creation.", default_text="512", minimum=1
    ),
    Field(
        "max_ack_pending",
        Type.INTEGER,
        "Most messages delivered and not acknowledged.",
        default_text="1000, or the stream's limit",
    ),
    Field(
        "flow_control",
        Type.BOOLEAN,
        "Slow down for the subscriber, push only; needs `idle_heartbeat`; fixed at creation.",
        default=False,
    ),
    Field(
        "idle_heartbeat",
        Type.DURATION,
        "Heartbeat when nothing comes, push only; fixed at creation.",
        default=0,
        minimum=100_000_000,
    ),
    Field("headers_only", Type.BOOLEAN, "Deliver headers and size without the payload.", default=False),
    Field("max_batch", Type.INTEGER, "Largest batch of one pull request.", default=0, minimum=0),
    Field("max_expires", Type.DURATION, "Longest wait of one pull request.", default=0, minimum=1_000_000),
    Field("max_bytes", Type.SIZE, "Most bytes for one pull request.", default=0, minimum=0),
    Field("deliver_subject", Type.SUBJECT, "Push deliveries to this subject; leave it out to pull."),
    Field("deliver_group", Type.TEXT, "Queue group that shares the deliveries, push only."),
    Field(
        "inactive_threshold",
        Type.DURATION,
        "The server deletes the consumer when no client used it for this long.",
        default=0,
        unset="never",
        default_text="never, or the stream's `consumer_limits`",
    ),
    Field(
        "num_replicas",
        Type.INTEGER,
        "Copies of the consumer's state; 0 is as many as the stream's.",
        default=0,
        minimum=0,
        maximum=5,
    ),
    Field("mem_storage", Type.BOOLEAN, "Keep the consumer's state in memory; fixed at creation.", default=False),
    Field("metadata", Type.MAP, "Your own keys and values; `smith-topo.` and `_nats.` are taken."),
    Field("pause_until", Type.TIME, "Deliver nothing until then.", since=V2_11),
    Field("priority_groups", Type.TEXT, "Names of the groups that pull requests name.", many=True, since=V2_11),
    Field(
        "priority_policy",
        Type.ENUM,
        "How a priority group shares.",
        default="none",
        since=V2_11,
        choices={"none": V2_11, "overflow": V2_11, "pinned_client": V2_11, "prioritized": V2_12},
    ),
    Field(
        "priority_timeout",
        Type.DURATION,
        "How long a pinned client may be silent.",
        since=V2_11,
        default_text="2m with `pinned_client`",
    ),
)
TABLE = by_name(FIELDS)


def normal(config: Config, context: Context) -> dict[str, Any]:
    """A live consumer's configuration in reduced form; a pause that is over counts as none.

    A hand edit that drops ``durable_name`` is accepted and makes the consumer vanish after the next restart (2.10 to 2.15);
    it shows as ``ephemeral``, and any update names it durable again.
    """
    result = _settled(with_user_metadata(reduced(TABLE, config)), context)
    if not config.get("durable_name"):
        result["ephemeral"] = True
    return result


def effective(declared: Config, name: str, context: Context) -> dict[str, Any]:
    """What the server stores for a declaration (measured: create, read back, on five server versions)."""
    config = dict(declared)
    limits = context.stream.get("consumer_limits") or {}
    policy = config.get("ack_policy", "none")
    if policy == "flow_control":
        config["flow_control"] = True
        config["idle_heartbeat"] = SECOND  # whatever was sent (2.14, 2.15 measured)
    if config.get("backoff"):
        config["ack_wait"] = config["backoff"][0]
    elif policy in WAITING:
        config["ack_wait"] = config.get("ack_wait") or DEFAULT_ACK_WAIT
    if not config.get("max_ack_pending"):
        default = 0 if policy == "none" else _default_ack_pending(replicas_of(config, context.stream), context)
        config["max_ack_pending"] = limits.get("max_ack_pending") or default
    if not config.get("inactive_threshold"):
        config["inactive_threshold"] = limits.get("inactive_threshold", 0)
    if not config.get("deliver_subject"):
        config["max_waiting"] = config.get("max_waiting") or DEFAULT_MAX_WAITING
    if config.get("priority_policy") == "pinned_client":
        config["priority_timeout"] = config.get("priority_timeout") or DEFAULT_PRIORITY_TIMEOUT
    return _settled(reduced(TABLE, config), context)


def replicas_of(consumer: Config, stream: Config) -> int:
    """How many replicas a consumer has: its own number, else its stream's."""
    return int(consumer.get("num_replicas") or stream.get("num_replicas", 1))


def _default_ack_pending(replicas: int, context: Context) -> int:
    limit = context.server.limits_of(replicas).get("max_ack_pending", -1)
    return min(DEFAULT_MAX_ACK_PENDING, limit) if limit > 0 else DEFAULT_MAX_ACK_PENDING


def _settled(config: dict[str, Any], context: Context) -> dict[str, Any]:
    """Two spellings of one meaning brought together: a single filter, a pause that has ended. ``ack_policy`` is always there."""
    config.setdefault("ack_policy", "none")
    if len(config.get("filter_subjects", ())) == 1:
        config["filter_subject"] = config.pop("filter_subjects")[0]
    if "pause_until" in config and _is_over(config["pause_until"], context):
        del config["pause_until"]
    return config


def _is_over(pause: str, context: Context) -> bool:
    """A pause until the year 0, which is not in the calendar, has ended as well."""
    try:
        return instant(pause) <= context.server.now
    except ValueError:
        return True


FIXED = {
    "deliver_policy": "where a consumer starts is fixed at creation",
    "opt_start_seq": "where a consumer starts is fixed at creation",
    "opt_start_time": "where a consumer starts is fixed at creation",
    "ack_policy": "how deliveries are acknowledged is fixed at creation",
    "replay_policy": "the replay policy is fixed at creation",
    "idle_heartbeat": "the heartbeat is fixed at creation",
    "flow_control": "flow control is fixed at creation",
    "max_waiting": "it is fixed at creation",
    "mem_storage": "where the consumer's state is kept is fixed at creation",
}


def immutable(path: str, before: Config, after: Config, context: Context) -> str:
    """Why the server refuses to change this field in place (errors 10012 and 10080), ``""`` when it takes it.

    ``mem_storage``: before 2.14.4 the server answers OK and changes nothing.
    """
    if path == "deliver_subject" and not (before.get(path) and after.get(path)):
        return "a consumer can't change between push and pull"
    if path == "max_waiting" and bool(before.get("deliver_subject")) != bool(after.get("deliver_subject")):
        return ""
    return FIXED.get(path, "")


RULES = KindRules(FIELDS, normal, effective, immutable)
