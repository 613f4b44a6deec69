"""Changes → a complete plan: with effects, checked against the server, and broken down into ordered steps.

Planning takes two passes, because some effects need numbers that only the server can count: ``prepare`` decides what
changes and says what to ask, ``complete`` takes the answers. Both are pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from smith_topology.core.diff import ownership
from smith_topology.core.diff.diff import Difference, diff
from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.diff.unmatched import consumers_left, unmatched
from smith_topology.core.kinds.marks import UNFINISHED
from smith_topology.core.model import (
    Action,
    Address,
    After,
    Call,
    Change,
    Config,
    Diagnostic,
    Handover,
    Kind,
    Live,
    Plan,
    Stage,
    StageId,
    Step,
    Topology,
    Wait,
    WaitsFor,
    digest,
)
from smith_topology.core.planning.forecast import interruptions, unread
from smith_topology.core.planning.forecast.forecast import forecast
from smith_topology.core.planning.forecast.questions import Answers, Question, questions
from smith_topology.core.planning.ignored_warnings import acknowledged
from smith_topology.core.planning.ordering.order import Order, arrange
from smith_topology.core.planning.preflight.offline_rules import judged
from smith_topology.core.planning.preflight.registry import refusals
from smith_topology.core.planning.preflight.target import unsupported, wrong_target
from smith_topology.core.planning.requests import Request, fingerprint, request_of
from smith_topology.core.planning.rollback import interrupted_before
from smith_topology.core.planning.transitions.marks import marked
from smith_topology.core.planning.transitions.registry import stages_of
from smith_topology.core.planning.writing import Writing

PEERS = "accepted, and its peers change"
SHORT = 12


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that lacks only the answers to ``questions``."""

    topology: Topology
    live: Live
    found: Difference
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[Question, ...] = ()
    partial: bool = False
    without_stream: tuple[str, ...] = ()


def prepare(
    topology: Topology,
    live: Live,
    *,
    adopt: bool = False,
    selection: Selection = EVERYTHING,
    warnings: tuple[Diagnostic, ...] = (),
) -> Prepared:
    """Decide what changes. If the server is too old, or ``target`` names another cluster or account, nothing does. ``warnings``
    come from the offline checks.

    Diagnostics of severity ERROR or REFUSAL mean that nothing of it may be applied.
    """
    if stopped := (*unsupported(live.server), *wrong_target(topology.target, live)):
        return Prepared(topology, live, Difference(), (*stopped, *warnings))
    found = diff(topology, live, adopt=adopt, selection=selection)
    interrupted = interrupted_before(topology, live)
    known = {*topology.resources, *topology.withdrawn, *ownership.owned(topology, live), *live.unknown}
    diagnostics = (
        *unmatched(selection, topology, live, known),
        *consumers_left(selection, known, {change.address for change in (*found.changes, *found.held)}),
        *interrupted.values(),
        *found.diagnostics,
        *refusals(topology, live, found.changes),
        *judged(topology, live, found.changes, selection, warnings),
    )
    diagnostics = acknowledged(topology, diagnostics)
    asked = tuple(questions(found.changes, live))
    return Prepared(topology, live, found, diagnostics, asked, selection != EVERYTHING, tuple(interrupted))


def complete(prepared: Prepared, answers: Answers) -> Plan:
    """Forecast the effects of the changes and lay out the steps."""
    topology, live, found = prepared.topology, prepared.live, prepared.found
    order = _ordered(topology.name, found.changes, live)
    changes = _with_effects(found.changes, order, live, answers)
    steps = _steps(order, topology, live)
    return Plan(
        topology=topology.name,
        server=live.server,
        changes=changes,
        held=found.held,
        steps=steps,
        diagnostics=prepared.diagnostics,
        unmanaged=found.unmanaged,
        copies=found.copies,
        unknown=tuple(live.unknown),
        without_stream=prepared.without_stream,
        owned=found.owned,
        ephemeral=found.ephemeral,
        handovers=order.handovers,
        partial=prepared.partial,
        digest=_digest(topology.name, changes, steps),
    )


def _ordered(owner: str, changes: tuple[Change, ...], live: Live) -> Order:
    writing = Writing.of(changes, live)
    stages = stages_of(writing)
    order = arrange(writing, stages)
    if all(len(path) == 1 for path in stages.values()):
        return order
    outline = digest([owner, [[str(c.address), c.before, c.after] for c in writing.changes.values()]])
    paths = marked(stages, order.handovers, outline[:SHORT])
    return replace(order, stages=tuple(paths[stage.address][stage.number - 1] for stage in order.stages))


