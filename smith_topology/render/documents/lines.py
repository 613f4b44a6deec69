"""Plan, drift and apply as a stream of JSON lines, of the shape of terraform's ``-json`` (UI version 1.2).

Planned changes carry the field values and the costs, which terraform's don't. Readers ignore keys they don't know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from smith_topology.core.model import Action, Address, Change, Diagnostic, Outcome, Plan, Severity, Verdict
from smith_topology.core.planning.rollback import orphan_diagnostics
from smith_topology.render import drift as drift_text
from smith_topology.render.amounts import total
from smith_topology.render.diagnostics import by_gravity, word
from smith_topology.render.differences import sorted_out
from smith_topology.render.documents import drift as drift_document
from smith_topology.render.documents.outcome import VERB, verb
from smith_topology.render.documents.parts import ADDRESS_DOC, DIAGNOSTIC, EFFECT, FIELD, LOSS, REASON, TYPES
from smith_topology.render.documents.shape import (
    CONFIG,
    COUNT,
    SECONDS,
    TEXT,
    TIME,
    Key,
    ListOf,
    OrNull,
    Shape,
    always,
    dumps,
    one_of,
)
from smith_topology.render.outcome import tally, trouble
from smith_topology.render.plan import counts, required, verdict, will
from smith_topology.render.results import Applied, Result
from smith_topology.render.text import Look, clean, named

MODULE = "smith-topo.ui"
UI = "1.2"


class Said(NamedTuple):
    """What a line is made from: how grave it is, what it says for people, when, and what its own keys come from."""

    level: str
    message: str
    timestamp: str
    subject: Any


HEAD: tuple[Key[Said], ...] = (
    Key("@level", one_of("info", "warn", "error"), "How grave it is.", lambda said: said.level),
    Key("@message", TEXT, "The line for people.", lambda said: said.message),
    Key("@module", always(MODULE), "Who says it.", lambda _: MODULE),
    Key("@timestamp", TIME, "When it was written, in UTC.", lambda said: said.timestamp),
)


def _line(kind: str, of: str, doc: str, *keys: Key[Any]) -> Shape[Said]:
    head = (*HEAD, Key[Said]("type", always(kind), "Which line it is.", lambda _: kind))
    return Shape(f"{kind} line{of}", doc, (*head, *(key.through(_subject) for key in keys)))


def _subject(said: Said) -> Any:
    return said.subject


RESOURCE = Shape[Address](
    "resource",
    "An object, as terraform names one.",
    (
        Key("addr", TEXT, ADDRESS_DOC, str),
        Key("module", always(""), "For readers of terraform's lines.", lambda _: ""),
        Key("resource", TEXT, "As `addr`.", str),
        Key("implied_provider", always("jetstream"), "For readers of terraform's lines.", lambda _: "jetstream"),
        Key("resource_type", one_of(*TYPES.values()), "What it is.", lambda address: TYPES[address.kind]),
        Key("resource_name", TEXT, "The name without the stream's.", lambda address: address.name),
        Key("resource_key", always(None), "For readers of terraform's lines.", lambda _: None),
    ),
)

ACTIONS = {
    Action.NO_OP: "noop",
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.REPLACE: "replace",
    Action.DELETE: "delete",
    Action.FORGET: "remove",
}
"""Terraform's words for what happens to a resource."""

CHANGE: tuple[Key[Change], ...] = (
    Key("resource", RESOURCE, "The object.", lambda change: change.address),
    Key("action", one_of(*ACTIONS.values()), "What happens to it.", lambda change: ACTIONS[change.action]),
    Key("reason", REASON, "Why it differs: [what the words mean](#reasons).", lambda change: change.reason.name.lower()),
    Key("before", OrNull(CONFIG), "What is live; `null` for an object that is created.", lambda change: change.before),
    Key("after", OrNull(CONFIG), "What will be; `null` for an object that is deleted.", lambda change: change.after),
    Key("fields", ListOf(FIELD), "What differs.", lambda change: change.fields),
    Key("effects", ListOf(EFFECT), "What it costs.", lambda change: change.effects),
)
PLANNED = Shape[Change]("planned change", "A change of one object.", CHANGE)
DRIFTED = Shape[drift_document.Sorted](
    "drifted object",
    "An object that differs from the file.",
    (
        *(key.through(lambda found: found.change) for key in CHANGE),
        Key("kind", drift_document.SORT, "How it differs: see [drift summary](#drift-summary).", lambda found: found.sort.value),
    ),
)


