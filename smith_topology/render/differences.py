"""The sorts of difference drift tells apart, the same in every output."""

from __future__ import annotations

from enum import Enum

from smith_topology.core.model import Action, Change, Plan, Reason, Severity


class Difference(Enum):
    """How a live object departs from the file; the value is its name in machine output."""

    UNFINISHED = "unfinished"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_KEPT = "not_kept"
    PENDING = "pending"
    UNKNOWN = "unknown"
    UNOWNED = "unowned"
    THEIRS = "theirs"
    EXTRA = "extra"

    @property
    def words(self) -> str:
        match self:
            case Difference.UNFINISHED:
                return "left unfinished by an apply"
            case Difference.CHANGED:
                return "changed by hand"
            case Difference.MISSING:
                return "missing"
            case Difference.NOT_KEPT:
                return "not kept by the server"
            case Difference.PENDING:
                return "not yet applied"
            case Difference.UNKNOWN:
                return "different"
            case Difference.UNOWNED:
                return "without an owner"
            case Difference.THEIRS:
                return "owned by another topology"
            case Difference.EXTRA:
                return "owned but not in the file"


def sort_of(change: Change) -> Difference | None:
    """None for an object that is as declared."""
    match change.action, change.reason:
        case Action.NO_OP, _:
            return None
        case Action.CREATE, _:
            return Difference.MISSING
        case ((Action.DELETE | Action.FORGET), _):
            return Difference.EXTRA
        case _, Reason.UNFINISHED:
            return Difference.UNFINISHED
        case _, (Reason.DRIFT | Reason.BOTH | Reason.PAUSED):
            return Difference.CHANGED
        case _, Reason.NOT_KEPT:
            return Difference.NOT_KEPT
        case _, Reason.PENDING:
            return Difference.PENDING
        case _, Reason.ADOPT:
            return Difference.UNOWNED
        case _, Reason.THEIRS:
            return Difference.THEIRS
        case _:
            return Difference.UNKNOWN


def is_compared(plan: Plan) -> bool:
    """Whether the account could be compared with the file, also where a single object can't be applied."""
    stopping = [each for each in plan.diagnostics if each.severity in (Severity.ERROR, Severity.REFUSAL)]
    return all(each.address for each in stopping) and (plan.differs or not stopping)


def sorted_out(plan: Plan) -> dict[Difference, list[Change]]:
    """The changes by sort, every sort present, gravest first."""
    groups: dict[Difference, list[Change]] = {each: [] for each in Difference}
    for change in (*plan.changes, *plan.held):
        if sort := sort_of(change):
            groups[sort].append(change)
    return groups
