"""The plan as a JSON document.

It has the shape of ``terraform show -json``, so that policy checks written for that read it; what has no place there stands in
one ``smith_topo`` block. Values are wire values, unlike in the texts for people.
"""

from __future__ import annotations

from smith_topology.core.model import Action, Change, Permission, Plan, Reason, Severity
from smith_topology.render.amounts import total
from smith_topology.render.documents.parts import ADDRESS_DOC, COPIES, DETAIL, DIAGNOSTIC, INTERRUPTION, LOSS, TARGET, TYPES
from smith_topology.render.documents.shape import (
    CONFIG,
    COUNT,
    FLAG,
    MAPPING,
    TEXT,
    Document,
    Key,
    ListOf,
    MapOf,
    OrNull,
    Shape,
    always,
    dumps,
    json_schema,
    one_of,
)
from smith_topology.render.documents.steps import STEP
from smith_topology.render.text import Look

FORMAT = "1.2"
"""Of terraform's plan format: readers accept any below 2.0 and ignore keys they don't know."""
BLOCK_VERSION = 1
PROVIDER = "smith-topo/jetstream"

ACTIONS = {
    Action.NO_OP: ["no-op"],
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
}
"""Terraform's words. A replacement is a pair, so that a search for ``delete`` finds it."""


def action_reason(change: Change) -> str | None:
    match change.action, change.reason:
        case Action.REPLACE, _:
            return "replace_because_cannot_update"
        case Action.DELETE, Reason.REMOVED:
            return "delete_because_no_resource_config"
        case _:
            return None


CHANGE = Shape[Change](
    "change",
    "What happens to the object, in terraform's words.",
    (
        Key(
            "actions",
            ListOf(one_of("no-op", "create", "update", "delete", "forget")),
            "One word; a replacement is `delete`, `create`.",
            lambda change: ACTIONS[change.action],
        ),
        Key("before", OrNull(CONFIG), "What is live; `null` for an object that is created.", lambda change: change.before),
        Key("after", OrNull(CONFIG), "What will be; `null` for an object that is deleted.", lambda change: change.after),
        Key("after_unknown", MAPPING, "Always empty: everything is known beforehand.", lambda _: {}),
        Key("before_sensitive", always(False), "No field is secret.", lambda _: False),
        Key("after_sensitive", always(False), "No field is secret.", lambda _: False),
        Key(
            "replace_paths",
            ListOf(ListOf(TEXT)),
            "The fields that the server can't change in place, each as its path; empty unless it is a replacement.",
            lambda change: [path.split(".") for path in change.replace_paths],
        ),
    ),
)

RESOURCE_CHANGE = Shape[Change](
    "resource change",
    "One object that the file declares, or that this topology owns.",
    (
        Key("address", TEXT, ADDRESS_DOC, lambda change: str(change.address)),
        Key("mode", always("managed"), "For readers of terraform's format.", lambda _: "managed"),
        Key("type", one_of(*TYPES.values()), "What it is.", lambda change: TYPES[change.address.kind]),
        Key("name", TEXT, "The name without the stream's.", lambda change: change.address.name),
        Key("provider_name", always(PROVIDER), "For readers of terraform's format.", lambda _: PROVIDER),
        Key("change", CHANGE, "What happens to it.", lambda change: change),
        Key(
            "action_reason",
            one_of("replace_because_cannot_update", "delete_because_no_resource_config"),
            "Why it is replaced or deleted; absent otherwise.",
            action_reason,
            optional=True,
        ),
    ),
)

DETAILS = Shape[Change](
    "change details",
    "What terraform's shape has no room for.",
    DETAIL,
)


SUMMARY = Shape[Plan](
    "plan summary",
    "How many objects, and subjects without a stream.",
    (
        Key("add", COUNT, "Objects to create.", lambda plan: len(plan.of(Action.CREATE))),
        Key("change", COUNT, "Objects to update in place.", lambda plan: len(plan.of(Action.UPDATE))),
        Key("replace", COUNT, "Objects to replace.", lambda plan: len(plan.of(Action.REPLACE))),
        Key("destroy", COUNT, "Objects to delete.", lambda plan: len(plan.of(Action.DELETE))),
        Key("interruptions", COUNT, "The length of `interruptions`.", lambda plan: len(total(plan.changes).interruptions)),
    ),
)

