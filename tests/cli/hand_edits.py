"""A hand edit of every field of the tables: what the file says, what somebody makes of it, and how that can be done at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

SECOND = 1_000_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND


class How(Enum):
    """What the server lets a hand do, and whether apply can put it back. No field of the tables is beyond a hand."""

    UPDATED = "changed in place, and put back in place"
    PAUSED = "changed through the pause API, and put back through it"
    STUCK = "changed in place; the way back would be a replacement"
    RECREATED = "fixed at creation: deleted and made again by hand, marks and all; the way back would be a replacement"
    CLUSTERED = "a standalone server refuses it (10074): tried on a cluster"

    @property
    def can_be_put_back(self) -> bool:
        return self in (How.UPDATED, How.PAUSED)


@dataclass(frozen=True, slots=True)
class Edit:
    """``declared`` is YAML, ``by_hand`` wire values laid over the live configuration (None takes a field out).

    ``path`` is the field's place in the tables; ``reported`` what drift names, where that is something else: lists are one
    value each, and of a map it is the key.
    """

    path: str
    declared: Mapping[str, Any]
    by_hand: Mapping[str, Any]
    how: How = How.UPDATED
    reported: str = ""

    @property
    def named(self) -> str:
        return self.reported or self.path

    @property
    def object(self) -> str:
        """The name of the stream or the consumer that this edit has to itself."""
        return self.path.replace(".", "_").upper()

    def over(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """The live configuration after the edit; the owner's marks stay, as a careful hand would leave them."""
        edited = {**live, **self.by_hand}
        edited["metadata"] = {**live["metadata"], **self.by_hand.get("metadata", {})}
        return {name: value for name, value in edited.items() if value is not None}


def _set(path: str, value: Any, /, how: How = How.UPDATED, **declared: Any) -> Edit:
    """A field that is set by hand to something else than the file says or leaves to the default."""
    return Edit(path, declared, {path: value}, how)


def _member(path: str, declared: Any, by_hand: Any) -> Edit:
    """A field inside a block: both sides of the block it is in."""
    block = path.partition(".")[0]
    return Edit(path, {block: declared}, {block: by_hand})


ORIGIN = "ORIGIN"
"""A stream with the subject ``origin.>`` that copies have to do with."""
OTHER_ORIGIN = "ORIGIN_TOO"


def _mirror(member: str, value: Any) -> Edit:
    """The origin of a mirror is fixed at creation, whole."""
    return _copy("mirror", member, {"name": ORIGIN}, {"name": ORIGIN, member: value})


def _source(member: str, value: Any) -> Edit:
    return _copy("sources", member, {"name": ORIGIN}, {"name": ORIGIN, member: value})


def _external(copy: str, member: str, value: str) -> Edit:
    declared = {"name": ORIGIN, "external": {"api": "$JS.hub.API", "deliver": "hub.deliver"}}
    by_hand = {"name": ORIGIN, "external": {"api": "$JS.hub.API", "deliver": "hub.deliver", member: value}}
    return _copy(copy, f"external.{member}", declared, by_hand)


def _transforms(copy: str, member: str, value: str) -> Edit:
    pair = {"src": "origin.a.*", "dest": "moved.{{wildcard(1)}}"}
    declared = {"name": ORIGIN, "subject_transforms": [pair]}
    by_hand = {"name": ORIGIN, "subject_transforms": [{**pair, member: value}]}
    return _copy(copy, f"subject_transforms.{member}", declared, by_hand)


def _prepared(copy: str, member: str, value: str) -> Edit:
    pair = {"name": "prepared", "deliver_subject": "copy.deliver"}
    declared, by_hand = {"name": ORIGIN, "consumer": pair}, {"name": ORIGIN, "consumer": {**pair, member: value}}
    return _copy(copy, f"consumer.{member}", declared, by_hand)


