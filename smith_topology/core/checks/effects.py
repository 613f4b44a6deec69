"""What the server accepts without a warning and carries out otherwise than its author expects."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.checks.interface import with_consumers
from smith_topology.core.model import Diagnostic, Finding, Resource, Topology, copies_of

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


def lost_messages(topology: Topology) -> Iterator[Diagnostic]:
    """Interest streams without a consumer, and streams that a copy drains."""
    copied: dict[str, Resource] = {}
    keeping = {stream.address.name: stream.config.get("retention", "limits") for stream in topology.streams()}
    for stream in topology.streams():
        for path, copy in copies_of(stream.config):
            if not copy.get("external"):
                copied[copy.get("name", "")] = stream
                yield from _drained(stream, path, copy.get("name", ""), keeping)
    for stream, consumers in with_consumers(topology):
        if stream.config.get("retention") == "interest" and not consumers and stream.address.name not in copied:
            detail = "A message stays until every consumer has acknowledged it, and no consumer is declared."
            yield DROPPED.at(stream, "retention", detail, "Declare the consumers here, or use `retention: limits`.")


def _drained(stream: Resource, path: str, origin: str, keeping: dict[str, str]) -> Iterator[Diagnostic]:
    retention = keeping.get(origin, "limits")
    if retention != "limits":
        detail = (
            f"Stream {origin} has `retention: {retention}`, and since server 2.14 a copy acknowledges what it has copied: "
            "messages then leave the origin, and a work queue's own consumers may not see them."
        )
        yield DRAINED.at(stream, f"{path}.name", detail, f"Use `retention: limits` on {origin}, if it is to keep them.")


def idle_durables(topology: Topology) -> Iterator[Diagnostic]:
    """Every declared consumer is durable, but the server deletes idle durables too."""
    for stream, consumers in with_consumers(topology):
        inherited = (stream.config.get("consumer_limits") or {}).get("inactive_threshold", 0)
        for consumer in consumers:
            written = consumer.config.get("inactive_threshold", 0)
            if (written or inherited) > 0:
                source = "it sets" if written else f"it gets from `consumer_limits` of stream {stream.address.name}"
                detail = f"After the `inactive_threshold` that {source}, it is gone, and its position with it."
                yield IDLE.at(consumer, "inactive_threshold", detail, "Leave it out for a consumer that is to stay.")


def without_effect(topology: Topology) -> Iterator[Diagnostic]:
    for stream, consumers in with_consumers(topology):
        yield from _purge_allowed(stream)
        for consumer in consumers:
            yield from _unacknowledged(stream, consumer)
            yield from _ignored(consumer)


def _purge_allowed(stream: Resource) -> Iterator[Diagnostic]:
    config = stream.config
    turned_on = [name for name in ("subject_delete_marker_ttl", "allow_msg_schedules") if config.get(name)]
    if config.get("deny_purge") and turned_on and not config.get("allow_rollup_hdrs"):
        detail = f"`{turned_on[0]}` turns rollups on, and the server then sets `deny_purge` to false without saying so."
        yield PURGE_ALLOWED.at(stream, "deny_purge", detail, f"Leave `deny_purge` or `{turned_on[0]}` out.")


def _unacknowledged(stream: Resource, consumer: Resource) -> Iterator[Diagnostic]:
    """Fields of a consumer that have no effect without acknowledgements. Left out are those for which the server refuses the
    consumer (FC205, FC301).
    """
    refused = {"max_ack_pending"} if consumer.config.get("deliver_subject") else set()
    if stream.config.get("retention") == "workqueue" or consumer.config.get("ack_policy", "none") != "none":
        return
    fields = [name for name in ACK_FIELDS if consumer.config.get(name) and name not in refused]
    if fields:
        detail = f"`ack_policy` is `none`: nothing ever uses {', '.join(f'`{name}`' for name in fields)}."
        yield UNACKNOWLEDGED.at(consumer, fields[0], detail, "Write `ack_policy: explicit`, or leave them out.")


def _ignored(consumer: Resource) -> Iterator[Diagnostic]:
    config = consumer.config
    pushes = bool(config.get("deliver_subject"))
    ignored = {name: "pull requests, and this consumer pushes" for name in PULL_FIELDS if pushes}
    if not pushes:
        ignored["deliver_group"] = "push deliveries, and this consumer has no `deliver_subject`"
    if config.get("priority_policy", "none") not in ("none", "pinned_client"):
        ignored["priority_timeout"] = "pinned clients, and this policy pins none"
    for name, why in ignored.items():
        if config.get(name):
            yield NO_EFFECT.at(consumer, name, f"`{name}` is about {why}.", f"Leave `{name}` out.")
