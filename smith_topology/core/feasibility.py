"""What the connected server would refuse, said before anything is written: each rule names what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from smith_topology.core.diff import OWNED_BY, top_level
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.interface import Context, Field, by_name, walk
from smith_topology.core.model import (
    Action,
    Address,
    Change,
    Config,
    Diagnostic,
    Kind,
    Live,
    Resource,
    Server,
    Severity,
    Target,
    Topology,
    Version,
    copied_subjects,
    filters_of,
    origins,
    stream_address,
)
from smith_topology.core.order import COUNTS_ABSENT_LIMITS, LIMITED, is_above_limits, turns
from smith_topology.core.ownership import is_nobodys
from smith_topology.core.subjects import REST, SubjectIndex, overlaps
from smith_topology.core.times import SECOND

NEWEST = max(
    since for rules in RULES.values() for _, known in walk(rules.fields) for since in (known.since, *known.choices.values())
)
"""Every field of the tables is known to servers from here on."""


def wrong_target(target: Target | None, live: Live) -> Iterator[Diagnostic]:
    """The guard against planning the right file in the wrong place."""
    if target is None:
        return
    for word, wanted, found in (
        ("cluster", target.cluster, live.server.cluster),
        ("account", target.account, live.server.account),
    ):
        if wanted and wanted != found:
            yield Diagnostic(
                "wrong-target",
                Severity.REFUSAL,
                "Connected to another place than the file is for",
                f'The file is for {word} "{wanted}"; this connection is to ' + (f'"{found}".' if found else f"no known {word}."),
                "Choose the connection with --context or --server, or correct `target` in the file.",
                span=target.span,
            )


def infeasible(topology: Topology, live: Live, changes: tuple[Change, ...]) -> Iterator[Diagnostic]:
    """Everything about these changes that this server can't do."""
    planned = {change.address: change for change in changes}
    for change in changes:
        resource = topology.resources.get(change.address)
        if resource is None:
            continue
        if live.server.version < NEWEST:
            yield from _too_old(resource, live)
            yield from _endless_backoff(resource, live)
        if change.action is Action.REPLACE:
            yield _needs_replacement(change, resource, live)
        if change.action in (Action.CREATE, Action.UPDATE):
            yield from _needs_cluster(change, resource, live)
            yield from _missing_origins(topology, change, resource, live, planned)
            yield from _limits_in_the_way(change, planned, live)
            yield from _copy_in_the_way(change, resource, live)
    yield from _taken_subjects(topology, changes, live)
    yield from _left_without_origin(live, planned)


def _too_old(resource: Resource, live: Live) -> Iterator[Diagnostic]:
    fields = RULES[resource.address.kind].fields
    for path, needed, what in _needs(fields, resource.config, ""):
        if live.server.version < needed:
            yield Diagnostic(
                "CP101",
                Severity.ERROR,
                "Server is too old for a field",
                f"{what} of {resource.address} needs server {needed}; this one is {live.server.version_text}, which would "
                "drop it silently or refuse it.",
                f"Upgrade the server to {needed}, or take the field out.",
                resource.address,
                resource.where(path),
            )


def _endless_backoff(resource: Resource, live: Live) -> Iterator[Diagnostic]:
    """2.9 wants more deliveries than ``backoff`` has steps, and takes unlimited ones for too few (10116)."""
    steps, most = len(resource.config.get("backoff") or ()), resource.config.get("max_deliver", -1)
    if steps and most <= steps and live.server.version < Version(2, 10):
        yield Diagnostic(
            "CP103",
            Severity.ERROR,
            "Server needs a limit of deliveries above the backoff steps",
            f"{resource.address} has {steps} steps of `backoff`; server {live.server.version_text} takes them only with a "
            "`max_deliver` above their number (2.10 takes any).",
            f"Write `max_deliver: {steps + 1}` or more, or leave `backoff` out.",
            resource.address,
            resource.where("backoff"),
        )


def _needs(fields: tuple[Field, ...], config: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Version, str]]:
    table = by_name(fields)
    for name, value in config.items():
        known = table.get(name)
        if known is None or known.is_default(value):
            continue
        path = prefix + name
        if not (name == "filter_subjects" and len(value) == 1):
            yield path, known.since, f"`{path}`"
        if isinstance(value, str) and value in known.choices:
            yield path, known.choices[value], f"`{path}: {value}`"
        for place, block in enumerate(value if known.many else [value]) if known.fields else ():
            yield from _needs(known.fields, block, f"{path}.{place}." if known.many else f"{path}.")