def _with_effects(changes: tuple[Change, ...], order: Order, live: Live, answers: Answers) -> tuple[Change, ...]:
    """The changes as they stand, with what they cost in the order in which they are made; those that can't be made come last."""
    by_address = {change.address: change for change in changes}
    ordered = [by_address[address] for address in {**decisive_stages(order.stages), **by_address}]
    costly = {each.address: each for each in forecast(ordered, live, answers)}
    for found in (unread.of(changes, live), interruptions.of(changes, order.handovers, live)):
        for address, effects in found.items():
            costly[address] = replace(costly[address], effects=(*effects, *costly[address].effects))
    return tuple(costly[change.address] for change in changes)


def decisive_stages(stages: Iterable[Stage]) -> Mapping[Address, StageId]:
    """The stage at which each change counts as made, in their order: a stream's that alters its retention, else the last that
    alters anything.
    """
    decisive: dict[Address, StageId] = {}
    settled: set[Address] = set()
    for stage in stages:
        fields = {*(stage.before or {}), *(stage.after or {})} - {UNFINISHED}
        if stage.address in settled or (stage.number > 1 and not stage.changes(fields)):
            continue
        decisive.pop(stage.address, None)
        decisive[stage.address] = stage.id
        if stage.address.kind is Kind.STREAM and stage.before and stage.after and stage.changes(("retention",)):
            settled.add(stage.address)
    return decisive


def _digest(name: str, changes: tuple[Change, ...], steps: tuple[Step, ...]) -> str:
    """A digest of the requests, their order and their effects. Equal digests mean equal plans."""
    costs = [[str(change.address), repr(change.effects)] for change in changes if change.action is not Action.NO_OP]
    sent = [[each.endpoint, each.payload, each.seen, each.after] if isinstance(each, Call) else [each.after] for each in steps]
    return digest([name, costs, sent])


# ------------------------------------------------------------------------------------------------------ steps


def _steps(order: Order, topology: Topology, live: Live) -> tuple[Step, ...]:
    """Number the requests of all stages, each behind what it waits for."""
    layout = _Layout(order, live)
    for stage in order.stages:
        observed = live.observed.get(stage.address)
        limits = _consumer_limits(stage.address.parent, topology, live)
        resource = topology.resources.get(stage.address)
        request = request_of(stage, resource, observed, topology, live.server, limits)
        layout.append(stage, request, resource.ignore_changes if resource else ())
    return tuple(layout.steps)


def _consumer_limits(stream: Address, topology: Topology, live: Live) -> Config:
    """The limits that a stream has for its consumers, or will have."""
    resource, observed = topology.resources.get(stream), live.observed.get(stream)
    configs = [each.config.get("consumer_limits") or {} for each in (resource, observed) if each]
    return {name: value for config in configs for name, value in config.items()}


class _Layout:
    """The list of steps as it grows, and the steps at which each stage is accepted and settled."""

    def __init__(self, order: Order, live: Live) -> None:
        self.order, self.live = order, live
        self.steps: list[Step] = []
        self.reached: dict[StageId, dict[WaitsFor, int]] = {}
        self.gives: dict[StageId, list[Handover]] = defaultdict(list)
        for each in order.handovers:
            self.gives[each.giver].append(each)
        edges = (edge for firsts in order.before.values() for edge in firsts if edge.waits_for == "settled")
        groups = order.groups
        self.settled_inside = {e.first for e in edges if e.first in groups and groups.get(e.then) == groups[e.first]}

    def append(self, stage: Stage, request: Request, ignored: tuple[str, ...]) -> None:
        """Add the request of a stage, and the wait that follows where its peers change."""
        number, group = len(self.steps) + 1, self.order.groups.get(stage.id)
        edges = self.order.before[stage.id]
        after = tuple(After(self.reached[edge.first][edge.waits_for], edge.waits_for, edge.why) for edge in edges)
        # A later stage finds what an earlier step of this plan made of the object.
        seen = fingerprint(self.live.observed.get(stage.address)) if stage.number == 1 else None
        gives = tuple(self.gives[stage.id])
        sent = (request.verb, request.endpoint, request.payload)
        self.steps.append(Call(number, stage, *sent, seen, after, group, gives, ignored=ignored))
        self.reached[stage.id] = {"accepted": number, "settled": number}
        if stage.settles:
            inside = group if stage.id in self.settled_inside else None
            self.steps.append(Wait(number + 1, stage.address, (After(number, "accepted", PEERS),), inside))
            self.reached[stage.id]["settled"] = number + 1
