"""Streams: every field of server 2.15.1, what the server makes of a declaration, what can change in place.

Measured on 2.10.26, 2.11.11, 2.12.8, 2.14.6 and 2.15.1; ``docs/jetstream-facts.md`` has the tables.
"""

from __future__ import annotations

from typing import Any

from smith_topology.core.kinds import behaviour
from smith_topology.core.kinds.fields import FIRST, Field, Type, by_name
from smith_topology.core.kinds.marks import with_user_metadata
from smith_topology.core.kinds.normal_forms import Context, KindRules, reduced
from smith_topology.core.model import Config, Version
from smith_topology.core.times import SECOND

V2_11, V2_12, V2_14 = Version(2, 11), Version(2, 12), Version(2, 14)
DEFAULT_DUPLICATE_WINDOW = 120 * SECOND
MINIMUM_WINDOW = 100_000_000

TRANSFORM = (
    Field("src", Type.SUBJECT, "Subject pattern to match.", default_text="every subject"),
    Field("dest", Type.TEXT, "Subject template to write it as; `{{wildcard(1)}}` and its like are expanded.", required=True),
)
EXTERNAL = (
    Field("api", Type.TEXT, "API prefix of the other account or domain, such as `$JS.hub.API`.", required=True),
    Field("deliver", Type.TEXT, "Prefix of the subjects that deliver the messages here."),
)
SOURCE_CONSUMER = (
    Field("name", Type.TEXT, "Name of the durable consumer on the origin.", required=True),
    Field("deliver_subject", Type.SUBJECT, "Subject that consumer delivers to.", required=True),
)
SOURCE = (
    Field("name", Type.TEXT, "The origin stream.", required=True),
    Field("opt_start_seq", Type.INTEGER, "First sequence of the origin to copy.", minimum=0, default_text="from the beginning"),
    Field("opt_start_time", Type.TIME, "Copy messages stored at or after this time."),
    Field("filter_subject", Type.SUBJECT, "Copy only messages that match this subject.", default_text="all"),
    Field("external", Type.BLOCK, "Where the origin is, when in another account or domain.", fields=EXTERNAL),
    Field(
        "subject_transforms",
        Type.BLOCK,
        "Rewrite subjects while copying; each `src` also filters.",
        fields=TRANSFORM,
        many=True,
    ),
    Field(
        "consumer",
        Type.BLOCK,
        "Copy through a consumer made beforehand on the origin.",
        since=V2_14,
        fields=SOURCE_CONSUMER,
    ),
)
PLACEMENT = (
    Field("cluster", Type.TEXT, "Name of the cluster that keeps the stream."),
    Field("tags", Type.TEXT, "Server tags that every peer must carry.", many=True, unordered=True),
)
REPUBLISH = (
    Field("src", Type.SUBJECT, "Subjects to publish again.", default=">"),
    Field("dest", Type.TEXT, "Subject template to publish them on.", required=True),
    Field("headers_only", Type.BOOLEAN, "Publish only headers and the size of the message.", default=False),
)
CONSUMER_LIMITS = (
    Field("inactive_threshold", Type.DURATION, "Longest `inactive_threshold` a consumer may have, and its default.", default=0),
    Field("max_ack_pending", Type.INTEGER, "Largest `max_ack_pending` a consumer may have, and its default.", default=0),
)