class Counted(NamedTuple):
    """Changes to count, and how many there are that were not done."""

    changes: Sequence[Change]
    not_done: int = 0

    def number(self, *actions: Action) -> int:
        return sum(change.action in actions for change in self.changes)


def _counts(operation: str) -> tuple[Key[Counted], ...]:
    """As terraform counts: a replacement is an addition and a removal."""
    return (
        Key("add", COUNT, "Objects created, replaced ones too.", lambda found: found.number(Action.CREATE, Action.REPLACE)),
        Key("change", COUNT, "Objects updated in place.", lambda found: found.number(Action.UPDATE)),
        Key("import", COUNT, "Always 0.", lambda _: 0),
        Key("remove", COUNT, "Objects deleted, replaced ones too.", lambda found: found.number(Action.DELETE, Action.REPLACE)),
        Key("replace", COUNT, "How many of them are replaced.", lambda found: found.number(Action.REPLACE)),
        Key("operation", always(operation), "What is summed up.", lambda _: operation),
    )


PLAN_COUNTS = Shape[Plan](
    "plan counts",
    "How much a plan changes and costs.",
    (
        *(key.through(lambda plan: Counted(plan.changes)) for key in _counts("plan")),
        Key("data_loss", LOSS, "What is lost of what is stored.", lambda plan: total(plan.changes)),
        Key("interruptions", COUNT, "Subjects without a stream meanwhile.", lambda plan: len(total(plan.changes).interruptions)),
        Key("required", ListOf(TEXT), "What `--allow` has to name.", required),
    ),
)
APPLY_COUNTS = Shape[Counted](
    "apply counts",
    "How much was done, counted from outcomes.",
    (*_counts("apply"), Key("not_done", COUNT, "Changes that are not done.", lambda found: found.not_done)),
)
DRIFT_COUNTS = Shape[Plan](
    "drift counts",
    "How many objects differ, by how they differ.",
    (
        *(key.through(sorted_out) for key in drift_document.SUMMARY.keys),
        Key("operation", always("drift"), "What is summed up.", lambda _: "drift"),
    ),
)
HOOK = Shape[Outcome](
    "hook",
    "A step that has ended.",
    (
        Key("resource", RESOURCE, "The object.", lambda outcome: outcome.step.address),
        Key("action", VERB, "What the step does.", lambda outcome: verb(outcome.step)),
        Key("step", COUNT, "The number of the step in the plan.", lambda outcome: outcome.step.id),
        Key("elapsed_seconds", SECONDS, "Wall time, retries included.", lambda outcome: round(outcome.seconds, 6)),
        Key("verdict", one_of(*Verdict), "How it ended: see [step result](#step-result).", lambda ended: ended.verdict.value),
        Key("diagnostic", DIAGNOSTIC, "Why it was not done.", lambda outcome: outcome.diagnostic, optional=True),
    ),
)

