"""What an approval has to name before anything is written. A gate that isn't satisfied is a refusal (exit code 3)."""

from __future__ import annotations

from dataclasses import dataclass

from smith_topology.core.model import Action, Change, Diagnostic, Finding, Permission, Plan

TOO_MANY_DELETES = Finding.refusal(
    "GA101",
    "More deletes than allowed",
    "More deletes than allowed: 3 by default, or 30 % of what is owned if that is less.",
    "If meant: `--max-deletes N`.",
)
DELETES = Finding.refusal(
    "GA102",
    "Deleting needs to be allowed by name",
    "The plan deletes, and `--auto-approve` does not cover that.",
    "If meant: `--allow delete`.",
)
REPLACES = Finding.refusal(
    "GA103",
    "Replacing needs to be allowed by name",
    "The plan replaces.",
    "If meant: `--allow replace`.",
)
LOSES_MESSAGES = Finding.refusal(
    "GA104",
    "Losing messages needs to be allowed by name",
    "The plan loses messages.",
    "If meant: `--allow data-loss`.",
)
NOT_ALLOWED = {Permission.DELETE: DELETES, Permission.REPLACE: REPLACES, Permission.DATA_LOSS: LOSES_MESSAGES}

DEFAULT_MAX_DELETES = 3
DEFAULT_MAX_SHARE = 30  # percent of what is owned


@dataclass(frozen=True, slots=True)
class Approval:
    """What the command line allows. ``max_deletes`` None is the default: 3, or 30 % of what is owned if that is less."""

    allowed: frozenset[Permission] = frozenset()
    max_deletes: int | None = None


def delete_limit(approval: Approval, plan: Plan) -> int:
    """How many deletes this run may hold. Small accounts are not exempt: 30 % of 3 owned objects is none."""
    if approval.max_deletes is not None:
        return approval.max_deletes
    return min(DEFAULT_MAX_DELETES, plan.owned * DEFAULT_MAX_SHARE // 100)


def too_many_deletes(plan: Plan, approval: Approval) -> list[Diagnostic]:
    """The gate against an emptied file or a wrong one; no approval at the prompt gets past it."""
    deletes, limit = len(plan.of(Action.DELETE)), delete_limit(approval, plan)
    if deletes <= limit:
        return []
    return [
        TOO_MANY_DELETES.diagnostic(
            f'The plan destroys {deletes} of {plan.owned} objects that "{plan.topology}" owns; at most {limit} may be destroyed '
            + (
                "by --max-deletes."
                if approval.max_deletes is not None
                else "by default (3, or 30 % of what is owned, whichever is less)."
            ),
            f"If that is what you want: --max-deletes {deletes}",
        )
    ]


def not_allowed(plan: Plan, approval: Approval) -> list[Diagnostic]:
    """What the plan needs and the approval does not name, one refusal for each."""
    return [_missing(plan, permission) for permission in Permission if permission in plan.required - approval.allowed]


def _missing(plan: Plan, permission: Permission) -> Diagnostic:
    needed = ",".join(each for each in Permission if each in plan.required)
    return NOT_ALLOWED[permission].diagnostic(_why(plan, permission), f"If that is what you want: --allow {needed}")


def _why(plan: Plan, permission: Permission) -> str:
    match permission:
        case Permission.DELETE:
            return f"The plan destroys {_named(plan.of(Action.DELETE))}."
        case Permission.REPLACE:
            return f"The plan replaces {_named(plan.of(Action.REPLACE))}."
        case Permission.DATA_LOSS:
            return f"The plan loses messages of {_named([c for c in plan.changes if c.loses_data])}."


def _named(changes: list[Change]) -> str:
    shown = ", ".join(str(change.address) for change in changes[:5])
    return shown if len(changes) <= 5 else f"{shown} and {len(changes) - 5} more"
