"""Drift as a JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from smith_topology.core.model import Action, Change, Plan
from smith_topology.render.differences import Difference, sorted_out
from smith_topology.render.documents.parts import ADDRESS_DOC, COPIES, DETAIL, DIAGNOSTIC, TARGET
from smith_topology.render.documents.shape import CONFIG, COUNT, FLAG, TEXT, Key, ListOf, OrNull, Shape, always, dumps, one_of
from smith_topology.render.text import Look

Groups: TypeAlias = Mapping[Difference, list[Change]]
SORT = one_of(*(sort.value for sort in Difference))


class Sorted(NamedTuple):
    """A difference and its sort."""

    sort: Difference
    change: Change


def differences(plan: Plan) -> list[Sorted]:
    return [Sorted(sort, change) for sort, changes in sorted_out(plan).items() for change in changes]


def _number(sort: Difference) -> Key[Groups]:
    return Key(sort.value, COUNT, f"Objects that are {sort.words}.", lambda groups: len(groups[sort]))


SUMMARY = Shape[Groups]("drift summary", "How many objects differ, by how they differ.", tuple(map(_number, Difference)))

DIFFERENCE = Shape[Sorted](
    "difference",
    "An object that differs from the file.",
    (
        Key("address", TEXT, ADDRESS_DOC, lambda found: str(found.change.address)),
        Key("kind", SORT, "How it differs, as in [drift summary](#drift-summary).", lambda found: found.sort.value),
        *(key.through(lambda found: found.change) for key in DETAIL),
        Key("live", OrNull(CONFIG), "What is there; `null` for what is missing.", lambda found: found.change.before),
        Key("declared", OrNull(CONFIG), "What the file says; `null` for what is not in it.", lambda found: found.change.after),
    ),
)

DRIFT = Shape[Plan](
    "drift",
    "Printed by `drift --output json`.",
    (
        Key("format_version", always("1.0"), "Of this document. Added keys do not change it.", lambda _: "1.0"),
        Key("owner", TEXT, "The `name` of the topology.", lambda plan: plan.topology),
        Key("target", TARGET, "Where it was compared.", lambda plan: plan),
        Key("drift", FLAG, "Whether anything differs.", lambda plan: plan.differs),
        Key("summary", SUMMARY, "How much.", sorted_out),
        Key("unchanged", COUNT, "Objects that are as declared.", lambda plan: len(plan.of(Action.NO_OP))),
        Key("resources", ListOf(DIFFERENCE), "What differs, gravest first.", differences),
        Key("diagnostics", ListOf(DIAGNOSTIC), "Findings, in the order they were made.", lambda plan: plan.diagnostics),
        Key("ephemeral_consumers", COUNT, "Ephemeral consumers of the streams that were compared.", lambda plan: plan.ephemeral),
        Key("unmanaged", ListOf(TEXT), "Addresses of objects that are left alone.", lambda plan: map(str, plan.unmanaged)),
        COPIES,
        Key("unknown", ListOf(TEXT), "Addresses of objects that could not be read.", lambda plan: map(str, plan.unknown)),
        Key(
            "without_stream",
            ListOf(TEXT),
            "Declared subjects that have no stream now: an earlier apply stopped between two requests.",
            lambda plan: plan.without_stream,
        ),
    ),
)


def render(plan: Plan, _look: Look) -> str:
    return dumps(DRIFT.of(plan))
