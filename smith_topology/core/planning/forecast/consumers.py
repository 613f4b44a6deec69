"""What a consumer's change or end costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smith_topology.core.kinds import behaviour
from smith_topology.core.model import FILTERS, Action, Bound, Change, Effect, Kind, Observed, amounts
from smith_topology.core.planning.claims import claims_of, given_up, gone, is_parked
from smith_topology.core.planning.forecast.interest import Consumers, World, holds_by_interest, wanted
from smith_topology.core.planning.forecast.questions import (
    Answer,
    Answers,
    before_first_pending,
    dropped,
    gives_up,
    left_out,
    lowered,
    messages_of,
    passed_over,
)
from smith_topology.core.planning.ordering.consumers import becomes_interest, changes_filters

LOSES_INTEREST = "DS302"
POSITION_LOST = amounts(consumers=1, positions=1)


def consumer_deleted(observed: Observed, world: World) -> Effect:
    """Its position is lost. On an interest stream what only it still wanted goes too; with the last consumer goes everything.
    On limits and work queue streams every message stays, but for a queue that is copied (``holds_by_interest``).
    """
    stream, parent = world.live.stream(observed.address.path[0]), world.planned.get(observed.address.parent)
    unacked = int(observed.state.get("num_ack_pending", 0))
    text = f"its position is lost ({unacked:,} un-acknowledged)" if unacked else "its position is lost"
    effect = Effect("DS301", text, "", POSITION_LOST)
    if parent and parent.action is Action.DELETE:
        return effect
    if stream is None or not messages_of(stream) or not _holds_by_interest(stream, world):
        return effect
    answer = _only_its_own(observed, stream, world.consumers(stream.address), parent)
    if not answer.messages:
        return effect
    text = "its position is lost, and so is what only it still wanted"
    gone = dropped(LOSES_INTEREST, "", stream, answer)
    return replace(gone, text=text, amounts=(*gone.amounts, *POSITION_LOST))


def _holds_by_interest(stream: Observed, world: World) -> bool:
    """Whether the stream keeps messages because of consumers, at this moment of the plan."""
    keeps = behaviour.CONSUMERS_KEEP_OLD_RETENTION.at(world.live.versions(stream.address))
    lasting = [stream.config] if keeps else []
    return any(holds_by_interest(config, stream.address, world.live) for config in (world.stream(stream.address), *lasting))


def _only_its_own(consumer: Observed, stream: Observed, consumers: Consumers, parent: Change | None) -> Answer:
    """The messages that an interest stream drops with one consumer: those that no other one wants. The last consumer takes every
    message with it. That is counted once: at the change to interest retention, else at the first consumer to go.
    """
    if consumers.all_go:
        counted = bool(parent and becomes_interest(parent)) or consumer.address != consumers.first_to_leave
        sure = not consumers.passing and (parent is None or (parent.after or {}).get("retention") == "interest")
        return Answer(0 if counted else messages_of(stream), None, Bound.EXACT if sure else Bound.UPPER)
    if consumers.keeps_everything and not (parent and parent.action is Action.UPDATE):
        return Answer(0)
    orphans = max(0, messages_of(stream) - consumers.wanted)
    unwanted = max(0, messages_of(stream) - consumers.wanted_on)
    return Answer(min(unwanted, wanted(consumer) + orphans), None, Bound.UPPER)


def consumer_updated(change: Change, observed: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    before, after = change.before or {}, change.after or {}
    paths = {each.path.partition(".")[0] for each in change.fields}
    unacked = int(observed.state.get("num_ack_pending", 0))
    stream = world.live.stream(observed.address.path[0])
    if stream is not None and changes_filters(change):
        yield from _skipping(change, observed, stream, answers)
    if stream is not None and gives_up(change):
        yield from _giving_up(change, observed, stream, world, answers)
    elif stream is not None and paths - {"pause_until"} and _drops_unwanted(stream, world):
        yield from _cleaning_up(stream, world)
    if lowered("max_deliver", before, after) and unacked:
        text = "un-acknowledged and already delivered that often: not delivered again"
        yield Effect("DS304", text, "max_deliver", amounts(Bound.UPPER, skipped=unacked))
    if lowered("inactive_threshold", before, after):
        yield _forgotten(observed, world)
    if "deliver_subject" in paths and unacked:
        text = "un-acknowledged: sent to the new subject"
        yield Effect("DS307", text, "deliver_subject", amounts(Bound.UPPER, redelivered=unacked))
    shorter = after.get("ack_wait", 0) < before.get("ack_wait", 0)
    if unacked and ("backoff" in paths or ("ack_wait" in paths and shorter)):
        text = "un-acknowledged longer than that: delivered again"
        path = "ack_wait" if "ack_wait" in paths else "backoff"
        yield Effect("DS306", text, path, amounts(Bound.UPPER, redelivered=unacked))


def _forgotten(observed: Observed, world: World) -> Effect:
    """What is lost when the server deletes an unused consumer: its position, and what it alone still wanted."""
    text = "the server deletes the consumer, position and all, when no client uses it for this long"
    stream = world.live.stream(observed.address.path[0])
    if stream is None or not _holds_by_interest(stream, world):
        return Effect("DS305", text, "inactive_threshold")
    text, going = f"{text}, and what only it wanted", amounts(Bound.UPPER, expiring=messages_of(stream))
    return Effect("DS305", text, "inactive_threshold", going)


def _waits_parked(change: Change, observed: Observed) -> bool:
    """Whether a consumer has given up its filter a moment ago, and no client waits for messages: it is where it was by then."""
    parked = all(is_parked(claim) for claim in claims_of(Kind.CONSUMER, change.before))
    return parked and not (observed.state.get("num_waiting") or observed.state.get("push_bound"))


def _skipping(change: Change, observed: Observed, stream: Observed, answers: Answers) -> Iterator[Effect]:
    """The effect on stored messages that new filters match and the consumer may be past already: they are never delivered."""
    question = passed_over(change)
    if question is None or _waits_parked(change, observed):
        return
    everything = Answer(messages_of(stream), None, Bound.UPPER)
    matching, before = answers.get(question) or everything, answers.get(before_first_pending(change)) or everything
    if count := min(matching.messages, before.messages, messages_of(stream)):
        text = "the position is kept, and may be behind them already; a consumer of another name would get them"
        yield Effect("DS303", text, _filter_path(change), amounts(Bound.UPPER, skipped=count))


def _drops_unwanted(stream: Observed, world: World) -> bool:
    return behaviour.UPDATES_DROP_UNWANTED.at(world.live.versions(stream.address))


def _cleaning_up(stream: Observed, world: World) -> Iterator[Effect]:
    if not _holds_by_interest(stream, world):
        return
    answer = Answer(max(0, messages_of(stream) - world.consumers(stream.address).wanted), None, Bound.UPPER)
    if answer.messages:
        yield replace(dropped(LOSES_INTEREST, "", stream, answer), text="what no consumer wants any more is dropped")


def _giving_up(change: Change, observed: Observed, stream: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    """The effect of filters that a consumer of an interest stream gives up: what only it wanted is dropped. So are messages that
    no consumer wanted before, on servers that had kept them.
    """
    if not _holds_by_interest(stream, world):
        return
    consumers = world.consumers(stream.address)
    answer = _only_its_own(observed, stream, consumers, world.planned.get(observed.address.parent))
    if stored := answers.get(left_out(change)):
        keeps = not behaviour.DROPS_ALL_ACKNOWLEDGED.everywhere(world.live.versions(stream.address))
        unwanted = max(0, messages_of(stream) - consumers.wanted) if keeps else 0
        given = max(0, stored.messages - max(0, _held_by_others(change, stored.messages, stream, world)))
        answer = Answer(min(answer.messages, given + unwanted), None, Bound.UPPER)
    if answer.messages:
        text = "what only it still wanted, and no longer wants, is dropped"
        yield replace(dropped(LOSES_INTEREST, _filter_path(change), stream, answer), text=text)


def _held_by_others(change: Change, stored: int, stream: Observed, world: World) -> int:
    """The least number of the ``stored`` messages of given-up filters that one other consumer, which goes on wanting them all,
    still waits for: all that it waits for, less all that is stored besides, where it wants that too.
    """
    claims = given_up(Kind.CONSUMER, change.before, change.after)
    besides = messages_of(stream) - stored
    held = (
        wanted(each) - (besides if gone(claims_of(Kind.CONSUMER, each.config), claims) else 0)
        for each in world.holding(stream.address, claims, change.address)
    )
    return max(held, default=0)


def _filter_path(change: Change) -> str:
    return next(each.path for each in change.fields if each.path in FILTERS)