BLOCK = Shape[Plan](
    "smith_topo",
    "What terraform's shape has no place for.",
    (
        Key("version", always(BLOCK_VERSION), "Of this block. Added keys do not change it.", lambda _: BLOCK_VERSION),
        Key("owner", TEXT, "The `name` of the topology.", lambda plan: plan.topology),
        Key("target", TARGET, "Where the plan was made.", lambda plan: plan),
        Key("digest", TEXT, "Equal for plans that do the same; hexadecimal.", lambda plan: plan.digest),
        Key("summary", SUMMARY, "How much.", lambda plan: plan),
        Key("data_loss", LOSS, "What is lost of what is stored.", lambda plan: total(plan.changes)),
        Key(
            "interruptions",
            ListOf(INTERRUPTION),
            "Subjects that have no stream for a moment, or from then on. Messages published to them meanwhile without waiting "
            "for an answer are lost.",
            lambda plan: total(plan.changes).interruptions,
        ),
        Key(
            "changes",
            MapOf(DETAILS, "address"),
            "Everything that is not a no-op.",
            lambda plan: {str(each.address): each for each in plan.changes if each.action is not Action.NO_OP},
        ),
        Key(
            "steps",
            ListOf(STEP),
            "The requests, waits and hand-overs in their order: what `plan --steps` lists.",
            lambda plan: plan.steps,
        ),
        Key("diagnostics", ListOf(DIAGNOSTIC), "Findings, in the order they were made.", lambda plan: plan.diagnostics),
        Key(
            "unmanaged",
            ListOf(TEXT),
            "Addresses of objects that the file does not declare and this topology does not own: left alone.",
            lambda plan: map(str, plan.unmanaged),
        ),
        COPIES,
        Key(
            "unknown",
            ListOf(TEXT),
            "Addresses of objects that exist and could not be read: nothing is done about them.",
            lambda plan: map(str, plan.unknown),
        ),
        Key(
            "without_stream",
            ListOf(TEXT),
            "Declared subjects that have no stream now: an earlier apply stopped between two requests.",
            lambda plan: plan.without_stream,
        ),
        Key("owned", COUNT, "How many objects this topology owns.", lambda plan: plan.owned),
        Key(
            "required",
            ListOf(one_of(*(each.value for each in Permission))),
            "What `--allow` has to name.",
            lambda plan: [each.value for each in Permission if each in plan.required],
        ),
        Key("applyable", FLAG, "As above.", lambda plan: plan.can_apply and not plan.is_empty),
    ),
)

PLAN = Shape[Plan](
    "plan",
    "Printed by `plan --output json`.",
    (
        Key("format_version", always(FORMAT), "Of terraform's plan format.", lambda _: FORMAT),
        Key("resource_changes", ListOf(RESOURCE_CHANGE), "Every object, unchanged ones too.", lambda plan: plan.changes),
        Key(
            "applyable",
            FLAG,
            "Whether there is something to do and nothing stands in the way.",
            lambda plan: plan.can_apply and not plan.is_empty,
        ),
        Key("complete", FLAG, "`false` where `--target` or `--exclude` left objects out.", lambda plan: not plan.partial),
        Key(
            "errored",
            FLAG,
            "Whether a diagnostic is an error.",
            lambda plan: any(each.severity is Severity.ERROR for each in plan.diagnostics),
        ),
        Key("smith_topo", BLOCK, "What terraform's shape has no place for.", lambda plan: plan),
    ),
)


def render(plan: Plan, _look: Look) -> str:
    return dumps(PLAN.of(plan))


def schema() -> Document:
    """The JSON Schema of the plan document."""
    return json_schema(PLAN, "The plan of smith-topo, as `plan --output json` prints it")
