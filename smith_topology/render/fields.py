"""The fields of a change as rows: what was added, changed and removed, element by element, nested where they nest.

Rows carry both sides as text, so that a plan can write ``72h -> 24h`` and drift ``live 72h, declared 24h``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.model import Address, Config, FieldChange
from smith_topology.render.text import Tone, clean, quoted
from smith_topology.render.values import NOT_SET, absent, field_at, fields_of, human

INLINE = 60
"""Lists longer than this many columns are written one element to a line."""


class Mark(Enum):
    """What happened to a row, and the glyph that shows it."""

    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"

    @property
    def tone(self) -> Tone:
        match self:
            case Mark.ADDED:
                return Tone.ADD
            case Mark.CHANGED:
                return Tone.CHANGE
            case Mark.REMOVED:
                return Tone.REMOVE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a difference, and the lines inside it.

    ``before`` and ``after`` are text, None on a side that has nothing and for rows that only group others;
    ``hidden`` counts elements that are the same on both sides; ``path`` is where effects attach.
    """

    mark: Mark
    label: str
    before: str | None = None
    after: str | None = None
    rows: tuple[Row, ...] = ()
    hidden: int = 0
    path: str = ""


def created(address: Address, config: Config) -> tuple[Row, ...]:
    """All set fields of a new object, in the order of the tables, unknown ones last."""
    return tuple(_members(fields_of(address.kind), None, config))


def changed(address: Address, changes: Sequence[FieldChange]) -> tuple[Row, ...]:
    """The differing fields of an object, both sides."""
    return tuple(_row(field_at(address.kind, each.path), each.path, each.before, each.after, each.path) for each in changes)


def _row(known: Field | None, label: str, before: Any, after: Any, path: str = "") -> Row:
    mark = _mark(known, before, after)
    if _nests(known, before, after):
        rows, hidden = _inside(known, before, after)
        return Row(mark, clean(label), rows=rows, hidden=hidden, path=path)
    return Row(
        mark,
        clean(label),
        path=path,
        before=None if mark is Mark.ADDED else human(known, before),
        after=None if mark is Mark.REMOVED else human(known, after),
    )


def _mark(known: Field | None, before: Any, after: Any) -> Mark:
    """A side that is absent but means something, such as ``no limit``, makes it a change and not an addition."""
    meaningful = absent(known) != NOT_SET
    if before is None and not meaningful:
        return Mark.ADDED
    return Mark.REMOVED if after is None and not meaningful else Mark.CHANGED


def _nests(known: Field | None, before: Any, after: Any) -> bool:
    """Whether the parts get lines of their own: blocks, maps, sets, and lists too long for a line."""
    sides = [side for side in (before, after) if side is not None]
    if known is None or not all(isinstance(side, (Mapping, list)) for side in sides):
        return False
    if known.type in (Type.BLOCK, Type.MAP):
        return True
    if len(sides) == 2:
        return known.unordered
    return absent(known) == NOT_SET and len(human(known, sides[0])) > INLINE


def _inside(known: Field | None, before: Any, after: Any) -> tuple[tuple[Row, ...], int]:
    if known is None or (known.many and known.type is not Type.BLOCK):
        return _elements(known, before or [], after or [])
    if known.many:
        return _blocks(known, before or [], after or [])
    fields = known.fields if known.type is Type.BLOCK else None
    return tuple(_members(fields, before, after)), 0


def _members(fields: tuple[Field, ...] | None, before: Config | None, after: Config | None) -> Iterator[Row]:
    """The members of a block or a map that differ; ``fields`` is None for a map."""
    old, new, table = before or {}, after or {}, by_name(fields or ())
    order = {name: place for place, name in enumerate(table)}
    for name in sorted({*old, *new}, key=lambda name: (order.get(name, len(order)), name)):
        if old.get(name) == new.get(name):
            continue
        known = table.get(name)
        if before is None or after is None:
            yield _whole(known, name, old.get(name), new.get(name))
        else:
            yield _row(known, name, old.get(name), new.get(name))


def _whole(known: Field | None, name: str, before: Any, after: Any) -> Row:
    """A member of something that is new or gone as a whole: the other side has no defaults to compare with."""
    mark, value = (Mark.ADDED, after) if before is None else (Mark.REMOVED, before)
    if isinstance(value, (Mapping, list)) and known is not None and _opens(known, value):
        rows, hidden = _inside(known, before, after)
        return Row(mark, clean(name), rows=rows, hidden=hidden)
    text = human(known, value)
    return Row(mark, clean(name), after=text) if mark is Mark.ADDED else Row(mark, clean(name), before=text)


def _opens(known: Field, value: Any) -> bool:
    return known.type in (Type.BLOCK, Type.MAP) or len(human(known, value)) > INLINE


def _elements(known: Field | None, before: list[Any], after: list[Any]) -> tuple[tuple[Row, ...], int]:
    added = [Row(Mark.ADDED, human(known, item)) for item in after if item not in before]
    removed = [Row(Mark.REMOVED, human(known, item)) for item in before if item not in after]
    return (*added, *removed), sum(item in before for item in after)


def _blocks(known: Field, before: list[Any], after: list[Any]) -> tuple[tuple[Row, ...], int]:
    """A list of blocks, paired by name; the ones that are alike on both sides are only counted."""
    repeated = {name for side in (before, after) for name, times in Counter(map(_name, side)).items() if times > 1}
    old, new = _by_identity(known, before, repeated), _by_identity(known, after, repeated)
    rows = []
    for label in dict.fromkeys((*old, *new)):
        left, right = old.get(label), new.get(label)
        if left == right:
            continue
        mark = Mark.ADDED if left is None else Mark.REMOVED if right is None else Mark.CHANGED
        rows.append(Row(mark, label, rows=tuple(_members(known.fields, left, right))))
    return tuple(rows), sum(old.get(label) == rest for label, rest in new.items())


def _name(block: Config) -> Any:
    """What a block is called: a source by its origin, a transform by what it matches."""
    return block.get("name") or block.get("src")


def _by_identity(known: Field, blocks: list[Any], repeated: Collection[Any]) -> dict[str, Config]:
    """The rest of each block under its name, or under all it holds where the name would confuse two of them."""
    found: dict[str, Config] = {}
    for block in blocks:
        name = _name(block)
        if name and name not in repeated:
            found[quoted(name)] = {key: value for key, value in block.items() if value != name or key not in ("name", "src")}
        else:
            found[human(known, [block])[1:-1]] = {}
    return found
