"""``smith-topo apply``: plan, get it approved, carry it out, read it back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from smith_topology.cli import approval, session, signals
from smith_topology.cli.console import is_interactive
from smith_topology.cli.emit import emit, machine_readable, rendered, report
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Adopt, Approving, Connection, Files, Format, Origin, Output, Selected
from smith_topology.cli.progress import Progress
from smith_topology.cli.streams import to_stderr, to_stdout, unwritten
from smith_topology.core.model import Outcome, Plan, Verdict
from smith_topology.core.planning.approval import not_needed
from smith_topology.render.formats import View
from smith_topology.render.results import Applied

if TYPE_CHECKING:
    from smith_topology.jetstream.api import Api

FINISHING = "Interrupted: finishing the requests under way. Once more ends at once."


def apply(
    files: Files,
    connection: Connection,
    selected: Selected,
    origin: Origin,
    approving: Approving,
    output: Format = Output.HUMAN,
    adopt: Adopt = False,
) -> None:
    """Make the account hold what the file declares, after approval."""
    may_ask(approving)
    with machine_readable(output):
        what = session.declared(files.paths, origin)
        execute(what, connection, selected, approving, output, adopt=adopt)


def may_ask(approving: Approving) -> None:
    """Raise ExitWith for usage errors, before any connection: no one to ask for an approval, an unknown word, a duration."""
    _ = approving.approval
    waiting(approving)
    if not approving.auto_approve and not is_interactive():
        to_stderr("Error: nobody is there to approve: give --auto-approve, and --allow for what deletes or loses data.")
        raise ExitWith(Exit.USAGE)


def waiting(approving: Approving) -> float:
    """``--wait`` in seconds. Raises BadParameter for what is no duration."""
    from smith_topology.core.units import UnitError, parse_duration

    try:
        return parse_duration(approving.wait or "0") / 1e9
    except UnitError as error:
        raise typer.BadParameter(str(error), param_hint="'--wait'") from error


def execute(
    what: session.Declared,
    connection: Connection,
    selected: Selected,
    approving: Approving,
    output: Output,
    *,
    adopt: bool = False,
    verb: str = "apply",
) -> None:
    async def work() -> None:
        async with session.connected(connection, waiting(approving)) as api:
            plan = await session.planned(api, what, selected.selection, adopt=adopt)
            show(plan, output, verb)
            report(not_needed(plan, approving.approval))
            session.raise_if_blocked(plan)
            if plan.is_empty:
                emit_empty(plan, output)
                return
            await approval.obtain(plan, approving, count_deletes=verb == "apply")
            await carry_out(api, plan, approving, output)

    session.run(work)


def show(plan: Plan, output: Output, verb: str) -> None:
    """People see the plan before the result; in a machine's stream the result includes it."""
    if output is Output.HUMAN and verb == "destroy" and plan.is_empty and plan.can_apply:
        to_stdout(f'Nothing to destroy: "{plan.topology}" owns nothing here.')
        report(plan.diagnostics)
    elif output is Output.HUMAN:
        to_stdout(rendered(View.PLAN, output, plan, verb="") + "\n")
    elif output is Output.NDJSON or not plan.can_apply:
        emit(View.PLAN, output, plan)


def emit_empty(plan: Plan, output: Output) -> None:
    if output not in (Output.HUMAN, Output.NDJSON):
        emit(View.OUTCOME, output, Applied(plan, []))


async def carry_out(api: Api, plan: Plan, approving: Approving, output: Output) -> None:
    """Run the steps, read everything back, and report. Raises ExitWith unless everything is done, and known to be."""
    from smith_topology.jetstream.apply.run import Run
    from smith_topology.jetstream.apply.state import Pace

    stop, outcomes = asyncio.Event(), list[Outcome]()
    run = Run(api, plan, Pace(approving.parallelism, api.patience), stop)
    with interruptible(stop) as received:
        try:
            with Progress(plan, output) as progress:
                async for outcome in run.outcomes():
                    outcomes.append(outcome)
                    progress.add(outcome)
            outcomes = await run.verified(outcomes)
        except asyncio.CancelledError:
            if len(received) < 2:
                raise
            to_stderr("Interrupted for the second time: what was done is not read again.")
            outcomes += run.abandoned()
            uncancel()
        code, applied = code_of(outcomes, received), Applied(plan, outcomes)
        signals.ends_with(f"Interrupted while the result was written: {applied.progress}.", code)
    emit(View.OUTCOME, output, applied)
    if code is Exit.DONE and unwritten():
        to_stderr(f"The plan was carried out: {applied.progress}.")
        code = Exit.PARTLY
    if code is not Exit.DONE:
        raise ExitWith(code)


def uncancel() -> None:
    """Clear the cancellation of this task, so that it can still report the outcomes and close the connection."""
    if task := asyncio.current_task():
        task.uncancel()


def code_of(outcomes: list[Outcome], received: list[int]) -> Exit:
    """DONE only if every step is done and was found done when read again, which a second signal cuts short."""
    undone = [o for o in outcomes if o.verdict is not Verdict.DONE]
    if not undone and len(received) < 2:
        return Exit.DONE
    if any(o.wrote for o in outcomes):
        return Exit.PARTLY
    if received:
        return Exit(signals.code_of(received[0]))
    return Exit.STALE if all(o.verdict in (Verdict.STALE, Verdict.SKIPPED) for o in undone) else Exit.ERROR


@contextmanager
def interruptible(stop: asyncio.Event) -> Iterator[list[int]]:
    """The first signal lets requests under way end, the second one cancels the task that waits for them, and a third one ends the
    program: the loop may not come to hear of the others while a reader of the output takes nothing.
    """
    loop, task, received = asyncio.get_running_loop(), asyncio.current_task(), list[int]()
    assert task

    def on_signal(number: int) -> None:
        received.append(number)
        match len(received):
            case 1:
                signals.say(FINISHING)
                loop.call_soon_threadsafe(stop.set)
            case 2:
                loop.call_soon_threadsafe(task.cancel)
            case _:
                signals.end(number)

    signals.ends_with("Interrupted: what was done is not known. To see it, plan again.", Exit.PARTLY)
    with signals.handled(on_signal):
        yield received
