"""What a change costs in data, computed from live numbers: dropped, stranded, skipped, redelivered, duplicated.

The rules are measured (``docs/jetstream-facts.md``, "Accepted but destructive").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from smith_topology.core.model import Action, Bound, Change, Effect, Kind, Live
from smith_topology.core.planning.forecast.consumers import consumer_deleted, consumer_updated
from smith_topology.core.planning.forecast.interest import Planned
from smith_topology.core.planning.forecast.questions import Answers
from smith_topology.core.planning.forecast.streams import released_origins, stream_deleted, stream_updated, taken_from_queues


def priced(changes: tuple[Change, ...], live: Live, answers: Answers) -> tuple[Change, ...]:
    """The changes with what each of them costs."""
    planned = Planned(changes, live)
    costly = tuple(
        change if change.action is Action.NO_OP else replace(change, effects=tuple(_effects(change, live, answers, planned)))
        for change in changes
    )
    losing = Counter(change.address.parent for change in costly for effect in change.effects if effect.messages)
    return tuple(_overlapping(change) if losing[change.address.parent] > 1 else change for change in costly)


def _overlapping(change: Change) -> Change:
    """Two effects on one stream may count the same messages, so neither is exact."""
    return replace(change, effects=tuple(_bounded(each) if each.messages else each for each in change.effects))


def _bounded(effect: Effect) -> Effect:
    """Bytes that are an average stay one: few large messages may be among those that go."""
    size = effect.bytes_bound if effect.bytes_bound is Bound.ABOUT else Bound.UPPER
    return replace(effect, bound=Bound.UPPER, bytes_bound=size)


def _effects(change: Change, live: Live, answers: Answers, planned: Planned) -> Iterator[Effect]:
    observed = live.observed.get(change.address)
    match change.action, change.address.kind:
        case Action.CREATE, Kind.STREAM:
            yield from taken_from_queues(change, live)
        case ((Action.NO_OP | Action.CREATE | Action.FORGET), _):
            return
        case _ if observed is None:
            return
        case Action.DELETE, Kind.STREAM:
            yield stream_deleted(observed, live)
            yield from released_origins(change, live)
        case Action.DELETE, _:
            yield consumer_deleted(observed, live, planned)
        case _, Kind.STREAM:
            yield from stream_updated(change, observed, live, answers, planned)
        case _:
            yield from consumer_updated(change, observed, live, answers, planned)