FIELDS: tuple[Field, ...] = (
    Field("description", Type.TEXT, "What the stream is for; at most 4096 bytes.", maximum=4096),
    Field(
        "subjects",
        Type.SUBJECT,
        "Subjects the stream stores. No two streams of an account may overlap.",
        many=True,
        unordered=True,
        default_text="the name of the stream; none for a mirror or for sources",
    ),
    Field(
        "retention",
        Type.ENUM,
        "When messages go: by limits, when every consumer has acknowledged, or when one has.",
        default="limits",
        choices={"limits": FIRST, "interest": FIRST, "workqueue": FIRST},
    ),
    Field("max_consumers", Type.INTEGER, "Most consumers at a time (2.15: unlimited means 1000).", default=-1, unlimited=True),
    Field("max_msgs", Type.INTEGER, "Most messages kept.", default=-1, unlimited=True),
    Field("max_bytes", Type.SIZE, "Most bytes kept; counts in full as a reservation.", default=-1, unlimited=True),
    Field(
        "max_age",
        Type.DURATION,
        "Messages older than this are dropped.",
        default=0,
        minimum=MINIMUM_WINDOW,
        unset="no limit",
    ),
    Field("max_msgs_per_subject", Type.INTEGER, "Most messages kept for each subject.", default=-1, unlimited=True),
    Field(
        "max_msg_size", Type.SIZE, "Largest message accepted, headers included.", default=-1, unlimited=True, maximum=2**31 - 1
    ),
    Field(
        "discard",
        Type.ENUM,
        "At a limit, drop the oldest message or refuse the new one.",
        default="old",
        choices={"old": FIRST, "new": FIRST},
    ),
    Field(
        "discard_new_per_subject",
        Type.BOOLEAN,
        "Refuse new messages per subject; needs `discard: new` and `max_msgs_per_subject`.",
        default=False,
    ),
    Field(
        "storage",
        Type.ENUM,
        "Where messages are kept.",
        default="file",
        choices={"file": FIRST, "memory": FIRST},
    ),
    Field("num_replicas", Type.INTEGER, "Copies kept in a cluster.", default=1, minimum=1, maximum=5),
    Field("no_ack", Type.BOOLEAN, "Do not acknowledge publishes.", default=False),
    Field(
        "duplicate_window",
        Type.DURATION,
        "How long a `Nats-Msg-Id` is remembered; at most `max_age`.",
        minimum=MINIMUM_WINDOW,
        default_text="2m, or `max_age` if shorter; none for a mirror, nor for sources since 2.14",
    ),
    Field("placement", Type.BLOCK, "Which servers of a cluster keep the stream.", fields=PLACEMENT),
    Field("mirror", Type.BLOCK, "Copy another stream, sequences and times included.", fields=SOURCE),
    Field("sources", Type.BLOCK, "Copy other streams into this one.", fields=SOURCE, many=True, unordered=True),
    Field(
        "compression",
        Type.ENUM,
        "Compression on disk.",
        default="none",
        choices={"none": FIRST, "s2": FIRST},
    ),
    Field("first_seq", Type.INTEGER, "Sequence of the first message; counts at creation only.", minimum=0),
    Field("subject_transform", Type.BLOCK, "Rewrite subjects before storing.", fields=TRANSFORM),
    Field("republish", Type.BLOCK, "Publish stored messages again on another subject.", fields=REPUBLISH),
    Field("allow_direct", Type.BOOLEAN, "Let every replica answer direct gets.", default=False),
    Field(
        "mirror_direct",
        Type.BOOLEAN,
        "Let a mirror answer direct gets for its origin.",
        default=False,
        default_text="what the origin's `allow_direct` says",
    ),
    Field("sealed", Type.BOOLEAN, "Nothing in, nothing out, for good: can't be taken back in place.", default=False),
    Field("deny_delete", Type.BOOLEAN, "Refuse deleting single messages; can't be taken back in place.", default=False),
    Field("deny_purge", Type.BOOLEAN, "Refuse purging; can't be taken back in place.", default=False),
    Field("allow_rollup_hdrs", Type.BOOLEAN, "Let a message's `Nats-Rollup` header replace older ones.", default=False),
    Field("consumer_limits", Type.BLOCK, "Limits and defaults for the stream's consumers.", fields=CONSUMER_LIMITS),
    Field(
        "allow_msg_ttl",
        Type.BOOLEAN,
        "Let a message carry its own `Nats-TTL`; can't be turned off in place.",
        default=False,
        since=V2_11,
    ),
    Field(
        "subject_delete_marker_ttl",
        Type.DURATION,
        "Leave a marker for this long when age removes a subject's last message; turns on `allow_msg_ttl` and "
        "`allow_rollup_hdrs`.",
        default=0,
        since=V2_11,
        minimum=SECOND,
        unset="no markers",
    ),
    Field("allow_msg_counter", Type.BOOLEAN, "Every subject is a counter; fixed at creation.", default=False, since=V2_12),
    Field("allow_atomic", Type.BOOLEAN, "Accept atomic batches.", default=False, since=V2_12),
    Field(
        "allow_msg_schedules",
        Type.BOOLEAN,
        "Accept scheduled messages; turns on `allow_rollup_hdrs`; can't be turned off in place.",
        default=False,
        since=V2_12,
    ),
    Field(
        "persist_mode",
        Type.ENUM,
        "When a write counts as stored; `async` needs file storage and one replica; fixed at creation.",
        default="default",
        since=V2_12,
        choices={"default": V2_12, "async": V2_12},
    ),
    Field("allow_batched", Type.BOOLEAN, "Accept fast batched publishes.", default=False, since=V2_14),
    Field("metadata", Type.MAP, "Your own keys and values; `smith-topo.` and `_nats.` are taken."),
)
TABLE = by_name(FIELDS)


