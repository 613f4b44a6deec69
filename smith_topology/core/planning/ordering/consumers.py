"""How the changes of a stream and of its consumers affect each other, and which of them comes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from smith_topology.core.kinds.behaviour import ABSENT_LIMITS_ARE_ZERO
from smith_topology.core.model import (
    FILTERS,
    Action,
    Address,
    Change,
    Config,
    Edge,
    Kind,
    Live,
    Stage,
    StageId,
    Versions,
    filters_of,
)
from smith_topology.core.planning.claims import gained, given_up
from smith_topology.core.planning.ordering.graphs import all_before_all
from smith_topology.core.planning.ordering.quotas import full_streams
from smith_topology.core.planning.stage import Stages
from smith_topology.core.planning.writing import Writing

LIMITED = ("max_ack_pending", "inactive_threshold")
"""What ``consumer_limits`` holds, by the names that consumers have too."""


def changes_filters(change: Change) -> bool:
    """Whether a live consumer gets other filters. Another order of the same filters is no change."""
    return change.action is Action.UPDATE and {*filters_of(change.before or {})} != {*filters_of(change.after or {})}


def becomes_interest(stream: Change) -> bool:
    """Whether a stream changes to interest retention. Consumers created before that keep the messages that it would drop."""
    before, after = stream.before or {}, stream.after or {}
    return stream.action is Action.UPDATE and after.get("retention") == "interest" != before.get("retention")


def precedes_interest(consumer: Change, stream: Change) -> bool:
    """Whether a consumer's change comes before its stream's change to interest retention: a new consumer, which keeps messages,
    and one with fewer replicas than the stream, to which the server would give as many itself (2.10 to 2.15).
    """
    mine, whole = (consumer.before or {}).get("num_replicas", 0), (stream.after or {}).get("num_replicas", 1)
    fewer = consumer.action is Action.UPDATE and 0 < mine < whole
    return becomes_interest(stream) and (consumer.action is Action.CREATE or fewer)


def follows_replicas(consumer: Change, stream: Change) -> bool:
    """Whether the server changes a consumer's replicas when its stream scales (2.10 to 2.15): if the consumer decides what is
    kept, it must have as many as the stream. One without a number of its own needs no change.
    """
    before, after = stream.before or {}, stream.after or {}
    scales = stream.action is Action.UPDATE and before.get("num_replicas", 1) != after.get("num_replicas", 1)
    own = consumer.action is Action.UPDATE and bool((consumer.before or {}).get("num_replicas"))
    return scales and own and before.get("retention", "limits") != "limits"


def violates(consumer: Config, stream: Change, versions: Versions) -> bool:
    """Whether a consumer has to change before its stream: it is above the new limits, or has more replicas than the stream will
    have, so that the server would rewrite the consumer when the stream scales.
    """
    before, after = ((config or {}).get("num_replicas", 1) for config in (stream.before, stream.after))
    return is_above_limits(consumer, stream, versions) or (after < before and consumer.get("num_replicas", 0) > after)


def is_above_limits(consumer: Config, stream: Change, versions: Versions) -> bool:
    """Whether the server refuses a stream's new ``consumer_limits`` because of this consumer (10069)."""
    limits = (stream.after or {}).get("consumer_limits") or {}
    if limits == ((stream.before or {}).get("consumer_limits") or {}):
        return False
    strict = ABSENT_LIMITS_ARE_ZERO.at(versions)
    return any(consumer.get(name, 0) > limits.get(name, 0) for name in LIMITED if strict or limits.get(name))


# ---------------------------------------------------------------------------------------------------------- edges


def around_streams(writing: Writing, stages: Stages) -> Iterator[Edge]:
    """Each consumer beside its stream, where both are written."""
    for address, consumers in writing.consumers_by_stream.items():
        if stream := writing.changes.get(address):
            for consumer in consumers:
                around = _deleted if consumer.action is Action.DELETE else _written
                yield from around(consumer, stream, stages, writing.live)


def _deleted(consumer: Change, stream: Change, stages: Stages, live: Live) -> Iterator[Edge]:
    """Delete a consumer after its stream's change, so that an interest stream takes nothing that only this consumer wanted.
    Delete it before, if it stands in the way of the change.
    """
    own, observed = stages.last(consumer.address), live.observed.get(consumer.address)
    if stream.action is Action.DELETE:
        yield Edge(own, stages.last(stream.address), "a stream is deleted after its consumers")
        if len(stages[stream.address]) > 1:
            yield Edge(stages[stream.address][0].id, own, "the stream takes no messages any more", required=False)
    elif observed and violates(observed.config, stream, live.versions(stream.address)):
        yield Edge(own, stages.first(stream.address), "the consumer is in the way of its stream's change")
    else:
        yield Edge(stages.last(stream.address), own, "a stream changes before its consumers go", required=False)


