"""Where a dotted path of a resource is written: looked up in the nodes, and only when somebody asks."""

from __future__ import annotations

from smith_topology.core.file.document import Entry, MappingNode, Node, SequenceNode
from smith_topology.core.file.report import Placed
from smith_topology.core.model import Span


def find(file: str, written: dict[str, Entry], path: str) -> Span | None:
    """The place of a key, or of an item of a list; None where nothing is written there."""
    at = _beneath(MappingNode(1, 1, written), path)
    return Span(file, at.line, at.column) if at else None


def _beneath(node: Node, path: str) -> Placed | None:
    """A key may hold dots itself, so the whole of the path is tried first."""
    name, _, rest = path.partition(".")
    match node:
        case MappingNode() if path in node.entries:
            return node.entries[path]
        case MappingNode() if name in node.entries:
            return _beneath(node.entries[name].value, rest)
        case SequenceNode() if name.isdecimal() and int(name) < len(node.items):
            item = node.items[int(name)]
            return _beneath(item, rest) if rest else item
    return None
