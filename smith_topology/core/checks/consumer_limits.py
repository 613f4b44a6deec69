"""Consumers within what their stream allows."""

from __future__ import annotations

from smith_topology.core.checks.interface import Found, per_consumer, per_stream
from smith_topology.core.model import Finding, Resource, Topology
from smith_topology.core.units import format_duration

PENDING_UNACKED = Finding.error(
    "FC205",
    "max_ack_pending on a push consumer that does not acknowledge",
    "`max_ack_pending`, its own or from `consumer_limits`, on a push consumer with `ack_policy: none` [10082].",
    "Write `ack_policy: explicit`.",
)
REPLICAS = Finding.error(
    "FC401",
    "More replicas than the stream",
    "A consumer with more replicas than its stream [10126].",
    "Leave `num_replicas` out.",
)
SAME_REPLICAS = Finding.error(
    "FC402",
    "Other replicas than the stream, whose consumers decide what it keeps",
    "A consumer of a work queue or interest stream with fewer replicas than its stream [10134].",
    "Leave `num_replicas` out.",
)
PENDING = Finding.error(
    "FC403",
    "max_ack_pending is above the stream's limit",
    "`max_ack_pending` above the stream's `consumer_limits` [10121].",
    "Lower it, or leave it out.",
)
INACTIVE = Finding.error(
    "FC404",
    "inactive_threshold is above the stream's limit",
    "`inactive_threshold` above the stream's `consumer_limits` [10153].",
    "Lower it, or leave it out.",
)
UNPACED = Finding.error(
    "FC407",
    "consumer_limits take away the limit that flow control needs",
    "A consumer with `ack_policy: flow_control` that takes an unlimited `max_ack_pending` over from `consumer_limits` [10220].",
    "Set `max_ack_pending` on the consumer.",
)
TOO_MANY = Finding.error(
    "FC405",
    "More consumers than the stream allows",
    "More consumers than `max_consumers` of the stream [10026].",
    "Raise `max_consumers`.",
)


def against_stream(topology: Topology) -> Found:
    yield from per_consumer(topology, _replicas, _pending, _pending_unacked, _inactive, _unpaced)
    yield from per_stream(topology, lambda stream: _too_many(stream, topology.consumers(stream.address.name)))


def _too_many(stream: Resource, consumers: list[Resource]) -> Found:
    most = stream.config.get("max_consumers", -1) if consumers else -1
    for consumer in consumers[most:] if most > 0 else ():
        detail = f"Stream {stream.address.name} has `max_consumers: {most}`, and {len(consumers)} are declared."
        yield TOO_MANY.at(consumer, "", detail, "Raise `max_consumers`, or drop a consumer.")


def _replicas(stream: Resource, consumer: Resource) -> Found:
    mine = consumer.config.get("num_replicas", 0)
    whole = stream.config.get("num_replicas", 1) if mine else 1
    if mine > whole:
        detail = f"The consumer wants {mine}, stream {stream.address.name} has {whole}."
        yield REPLICAS.at(consumer, "num_replicas", detail, "Leave `num_replicas` out: 0 is as many as the stream's.")
    elif mine not in (0, whole) and stream.config.get("retention", "limits") != "limits":
        detail = f"The consumer wants {mine}, stream {stream.address.name} has {whole} and keeps only what is not acknowledged."
        yield SAME_REPLICAS.at(consumer, "num_replicas", detail, "Leave `num_replicas` out: 0 is as many as the stream's.")


def _limit(stream: Resource, name: str) -> int:
    limit: int = (stream.config.get("consumer_limits") or {}).get(name, 0)
    return limit


def _pending(stream: Resource, consumer: Resource) -> Found:
    pending = consumer.config.get("max_ack_pending", 0)
    allowed = _limit(stream, "max_ack_pending") if pending else 0
    if 0 < allowed < pending:
        detail = f"{pending} is more than `consumer_limits` of stream {stream.address.name} allows, {allowed}."
        yield PENDING.at(consumer, "max_ack_pending", detail, "Lower it, or leave it out to get the stream's.")


def _pending_unacked(stream: Resource, consumer: Resource) -> Found:
    if not (consumer.config.get("deliver_subject") and consumer.config.get("ack_policy", "none") == "none"):
        return
    pending = consumer.config.get("max_ack_pending", 0)
    if (pending or _limit(stream, "max_ack_pending")) > 0:
        source = "it" if pending else f"`consumer_limits` of stream {stream.address.name}"
        detail = f"With `ack_policy: none` nothing is ever pending, and {source} limits what is."
        fix = "Write `ack_policy: explicit`, or leave `max_ack_pending` out."
        yield PENDING_UNACKED.at(consumer, "max_ack_pending", detail, fix)


def _inactive(stream: Resource, consumer: Resource) -> Found:
    threshold = consumer.config.get("inactive_threshold", 0)
    longest = _limit(stream, "inactive_threshold") if threshold else 0
    if 0 < longest < threshold:
        wanted, allowed_text = format_duration(threshold), format_duration(longest)
        detail = f"{wanted} is more than `consumer_limits` of stream {stream.address.name} allows, {allowed_text}."
        yield INACTIVE.at(consumer, "inactive_threshold", detail, "Lower it, or raise the stream's limit.")


def _unpaced(stream: Resource, consumer: Resource) -> Found:
    """A consumer with flow control that inherits a negative ``max_ack_pending`` from its stream (10220)."""
    if consumer.config.get("ack_policy") != "flow_control" or consumer.config.get("max_ack_pending"):
        return
    inherited = _limit(stream, "max_ack_pending")
    if inherited < 0:
        detail = f"Flow control slows down at `max_ack_pending`, and stream {stream.address.name} gives it {inherited}."
        yield UNPACED.at(consumer, "ack_policy", detail, "Set `max_ack_pending` on the consumer, or drop that of the stream.")