def _written(consumer: Change, stream: Change, stages: Stages, live: Live) -> Iterator[Edge]:
    first, ready = stages.first(consumer.address), _ready(consumer, stages)
    observed = live.observed.get(consumer.address)
    opening = opening_stage(stages, stream)
    awaited = opening is not None and is_awaited(consumer, stream)
    versions = live.versions(stream.address)
    if observed and (violates(observed.config, stream, versions) or follows_replicas(consumer, stream)):
        yield Edge(ready, stages.first(stream.address), "the consumer is in the way of its stream's change")
    elif opening and (base := stages.previous(opening)):
        yield Edge(base, first, "a consumer comes after its stream")
    elif not awaited:
        yield Edge(stages.last(stream.address), first, "a consumer comes after its stream")
    if opening and awaited:
        yield Edge(ready, opening, "the stream takes messages once this consumer wants them")
        if ready != (last := stages.last(consumer.address)):
            yield Edge(opening, last, "the stream no longer stores what the consumer gives up")


def _ready(consumer: Change, stages: Stages) -> StageId:
    """The stage after which a consumer wants everything that it is to want: its last, unless that only removes filters."""
    *_, last = path = stages[consumer.address]
    narrows = given_up(Kind.CONSUMER, last.before, last.after) and not gained(Kind.CONSUMER, last.before, last.after)
    return path[-2].id if len(path) > 1 and narrows and not path[-2].early else last.id


def opening_stage(stages: Stages, stream: Change) -> StageId | None:
    """The stage in which an interest stream begins to take more messages. None if there is none."""
    if (stream.after or {}).get("retention") != "interest":
        return None
    for stage in reversed(stages[stream.address]):
        copies = (stage.after or {}).get("sources") and stage.changes(("sources", "mirror"))
        retention = (stage.before or {}).get("retention") != (stage.after or {}).get("retention")
        if copies or retention or gained(Kind.STREAM, stage.before, stage.after):
            return stage.id
    return None


def is_awaited(consumer: Change, stream: Change) -> bool:
    """Whether an interest stream may take more messages only after this consumer's change."""
    return bool(gained(Kind.CONSUMER, consumer.before, consumer.after)) or precedes_interest(consumer, stream)


def among_themselves(writing: Writing, stages: Stages) -> Iterator[Edge]:
    """New consumers of an interest stream, and new filters, come before the end of consumers and filters, where quotas allow
    both: at the end of a consumer the server drops what no other one wants.
    """
    full = full_streams(writing)
    for address, consumers in writing.consumers_by_stream.items():
        stream = writing.live.observed.get(address)
        if stream is None or stream.config.get("retention") != "interest":
            continue
        wanting = [_ready(c, stages) for c in consumers if gained(Kind.CONSUMER, c.before, c.after)]
        may_wait = (c for c in consumers if c.action is not Action.DELETE or address not in full)
        dropping = [stages.last(c.address) for c in may_wait if given_up(Kind.CONSUMER, c.before, c.after)]
        pairs = all_before_all(wanting, dropping)
        yield from (Edge(a, b, "what one gives up the other wants", required=False) for a, b in pairs if a.address != b.address)


def one_after_the_other(ordered: Iterable[Stage], writing: Writing) -> Iterator[Edge]:
    """Where consumers decide what a stream keeps, a stage that can drop messages waits for all before it of the same stream and
    its consumers: what it drops depends on them, and was computed in this order.
    """
    since: dict[Address, list[StageId]] = defaultdict(list)
    for stage in ordered:
        stream = stage.address.parent
        if not _is_kept_by_interest(stream, writing.changes.get(stream), writing.live):
            continue
        if can_drop(stage):
            yield from (Edge(each, stage.id, "what it drops depends on what is there by then") for each in since[stream])
            since[stream].clear()
        since[stream].append(stage.id)


def can_drop(stage: Stage) -> bool:
    """Whether a stage lets the server drop messages: it ends a consumer's interest, or makes the stream one of interest."""
    if stage.address.kind is Kind.STREAM:
        return stage.before is not None and stage.changes(("retention", "mirror", "sources"))
    return stage.after is None or (stage.before is not None and stage.changes((*FILTERS, "inactive_threshold")))


def _is_kept_by_interest(stream: Address, change: Change | None, live: Live) -> bool:
    """Whether consumers decide what the stream keeps, before the plan or after it. No if the stream is deleted."""
    if change is not None and change.action is Action.DELETE:
        return False
    observed = live.observed.get(stream)
    configs = (observed.config if observed else {}, (change.after or {}) if change else {})
    copied = stream.name in live.copied and any(each.get("retention") == "workqueue" for each in configs)
    return copied or any(each.get("retention") == "interest" for each in configs)