def _copy(copy: str, path: str, declared: Any, by_hand: Any) -> Edit:
    if copy == "sources":
        return Edit(f"sources.{path}", {"sources": [declared]}, {"sources": [by_hand]}, reported="sources")
    reported = "mirror.subject_transforms" if "transforms" in path else ""
    return Edit(f"mirror.{path}", {"mirror": declared}, {"mirror": by_hand}, How.RECREATED, reported=reported)


STREAMS: tuple[Edit, ...] = (
    _set("description", "changed by hand", description="as declared"),
    _set("subjects", ["by.hand"]),
    _set("retention", "interest"),
    _set("max_consumers", 7),
    _set("max_msgs", 100, max_msgs=50),
    _set("max_bytes", 1_000_000),
    _set("max_age", HOUR, max_age="2h"),
    _set("max_msgs_per_subject", 5),
    _set("max_msg_size", 1000),
    _set("discard", "new"),
    _set("discard_new_per_subject", True, discard="new", max_msgs_per_subject=5),
    _set("storage", "memory", How.RECREATED),
    _set("num_replicas", 3, How.CLUSTERED),
    _set("no_ack", True),
    _set("duplicate_window", 10 * SECOND),
    _set("placement", None, placement={"cluster": "east"}),
    _member("placement.cluster", {"cluster": "east"}, {"cluster": "west"}),
    _member("placement.tags", {"tags": ["ssd"]}, {"tags": ["ssd", "big"]}),
    Edit("mirror", {"mirror": {"name": ORIGIN}}, {"mirror": None, "subjects": ["promoted.>"]}, How.STUCK),
    _mirror("name", OTHER_ORIGIN),
    _mirror("opt_start_seq", 5),
    _mirror("opt_start_time", "2026-01-01T00:00:00Z"),
    _mirror("filter_subject", "origin.b"),
    _mirror("external", {"api": "$JS.hub.API"}),
    _external("mirror", "api", "$JS.other.API"),
    _external("mirror", "deliver", "other.deliver"),
    _mirror("subject_transforms", [{"src": "origin.a", "dest": "moved.a"}]),
    _transforms("mirror", "src", "origin.b.*"),
    _transforms("mirror", "dest", "elsewhere.{{wildcard(1)}}"),
    _mirror("consumer", {"name": "prepared", "deliver_subject": "copy.deliver"}),
    _prepared("mirror", "name", "prepared-too"),
    _prepared("mirror", "deliver_subject", "copy.elsewhere"),
    _set("sources", [{"name": ORIGIN}, {"name": OTHER_ORIGIN}], sources=[{"name": ORIGIN}]),
    _source("name", OTHER_ORIGIN),
    _source("opt_start_seq", 5),
    _source("opt_start_time", "2026-01-01T00:00:00Z"),
    _source("filter_subject", "origin.b"),
    _source("external", {"api": "$JS.hub.API"}),
    _external("sources", "api", "$JS.other.API"),
    _external("sources", "deliver", "other.deliver"),
    _source("subject_transforms", [{"src": "origin.a", "dest": "moved.a"}]),
    _transforms("sources", "src", "origin.b.*"),
    _transforms("sources", "dest", "elsewhere.{{wildcard(1)}}"),
    _source("consumer", {"name": "prepared", "deliver_subject": "copy.deliver"}),
    _prepared("sources", "name", "prepared-too"),
    _prepared("sources", "deliver_subject", "copy.elsewhere"),
    _set("compression", "s2"),
    _set("first_seq", 100),
    _set("subject_transform", {"src": "a.*", "dest": "b.{{wildcard(1)}}"}),
    _member("subject_transform.src", {"src": "x.a", "dest": "y"}, {"src": "x.b", "dest": "y"}),
    _member("subject_transform.dest", {"src": "x", "dest": "y"}, {"src": "x", "dest": "z"}),
    _set("republish", None, republish={"dest": "copies.>"}),
    _member("republish.src", {"dest": "copies.>"}, {"src": "republish.a.>", "dest": "copies.>"}),
    _member("republish.dest", {"dest": "copies.>"}, {"src": ">", "dest": "elsewhere.>"}),
    _member("republish.headers_only", {"dest": "copies.>"}, {"src": ">", "dest": "copies.>", "headers_only": True}),
    _set("allow_direct", True),
    _set("mirror_direct", True),  # without meaning on a stream that is no mirror, and stored all the same
    _set("sealed", True, How.STUCK),
    _set("deny_delete", True, How.STUCK),
    _set("deny_purge", True, How.STUCK),
    _set("allow_rollup_hdrs", True),
    _set("consumer_limits", {"max_ack_pending": 50}),
    _member("consumer_limits.inactive_threshold", {"inactive_threshold": "1h"}, {"inactive_threshold": 2 * HOUR}),
    _member("consumer_limits.max_ack_pending", {"max_ack_pending": 50}, {"max_ack_pending": 60}),
    _set("allow_msg_ttl", True, How.STUCK),
    _set("subject_delete_marker_ttl", 2 * HOUR, subject_delete_marker_ttl="1h"),
    _set("allow_msg_counter", True, How.RECREATED),
    _set("allow_atomic", True),
    _set("allow_msg_schedules", True, How.STUCK),
    _set("persist_mode", "async", How.RECREATED),
    _set("allow_batched", True),
    Edit("metadata", {"metadata": {"team": "core"}}, {"metadata": {"team": "other"}}, reported="metadata.team"),
)

