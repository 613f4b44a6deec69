"""Where a dotted path of a resource is written. It is looked up in the nodes only when a message needs it."""

from __future__ import annotations

from collections.abc import Mapping

from smith_topology.core.file.document import Entry, MappingNode, Node, SequenceNode
from smith_topology.core.file.report import Placed, span_of
from smith_topology.core.model import Span


def find(entries: Mapping[str, Entry], path: str) -> Span | None:
    """The position of a key, or of an item of a list; None where nothing is written."""
    at = _at_key(entries, path)
    return span_of(at) if at else None


def _at_key(entries: Mapping[str, Entry], path: str) -> Placed | None:
    """A key may hold dots itself, so the whole of the path is tried first."""
    if path in entries:
        return entries[path]
    name, _, rest = path.partition(".")
    return _beneath(entries[name].value, rest) if name in entries else None


def _beneath(node: Node, path: str) -> Placed | None:
    match node:
        case MappingNode():
            return _at_key(node.entries, path)
        case SequenceNode():
            position, _, rest = path.partition(".")
            item = node.items[int(position)] if position.isdecimal() and int(position) < len(node.items) else None
            return _beneath(item, rest) if item and rest else item
        case _:
            return None
