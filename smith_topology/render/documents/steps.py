"""The steps of a plan in JSON: every request as it is sent, every wait, and what each waits for."""

from __future__ import annotations

from typing import Any

from smith_topology.core.model import After, Call, Step, Verb
from smith_topology.render.documents.parts import ADDRESS_DOC
from smith_topology.render.documents.shape import COUNT, MAPPING, TEXT, Key, ListOf, OrNull, Shape, one_of

AFTER = Shape[After](
    "step that comes first",
    "A step that has to be done before this one.",
    (
        Key("step", COUNT, "Its `id`.", lambda after: after.step),
        Key(
            "waits_for",
            one_of("accepted", "settled"),
            "`accepted`: until the server has answered; `settled`: until all peers of the stream are current.",
            lambda after: after.waits_for,
        ),
        Key("why", TEXT, "What would happen otherwise, or what passes between the two.", lambda after: after.why),
    ),
)


def _of_call(name: str) -> Any:
    return lambda step: getattr(step, name) if isinstance(step, Call) else None


VERB = one_of(*(each.value for each in Verb))

STEP = Shape[Step](
    "planned step",
    "One request, or a wait for the peers of a stream.",
    (
        Key("id", COUNT, "Its number in the plan, from 1.", lambda step: step.id),
        Key("address", TEXT, ADDRESS_DOC, lambda step: str(step.address)),
        Key("kind", one_of("request", "wait"), "What it is.", lambda step: "request" if isinstance(step, Call) else "wait"),
        Key("verb", OrNull(VERB), "What the request does; `null` for a wait.", _of_call("verb")),
        Key("endpoint", OrNull(TEXT), "The subject below the API prefix; `null` for a wait.", _of_call("endpoint")),
        Key("payload", OrNull(MAPPING), "The body of the request, as it is sent; `null` for a wait.", _of_call("payload")),
        Key(
            "why",
            TEXT,
            "Why the change takes this step; empty for a change of one step.",
            lambda step: step.stage.why if isinstance(step, Call) else "its peers change",
        ),
        Key("after", ListOf(AFTER), "What has to be done before.", lambda step: step.after),
        Key(
            "handover",
            OrNull(COUNT),
            "The number of the hand-over it belongs to: its steps are sent one right behind the other, before any other step, "
            "and a stop signal counts after the last of them. `null` for the others.",
            lambda step: step.group,
        ),
    ),
)
