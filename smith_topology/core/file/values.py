"""Nodes → the wire values of a table of fields. What is wrong with them goes to the report."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from smith_topology.core.file import findings
from smith_topology.core.file.document import Entry, MappingNode, Node, ScalarNode, SequenceNode
from smith_topology.core.file.report import Fault, Placed, Report, Wording
from smith_topology.core.file.scalars import bad_value, expected, read_scalar, wrong_type
from smith_topology.core.file.suggest import meant, shown
from smith_topology.core.file.written import written_text
from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.kinds.marks import OURS, SERVERS
from smith_topology.core.model import Address

Shared: TypeAlias = dict[tuple[int, Field], Any]

ABSENT: Any = object()
"""What reading returns for null, and after it has reported a fault."""
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_PREFIXED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_WORDS = {word: value for name, value in (("true", True), ("false", False)) for word in (name, name.title(), name.upper())}
_LONGEST_NUMBER = 40
EXTENSION = "x-"
"""How keys start that mean nothing here, such as those that hold anchors, as in compose files."""


@dataclass(slots=True)
class Body:
    """A mapping of fields: its entries, their wire values, and the names whose value is null."""

    entries: dict[str, Entry] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)

    def over(self, defaults: Body) -> Body:
        """These fields, and the defaults of those not written here. A null means neither a value nor the default."""
        inherited = [name for name in defaults.config if name not in self.config and name not in self.cleared]
        if not inherited:
            return self
        config, entries = ({name: each[name] for name in inherited} for each in (defaults.config, defaults.entries))
        return Body({**entries, **self.entries}, {**config, **self.config})


class FieldReader:
    """Reads the fields of one resource, or of one block of defaults.

    The readers of a file have ``shared`` in common: it maps nodes to their values, so that what an alias repeats is read once.
    """

    def __init__(self, report: Report, address: Address | None = None, shared: Shared | None = None) -> None:
        self._report = report
        self._address = address
        self._shared: Shared = {} if shared is None else shared

    def error(self, at: Placed, fault: Wording) -> None:
        self._report.add(at, fault, self._address)

    def body(self, table: Mapping[str, Field], entries: dict[str, Entry]) -> Body:
        """The entries that are fields of the table. Other entries are ignored: the caller reports them."""
        body = Body(entries)
        for name, entry in entries.items():
            known = table.get(name)
            if known is None:
                continue
            value = self.value(known, name, entry)
            if value is ABSENT:
                body.cleared.add(name)
            else:
                body.config[name] = value
        return body

    def unknown(self, key: str, entry: Entry, known: Iterable[str], what: str, hint: str = "") -> None:
        """Report a key that ``what`` does not take, unless it starts with ``x-``. ``known`` are the keys that it takes."""
        if key.startswith(EXTENSION):
            return
        detail = f"{shown(key)} is not a key of {what}."
        self.error(entry, lambda: Fault(findings.UNKNOWN_KEY, detail, hint or meant(key, known)))

    def entries(self, path: str | Address, at: Entry | None) -> dict[str, Entry]:
        """The entries of a mapping. Empty if the key is left out or null. Anything but a mapping is reported, and gives none."""
        if at is None:
            return {}
        if isinstance(at.value, MappingNode):
            return at.value.entries
        if not at.is_null:
            self.error(at.value, wrong_type(str(path), at.value, "a mapping"))
        return {}

    def value(self, known: Field, path: str, entry: Entry) -> Any:
        """The wire value of one field; ABSENT when null is written, or after reporting a fault."""
        node = entry.value
        try:
            if not isinstance(node, ScalarNode):
                return self._once(known, path, node, entry)
            if node.is_null:
                return ABSENT
            return self._list(known, path, node) if known.many else read_scalar(known, path, node)
        except Fault as fault:
            self.error(entry, fault)
            return ABSENT

    def _once(self, known: Field, path: str, node: SequenceNode | MappingNode, at: Placed) -> Any:
        """The value of a collection: one object for all aliases. One with faults is read again, to report them at each."""
        key = id(node.items if isinstance(node, SequenceNode) else node.entries), known
        if key not in self._shared:
            before = self._report.faults
            value = self._list(known, path, node) if known.many else self._one(known, path, node, at)
            if self._report.faults > before:
                return value
            self._shared[key] = value
        return self._shared[key]

    def _list(self, known: Field, path: str, node: Node) -> list[Any]:
        if not isinstance(node, SequenceNode):
            raise wrong_type(path, node, f"a list, each item {expected(known)}", _as_list(path, node))
        values = []
        for position, item in enumerate(node.items):
            try:
                values.append(self._item(known, f"{path}.{position}", item))
            except Fault as fault:
                self.error(item, fault)
        return values

    def _item(self, known: Field, path: str, item: Node) -> Any:
        if isinstance(item, ScalarNode):
            if item.is_null:
                raise wrong_type(path, item, expected(known), "Write the item, or delete it.")
            return read_scalar(known, path, item)
        return self._one(known, path, item, item)

    def _one(self, known: Field, path: str, node: SequenceNode | MappingNode, at: Placed) -> Any:
        if not isinstance(node, MappingNode):
            raise wrong_type(path, node, expected(known))
        match known.type:
            case Type.BLOCK:
                return self._block(known, path, node, at)
            case Type.MAP:
                return self._texts(path, node)
            case _:
                raise wrong_type(path, node, expected(known))

    def _block(self, known: Field, path: str, node: MappingNode, at: Placed) -> dict[str, Any]:
        table = by_name(known.fields)
        values = {}
        for name, entry in node.entries.items():
            inner = table.get(name)
            if inner is None:
                self.unknown(name, entry, table, f"`{path}`")
                continue
            value = self.value(inner, f"{path}.{name}", entry)
            if value is not ABSENT:
                values[name] = value
        for name, inner in table.items():
            if inner.required and not _is_written(node.entries.get(name)):
                fix = f"Write `{name}`: {inner.doc}"
                self.error(at, Fault(findings.MISSING_KEY, f"{shown(path)} needs `{name}`.", fix))
        return values

    def _texts(self, path: str, node: MappingNode) -> dict[str, str]:
        values = {}
        for key, entry in node.entries.items():
            value = entry.value
            if isinstance(value, ScalarNode) and value.is_null:
                continue
            if key.startswith((OURS, SERVERS)):
                self.error(entry, _reserved(key))
            elif isinstance(value, ScalarNode):
                values[key] = value.text
            else:
                self.error(entry, wrong_type(f"{path}.{key}", value, "text"))
        return values

    def free(self, path: str, node: Node, at: Placed) -> Any:
        """JSON that no field describes, scalars by the core schema of YAML 1.2. None in place of a value with a fault."""
        match node:
            case MappingNode():
                return {key: self.free(f"{path}.{key}", entry.value, entry) for key, entry in node.entries.items()}
            case SequenceNode():
                return [self.free(f"{path}.{position}", item, item) for position, item in enumerate(node.items)]
            case ScalarNode():
                try:
                    return _free_scalar(path, node)
                except Fault as fault:
                    self.error(at, fault)
                    return None


def weight(config: Any) -> int:
    """The number of values in a collection, at every depth, collections included."""
    inner = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    return sum(1 + weight(each) for each in inner)


def _is_written(entry: Entry | None) -> bool:
    """Empty text, such as a template makes of an unset variable, does not count."""
    return entry is not None and not (entry.is_null or (isinstance(entry.value, ScalarNode) and not entry.value.text))


def _as_list(path: str, node: Node) -> str:
    name = path.rpartition(".")[2]
    match node:
        case ScalarNode():
            return f"Write {shown(f'{name}: [{node.text if node.plain else written_text(node.text)}]')}."
        case _:
            return "Put `- ` before it, one for each item."


def _reserved(key: str) -> Fault:
    owner = "smith-topo" if key.startswith(OURS) else "the server"
    return Fault(findings.RESERVED_KEY, f"{shown(key)} belongs to {owner}.", "Choose a key of your own.")


def _free_scalar(path: str, node: ScalarNode) -> Any:
    text = node.text
    if not node.plain:
        return text
    if node.is_null:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) or _PREFIXED.match(text) or _FLOAT.match(text) or _NOT_FINITE.match(text):
        return _free_number(path, text)
    return text


def _free_number(path: str, text: str) -> int | float:
    number: int | float = math.inf
    if len(text) <= _LONGEST_NUMBER:
        if _INTEGER.match(text):
            return int(text)
        number = int(text, 0) if _PREFIXED.match(text) else math.nan if "n" in text.lower() else float(text)
    if not math.isfinite(number):
        raise bad_value(f"{shown(path)} is {shown(text)}, which JSON can't hold.", "Write a number, or put text in quotes.")
    return number
