"""What a consumer's change or end costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smith_topology.core.kinds import behaviour
from smith_topology.core.model import FILTERS, Action, Address, Bound, Change, Effect, Kind, Observed, amounts
from smith_topology.core.planning.claims import claims_of, gone, is_parked
from smith_topology.core.planning.forecast.interest import World, holds_by_interest, wanted
from smith_topology.core.planning.forecast.questions import (
    EVERYTHING,
    Answer,
    Answers,
    Outside,
    answer_to,
    before_first_pending,
    dropped,
    left_out,
    lowered,
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
    if stream and stream.messages and not (parent and parent.action is Action.DELETE) and _holds_by_interest(stream, world):
        answer = _only_its_own(observed, claims_of(Kind.CONSUMER, observed.config), stream, world)
        if answer.messages:
            text = "its position is lost, and so is what only it still wanted"
            lost = dropped(LOSES_INTEREST, "", stream, answer, text)
            return replace(lost, amounts=(*lost.amounts, *POSITION_LOST))
    unacked = int(observed.state.get("num_ack_pending", 0))
    text = f"its position is lost ({unacked:,} un-acknowledged)" if unacked else "its position is lost"
    return Effect("DS301", text, "", POSITION_LOST)


def _holds_by_interest(stream: Observed, world: World) -> bool:
    """Whether the stream keeps messages because of consumers, at this moment of the plan."""
    keeps = behaviour.CONSUMERS_KEEP_OLD_RETENTION.at(world.live.versions(stream.address))
    lasting = [stream.config] if keeps else []
    return any(holds_by_interest(config, stream.address, world.live) for config in (world.stream(stream.address), *lasting))


def _only_its_own(consumer: Observed, given: tuple[str, ...], stream: Observed, world: World) -> Answer:
    """The messages that an interest stream drops as one consumer gives up these filters: those that no other one wants. The last
    consumer takes every message with it. That is counted once: at the change to interest retention, else at the first consumer
    to go.
    """
    consumers, parent = world.consumers(stream.address), world.planned.get(stream.address)
    if consumers.all_go:
        counted = bool(parent and becomes_interest(parent)) or consumer.address != consumers.first_to_leave
        sure = not consumers.passing and (parent is None or (parent.after or {}).get("retention") == "interest")
        return Answer(0 if counted else stream.messages, None, Bound.EXACT if sure else Bound.UPPER)
    settled = not (parent and parent.action is Action.UPDATE)
    if settled and consumers.are_replaced((EVERYTHING,)):
        return Answer(0)
    unwanted = max(0, stream.messages - consumers.wanted_on)
    own = 0 if settled and consumers.are_replaced(given) else wanted(consumer)
    return Answer(min(unwanted, own + _orphans(stream, world)), None, Bound.UPPER)


def _orphans(stream: Observed, world: World) -> int:
    """An upper bound on the stored messages that no consumer wants before the plan begins."""
    return max(0, stream.messages - world.consumers(stream.address).wanted)


def consumer_updated(change: Change, observed: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    before, after = change.before or {}, change.after or {}
    paths = {each.name for each in change.fields}
    unacked = int(observed.state.get("num_ack_pending", 0))
    if stream := world.live.stream(observed.address.path[0]):
        if changes_filters(change):
            yield from _skipping(change, observed, stream, answers)
        if paths - {"pause_until"} and _holds_by_interest(stream, world):
            yield from _unwanted(change, observed, stream, world, answers)
    if lowered("max_deliver", before, after) and unacked:
        text = "un-acknowledged and already delivered that often: not delivered again"
        yield Effect("DS304", text, "max_deliver", amounts(Bound.UPPER, skipped=unacked))
    if lowered("inactive_threshold", before, after):
        yield _forgotten(stream, world)
    redelivered = amounts(Bound.UPPER, redelivered=unacked)
    if "deliver_subject" in paths and unacked:
        yield Effect("DS307", "un-acknowledged: sent to the new subject", "deliver_subject", redelivered)
    shorter = "ack_wait" in paths and after.get("ack_wait", 0) < before.get("ack_wait", 0)
    if unacked and ("backoff" in paths or shorter):
        path = "ack_wait" if "ack_wait" in paths else "backoff"
        yield Effect("DS306", "un-acknowledged longer than that: delivered again", path, redelivered)


def _forgotten(stream: Observed | None, world: World) -> Effect:
    """What is lost when the server deletes an unused consumer: its position, and what it alone still wanted."""
    text = "the server deletes the consumer, position and all, when no client uses it for this long"
    if stream is None or not _holds_by_interest(stream, world):
        return Effect("DS305", text, "inactive_threshold")
    going = amounts(Bound.UPPER, expiring=stream.messages)
    return Effect("DS305", f"{text}, and what only it wanted", "inactive_threshold", going)


def _waits_parked(change: Change, observed: Observed) -> bool:
    """Whether an earlier stage has parked the consumer's filter and no client waits for messages, so that its position stayed."""
    parked = all(is_parked(claim) for claim in claims_of(Kind.CONSUMER, change.before))
    return parked and not (observed.state.get("num_waiting") or observed.state.get("push_bound"))


