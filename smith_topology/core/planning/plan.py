"""Changes → a complete plan: priced, checked against the server, and broken down into ordered steps.

Planning takes two turns, because some costs need numbers that only the server can count: ``prepare`` decides what
changes and says what to ask, ``complete`` takes the answers. Both are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smith_topology.core.diff import ownership
from smith_topology.core.diff.diff import diff
from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.model import (
    Action,
    Address,
    Call,
    Change,
    Diagnostic,
    Live,
    Plan,
    Severity,
    Step,
    Topology,
    Verb,
    Wait,
    digest,
)
from smith_topology.core.planning import forecast, preflight
from smith_topology.core.planning.ordering import subjects
from smith_topology.core.planning.ordering.order import Order, Part, Turn, arrange
from smith_topology.core.planning.requests import NOT_YET, Draft, drafts, fingerprint, prepared, preparing, released

ANSWERED_BY_SERVER = ("RF101",)
"""Offline warnings about what the file can't know; ``preflight`` has looked on the server."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan but for the numbers in ``questions``."""

    topology: Topology
    live: Live
    changes: tuple[Change, ...]
    held: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[forecast.Question, ...]
    unmanaged: tuple[Address, ...]
    owned: int
    partial: bool = False


def prepare(topology: Topology, live: Live, *, adopt: bool = False, selection: Selection = EVERYTHING) -> Prepared:
    """Decide what changes. If the server is not supported, or `target` names another cluster or account, nothing does.

    Diagnostics of severity ERROR or REFUSAL mean that nothing of it may be applied.
    """
    if stopped := (*preflight.unsupported(live.server), *preflight.wrong_target(topology.target, live)):
        return Prepared(topology, live, (), (), stopped, (), (), 0)
    found = diff(topology, live, adopt=adopt, selection=selection)
    known = [*topology.resources, *ownership.owned(topology, live)]
    diagnostics = [
        *selection.unmatched(known),
        *subjects.interrupted_before(ownership.owned(topology, live).values()),
        *found.diagnostics,
        *preflight.refusals(topology, live, found.changes),
        *_without_stream(live, found.changes),
    ]
    questions = tuple(forecast.questions(found.changes, live))
    return Prepared(
        topology,
        live,
        found.changes,
        found.held,
        tuple(diagnostics),
        questions,
        found.unmanaged,
        found.owned,
        partial=selection != EVERYTHING,
    )


def complete(prepared: Prepared, answers: forecast.Answers, warnings: tuple[Diagnostic, ...] = ()) -> Plan:
    """Price the changes and lay out the steps; ``warnings`` come from the offline checks."""
    topology, live = prepared.topology, prepared.live
    changes = forecast.priced(prepared.changes, live, answers)
    order = arrange(changes, live)
    return Plan(
        topology=topology.name,
        server=live.server,
        changes=changes,
        held=prepared.held,
        steps=_steps(changes, topology, live, order),
        diagnostics=(*prepared.diagnostics, *(each for each in warnings if each.code not in ANSWERED_BY_SERVER)),
        unmanaged=prepared.unmanaged,
        owned=prepared.owned,
        handovers=order.handovers,
        partial=prepared.partial,
        digest=digest([topology.name, [_outline(change) for change in changes if change.action is not Action.NO_OP]]),
    )


def _outline(change: Change) -> list[Any]:
    return [str(change.address), change.action.name, change.before, change.after]


def _without_stream(live: Live, changes: tuple[Change, ...]) -> list[Diagnostic]:
    """Consumers selected without the stream they need."""
    created = {change.address for change in changes if change.action is Action.CREATE}
    return [
        Diagnostic(
            "no-stream",
            Severity.ERROR,
            "Consumer without its stream",
            f"{change.address} needs {change.address.parent}, which does not exist yet and is not selected.",
            f"Select it too: --target '{change.address.parent}'.",
            change.address,
            change.span,
        )
        for change in changes
        if change.action is Action.CREATE and change.address.parent not in created and change.address.parent not in live.observed
    ]


# ------------------------------------------------------------------------------------------------------ steps


def _steps(changes: tuple[Change, ...], topology: Topology, live: Live, order: Order) -> tuple[Step, ...]:
    """Number the requests of all changes so that every step comes after what it waits for."""
    writing = {change.address: change for change in changes}
    layout = _Layout(live)
    for turn in order:
        layout.append(turn, _requests(turn, writing[turn.address], order, topology, live), order.before[turn])
    return tuple(layout.steps)


def _requests(turn: Turn, change: Change, order: Order, topology: Topology, live: Live) -> list[Draft]:
    resource, observed = topology.resources.get(turn.address), live.observed.get(turn.address)
    match turn.part:
        case Part.RELEASE:
            return [released(change, live.observed[turn.address], order.kept[turn.address])]
        case Part.PREPARE:
            change = preparing(change)
        case Part.REST if Turn(turn.address, Part.PREPARE) in order.before:
            change = prepared(change)
        case Part.REST:
            pass
    return drafts(change, resource, observed, topology.name, live.server)


class _Layout:
    """The list of steps as it grows, and where each turn ends in it."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.steps: list[Step] = []
        self.last: dict[Turn, int] = {}
        self.begun: set[Address] = set()

    def append(self, turn: Turn, requests: list[Draft], before: frozenset[Turn]) -> None:
        """Add a turn's requests, each after the one before it, with the waits that follow them."""
        after = tuple(sorted({self.last[other] for other in before}))
        for draft in requests:
            number, seen = len(self.steps) + 1, self._seen(turn.address, draft)
            self.steps.append(Call(number, turn.address, draft.verb, draft.endpoint, draft.payload, seen, draft.expected, after))
            if draft.settles:
                self.steps.append(Wait(number + 1, turn.address, (number,)))
            after = (len(self.steps),)
        self.last[turn] = len(self.steps)

    def _seen(self, address: Address, draft: Draft) -> str | None:
        """What the object must be, unless an earlier step of this plan made it what it is."""
        if draft.verb is Verb.CREATE:
            seen: str | None = NOT_YET
        else:
            seen = None if address in self.begun else fingerprint(self.live.observed.get(address))
        self.begun.add(address)
        return seen
