"""Plans, drift, diagnostics and outcomes as JSON documents.

The plan has the shape of ``terraform show -json``, so that policy checks written for that read it; what has no
place there stands in one ``smith_topo`` block. Values are wire values, unlike in the texts for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.normal_forms import Context
from smith_topology.core.model import (
    Action,
    Address,
    Amount,
    Bound,
    Call,
    Change,
    Diagnostic,
    Effect,
    Kind,
    Measure,
    Outcome,
    Permission,
    Plan,
    Reason,
    Server,
    Severity,
    Span,
    Step,
)
from smith_topology.core.planning.ordering.subjects import orphan_diagnostics
from smith_topology.render.amounts import total
from smith_topology.render.differences import Difference, sorted_out
from smith_topology.render.results import Result, results

Document: TypeAlias = dict[str, Any]

FORMAT = "1.2"
"""Of terraform's plan format: readers accept any below 2.0 and ignore keys they don't know."""
BLOCK_VERSION = 1
PROVIDER = "smith-topo/jetstream"


def dumps(document: Mapping[str, Any]) -> str:
    """Indented JSON in ASCII, so that it can't drive a terminal it is shown on."""
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f")


def plan_document(plan: Plan) -> Document:
    return {
        "format_version": FORMAT,
        "resource_changes": [_resource_change(change, plan.server) for change in plan.changes],
        "applyable": plan.can_apply and not plan.is_empty,
        "complete": not plan.partial,
        "errored": any(each.severity is Severity.ERROR for each in plan.diagnostics),
        "smith_topo": _block(plan),
    }


def _resource_change(change: Change, server: Server) -> Document:
    document: Document = {
        "address": str(change.address),
        "mode": "managed",
        "type": resource_type(change.address),
        "name": change.address.name,
        "provider_name": PROVIDER,
        "change": _change(change, server),
    }
    if reason := action_reason(change):
        document["action_reason"] = reason
    return document


def resource_type(address: Address) -> str:
    match address.kind:
        case Kind.STREAM:
            return "jetstream_stream"
        case Kind.CONSUMER:
            return "jetstream_consumer"
        case Kind.KEY_VALUE:
            return "jetstream_key_value"
        case Kind.OBJECT_STORE:
            return "jetstream_object_store"


def _change(change: Change, server: Server) -> Document:
    document: Document = {
        "actions": actions(change.action),
        "before": change.before,
        "after": change.after,
        "after_unknown": {},
        "before_sensitive": False,
        "after_sensitive": False,
    }
    return {**document, "replace_paths": _replace_paths(change, server)} if change.action is Action.REPLACE else document


def _replace_paths(change: Change, server: Server) -> list[list[str]]:
    """The fields that the server can't change in place."""
    rules, before, after = RULES[change.address.kind], change.before or {}, change.after or {}
    paths = [each.path.split(".") for each in change.fields]
    return [path for path in paths if rules.immutable(path[0], before, after, Context(server, server.versions))]


def actions(action: Action) -> list[str]:
    """Terraform's words. A replacement is a pair, so that whoever scans for ``delete`` finds it."""
    match action:
        case Action.NO_OP:
            return ["no-op"]
        case Action.CREATE:
            return ["create"]
        case Action.UPDATE:
            return ["update"]
        case Action.REPLACE:
            return ["delete", "create"]
        case Action.DELETE:
            return ["delete"]
        case Action.FORGET:
            return ["forget"]


def action_reason(change: Change) -> str:
    match change.action, change.reason:
        case Action.REPLACE, _:
            return "replace_because_cannot_update"
        case Action.DELETE, Reason.REMOVED:
            return "delete_because_no_resource_config"
        case _:
            return ""


def _block(plan: Plan) -> Document:
    """What terraform's shape has no place for."""
    return {
        "version": BLOCK_VERSION,
        "owner": plan.topology,
        "target": target(plan),
        "digest": plan.digest,
        "summary": summary(plan),
        "data_loss": data_loss(plan),
        "changes": {str(each.address): _detail(each) for each in plan.changes if each.action is not Action.NO_OP},
        "diagnostics": [diagnostic_document(each) for each in plan.diagnostics],
        "unmanaged": [str(address) for address in plan.unmanaged],
        "owned": plan.owned,
        "required": [permission.value for permission in Permission if permission in plan.required],
        "applyable": plan.can_apply and not plan.is_empty,
    }


def data_loss(plan: Plan) -> Document:
    """``exact`` is false when any number is an estimate or an upper bound."""
    loss = total(plan.changes)
    return {
        "messages": loss[Measure.MESSAGES].number,
        "bytes": loss[Measure.BYTES].number,
        "never_delivered": loss[Measure.SKIPPED].number,
        "expiring": loss[Measure.EXPIRING].number,
        "exact": loss.exact,
    }


def target(plan: Plan) -> Document:
    server = plan.server
    return {
        "account": server.account,
        "server": server.url,
        "cluster": server.cluster,
        "domain": server.domain,
        "server_version": server.version_text,
    }


