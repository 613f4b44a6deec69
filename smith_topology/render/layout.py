"""Rows and effects on lines: aligned, indented, each cost beside the field that causes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smith_topology.core.model import Address, Effect
from smith_topology.render.amounts import described
from smith_topology.render.fields import Row
from smith_topology.render.text import Style, Tone, count, padded, paragraph, visible

STEP = "    "
COMMENT_COLUMN = 44
"""Comments line up, but not behind the one row that is longer than all others."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Effects by the row that causes them; the rest belongs to the change as a whole."""

    rows: dict[str, list[Effect]]
    whole: list[Effect]


def place(rows: Sequence[Row], effects: Iterable[Effect]) -> Placed:
    """An effect of a field that has no row of its own still shows: at the row around it, else at the whole change."""
    placed = Placed({row.path: [] for row in rows}, [])
    for effect in effects:
        home = next((row.path for row in rows if effect.path and _within(effect.path, row.path)), None)
        (placed.whole if home is None else placed.rows[home]).append(effect)
    return placed


def _within(path: str, around: str) -> bool:
    return path == around or path.startswith(around + ".") or around.startswith(path + ".")


def comment(effect: Effect, address: Address, style: Style, indent: str) -> list[str]:
    """``# 12 messages, 140 B: dropped at once   [DS103]``, wrapped to the style's width behind the indent."""
    tone = Tone.ALARM if effect.loses_data or effect.interruptions else Tone.FAINT
    lines = paragraph(f"{described(effect, address)}   [{effect.code}]", "# ", style.width - len(indent))
    return [indent + style.paint(line, tone) for line in lines]


def rows_with_effects(address: Address, rows: Sequence[Row], placed: Placed, style: Style, indent: str) -> list[str]:
    """The rows of one change, with ``before -> after`` aligned and effects behind them or, too long, below them."""
    bodies = [_lines(row, _label_width(rows), style, indent) for row in rows]
    commented = [body[0] for row, body in zip(rows, bodies, strict=True) if placed.rows.get(row.path)]
    column = max((visible(line) for line in commented if visible(line) <= COMMENT_COLUMN), default=0)
    lines = []
    for row, body in zip(rows, bodies, strict=True):
        lines += _beside(body, placed.rows.get(row.path, []), address, column, style=style, indent=indent)
    return lines


def _beside(body: list[str], effects: list[Effect], address: Address, column: int, *, style: Style, indent: str) -> list[str]:
    if len(effects) == 1:
        start = padded(body[0], max(column, visible(body[0]))) + "  "
        lines = comment(effects[0], address, style, " " * visible(start))
        if len(lines) == 1 and visible(lines[0]) <= style.width:
            return [start + lines[0].lstrip(" "), *body[1:]]
    below = indent + STEP
    return body + [line for effect in effects for line in comment(effect, address, style, below)]


def plain_rows(rows: Sequence[Row], style: Style, indent: str, *, glyphs: bool = True) -> list[str]:
    """The rows and what is inside them, without effects; without glyphs for what only exists and doesn't change."""
    width = _label_width(rows)
    return [line for row in rows for line in _lines(row, width, style, indent, glyphs=glyphs)]


def _label_width(rows: Sequence[Row]) -> int:
    return max((len(row.label) for row in rows if _value(row)), default=0)


def _lines(row: Row, width: int, style: Style, indent: str, *, glyphs: bool = True) -> list[str]:
    start = f"{indent}{style.paint(row.mark.value, row.mark.tone)} " if glyphs else indent
    value = _value(row)
    head = f"{start}{row.label:<{width}} = {value}" if value else start + row.label
    hidden = [indent + STEP + style.paint(f"# {count(row.hidden, 'other')} unchanged", Tone.FAINT)] if row.hidden else []
    return [head, *plain_rows(row.rows, style, indent + STEP, glyphs=glyphs), *hidden]


def _value(row: Row) -> str:
    return " -> ".join(side for side in (row.before, row.after) if side is not None)
