"""Plan, drift and apply as a stream of JSON lines, of the shape of terraform's ``-json`` (UI version 1.2).

Planned changes carry the field values and the costs, which terraform's don't. Readers ignore keys they don't know.
Every function takes its ``timestamp`` (RFC 3339) from the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from smith_topology.core.model import Action, Address, Call, Change, Diagnostic, Outcome, Plan, Severity, Step, Verdict
from smith_topology.core.planning.ordering.subjects import orphan_diagnostics
from smith_topology.render import document
from smith_topology.render import drift as drift_text
from smith_topology.render.diagnostics import by_gravity, word
from smith_topology.render.differences import sorted_out
from smith_topology.render.outcome import tally, trouble
from smith_topology.render.plan import counts, required, verdict, will
from smith_topology.render.results import Result, results
from smith_topology.render.text import clean, named

MODULE = "smith-topo.ui"
UI = "1.2"


def version(program: str, timestamp: str) -> str:
    """The first line of every stream; ``program`` is this program's version."""
    return _line("info", f"smith-topo {program}", timestamp, "version", {"smith_topo": program, "ui": UI})


def plan(plan: Plan, timestamp: str) -> Iterator[str]:
    """Changes, diagnostics, and the summary last."""
    for change in plan.changes:
        if change.action is not Action.NO_OP:
            yield planned_change(change, timestamp)
    yield from diagnostics(plan.diagnostics, timestamp)
    numbers = {**_terraform_counts(document.summary(plan)), "operation": "plan"}
    interruptions = document.summary(plan)["interruptions"]
    costs = {"data_loss": document.data_loss(plan), "interruptions": interruptions, "required": required(plan)}
    message = f"Plan: {counts(plan)}. {verdict(plan)}".rstrip()
    yield _line("info", message, timestamp, "change_summary", {"changes": {**numbers, **costs}})


def drift(plan: Plan, timestamp: str) -> Iterator[str]:
    """A ``resource_drift`` line for each difference, and the headline last."""
    for sort, changes in sorted_out(plan).items():
        for change in changes:
            payload = {"change": {**_change(change), "kind": sort.value}}
            yield _line("warn", f"{named(change.address)}: {sort.words}", timestamp, "resource_drift", payload)
    yield from diagnostics(plan.diagnostics, timestamp)
    summary = {**document.drift_document(plan)["summary"], "operation": "drift"}
    yield _line("warn" if plan.differs else "info", drift_text.headline(plan), timestamp, "drift_summary", {"changes": summary})


def planned_change(change: Change, timestamp: str) -> str:
    message = f"{named(change.address)}: {will(change.action)}"
    return _line("info", message, timestamp, "planned_change", {"change": _change(change)})


def diagnostics(found: Iterable[Diagnostic], timestamp: str) -> Iterator[str]:
    return (diagnostic(each, timestamp) for each in by_gravity(found))


def diagnostic(found: Diagnostic, timestamp: str) -> str:
    level = "error" if found.severity in (Severity.ERROR, Severity.REFUSAL) else "warn"
    message = f"{word(found.severity)}: {clean(found.summary)}"
    return _line(level, message, timestamp, "diagnostic", {"diagnostic": document.diagnostic_document(found)})


def apply_end(outcome: Outcome, timestamp: str) -> str:
    """``apply_complete``, or ``apply_errored`` with the verdict and the reason."""
    hook = {**_hook(outcome.step), "elapsed_seconds": round(outcome.seconds, 6), "verdict": outcome.verdict.value}
    name = named(outcome.step.address)
    if outcome.verdict is Verdict.DONE:
        return _line("info", f"{name}: {_verb(outcome.step)} done", timestamp, "apply_complete", {"hook": hook})
    if outcome.diagnostic:
        hook["diagnostic"] = document.diagnostic_document(outcome.diagnostic)
    return _line("error", f"{name}: {trouble(outcome)}", timestamp, "apply_errored", {"hook": hook})


def apply_summary(plan: Plan, outcomes: Iterable[Outcome], timestamp: str) -> str:
    """What was done, counted from outcomes, never from what was planned; and before it, what nobody holds any longer."""
    ended = list(outcomes)
    found = results(plan, ended)
    done = [change for change, result in found if result is Result.DONE]
    rest = len(found) - len(done)
    numbers = {word: sum(change.action is action for change in done) for word, action in _COUNTED.items()}
    changes = {**_terraform_counts(numbers), "operation": "apply", "not_done": rest}
    complete = len(done) == len(found)
    message = f"Apply complete! {tally(done)}." if complete else f"Applied in part: {tally(done)}, {rest} not done."
    summary = _line("info" if complete else "error", message, timestamp, "change_summary", {"changes": changes})
    return "\n".join([*diagnostics(orphan_diagnostics(plan, ended), timestamp), summary])


_COUNTED = {"add": Action.CREATE, "change": Action.UPDATE, "replace": Action.REPLACE, "destroy": Action.DELETE}


def _terraform_counts(numbers: Mapping[str, int]) -> dict[str, int]:
    """As terraform counts: a replacement is an addition and a removal. ``replace`` says how many of them are."""
    replaced = numbers["replace"]
    return {
        "add": numbers["add"] + replaced,
        "change": numbers["change"],
        "import": 0,
        "remove": numbers["destroy"] + replaced,
        "replace": replaced,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "resource": _resource(change.address),
        "action": action_word(change.action),
        "reason": change.reason.name.lower(),
        "before": change.before,
        "after": change.after,
        "fields": document.fields(change),
        "effects": [document.effect_document(effect) for effect in change.effects],
    }


def action_word(action: Action) -> str:
    match action:
        case Action.NO_OP:
            return "noop"
        case Action.FORGET:
            return "remove"
        case Action.CREATE | Action.UPDATE | Action.REPLACE | Action.DELETE:
            return action.name.lower()


def _resource(address: Address) -> dict[str, Any]:
    return {
        "addr": str(address),
        "module": "",
        "resource": str(address),
        "implied_provider": "jetstream",
        "resource_type": document.resource_type(address),
        "resource_name": address.name,
        "resource_key": None,
    }


def _hook(step: Step) -> dict[str, Any]:
    return {"resource": _resource(step.address), "action": _verb(step), "step": step.id}


def _verb(step: Step) -> str:
    return step.verb.value if isinstance(step, Call) else "wait"


def _line(level: str, message: str, timestamp: str, kind: str, payload: Mapping[str, Any]) -> str:
    head = {"@level": level, "@message": message, "@module": MODULE, "@timestamp": timestamp, "type": kind}
    return json.dumps({**head, **payload}, separators=(",", ":")).replace("\x7f", "\\u007f")