PUSH: dict[str, Any] = {"ack_policy": "explicit", "deliver_subject": "push.here"}
PULL: dict[str, Any] = {"ack_policy": "explicit"}
GROUP: dict[str, Any] = {"ack_policy": "explicit", "priority_groups": ["jobs"]}

CONSUMERS: tuple[Edit, ...] = (
    _set("description", "changed by hand", description="as declared"),
    _set("deliver_policy", "new", How.RECREATED),
    _set("opt_start_seq", 7, How.RECREATED, deliver_policy="by_start_sequence", opt_start_seq=5),
    _set(
        "opt_start_time",
        "2026-01-02T00:00:00Z",
        How.RECREATED,
        deliver_policy="by_start_time",
        opt_start_time="2026-01-01T00:00:00Z",
    ),
    _set("ack_policy", "all", How.RECREATED, **PULL),
    _set("ack_wait", MINUTE, ack_wait="10s", **PULL),
    _set("max_deliver", 9, **PULL),
    _set("backoff", [SECOND, MINUTE], backoff=["1s", "5s"], **PULL),
    _set("filter_subject", "consumers.b", filter_subject="consumers.a"),
    _set("filter_subjects", ["consumers.a", "consumers.c"], filter_subjects=["consumers.a", "consumers.b"]),
    _set("replay_policy", "original", How.RECREATED),
    _set("rate_limit_bps", 1_000_000, **PUSH),
    _set("sample_freq", "50", sample_freq="30", **PULL),
    _set("max_waiting", 100, How.RECREATED, **PULL),
    _set("max_ack_pending", 50, **PULL),
    _set("flow_control", True, How.RECREATED, idle_heartbeat="5s", **PUSH),
    _set("idle_heartbeat", 7 * SECOND, How.RECREATED, idle_heartbeat="5s", **PUSH),
    _set("headers_only", True),
    _set("max_batch", 10),
    _set("max_expires", MINUTE),
    _set("max_bytes", 5000),
    _set("deliver_subject", "push.elsewhere", **PUSH),
    _set("deliver_group", "others", deliver_group="workers", **PUSH),
    _set("inactive_threshold", HOUR),
    _set("num_replicas", 1),
    _set("mem_storage", True, How.RECREATED),
    Edit("metadata", {"metadata": {"team": "core"}}, {"metadata": {"team": "other"}}, reported="metadata.team"),
    _set("pause_until", "2099-01-01T00:00:00Z", How.PAUSED),
    _set("priority_groups", ["others"], priority_policy="overflow", **GROUP),
    _set("priority_policy", "prioritized", priority_policy="overflow", **GROUP),
    _set("priority_timeout", MINUTE, priority_policy="pinned_client", **GROUP),
)