def _needs_replacement(change: Change, resource: Resource, live: Live) -> Diagnostic:
    rules, context = RULES[change.address.kind], Context(live.server)
    before, after = change.before or {}, change.after or {}
    reasons = {
        name: why
        for name in dict.fromkeys(top_level(each.path) for each in change.fields)
        if name != OWNED_BY and (why := rules.immutable(name, before, after, context))
    }
    told = "; ".join(f"`{name}`: {why}" for name, why in reasons.items())
    return Diagnostic(
        "IM101",
        Severity.REFUSAL,
        "Change needs a replacement",
        f"{change.address} can't be changed in place ({told}). This version of smith-topo does not replace objects yet, "
        "so nothing is written.",
        f"Declare the value that is live, or go on without it: --exclude '{change.address}'.",
        change.address,
        resource.where(next(iter(reasons), "")),
    )


def _needs_cluster(change: Change, resource: Resource, live: Live) -> Iterator[Diagnostic]:
    """Standalone servers refuse more than one replica (10074); up to 2.12 an update is accepted and means nothing."""
    replicas = (change.after or {}).get("num_replicas", 1)
    if replicas > 1 and not live.server.cluster:
        yield Diagnostic(
            "CP102",
            Severity.ERROR,
            "Replicas need a cluster",
            f"{change.address} declares {replicas} replicas, and {live.server.name or 'the server'} is not part of a cluster.",
            "Connect to the cluster, or write `num_replicas: 1`.",
            change.address,
            resource.where("num_replicas"),
        )


def _missing_origins(
    topology: Topology, change: Change, resource: Resource, live: Live, planned: Mapping[Address, Change]
) -> Iterator[Diagnostic]:
    """The server accepts a mirror of nothing and then stays silently empty."""
    if change.address.kind is not Kind.STREAM:
        return
    for origin in origins(change.after or {}):
        address = stream_address(origin)
        goes = address in planned and planned[address].action is Action.DELETE
        if goes or (address not in planned and address not in live.observed):
            unselected = "is not on the server, and not selected" if address in topology.resources else ""
            yield Diagnostic(
                "RF201",
                Severity.ERROR,
                "Origin does not exist",
                f'{change.address} copies "{origin}", which '
                + ("this plan destroys" if goes else unselected or "is neither in the file nor on the server")
                + ": it would stay empty without an error.",
                f"Select it too: --target '{address}'." if unselected else "Correct the name, or keep the origin.",
                change.address,
                resource.where("mirror" if resource.config.get("mirror") else "sources"),
            )


def _left_without_origin(live: Live, planned: Mapping[Address, Change]) -> Iterator[Diagnostic]:
    """Streams that go on copying what this plan destroys: they keep what they have, and get nothing more, silently."""
    gone = {a.name for a, c in planned.items() if a.kind is Kind.STREAM and c.action is Action.DELETE}
    for address, observed in live.observed.items() if gone else ():
        if address.kind is not Kind.STREAM or address.name in gone:
            continue
        change = planned.get(address)
        for origin in gone.intersection(origins((change.after if change else observed.config) or {})):
            yield Diagnostic(
                "RF202",
                Severity.WARNING,
                "Origin of a copy is destroyed",
                f'{address} copies "{origin}", which this plan destroys: it keeps what it has and gets nothing more, '
                "without an error.",
                "Make sure that nobody counts on the copy.",
                address,
            )


def _limits_in_the_way(change: Change, changes: Mapping[Address, Change], live: Live) -> Iterator[Diagnostic]:
    """Consumers that stay above the stream's new ``consumer_limits`` (10069)."""
    if change.address.kind is not Kind.STREAM or change.action is not Action.UPDATE:
        return
    if change.address.name in live.copied and is_above_limits(
        _of_a_copy(change, live.server.version), change, live.server.version
    ):
        yield _in_the_way(change, f"The consumer of a stream that copies {change.address}", live.server)
    for consumer in live.consumers(change.address.name):
        planned = changes.get(consumer.address)
        if is_nobodys(consumer) or (planned and planned.action is Action.DELETE):
            continue
        if is_above_limits(_meanwhile(planned, change) or consumer.config, change, live.server.version):
            yield _in_the_way(change, str(consumer.address), live.server)


COPIES_SHARE_QUEUES = Version(2, 14)
"""Older servers let no consumer onto a work queue beside the one that a mirror or a source keeps there (2.9 to 2.12 measured)."""


