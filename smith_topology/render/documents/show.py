"""Live objects as a JSON document."""

from __future__ import annotations

from smith_topology.core.model import Observed
from smith_topology.render.documents.parts import ADDRESS_DOC
from smith_topology.render.documents.shape import CONFIG, MAPPING, TEXT, Key, ListOf, Shape, dumps
from smith_topology.render.show import Shown
from smith_topology.render.text import Look

REPEATED = ("config", "cluster")

OBJECT = Shape[Observed](
    "object",
    "One live stream or consumer.",
    (
        Key("address", TEXT, ADDRESS_DOC, lambda observed: str(observed.address)),
        Key("owner", TEXT, "The topology that manages it; empty where none does.", lambda observed: observed.owner),
        Key(
            "copy_of",
            TEXT,
            "The object whose marks it carries; it is a copy of that one, and has no owner. Absent where it is none.",
            lambda observed: observed.copy_of or None,
            optional=True,
        ),
        Key("protected", TEXT, "The day protection was set; empty where it is not.", lambda observed: observed.protected),
        Key("created", TEXT, "When it was created, as the server writes it (RFC 3339).", lambda observed: observed.created),
        Key("config", CONFIG, "The configuration, as the server reports it.", lambda observed: observed.config),
        Key(
            "state",
            MAPPING,
            "The state, as the server reports it, in its own names and units.",
            lambda observed: {name: value for name, value in observed.state.items() if name not in REPEATED},
        ),
    ),
)

SHOW = Shape[Shown](
    "show",
    "Printed by `show --output json`.",
    (Key("objects", ListOf(OBJECT), "The objects that were asked for.", lambda shown: shown.objects),),
)


def render(shown: Shown, _look: Look) -> str:
    return dumps(SHOW.of(shown))
