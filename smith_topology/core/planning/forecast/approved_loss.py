"""The loss that was approved, and whether a change keeps to it when it is about to be made.

Between plan and apply a stream goes on. A change announced as lossless loses nothing, or is not carried out. One announced
with N messages, and allowed so, may lose up to N, a tenth more and 10 messages more; beyond that it is another change than
the one that was allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from smith_topology.core.kinds.marks import UNFINISHED
from smith_topology.core.model import FILTERS, Action, Address, Change, Config, Kind, Live, Measure, Stage, origins
from smith_topology.core.planning.claims import given_up
from smith_topology.core.planning.forecast.consumers import LOSES_INTEREST
from smith_topology.core.planning.forecast.forecast import forecast
from smith_topology.core.planning.forecast.questions import Answers
from smith_topology.core.planning.forecast.streams import BECOMES_INTEREST

TOLERATED_PERCENT = 10
TOLERATED_MESSAGES = 10

CAN_LOSE = {
    Kind.STREAM: frozenset(
        {"max_msgs", "max_bytes", "max_age", "max_msgs_per_subject", "discard", "retention", "sources", "mirror", "allow_msg_ttl"}
    ),
    Kind.CONSUMER: frozenset({"max_deliver", "inactive_threshold", *FILTERS}),
}

BY_INTEREST = (BECOMES_INTEREST, LOSES_INTEREST)
"""What is lost for want of interest is announced once, with one of the changes that take the interest away."""


def can_lose(stage: Stage) -> bool:
    """Whether a stage is of a kind that can lose messages, whatever the forecast of its change said.

    A stage that only adds filters to a consumer, and is followed by one that removes others, loses nothing: until then the old
    filters stay.
    """
    if stage.after is None:
        return True
    if stage.before is None:
        return bool(origins(stage.after))
    widens = UNFINISHED in stage.after and not given_up(stage.address.kind, stage.before, stage.after)
    names = CAN_LOSE[stage.address.kind]
    return stage.changes(names.difference(FILTERS) if widens and stage.address.kind is Kind.CONSUMER else names)


@dataclass(frozen=True, slots=True)
class Excess:
    """Messages that a change was announced to lose, and would lose by now."""

    announced: int
    now: int


Family: TypeAlias = Sequence[Change]
"""The changes of a stream and of its consumers, as the plan announced them, in the order in which they are made."""


def part_of(change: Change, stage: Stage) -> Change:
    """The part of a change that one stage makes, as a change of its own."""
    fields = tuple(each for each in change.fields if stage.changes((each.name,)))
    return replace(change, action=stage.action, before=stage.before, after=stage.after, fields=fields)


def excess(
    change: Change, stage: Stage, family: Family, made: Collection[Address], live: Live, answers: Answers
) -> Excess | None:
    """By how much more than it may a stage of a change would lose by now; None when it keeps to what was announced.

    The forecast of what is left of the family, without what is ``made``, on what is live now: ``live`` holds its stream and,
    where ``by_interest`` says so, all its consumers.
    """
    parent = next((each for each in family if each.address == change.address.parent), None)
    stream = live.stream(change.address.parent.name)
    together = by_interest(stream.config if stream else {}, parent)
    announced = tuple(family) if together else tuple({each.address: each for each in (parent, change) if each}.values())
    # What a consumer gives up depends on which others are there by now; a stream waits for its new consumers where it needs them.
    alone = change.address.kind is Kind.CONSUMER
    left = (each for each in announced if each.address not in made and not (alone and each.action is Action.CREATE))
    now = forecast([part_of(each, stage) if each.address == change.address else each for each in left], live, answers)
    # A stream's end begins with its consumers', and the last of them takes what was announced with the stream.
    charged = parent if parent and parent.action is Action.DELETE else change
    if not exceeds_approval(charged, announced, now):
        return None
    return Excess(lost([charged]), lost(each for each in now if each.address == charged.address))


def by_interest(stream: Config, change: Change | None) -> bool:
    """Whether consumers may decide what a stream keeps, before or after its change: then all are forecast together."""
    return any((config or {}).get("retention", "limits") != "limits" for config in (stream, change.after if change else None))


def exceeds_approval(change: Change, announced: tuple[Change, ...], now: tuple[Change, ...]) -> bool:
    """Whether ``change`` would lose more than it may. ``announced`` are the changes with the effects in the plan, ``now`` the
    same ones with the effects of a new forecast.
    """
    mine = next(each for each in now if each.address == change.address)
    expiring = sum(effect.number(Measure.EXPIRING) for effect in change.effects)  # by now they may have reached their age
    allowed = lost([change]) + expiring + (_inherited(change, announced, now) if _for_interest(mine) else 0)
    return lost([mine]) > tolerated(allowed)


def lost(changes: Iterable[Change]) -> int:
    """How many messages these changes lose: those that are dropped, and those that a consumer never gets."""
    effects = [effect for change in changes for effect in change.effects]
    return sum(effect.number(Measure.MESSAGES) + effect.number(Measure.SKIPPED) for effect in effects)


def tolerated(announced: int) -> int:
    return announced + announced * TOLERATED_PERCENT // 100 + TOLERATED_MESSAGES if announced else 0


def _inherited(change: Change, announced: tuple[Change, ...], now: tuple[Change, ...]) -> int:
    """The loss announced with other changes of the family that are done, or lose nothing by now: this change may lose it
    instead.
    """
    still = {each.address for each in now if _for_interest(each)} | {change.address}
    return sum(_for_interest(each) for each in announced if each.address not in still)


def _for_interest(change: Change) -> int:
    return sum(effect.number(Measure.MESSAGES) for effect in change.effects if effect.code in BY_INTEREST)
