"""What an approval has to name before anything is written. A gate that isn't satisfied is a refusal (exit code 3)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from smith_topology.core.diff.selection import WILDCARD, matcher
from smith_topology.core.model import Action, Address, Change, Diagnostic, Finding, Permission, Plan

TOO_MANY_DELETES = Finding.refusal(
    "GA101",
    "More deletes than allowed",
    "More deletes than allowed: 3 by default, or 30 % of what is owned if that is less.",
    "Is the same `name` used by another file too? If not, and it is meant: `--max-deletes N`.",
)
DELETES = Finding.refusal(
    "GA102",
    "Deleting needs to be allowed by name",
    "The plan deletes, and `--auto-approve` does not cover that.",
    "If meant: `--allow delete`.",
)
LOSES_MESSAGES = Finding.refusal(
    "GA104",
    "Losing messages needs to be allowed by name",
    "The plan loses messages.",
    "If meant: `--allow data-loss`.",
)
RESUMES = Finding.refusal(
    "GA106",
    "Resuming needs to be allowed by name",
    "The plan resumes a consumer that is paused, and the file does not mention a pause.",
    "If meant: `--allow resume`. To leave it paused: write its `pause_until` into the file.",
)
NOT_NEEDED = Finding.warning(
    "GA105",
    "Approval that the plan does not need",
    "`--allow` names an object of which this plan needs no such approval: what it was for is done, or the address is wrong.",
    "Take it out, or correct the address.",
)
NOT_ALLOWED = {
    Permission.DELETE: (DELETES, "destroys"),
    Permission.DATA_LOSS: (LOSES_MESSAGES, "loses messages of"),
    Permission.RESUME: (RESUMES, "resumes, though it is paused by hand (`pause_until` in the file would leave it so),"),
}

DEFAULT_MAX_DELETES = 3
DEFAULT_MAX_SHARE = 30  # percent of what is owned


MOST_NAMED = 10
"""Objects that the command in a refusal names one by one; of more, and of names with a comma, it has the bare word."""


class Grant(NamedTuple):
    """One permission, for the objects whose address matches the pattern."""

    permission: Permission
    pattern: str = WILDCARD

    def covers(self, addresses: Iterable[Address]) -> bool:
        return any(map(matcher(self.pattern), map(str, addresses)))


@dataclass(frozen=True, slots=True)
class Approval:
    """What the command line allows. ``max_deletes`` None is the default: 3, or 30 % of what is owned if that is less."""

    grants: frozenset[Grant] = frozenset()
    max_deletes: int | None = None

    def lacks(self, permission: Permission, plan: Plan) -> list[Change]:
        """The changes of the plan that need this permission and do not have it."""
        given = [grant for grant in self.grants if grant.permission is permission]
        return [change for change, names in _needing(permission, plan) if not any(each.covers(names) for each in given)]


def _needing(permission: Permission, plan: Plan) -> Iterator[tuple[Change, tuple[Address, ...]]]:
    """Each change that needs the permission, with the addresses under which it can be given: its own, and that of the stream that
    is deleted with it.
    """
    gone = {change.address for change in plan.of(Action.DELETE)}
    for change in plan.needing(permission):
        parent = change.address.parent
        yield change, (change.address, parent) if change.address in gone and parent in gone else (change.address,)


def grants(texts: Iterable[str]) -> frozenset[Grant]:
    """``delete,data-loss=stream.ORDERS`` as grants; a word without an address is for everything. Raises ValueError, with what to
    write, for a word that is no permission and for what is no address.
    """
    return frozenset(_grant(piece) for text in texts for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """The parts between commas. One that starts with no permission belongs to the name before it, which may hold commas."""
    pieces: list[str] = []
    for piece in text.split(","):
        if pieces and "=" in pieces[-1] and piece.strip().partition("=")[0] not in tuple(Permission):
            pieces[-1] += f",{piece}"
        else:
            pieces.append(piece.strip())
    return filter(None, pieces)


def _grant(piece: str) -> Grant:
    word, by_object, address = piece.partition("=")
    if word not in tuple(Permission):
        raise ValueError(f"{word!r} is none of {', '.join(Permission)}.")
    if by_object and WILDCARD not in address:
        try:
            Address.parse(address)
        except ValueError as error:
            raise ValueError(f"{error}. For several objects: {word}=stream.A,{word}=stream.B.") from error
    return Grant(Permission(word), address if by_object else WILDCARD)


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
    by_default = "by default (3, or 30 % of what is owned, whichever is less)."
    detail = f'The plan destroys {deletes} of {plan.owned} objects that "{plan.topology}" owns; at most {limit} may be destroyed '
    detail += by_default if approval.max_deletes is None else "by --max-deletes."
    fix = f"Is `name: {plan.topology}` used by another file too? Then these may be its objects: give one of them another name. "
    return [TOO_MANY_DELETES.diagnostic(detail, f"{fix}If not, and that is what you want: --max-deletes {deletes}")]


def not_allowed(plan: Plan, approval: Approval) -> list[Diagnostic]:
    """What the plan needs and the approval does not name, one refusal for each."""
    missing = {permission: approval.lacks(permission, plan) for permission in Permission}
    fix = f"If that is what you want: --allow {_sufficient(plan, approval)}"
    return [_refused(permission, changes, fix) for permission, changes in missing.items() if changes]


def _refused(permission: Permission, changes: list[Change], fix: str) -> Diagnostic:
    finding, does = NOT_ALLOWED[permission]
    shown = ", ".join(str(change.address) for change in changes[:5]) + (f" and {len(changes) - 5} more" if changes[5:] else "")
    return finding.diagnostic(f"The plan {does} {shown}.", fix)


def not_needed(plan: Plan, approval: Approval) -> list[Diagnostic]:
    """A warning for each approval of an object that the plan does not need. It is no error, since a pipeline that is run again
    has nothing left to do. Of a plan that is refused nothing is known.
    """
    return [
        NOT_NEEDED.diagnostic(
            f"--allow {shlex.quote(f'{permission}={pattern}')} allows nothing that is in this plan: either it is done "
            "already, or the address is wrong.",
            "Take it out, or correct the address.",
        )
        for permission, pattern in sorted(approval.grants)
        if pattern != WILDCARD and plan.can_apply and not _is_needed(Grant(permission, pattern), plan)
    ]


def _is_needed(grant: Grant, plan: Plan) -> bool:
    return any(grant.covers(names) for _, names in _needing(grant.permission, plan))


def _sufficient(plan: Plan, approval: Approval) -> str:
    """What ``--allow`` has to say for this plan: by object where the approval does, as it is typed in a shell."""
    by_object = any(pattern != WILDCARD for _, pattern in approval.grants)
    return shlex.quote(",".join(each for permission in Permission for each in _words(permission, plan, approval, by_object)))


def _words(permission: Permission, plan: Plan, approval: Approval, by_object: bool) -> list[str]:
    texts = [str(each) for each in dict.fromkeys(names[-1] for _, names in _needing(permission, plan))]
    if texts and (not by_object or Grant(permission) in approval.grants or len(texts) > MOST_NAMED or "," in "".join(texts)):
        return [permission]
    return [f"{permission}={text}" for text in texts]
