"""What the server accepts without a warning and carries out otherwise than its author expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from smith_topology.core.checks.interface import Found, each_known, known, per_consumer, per_stream, with_consumers
from smith_topology.core.model import Diagnostic, Finding, Resource, Topology, copies_of, origins

DROPPED = Finding.warning(
    "RL101",
    "Every message is dropped at once",
    "`retention: interest`, and no consumer declared: every message is dropped at once.",
    "Declare the consumers, or use `limits`.",
)
DRAINED = Finding.warning(
    "RL102",
    "The copy empties its origin",
    "A mirror or source of a work queue or interest stream: since 2.14 copying acknowledges, and so empties the origin.",
    "Use `retention: limits` on the origin.",
)
IDLE = Finding.warning(
    "RL103",
    "The server deletes this consumer when it is idle",
    "`inactive_threshold` on a consumer, its own or from `consumer_limits`: the server deletes it, and its position, when "
    "it is not used for so long.",
    "Leave it out.",
)
UNACKNOWLEDGED = Finding.warning(
    "RL104",
    "Acknowledgement fields without acknowledgements",
    "`ack_wait`, `max_deliver`, `backoff` or `max_ack_pending` with `ack_policy: none`: they never come into play.",
    "Write `ack_policy: explicit`.",
)
PURGE_ALLOWED = Finding.warning(
    "RL105",
    "deny_purge is taken back by the server",
    "`deny_purge` with delete markers or schedules: these turn rollups on, and the server sets `deny_purge` to false.",
    "Leave one out.",
)
NO_EFFECT = Finding.warning(
    "RL106",
    "The field has no effect",
    "A field about pulling on a push consumer, about pushing on a pull consumer, or about pinning without it.",
    "Leave it out.",
)

ACK_FIELDS = ("ack_wait", "max_deliver", "backoff", "max_ack_pending")
PULL_FIELDS = ("max_batch", "max_expires", "max_bytes")


def lost_messages(topology: Topology) -> Found:
    """Interest streams without a consumer, and streams that a copy drains."""
    keeping = {s.address.name: kept for s, kept in each_known(topology.streams(), lambda s: s.config.get("retention", "limits"))}
    for stream in topology.streams():
        for path, copy in copies_of(dict(stream.config)):
            if not copy.get("external"):
                yield from _drained(stream, path, copy.get("name", ""), keeping)
    yield from known(_dropped(topology, keeping))


def _dropped(topology: Topology, keeping: Mapping[str, str]) -> Found:
    """Silent where the origins of any stream are unknown: it may be a copy, which counts as a consumer."""
    copied = {name for stream in topology.streams() for name in origins(stream.config)}
    for stream, consumers in with_consumers(topology):
        if keeping.get(stream.address.name) == "interest" and not consumers and stream.address.name not in copied:
            detail = "A message stays until every consumer has acknowledged it, and no consumer is declared."
            yield DROPPED.at(stream, "retention", detail, "Declare the consumers here, or use `retention: limits`.")


def _drained(stream: Resource, path: str, origin: str, keeping: Mapping[str, str]) -> Iterator[Diagnostic]:
    retention = keeping.get(origin, "limits")
    if retention != "limits":
        detail = (
            f"Stream {origin} has `retention: {retention}`, and since server 2.14 a copy acknowledges what it has copied: "
            "messages then leave the origin, and a work queue's own consumers may not see them."
        )
        yield DRAINED.at(stream, f"{path}.name", detail, f"Use `retention: limits` on {origin}, if it is to keep them.")


def idle_durables(topology: Topology) -> Found:
    """Every declared consumer is durable, but the server deletes idle durables too."""
    return per_consumer(topology, _idle)


def _idle(stream: Resource, consumer: Resource) -> Found:
    written = consumer.config.get("inactive_threshold", 0)
    if (written or (stream.config.get("consumer_limits") or {}).get("inactive_threshold", 0)) > 0:
        source = "it sets" if written else f"it gets from `consumer_limits` of stream {stream.address.name}"
        detail = f"After the `inactive_threshold` that {source}, it is gone, and its position with it."
        yield IDLE.at(consumer, "inactive_threshold", detail, "Leave it out for a consumer that is to stay.")


def without_effect(topology: Topology) -> Found:
    yield from per_stream(topology, _purge_allowed)
    yield from per_consumer(topology, _unacknowledged, _about_pulling, _about_pushing, _about_pinning)


def _purge_allowed(stream: Resource) -> Found:
    config = stream.config
    turned_on = [name for name in ("subject_delete_marker_ttl", "allow_msg_schedules") if config.get(name)]
    if config.get("deny_purge") and turned_on and not config.get("allow_rollup_hdrs"):
        detail = f"`{turned_on[0]}` turns rollups on, and the server then sets `deny_purge` to false without saying so."
        yield PURGE_ALLOWED.at(stream, "deny_purge", detail, f"Leave `deny_purge` or `{turned_on[0]}` out.")


def _unacknowledged(stream: Resource, consumer: Resource) -> Found:
    """Fields of a consumer that have no effect without acknowledgements. Left out are those for which the server refuses the
    consumer (FC205, FC301).
    """
    if consumer.config.get("ack_policy", "none") != "none" or stream.config.get("retention") == "workqueue":
        return
    fields = [name for name in ACK_FIELDS if dict(consumer.config).get(name)]
    if "max_ack_pending" in fields and consumer.config.get("deliver_subject"):
        fields.remove("max_ack_pending")
    if fields:
        detail = f"`ack_policy` is `none`: nothing ever uses {', '.join(f'`{name}`' for name in fields)}."
        yield UNACKNOWLEDGED.at(consumer, fields[0], detail, "Write `ack_policy: explicit`, or leave them out.")


def _about_pulling(_stream: Resource, consumer: Resource) -> Found:
    fields = [name for name in PULL_FIELDS if dict(consumer.config).get(name)]
    if fields and consumer.config.get("deliver_subject"):
        yield from (_without_effect(consumer, name, "pull requests, and this consumer pushes") for name in fields)


def _about_pushing(_stream: Resource, consumer: Resource) -> Found:
    if consumer.config.get("deliver_group") and not consumer.config.get("deliver_subject"):
        yield _without_effect(consumer, "deliver_group", "push deliveries, and this consumer has no `deliver_subject`")


def _about_pinning(_stream: Resource, consumer: Resource) -> Found:
    pins = ("none", "pinned_client")
    if consumer.config.get("priority_timeout") and consumer.config.get("priority_policy", "none") not in pins:
        yield _without_effect(consumer, "priority_timeout", "pinned clients, and this policy pins none")


def _without_effect(consumer: Resource, name: str, why: str) -> Diagnostic:
    return NO_EFFECT.at(consumer, name, f"`{name}` is about {why}.", f"Leave `{name}` out.")
