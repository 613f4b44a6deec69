"""What changes cost in data, computed from live numbers and in the order in which they are made.

The rules are measured (``docs/jetstream-facts.md``, "Accepted but destructive").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from smith_topology.core.model import Action, Amount, Bound, Change, Effect, Kind, Live, Measure
from smith_topology.core.planning.forecast.consumers import consumer_deleted, consumer_updated
from smith_topology.core.planning.forecast.interest import World
from smith_topology.core.planning.forecast.questions import Answers
from smith_topology.core.planning.forecast.streams import released_origins, stream_deleted, stream_updated, taken_from_queues


def forecast(changes: Sequence[Change], live: Live, answers: Answers) -> tuple[Change, ...]:
    """The changes with what each of them costs, in the order given, which must be that in which they are made."""
    world, costly = World(changes, live), list[Change]()
    for change in changes:
        found = tuple(_effects(change, world, answers)) if change.action is not Action.NO_OP else ()
        costly.append(replace(change, effects=found) if found or change.effects else change)
        world.advance(change)
    losing = Counter(change.address.parent for change in costly for effect in change.effects if effect.number(Measure.MESSAGES))
    overlapping = (change for change in costly if losing[change.address.parent] > 1)
    bounded = {each.address: replace(each, effects=tuple(map(_bounded, each.effects))) for each in overlapping}
    return tuple(bounded.get(change.address, change) for change in costly)


def _bounded(effect: Effect) -> Effect:
    """The effect with its numbers as upper bounds: another effect on the same stream may count the same messages. Bytes that are
    an average stay one: few large messages may be among those that go.
    """
    uncertain = (Measure.MESSAGES, Measure.BYTES) if effect.number(Measure.MESSAGES) else ()
    found = (
        replace(each, bound=Bound.UPPER)
        if isinstance(each, Amount) and each.measure in uncertain and each.bound is not Bound.ABOUT
        else each
        for each in effect.amounts
    )
    return replace(effect, amounts=tuple(found))


def _effects(change: Change, world: World, answers: Answers) -> Iterator[Effect]:
    live = world.live
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
            yield consumer_deleted(observed, world)
        case _, Kind.STREAM:
            yield from stream_updated(change, observed, world, answers)
        case _:
            yield from consumer_updated(change, observed, world, answers)