def _skipping(change: Change, observed: Observed, stream: Observed, answers: Answers) -> Iterator[Effect]:
    """The effect on stored messages that new filters match and the consumer may be past already: they are never delivered."""
    question = passed_over(change)
    if question is None or _waits_parked(change, observed):
        return
    matching, before = (answer_to(each, stream, answers).messages for each in (question, before_first_pending(change)))
    if count := min(matching, before, stream.messages):
        text = "the position is kept, and may be behind them already; a consumer of another name would get them"
        yield Effect("DS303", text, _filter_path(change), amounts(Bound.UPPER, skipped=count))


def _unwanted(change: Change, observed: Observed, stream: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    """The effect of an update on a stream that keeps messages because of consumers: what only this consumer wanted under filters
    that it gives up is dropped, and on some servers what no consumer wanted before.
    """
    if changes_filters(change) and (question := left_out(change)):
        path, text = _filter_path(change), "what only it still wanted, and no longer wants, is dropped"
        answer = _given_up(question, observed, stream, world, answers)
    else:
        path, text = "", "what no consumer wants any more is dropped"
        drops = behaviour.UPDATES_DROP_UNWANTED.at(world.live.versions(stream.address))
        answer = Answer(_orphans(stream, world) if drops else 0, None, Bound.UPPER)
    if answer.messages:
        yield dropped(LOSES_INTEREST, path, stream, answer, text)


def _given_up(question: Outside, observed: Observed, stream: Observed, world: World, answers: Answers) -> Answer:
    """What only this consumer wanted under the filters that the question is about, and what no consumer wanted before, on servers
    that had kept it.
    """
    claims = gone(question.within, question.subjects)
    answer = _only_its_own(observed, claims, stream, world)
    if not (stored := answers.get(question)):
        return answer
    keeps = not behaviour.DROPS_ALL_ACKNOWLEDGED.everywhere(world.live.versions(stream.address))
    own = max(0, stored.messages - _held_by_others(claims, observed.address, stored.messages, stream, world))
    return Answer(min(answer.messages, own + (_orphans(stream, world) if keeps else 0)), None, Bound.UPPER)


def _held_by_others(claims: tuple[str, ...], giver: Address, stored: int, stream: Observed, world: World) -> int:
    """The least number of the ``stored`` messages of given-up filters that one other consumer, which goes on wanting them all,
    still waits for: all that it waits for, less all that is stored besides, where it wants that too.
    """
    besides, others = stream.messages - stored, world.holding(stream.address, claims, giver)
    held = (wanted(each) - (besides if gone(claims_of(each.address.kind, each.config), claims) else 0) for each in others)
    return max((0, *held))


def _filter_path(change: Change) -> str:
    return next(each.path for each in change.fields if each.path in FILTERS)
