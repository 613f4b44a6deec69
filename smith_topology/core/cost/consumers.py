"""What a consumer's change or end costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smith_topology.core.cost.asked import Answer, Answers, dropped, lowered, messages_of, passed_over
from smith_topology.core.cost.interest import Consumers, Planned, turns, wanted
from smith_topology.core.model import FILTERS, Action, Bound, Change, Effect, Live, Observed, Version, filters_of
from smith_topology.core.order import becomes_interest, violates

LOSES_INTEREST = "DS302"


def consumer_deleted(observed: Observed, live: Live, planned: Planned) -> Effect:
    """Its place is lost. On an interest stream what only it still wanted goes too; with the last consumer goes everything.
    On limits and work queue streams every message stays.
    """
    stream, parent = live.stream(observed.address.path[0]), planned.get(observed.address.parent)
    unacked = int(observed.state.get("num_ack_pending", 0))
    text = f"its position is lost ({unacked:,} un-acknowledged)" if unacked else "its position is lost"
    effect = Effect("DS301", text, "", consumers=1, positions=1)
    if parent and parent.action is Action.DELETE:
        return effect
    if stream is None or not messages_of(stream) or not _holds_by_interest(observed, stream, parent, live.server.version):
        return effect
    answer = _only_its_own(observed, stream, planned.consumers(stream.address), parent)
    if not answer.messages:
        return effect
    text = "its position is lost, and so is what only it still wanted"
    return replace(dropped(LOSES_INTEREST, "", stream, answer), text=text, consumers=1, positions=1)


def _holds_by_interest(consumer: Observed, stream: Observed, parent: Change | None, version: Version) -> bool:
    """Whether the stream keeps messages for its consumers' sake when this one changes: before or after its own change."""
    config = stream.config if parent is None or violates(consumer.config, parent, version) else parent.after or {}
    return config.get("retention") == "interest"


def _only_its_own(consumer: Observed, stream: Observed, here: Consumers, parent: Change | None) -> Answer:
    """What goes with one consumer of an interest stream: what no other one wants, and what none wanted any more.

    The last one takes everything with it, which is counted once: at the change that made the stream one of interest, else at
    the first consumer to go.
    """
    if here.all_go:
        counted = bool(parent and becomes_interest(parent)) or consumer.address != here.first_to_leave
        return Answer(0 if counted else messages_of(stream), None, Bound.UPPER if here.passing else Bound.EXACT)
    if here.keeps_everything and not (parent and parent.action is Action.UPDATE):
        return Answer(0)
    orphans = max(0, messages_of(stream) - here.wanted)
    unwanted = max(0, messages_of(stream) - here.wanted_on)
    return Answer(min(unwanted, wanted(consumer) + orphans), None, Bound.UPPER)


def consumer_updated(change: Change, observed: Observed, live: Live, answers: Answers, planned: Planned) -> Iterator[Effect]:
    before, after = change.before or {}, change.after or {}
    paths = {each.path.partition(".")[0] for each in change.fields}
    unacked = int(observed.state.get("num_ack_pending", 0))
    stream = live.stream(observed.address.path[0])
    if stream is not None and turns(change):
        yield from _skipping(change, observed, stream, answers)
        yield from _letting_go(change, observed, stream, live, planned)
    if lowered("max_deliver", before, after) and unacked:
        text = "un-acknowledged and already delivered that often: not delivered again"
        yield Effect("DS304", text, "max_deliver", skipped=unacked, bound=Bound.UPPER)
    if lowered("inactive_threshold", before, after):
        text = "the server deletes the consumer, position and all, when nobody uses it for this long"
        yield Effect("DS305", text, "inactive_threshold")
    if "ack_wait" in paths and unacked and after.get("ack_wait", 0) < before.get("ack_wait", 0):
        text = "un-acknowledged longer than that: delivered again"
        yield Effect("DS306", text, "ack_wait", redelivered=unacked, bound=Bound.UPPER)


def _skipping(change: Change, observed: Observed, stream: Observed, answers: Answers) -> Iterator[Effect]:
    """What new filters take in anew is only got from the position on: what is stored below it never comes."""
    question = passed_over(change, observed, stream)
    if question is None or question.upto is None:
        return
    most = min(messages_of(stream), question.upto - stream.state.get("first_seq", 1) + 1)
    answer = answers.get(question) or Answer(most, None, Bound.UPPER)
    if count := min(answer.messages, most):
        text = f"the position is kept: what the new filter takes in at or below sequence {question.upto:,} is not delivered"
        yield Effect("DS303", text, _filter_path(change), skipped=count, bound=answer.bound)


def _letting_go(change: Change, observed: Observed, stream: Observed, live: Live, planned: Planned) -> Iterator[Effect]:
    """What new filters leave out an interest stream drops."""
    parent, wider = planned.get(observed.address.parent), not filters_of(change.after or {})
    if wider or not _holds_by_interest(observed, stream, parent, live.server.version):
        return
    answer = _only_its_own(observed, stream, planned.consumers(stream.address), parent)
    if answer.messages:
        text = "what only it still wanted, and no longer wants, is dropped"
        yield replace(dropped(LOSES_INTEREST, _filter_path(change), stream, answer), text=text)


def _filter_path(change: Change) -> str:
    return next(each.path for each in change.fields if each.path in FILTERS)