def normal(config: Config, context: Context) -> dict[str, Any]:
    """A live stream's configuration in reduced form, without the metadata the server and this program add."""
    return with_user_metadata(reduced(TABLE, config))


def effective(declared: Config, name: str, context: Context) -> dict[str, Any]:
    """What the server stores for a declaration (measured: create, read back, on five server versions)."""
    config = dict(declared)
    copies = bool(config.get("mirror") or config.get("sources"))
    if not config.get("subjects") and not copies:
        config["subjects"] = [name]
    if config.get("subject_delete_marker_ttl"):
        config |= {"allow_msg_ttl": True, "allow_rollup_hdrs": True, "deny_purge": False}
    if config.get("allow_msg_schedules"):
        config |= {"allow_rollup_hdrs": True, "deny_purge": False}
    if config.get("sealed"):
        config |= {"deny_delete": True, "deny_purge": True, "discard": "new", "max_age": 0, "allow_rollup_hdrs": False}
    if config.get("mirror"):
        kept = context.live.get("mirror_direct", config.get("mirror_direct")) if context.live.get("mirror") else None
        direct = kept if context.origin_direct is None else context.origin_direct
        config |= {} if direct is None else {"mirror_direct": direct}
    if config.get("mirror") and context.server.is_clustered:
        config["duplicate_window"] = 0  # a cluster drops it, a server alone keeps what it is sent (2.10 to 2.15 measured)
    config["duplicate_window"] = config.get("duplicate_window") or _default_window(config, context)
    return reduced(TABLE, config)


def _default_window(config: Config, context: Context) -> int:
    """The default ``duplicate_window`` in nanoseconds. Streams with sources have none since 2.14, but keep the one of an older
    server that made them.
    """
    usual = min(DEFAULT_DUPLICATE_WINDOW, config.get("max_age") or DEFAULT_DUPLICATE_WINDOW)
    if config.get("mirror"):
        return 0
    if config.get("sources"):
        kept: int = context.live.get("duplicate_window", 0) if context.live.get("sources") else -1
        return kept if kept in (0, usual) else 0 if behaviour.SOURCES_HAVE_NO_WINDOW.at(context.versions) else usual
    return usual


ONE_WAY = {
    "sealed": "a sealed stream can't be unsealed",
    "deny_delete": "the server never takes `deny_delete` back",
    "deny_purge": "the server never takes `deny_purge` back",
    "allow_msg_ttl": "message TTLs can't be turned off",
    "allow_msg_schedules": "message schedules can't be turned off",
}
FIXED = {
    "storage": "the server can't move a stream between file and memory",
    "allow_msg_counter": "counters are fixed at creation",
    "persist_mode": "the persist mode is fixed at creation",
}


def immutable(path: str, before: Config, after: Config, context: Context) -> str:
    """Why the server refuses to change this field in place (errors 10052 and 10055), ``""`` when it takes it."""
    match path:
        case "retention" if "workqueue" in (before.get(path), after.get(path)):
            return "retention can't be changed to or from workqueue"
        case "mirror" if path not in after and behaviour.PROMOTES_MIRRORS.at(context.versions):
            return ""
        case "mirror":
            return "a mirror's origin, filter and start are fixed at creation"
        case "max_consumers" if not behaviour.CHANGES_MAX_CONSUMERS.at(context.versions):
            return f"server {context.versions.oldest} can't change `max_consumers` ({behaviour.CHANGES_MAX_CONSUMERS.since} can)"
        case _ if path in ONE_WAY:
            return ONE_WAY[path] if before.get(path) and not after.get(path) else ""
        case _:
            return FIXED.get(path, "")


RULES = KindRules(FIELDS, normal, effective, immutable)