VERSION = _line(
    "version",
    "",
    "The first line of every stream.",
    Key[str]("smith_topo", TEXT, "The version of this program.", lambda program: program),
    Key[str]("ui", always(UI), "Of terraform's lines.", lambda _: UI),
)
PLANNED_CHANGE = _line(
    "planned_change", "", "`plan`, `apply`: a line for each change.", Key("change", PLANNED, "The change.", lambda change: change)
)
RESOURCE_DRIFT = _line(
    "resource_drift", "", "`drift`: a line for each difference.", Key("change", DRIFTED, "The difference.", lambda found: found)
)
DIAGNOSTIC_LINE = _line(
    "diagnostic", "", "All commands: a line for each finding.", Key("diagnostic", DIAGNOSTIC, "The finding.", lambda f: f)
)
PLAN_SUMMARY = _line(
    "change_summary", " of a plan", "`plan`, `apply`: ends the plan.", Key("changes", PLAN_COUNTS, "How much.", lambda plan: plan)
)
DRIFT_SUMMARY = _line(
    "drift_summary", "", "`drift`: the last line.", Key("changes", DRIFT_COUNTS, "How much.", lambda plan: plan)
)
APPLY_COMPLETE = _line(
    "apply_complete", "", "`apply`: a line for each step that is done.", Key("hook", HOOK, "The step.", lambda outcome: outcome)
)
APPLY_ERRORED = _line(
    "apply_errored", "", "`apply`: a line for each other step.", Key("hook", HOOK, "The step.", lambda outcome: outcome)
)
APPLY_SUMMARY = _line(
    "change_summary", " of an apply", "`apply`: the last line.", Key("changes", APPLY_COUNTS, "How much.", lambda found: found)
)
LINES = (
    VERSION,
    PLANNED_CHANGE,
    RESOURCE_DRIFT,
    DIAGNOSTIC_LINE,
    PLAN_SUMMARY,
    DRIFT_SUMMARY,
    APPLY_COMPLETE,
    APPLY_ERRORED,
    APPLY_SUMMARY,
)


def _say(line: Shape[Said], level: str, message: str, look: Look, subject: Any) -> str:
    return dumps(line.of(Said(level, message, look.timestamp, subject)), indent=None)


def version(program: str, look: Look) -> str:
    """The first line of every stream; ``program`` is this program's version."""
    return _say(VERSION, "info", f"smith-topo {program}", look, program)


def plan(plan: Plan, look: Look) -> str:
    """Changes, diagnostics, and the summary last."""
    changes = (each for each in plan.changes if each.action is not Action.NO_OP)
    said = [_say(PLANNED_CHANGE, "info", f"{named(each.address)}: {will(each.action)}", look, each) for each in changes]
    message = f"Plan: {counts(plan)}. {verdict(plan)}".rstrip()
    return "\n".join([*said, *_diagnostics(plan.diagnostics, look), _say(PLAN_SUMMARY, "info", message, look, plan)])


def drift(plan: Plan, look: Look) -> str:
    """A line for each difference, diagnostics, and the headline last."""
    said = [
        _say(RESOURCE_DRIFT, "warn", f"{named(found.change.address)}: {found.sort.words}", look, found)
        for found in drift_document.differences(plan)
    ]
    last = _say(DRIFT_SUMMARY, "warn" if plan.differs else "info", drift_text.headline(plan), look, plan)
    return "\n".join([*said, *_diagnostics(plan.diagnostics, look), last])


def diagnostics(found: Iterable[Diagnostic], look: Look) -> str:
    return "\n".join(_diagnostics(found, look))


def _diagnostics(found: Iterable[Diagnostic], look: Look) -> Iterator[str]:
    for each in by_gravity(found):
        level = "info" if each.ignored else "error" if each.severity in (Severity.ERROR, Severity.REFUSAL) else "warn"
        yield _say(DIAGNOSTIC_LINE, level, f"{word(each.severity)}: {clean(each.summary)}", look, each)


def step(outcome: Outcome, look: Look) -> str:
    """``apply_complete``, or ``apply_errored`` with the verdict and the reason."""
    name = named(outcome.step.address)
    if outcome.verdict is Verdict.DONE:
        return _say(APPLY_COMPLETE, "info", f"{name}: {verb(outcome.step)} done", look, outcome)
    return _say(APPLY_ERRORED, "error", f"{name}: {trouble(outcome)}", look, outcome)


def outcome(applied: Applied, look: Look) -> str:
    """What was done, counted from outcomes, never from what was planned; before it, subjects that no stream may hold now."""
    done = [change for change, result in applied.results if result is Result.DONE]
    found = Counted(done, len(applied.results) - len(done))
    complete = not found.not_done
    message = f"Apply complete! {tally(done)}." if complete else f"Applied in part: {tally(done)}, {found.not_done} not done."
    last = _say(APPLY_SUMMARY, "info" if complete else "error", message, look, found)
    return "\n".join([*_diagnostics(orphan_diagnostics(applied.plan, applied.outcomes), look), last])
