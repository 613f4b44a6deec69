"""How the changes of a stream and of its consumers bear on each other: what must come first, and what the server would refuse or
rewrite on the way.
"""

from __future__ import annotations

from smith_topology.core.kinds.behaviour import ABSENT_LIMITS_ARE_ZERO
from smith_topology.core.model import Action, Change, Config, Live, Versions, filters_of

LIMITED = ("max_ack_pending", "inactive_threshold")
"""What ``consumer_limits`` holds, by the names that consumers have too."""


def turns(change: Change) -> bool:
    """Whether a live consumer gets other filters; their order means nothing."""
    return change.action is Action.UPDATE and {*filters_of(change.before or {})} != {*filters_of(change.after or {})}


def becomes_interest(stream: Change) -> bool:
    """Consumers created beforehand keep the messages that the change would drop for want of interest."""
    before, after = stream.before or {}, stream.after or {}
    return stream.action is Action.UPDATE and after.get("retention") == "interest" != before.get("retention")


def precedes_interest(consumer: Change, stream: Change) -> bool:
    """Whether a consumer is to be as declared before its stream becomes one of interest: a new one, to keep messages, and one
    with fewer replicas than the stream, to which the server would give as many itself (2.10 to 2.15).
    """
    mine, whole = (consumer.before or {}).get("num_replicas", 0), (stream.after or {}).get("num_replicas", 1)
    fewer = consumer.action is Action.UPDATE and 0 < mine < whole
    return becomes_interest(stream) and (consumer.action is Action.CREATE or fewer)


def follows_replicas(consumer: Change, stream: Change) -> bool:
    """Whether the server changes a consumer's own number of replicas when its stream scales: where it decides what is kept it has
    to have as many (2.10 to 2.15). Without a number of its own beforehand it is left alone.
    """
    before, after = stream.before or {}, stream.after or {}
    scales = stream.action is Action.UPDATE and before.get("num_replicas", 1) != after.get("num_replicas", 1)
    own = consumer.action is Action.UPDATE and bool((consumer.before or {}).get("num_replicas"))
    return scales and own and before.get("retention", "limits") != "limits"


def violates(consumer: Config, stream: Change, versions: Versions) -> bool:
    """Whether a consumer stands in the way of its stream's change: above its limits, or with more replicas than it will have,
    so that the server would rewrite the consumer when the stream scales.
    """
    before, after = ((config or {}).get("num_replicas", 1) for config in (stream.before, stream.after))
    return is_above_limits(consumer, stream, versions) or (after < before and consumer.get("num_replicas", 0) > after)


def is_above_limits(consumer: Config, stream: Change, versions: Versions) -> bool:
    """Whether the server refuses a stream's new ``consumer_limits`` for this consumer's sake (10069)."""
    limits = (stream.after or {}).get("consumer_limits") or {}
    if limits == ((stream.before or {}).get("consumer_limits") or {}):
        return False
    strict = ABSENT_LIMITS_ARE_ZERO.at(versions)
    return any(consumer.get(name, 0) > limits.get(name, 0) for name in LIMITED if strict or limits.get(name))


def goes_first(consumer: Change, stream: Change, live: Live) -> bool:
    """Whether a consumer's change comes before its stream's: to keep messages, or to make way."""
    if consumer.action is Action.CREATE or precedes_interest(consumer, stream):
        return becomes_interest(stream)
    if consumer.action is stream.action is Action.DELETE or follows_replicas(consumer, stream):
        return True
    observed = live.observed.get(consumer.address)
    return observed is not None and violates(observed.config, stream, live.versions(stream.address))