def summary(plan: Plan) -> dict[str, int]:
    return {
        "add": len(plan.of(Action.CREATE)),
        "change": len(plan.of(Action.UPDATE)),
        "replace": len(plan.of(Action.REPLACE)),
        "destroy": len(plan.of(Action.DELETE)),
    }


def _detail(change: Change) -> Document:
    return {
        "action": change.action.name.lower(),
        "reason": change.reason.name.lower(),
        "loses_data": change.loses_data,
        "fields": fields(change),
        "effects": [effect_document(effect) for effect in change.effects],
        "span": span_document(change.span),
    }


def fields(change: Change) -> list[Document]:
    return [{"path": each.path, "before": each.before, "after": each.after} for each in change.fields]


def effect_document(effect: Effect) -> Document:
    return {
        "code": effect.code,
        "path": effect.path,
        "text": effect.text,
        **{measure.value: effect.number(measure) for measure in Measure},
        "messages_bound": _messages_bound(effect).name.lower(),
        "bytes_bound": effect.amount(Measure.BYTES).bound.name.lower(),
    }


def _messages_bound(effect: Effect) -> Bound:
    """How well the numbers of messages are known: those of one effect are known alike."""
    counted = (each for each in effect.amounts if isinstance(each, Amount) and each.measure is not Measure.BYTES)
    return next((each.bound for each in counted), Bound.EXACT)


def span_document(span: Span | None) -> Document | None:
    return {"filename": span.file, "line": span.line, "column": span.column} if span else None


def drift_document(plan: Plan) -> Document:
    """What differs, by sort; ``before`` is live and ``after`` declared, as in the plan."""
    return {
        "format_version": "1.0",
        "owner": plan.topology,
        "target": target(plan),
        "drift": plan.differs,
        "summary": {sort.value: len(changes) for sort, changes in sorted_out(plan).items()},
        "unchanged": len(plan.of(Action.NO_OP)),
        "resources": [_difference(change, sort) for sort, changes in sorted_out(plan).items() for change in changes],
        "diagnostics": [diagnostic_document(each) for each in plan.diagnostics],
        "unmanaged": [str(address) for address in plan.unmanaged],
    }


def _difference(change: Change, sort: Difference) -> Document:
    return {
        "address": str(change.address),
        "kind": sort.value,
        **_detail(change),
        "live": change.before,
        "declared": change.after,
    }


def diagnostics_document(diagnostics: Sequence[Diagnostic]) -> Document:
    """The shape of ``terraform validate -json``, plus ``code`` and ``fix``."""
    documents = [diagnostic_document(each) for each in diagnostics]
    errors = sum(each["severity"] == "error" for each in documents)
    warnings = sum(each["severity"] == "warning" for each in documents)
    return {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": warnings,
        "diagnostics": documents,
    }


def diagnostic_document(diagnostic: Diagnostic) -> Document:
    document: Document = {
        "severity": severity(diagnostic.severity),
        "kind": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "fix": diagnostic.fix,
    }
    if diagnostic.address:
        document["address"] = str(diagnostic.address)
    if span := diagnostic.span:
        position = {"line": span.line, "column": span.column}
        document["range"] = {"filename": span.file, "start": position, "end": position}
    return document


def severity(severity: Severity) -> str:
    """Terraform knows two; ours is kept as ``kind``."""
    match severity:
        case Severity.ERROR | Severity.REFUSAL:
            return "error"
        case Severity.WARNING | Severity.NOTE:
            return "warning"


def outcome_document(plan: Plan, outcomes: Iterable[Outcome]) -> Document:
    """What was carried out: each change's result, and each step with its answer or ``not_attempted``."""
    ended = list(outcomes)
    by_step = {outcome.step.id: outcome for outcome in ended}
    found = results(plan, ended)
    tally = {result.value: sum(each is result for _, each in found) for result in Result}
    return {
        "format_version": "1.0",
        "owner": plan.topology,
        "target": target(plan),
        "complete": all(result is Result.DONE for _, result in found),
        "summary": tally,
        "changes": [
            {"address": str(change.address), "action": change.action.name.lower(), "result": result.value}
            for change, result in found
        ],
        "steps": [_step(step, by_step.get(step.id)) for step in plan.steps],
        "given_back": [_step(each.step, each) for each in ended if each.rolls_back],
        "diagnostics": [diagnostic_document(each) for each in orphan_diagnostics(plan, ended)],
    }


def _step(step: Step, outcome: Outcome | None) -> Document:
    document: Document = {
        "id": step.id,
        "address": str(step.address),
        "verb": step.verb.value if isinstance(step, Call) else "wait",
        "verdict": outcome.verdict.value if outcome else "not_attempted",
        "seconds": round(outcome.seconds, 6) if outcome else None,
    }
    if outcome and outcome.diagnostic:
        document["diagnostic"] = diagnostic_document(outcome.diagnostic)
    return document
