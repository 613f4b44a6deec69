"""What a plan promises a person who allows it: how much a change may still lose when its turn comes.

Between plan and apply a stream goes on. A change announced as lossless loses nothing, or is not carried out. One announced
with N messages, and allowed so, may lose up to N, a tenth more and 100 messages more; beyond that it is another change than
the one that was allowed.
"""

from __future__ import annotations

from collections.abc import Iterable

from smith_topology.core.cost.consumers import FILTERS, LOSES_INTEREST
from smith_topology.core.cost.streams import BECOMES_INTEREST
from smith_topology.core.model import Action, Change, Kind
from smith_topology.core.order import origins

TOLERATED_PERCENT = 10
TOLERATED_MESSAGES = 100

CAN_LOSE = {
    Kind.STREAM: frozenset(
        {"max_msgs", "max_bytes", "max_age", "max_msgs_per_subject", "discard", "retention", "sources", "mirror"}
    ),
    Kind.CONSUMER: frozenset({"max_deliver", *FILTERS}),
}

BY_INTEREST = (BECOMES_INTEREST, LOSES_INTEREST)
"""What is lost for want of interest is announced once, with one of the changes that take the interest away."""


def can_lose(change: Change) -> bool:
    """Whether this change is of a kind that can lose messages, whatever it was priced at."""
    paths = {each.path.partition(".")[0] for each in change.fields}
    match change.action:
        case Action.DELETE | Action.REPLACE:
            return True
        case Action.UPDATE:
            return bool(paths & CAN_LOSE[change.address.kind])
        case Action.CREATE:
            return bool(origins(change.after or {}))
        case Action.NO_OP | Action.FORGET:
            return False


def lost(changes: Iterable[Change]) -> int:
    """The messages, and deliveries of messages, that all these changes lose by their effects."""
    return sum(effect.messages + effect.skipped for change in changes for effect in change.effects)


def answering(change: Change, family: tuple[Change, ...]) -> Change:
    """The change whose announcement counts for this one. A stream's end begins with its consumers', and on an interest stream
    the last of them takes the messages that were announced with the stream.
    """
    ends = (each for each in family if each.address == change.address.parent and each.action is Action.DELETE)
    return next(ends, change)


def breaks_promise(change: Change, announced: tuple[Change, ...], now: tuple[Change, ...]) -> bool:
    """Whether ``change`` would lose more than it may. ``announced`` are the changes of its stream and its consumers as they
    were priced in the plan, ``now`` the same ones priced anew.
    """
    mine = next(each for each in now if each.address == change.address)
    allowed = lost([change]) + (_inherited(change, announced, now) if _by_interest(mine) else 0)
    return lost([mine]) > tolerated(allowed)


def tolerated(announced: int) -> int:
    return announced + announced * TOLERATED_PERCENT // 100 + TOLERATED_MESSAGES if announced else 0


def _inherited(change: Change, announced: tuple[Change, ...], now: tuple[Change, ...]) -> int:
    """What was announced with other changes that are done, or that lose nothing by now, and so falls to this one."""
    over = {each.address for each in now if not _by_interest(each)} - {change.address}
    return sum(_by_interest(each) for each in announced if each.address in over)


def _by_interest(change: Change) -> int:
    return sum(effect.messages for effect in change.effects if effect.code in BY_INTEREST)
