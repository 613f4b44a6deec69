"""Getting an approval: from the flags, or from the person at the terminal."""

from __future__ import annotations

import asyncio
import sys

from smith_topology.cli.emit import remark
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Approving
from smith_topology.cli.streams import to_stderr
from smith_topology.core.model import Change, Permission, Plan
from smith_topology.core.planning.approval import Approval, not_allowed, too_many_deletes
from smith_topology.render.amounts import total
from smith_topology.render.interruptions import sentences
from smith_topology.render.plan import account
from smith_topology.render.text import clean, named


async def obtain(plan: Plan, approving: Approving, *, count_deletes: bool = True) -> None:
    """Return when the plan is approved; raise ExitWith when a gate refuses it (3) or the person declines (7)."""
    approval = approving.approval
    counted = count_deletes or approving.max_deletes is not None
    refusals = too_many_deletes(plan, approval) if counted else []
    refusals += not_allowed(plan, approval) if approving.auto_approve else []
    if refusals:
        to_stderr("Nothing was changed.\n")
        raise ExitWith(Exit.REFUSED, tuple(refusals))
    if not approving.auto_approve:
        await _ask(plan, approval)


async def _ask(plan: Plan, approval: Approval) -> None:
    """Ask for a name for each loss of stored data, which approves the plan as well; without any loss, for a yes to the plan."""
    if interruptions := total(plan.changes).interruptions:
        remark("".join(f"\nInterruption: {each}." for each in sentences(interruptions)))
    losing = _named_first(plan, approval)
    for change in losing:
        question = f"{named(change.address)} loses data. Type its name ({clean(change.address.name)}) to go on"
        await _expect(question, change.address.name)
    if losing:
        return
    await _expect(f"Do you want to perform these actions on {account(plan.server)}?\nOnly 'yes' is taken for an approval", "yes")


def _named_first(plan: Plan, approval: Approval) -> list[Change]:
    """The changes that lose data, without those whose loss is allowed already, and their deletion where they are deleted."""
    missing = {change.address for each in (Permission.DELETE, Permission.DATA_LOSS) for change in approval.lacks(each, plan)}
    return [change for change in plan.changes if change.loses_data and change.address in missing]


async def _expect(question: str, wanted: str) -> None:
    if await _line(f"\n{question}:") != wanted:
        to_stderr("Declined: nothing was changed.")
        raise ExitWith(Exit.DECLINED)


async def _line(question: str) -> str:
    """What is typed. The event loop runs on meanwhile and answers the server's pings."""
    loop, typed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, typed.set)
    remark(question)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline().rstrip("\n")
