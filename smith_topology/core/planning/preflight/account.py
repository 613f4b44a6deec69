"""Changes that exceed a limit of the account, or of a stream, or need a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.kinds.consumer import replicas_of
from smith_topology.core.model import Change, Diagnostic, Finding, Kind, tier_of
from smith_topology.core.planning.ordering.quotas import Limited, Quota, limit, quotas
from smith_topology.core.planning.preflight.interface import PlannedChanges

NO_CLUSTER = Finding.error(
    "CP102",
    "Replicas need a cluster",
    "Replicas on a server that is not part of a cluster.",
    "Connect to the cluster, or write `num_replicas: 1`.",
)
OVER_QUOTA = Finding.error(
    "CP105",
    "No room for what the plan adds",
    "The plan adds consumers, streams or `max_bytes` for which the stream, or the account, has no room left, whatever goes "
    "first [10026, 10027, 10028, 10047]. Consumers that are not declared count too.",
    "Delete what is not needed, or have the limit raised.",
)
ABOVE_LIMIT = Finding.error(
    "CP106",
    "More than the account allows",
    "`max_bytes` or `max_consumers` of a stream, or `max_ack_pending` of a consumer, is above what the account allows for one "
    "[10122, 10026, 10121].",
    "Lower it.",
)
NO_BYTE_LIMIT = Finding.error(
    "CP107",
    "The account wants a limit of bytes",
    "The account takes no stream without `max_bytes` [10113].",
    "Set it.",
)
NO_TIER = Finding.error(
    "CP112",
    "The account has no tier for these replicas",
    "An account with tiers takes only as many replicas as it has a tier for [10120].",
    "Write another `num_replicas`, or have a tier added.",
)

INSTEAD = {
    Limited.CONSUMERS: "raise `max_consumers`",
    Limited.STREAMS: "have the account's limit raised",
    Limited.FILE: "lower `max_bytes`",
    Limited.MEMORY: "lower `max_bytes`",
}
LIMITS = {
    Kind.STREAM: (("max_consumers", "max_consumers"), ("max_bytes", "{}_max_stream_bytes")),
    Kind.CONSUMER: (("max_ack_pending", "max_ack_pending"),),
}
"""Fields, and what limits them in the account, by its storage."""


def no_cluster(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Replicas above 1 on a single server: a creation is refused (10074), and up to 2.12 an update has no effect."""
    for change, resource in planned.written() if not planned.server.is_clustered else ():
        replicas = (change.after or {}).get("num_replicas", 1)
        if replicas > 1:
            detail = f"{change.address} declares {replicas} replicas, and JetStream runs on a single server here."
            yield NO_CLUSTER.at(resource, "num_replicas", detail, NO_CLUSTER.advice)


def over_quota(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Too many consumers of a stream (10026), too many streams (10027), ``max_bytes`` that add up to too much (10028, 10047)."""
    return (_over_quota(quota, planned) for quota in quotas(planned.changes, planned.live) if quota.is_exceeded)


def _over_quota(quota: Quota, planned: PlannedChanges) -> Diagnostic:
    detail = f"{quota.stream or _whose(quota.tier)} takes {quota.most:,} {quota.what.value}, and has {quota.used:,}; "
    detail += f"this plan adds {quota.added:,}" + (f" and takes away {quota.given:,}." if quota.given else ".")
    last = planned.topology.resources[quota.takers[-1]]
    return OVER_QUOTA.at(last, "", detail, f"Delete what is not needed, or {INSTEAD[quota.what]}.")


def _whose(tier: str) -> str:
    return f"Tier {tier} of the account" if tier else "The account"


def without_tier(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Replicas for which the account has no tier (10120)."""
    tiers = planned.server.tiers
    for change, resource in planned.written() if tiers else ():
        replicas = _replicas(change, planned)
        if tier_of(replicas) not in tiers and (change.before is None or replicas != change.before.get("num_replicas", 1)):
            detail = f"{change.address} would have num_replicas {replicas}; the account has tiers for {', '.join(sorted(tiers))}."
            yield NO_TIER.at(resource, "num_replicas", detail, "Write a `num_replicas` that has a tier, or have one added.")


def _replicas(change: Change, planned: PlannedChanges) -> int:
    """How many replicas an object will have, which decides by which tier it is judged."""
    after = change.after or {}
    if change.address.kind is Kind.STREAM:
        return int(after.get("num_replicas", 1))
    stream, observed = planned.by_address.get(change.address.parent), planned.live.observed.get(change.address.parent)
    return replicas_of(after, (stream.after if stream else observed.config if observed else None) or {})


def above_limit(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """More than the account lets one stream (10026, 10122) or one consumer (10121) have."""
    for change, resource in planned.written():
        after = change.after or {}
        stored = "storage" if after.get("storage", "file") == "file" else after["storage"]
        for field, name in LIMITS[change.address.kind]:
            most = limit(planned.server.limits_of(_replicas(change, planned)), name.format(stored))
            if 0 < most < after.get(field, -1):
                detail = f"`{field}` of {change.address} is {after[field]:,}; the account allows {most:,}."
                yield ABOVE_LIMIT.at(resource, field, detail, f"Lower `{field}`, or have the account's limit raised.")


def unlimited(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Streams without ``max_bytes`` where the account requires it (10113)."""
    for change, resource in planned.written(Kind.STREAM):
        required = planned.server.limits_of(_replicas(change, planned)).get("max_bytes_required")
        if required and "max_bytes" not in (change.after or {}):
            detail = f"{change.address} has no `max_bytes`, and the account takes no stream without."
            yield NO_BYTE_LIMIT.at(resource, "", detail, "Set `max_bytes`; it counts in full towards what the account may store.")
