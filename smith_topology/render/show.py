"""Live objects for people: a table of all, or one with everything that is set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smith_topology.core.kinds.fields import by_name
from smith_topology.core.kinds.marks import REWRITTEN
from smith_topology.core.model import OWN_METADATA, Kind, Observed
from smith_topology.render.amounts import approximate_size
from smith_topology.render.fields import created
from smith_topology.render.layout import plain_rows
from smith_topology.render.text import Look, Style, Tone, clean, columns, named, visible
from smith_topology.render.values import fields_of, unknown

HEAD = ("ADDRESS", "MESSAGES", "BYTES", "CONSUMERS", "PENDING", "UN-ACKED", "OWNER", "PROTECTED")
RIGHT = frozenset({1, 2, 3, 4, 5})
NOTHING = "-"
NOTHING_THERE = "Nothing of what the file declares is there, and nothing that this topology owns."
NOTHING_AT_ALL = "There is nothing in this account."
IDENTITY = ("type", "stream_name", "name", "created", "config", "cluster", "ts")
"""Members of a consumer's state that are no state, or are shown elsewhere."""
NEVER = "0001-01-01T00:00:00Z"
"""How the server writes that a time is not set."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The objects that were asked for; ``single`` where an address named one of them, ``all`` where a pattern was given."""

    objects: Sequence[Observed]
    single: bool = False
    all: bool = False


def render(shown: Shown, look: Look) -> str:
    if not shown.objects:
        return NOTHING_AT_ALL if shown.all else NOTHING_THERE
    return detail(shown.objects[0], look.style) if shown.single else table(shown.objects, look.style)


def table(objects: Iterable[Observed], style: Style) -> str:
    """A table of live objects, each consumer below its stream."""
    ordered = sorted(objects, key=lambda each: (each.address.path, each.address.kind))
    rows = [HEAD, *(_row(each) for each in ordered)]
    head, *lines = columns(rows, RIGHT)
    if style.terminal and max(map(visible, (head, *lines))) > style.terminal:
        head, *lines = _without_empty_columns(rows)
    return "\n".join([style.paint(head, Tone.STRONG), *lines])


def _without_empty_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    full = [i for i in range(len(HEAD)) if any(row[i] not in ("", NOTHING) for row in rows[1:])]
    right = frozenset(place for place, i in enumerate(full) if i in RIGHT)
    return columns([[row[i] for i in full] for row in rows], right)


def _row(observed: Observed) -> Sequence[str]:
    state, owned = observed.state, (owner_of(observed) or NOTHING, clean(observed.protected) or NOTHING)
    if observed.address.kind is Kind.CONSUMER:
        return (named(observed.address), "", "", "", _number(state, "num_pending"), _number(state, "num_ack_pending"), *owned)
    size = state.get("bytes")
    return (
        named(observed.address),
        _number(state, "messages"),
        approximate_size(size) if isinstance(size, int) else NOTHING,
        _number(state, "consumer_count"),
        "",
        "",
        *owned,
    )


def owner_of(observed: Observed) -> str:
    """Who owns it, or of what it is a copy; ``""`` where neither is known."""
    return f"none: a copy of {clean(observed.copy_of)}" if observed.copy_of else clean(observed.owner)


def _number(state: Mapping[str, Any], name: str) -> str:
    value = state.get(name)
    return f"{value:,}" if isinstance(value, int) else NOTHING


def detail(observed: Observed, style: Style) -> str:
    """One object: who owns it, what it holds, and every field that is not at the server's default."""
    return "\n".join(
        [
            style.paint(named(observed.address), Tone.STRONG),
            *_facts(observed),
            "",
            style.paint("Configuration", Tone.STRONG),
            *_configuration(observed, style),
            "",
            style.paint("State", Tone.STRONG),
            *_pairs(observed.state),
        ]
    )


def _facts(observed: Observed) -> list[str]:
    facts = {
        "created": clean(observed.created),
        "owner": owner_of(observed) or "none",
        "protected": f"since {clean(observed.protected)}" if observed.protected else "no",
    }
    return columns([("  " + name, value) for name, value in facts.items()])


def _configuration(observed: Observed, style: Style) -> list[str]:
    """Fields as a plan that creates the object would show them, less the glyphs."""
    rows = created(observed.address, _set_fields(observed))
    return plain_rows(rows, style, "  ", glyphs=False)


def _set_fields(observed: Observed) -> dict[str, Any]:
    table = by_name(fields_of(observed.address.kind))
    config = {
        name: value
        for name, value in observed.config.items()
        if name not in ("name", "durable_name") and not (name in table and table[name].is_default(value))
    }
    metadata = {key: value for key, value in observed.metadata.items() if key not in (*OWN_METADATA, *REWRITTEN)}
    return {**config, "metadata": metadata} if metadata else {k: v for k, v in config.items() if k != "metadata"}


def _pairs(state: Mapping[str, Any]) -> list[str]:
    return columns([("  " + clean(name), _plain(value)) for name, value in state.items() if name not in IDENTITY])


def _plain(value: Any) -> str:
    match value:
        case bool():
            return unknown(value)
        case int():
            return f"{value:,}"
        case str():
            return NOTHING if value == NEVER else clean(value)
        case _:
            return unknown(value)
