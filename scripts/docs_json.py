"""The tables of ``docs/json.md``, from the tables of keys that print the documents and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from smith_topology.core.model import Reason
from smith_topology.render.documents.diagnostics import DIAGNOSTICS
from smith_topology.render.documents.drift import DRIFT
from smith_topology.render.documents.lines import HEAD, LINES
from smith_topology.render.documents.outcome import OUTCOME
from smith_topology.render.documents.plan import PLAN
from smith_topology.render.documents.shape import Key, Shape, inside
from smith_topology.render.documents.show import SHOW

DOCUMENTS: tuple[Shape[Any], ...] = (PLAN, DRIFT, OUTCOME, DIAGNOSTICS, SHOW)


def documents() -> Iterator[str]:
    """Each document, and below it the objects in it that were not described before."""
    known = set[str]()
    for document in DOCUMENTS:
        yield from described(document, "##")
        for shape in inside(document):
            if shape is not document and shape.name not in known:
                yield from described(shape, "###")
        known |= {shape.name for shape in inside(document)}


def lines() -> Iterator[str]:
    """What all lines have in common, each line's own keys, and the objects that no document holds."""
    yield from table(HEAD)
    yield "| `type` | text | Which line it is: the first word of the headings below. |\n"
    known = {shape.name for document in DOCUMENTS for shape in inside(document)}
    for line in LINES:
        yield from described(Shape(line.name, line.doc, line.keys[len(HEAD) + 1 :]), "###")
    for shape in {shape.name: shape for line in LINES for shape in inside(line) if shape is not line}.values():
        if shape.name not in known:
            yield from described(shape, "###")


def described(shape: Shape[Any], heading: str) -> Iterator[str]:
    yield f"{heading} {shape.name}\n\n{shape.doc}\n"
    yield from table(shape.keys)
    yield ""


def table(keys: Iterable[Key[Any]]) -> Iterator[str]:
    yield "| key | holds | meaning |\n|---|---|---|"
    for key in keys:
        yield f"| `{key.name}` | {key.type.words}{'; may be absent' if key.optional else ''} | {key.doc} |"


def reasons() -> Iterator[str]:
    yield "| reason | meaning |\n|---|---|"
    yield from (f"| `{reason.name.lower()}` | {reason.value[0].upper()}{reason.value[1:]}. |" for reason in Reason)


PARTS: dict[str, Callable[[], Iterator[str]]] = {"documents": documents, "lines": lines, "reasons": reasons}