def _copy_in_the_way(change: Change, resource: Resource, live: Live) -> Iterator[Diagnostic]:
    """A copy that is there already takes what a new consumer, or new filters, of a work queue want (10099, 10100)."""
    name, stream = change.address.path[0], live.stream(change.address.path[0])
    claims = change.action is Action.CREATE or turns(change)
    if change.address.kind is not Kind.CONSUMER or not claims or live.server.version >= COPIES_SHARE_QUEUES:
        return
    if stream is None or stream.config.get("retention") != "workqueue" or name not in live.copied:
        return
    wanted = filters_of(change.after or {}) or (REST,)
    for address, copy in live.copied[name]:
        if any(overlaps(one, other) for one in wanted for other in copied_subjects(copy) or (REST,)):
            yield Diagnostic(
                "CP104",
                Severity.ERROR,
                "Copy of the work queue is in the way",
                f"{change.address} wants messages that {address} copies; server {live.server.version_text} takes no such "
                "consumer while the copy is there (2.14 does).",
                f"Delete {address} first, and make it again after the consumer.",
                change.address,
                resource.where("filter_subject"),
            )


def _meanwhile(planned: Change | None, stream: Change) -> Config:
    """What a consumer that changes before its stream has until then: the old limits fill in what it leaves out."""
    if planned is None or not planned.after:
        return {}
    return {**((stream.before or {}).get("consumer_limits") or {}), **planned.after}


def _of_a_copy(origin: Change, version: Version) -> Config:
    """The consumer that a mirror or a source keeps on its origin, as far as limits go (2.10 to 2.15 measured). It is listed
    only where it acknowledges: on work queues and interest streams, since 2.14.
    """
    acknowledges = version >= Version(2, 14) and (origin.before or {}).get("retention", "limits") != "limits"
    return {"max_ack_pending": 1000} if acknowledges else {"inactive_threshold": 10 * SECOND}


def _in_the_way(change: Change, consumer: str, server: Server) -> Diagnostic:
    limits = (change.after or {}).get("consumer_limits") or {}
    absent = [name for name in LIMITED if name not in limits] if server.version < COUNTS_ABSENT_LIMITS else []
    older = f"; server {server.version_text} takes a limit that is left out for 0" if absent else ""
    instead = f"write {' and '.join(f'`{name}`' for name in absent)} above what it has" if absent else "raise the limit"
    return Diagnostic(
        "FC406",
        Severity.ERROR,
        "Existing consumer is above the new limit",
        f"{consumer} is above the new `consumer_limits` of {change.address}, which the server therefore refuses{older}.",
        f"Change or delete that consumer first, or {instead}.",
        change.address,
        change.span,
    )


def _taken_subjects(topology: Topology, changes: tuple[Change, ...], live: Live) -> Iterator[Diagnostic]:
    """Subjects that another stream will still hold (10065): one outside this plan, or one that keeps what it has."""
    planned = {c.address: c for c in changes if c.address.kind is Kind.STREAM}
    gaining = {address for address, change in planned.items() if _gains(change)}
    if not gaining:
        return
    index: SubjectIndex[Address] = SubjectIndex()
    live_streams = {address: observed.config for address, observed in live.observed.items() if address.kind is Kind.STREAM}
    for address, config in {**live_streams, **{address: change.after or {} for address, change in planned.items()}}.items():
        for subject in config.get("subjects") or ():
            index.add(subject, address)
    for one, other in index.overlapping():
        (mine, a), (theirs, b) = (one, other) if one[1] in gaining else (other, one)
        if a in gaining and a != b:
            yield _taken(topology, mine, a, theirs, b, kept=b in planned)


def _gains(change: Change) -> bool:
    if change.action is Action.CREATE:
        return True
    return change.action is Action.UPDATE and any(each.path == "subjects" for each in change.fields)


def _taken(topology: Topology, subject: str, address: Address, theirs: str, other: Address, *, kept: bool) -> Diagnostic:
    resource = topology.resources[address]
    why, fix = "which is live and not in this file", "Declare that stream here too, or choose other subjects."
    if kept:
        why, fix = "whose live subjects its `ignore_changes` keeps", "Take `subjects` out of them, or choose other subjects."
    elif other in topology.resources:
        why, fix = "which is live and not selected", f"Select it too: --target '{other}'."
    return Diagnostic(
        "SB401",
        Severity.ERROR,
        "Subject is held by another stream",
        f'"{subject}" of {address} overlaps "{theirs}" of {other}, {why}.',
        fix,
        address,
        resource.where("subjects"),
    )
