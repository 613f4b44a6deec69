"""How an apply ended, as a JSON document."""

from __future__ import annotations

from typing import NamedTuple

from smith_topology.core.model import Call, Change, Outcome, Step, Verb, Verdict
from smith_topology.core.planning.rollback import orphan_diagnostics
from smith_topology.render.documents.parts import ACTION, ADDRESS_DOC, DIAGNOSTIC, TARGET
from smith_topology.render.documents.shape import COUNT, FLAG, SECONDS, TEXT, Key, ListOf, OrNull, Shape, always, dumps, one_of
from smith_topology.render.results import Applied, Result
from smith_topology.render.text import Look

NOT_ATTEMPTED = "not_attempted"
VERB = one_of(*Verb, "wait")
VERDICT = one_of(*Verdict, NOT_ATTEMPTED)


class Ended(NamedTuple):
    """A step, and how it ended if it was attempted."""

    step: Step
    outcome: Outcome | None


class Done(NamedTuple):
    """A change, and how it ended."""

    change: Change
    result: Result


def verb(step: Step) -> str:
    return step.verb.value if isinstance(step, Call) else "wait"


def _steps(applied: Applied) -> list[Ended]:
    by_step = {outcome.step.id: outcome for outcome in applied.outcomes}
    return [Ended(step, by_step.get(step.id)) for step in applied.plan.steps]


def _rolled_back(applied: Applied) -> list[Ended]:
    return [Ended(each.step, each) for each in applied.outcomes if each.rolls_back]


def _tally(result: Result) -> Key[Applied]:
    return Key(
        result.value,
        COUNT,
        f"Changes that are {result.words}.",
        lambda applied: sum(each is result for _, each in applied.results),
    )


STEP = Shape[Ended](
    "step result",
    "One request, or one wait for the peers of a stream.",
    (
        Key("id", COUNT, "The number of the step in the plan.", lambda ended: ended.step.id),
        Key("address", TEXT, ADDRESS_DOC, lambda ended: str(ended.step.address)),
        Key("verb", VERB, "What the step does.", lambda ended: verb(ended.step)),
        Key(
            "verdict",
            VERDICT,
            "How it ended. `altered`: accepted, and the server holds something else than was sent. `stale`: the object changed "
            "after the plan was made, and was left alone. `unknown`: it may be done or not.",
            lambda ended: ended.outcome.verdict.value if ended.outcome else NOT_ATTEMPTED,
        ),
        Key(
            "seconds",
            OrNull(SECONDS),
            "Wall time, retries included; `null` for a step that was not attempted.",
            lambda ended: round(ended.outcome.seconds, 6) if ended.outcome else None,
        ),
        Key(
            "diagnostic",
            DIAGNOSTIC,
            "Why it was not done; absent where it was.",
            lambda ended: ended.outcome.diagnostic if ended.outcome else None,
            optional=True,
        ),
    ),
)

CHANGE = Shape[Done](
    "change result",
    "How a change ended: it is done when all of its steps are.",
    (
        Key("address", TEXT, ADDRESS_DOC, lambda done: str(done.change.address)),
        Key("action", ACTION, "What was to happen to the object.", lambda done: done.change.action.name.lower()),
        Key("result", one_of(*(each.value for each in Result)), "How it ended.", lambda done: done.result.value),
    ),
)

SUMMARY = Shape[Applied]("apply summary", "How many changes ended how.", tuple(map(_tally, Result)))

OUTCOME = Shape[Applied](
    "outcome",
    "Printed by `apply --output json` and `destroy --output json` for a plan that can be applied. A plan that can't is printed "
    "as a [plan](#plan).",
    (
        Key("format_version", always("1.0"), "Of this document. Added keys do not change it.", lambda _: "1.0"),
        Key("owner", TEXT, "The `name` of the topology.", lambda applied: applied.plan.topology),
        Key("target", TARGET, "Where it was applied.", lambda applied: applied.plan),
        Key(
            "complete",
            FLAG,
            "Whether every change is done.",
            lambda applied: all(result is Result.DONE for _, result in applied.results),
        ),
        Key("summary", SUMMARY, "How many changes ended how.", lambda applied: applied),
        Key("changes", ListOf(CHANGE), "Every change of the plan.", lambda applied: [Done(*each) for each in applied.results]),
        Key("steps", ListOf(STEP), "Every step of the plan, in its order.", _steps),
        Key(
            "given_back",
            ListOf(STEP),
            "Requests that no plan holds: they put subjects or filters back that the other object could not take.",
            _rolled_back,
        ),
        Key(
            "diagnostics",
            ListOf(DIAGNOSTIC),
            "Subjects or filters that may be held by no object now.",
            lambda applied: orphan_diagnostics(applied.plan, applied.outcomes),
        ),
    ),
)


def render(applied: Applied, _look: Look) -> str:
    return dumps(OUTCOME.of(applied))
