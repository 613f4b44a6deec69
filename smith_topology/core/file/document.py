"""YAML text → nodes, each with its file, line and column. A scalar stays the text that was written.

YAML 1.1 reads ``on``, ``1:30`` and ``0o17`` as a boolean and as numbers. Nodes keep the text and whether it was quoted, and
the type of the field decides what it means (``scalars``). They are built from parser events on a stack, since the composer of
libyaml recurses in C and crashes the process on deep nesting (measured: ``[`` 100,000 times).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import yaml

from smith_topology.core.file import findings
from smith_topology.core.file.encoding import decode
from smith_topology.core.file.report import Fault, Placed, Report, Stop, span_of
from smith_topology.core.file.suggest import shown
from smith_topology.core.file.surrogates import with_pairs_joined
from smith_topology.core.file.syntax import misread, syntax_fault
from smith_topology.core.kinds.fields import MAX_TEXT_BYTES
from smith_topology.core.model import Span
from smith_topology.core.secrets import looks_secret

try:
    from yaml.cyaml import CSafeLoader as _Parser
except ImportError:  # PyYAML was built without libyaml: the same events, twenty times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

MAX_VALUES = 750_000
MAX_DEPTH = 100
MANY_TOKENS = 16
"""Of a subject. Each one more counts as a value: checks take memory for every token."""

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class ScalarNode(NamedTuple):
    """Text as written. ``plain``: neither quoted nor a block scalar, so it may be a number, a boolean or null."""

    file: str
    line: int
    column: int
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Whether it counts as if it had been left out."""
        return self.plain and self.text in _NULLS


class SequenceNode(NamedTuple):
    file: str
    line: int
    column: int
    items: list[Node]


class MappingNode(NamedTuple):
    file: str
    line: int
    column: int
    entries: dict[str, Entry]


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


class Entry(NamedTuple):
    """A value under its key; ``file``, ``line`` and ``column`` are the key's."""

    file: str
    line: int
    column: int
    value: Node

    @property
    def is_null(self) -> bool:
        """Whether it counts as if it had been left out."""
        return isinstance(self.value, ScalarNode) and self.value.is_null


def compose(data: bytes, report: Report) -> Node | None:
    """The document of a file, aliases and merge keys resolved. None when it is empty, or after an error that ends reading.

    Duplicate keys, tags and bad merges are reported, and reading goes on. Nodes reached through an alias are shared, not
    copied; ``MAX_VALUES`` and ``MAX_DEPTH`` bound the document as if every alias were written out.
    """
    try:
        text = decode(data, report.file)
        return _Composer(report).compose(with_pairs_joined(text))
    except Stop as stop:
        report.add(stop.at, stop.fault)
    return None


class _Anchored(NamedTuple):
    """A finished node that an anchor names. ``size`` and ``height`` count the node with every alias in it written out."""

    node: Node
    size: int
    height: int


class _Frame:
    """A collection under construction; ``size`` and ``height`` as in ``_Anchored``."""

    __slots__ = ("anchor", "entries", "height", "items", "key", "merges", "node", "size")

    def __init__(self, node: SequenceNode | MappingNode, anchor: str | None) -> None:
        self.node = node
        self.items = node.items if isinstance(node, SequenceNode) else None
        self.entries = node.entries if isinstance(node, MappingNode) else {}
        self.anchor = anchor
        self.key: Node | None = None
        self.merges: list[Node] = []
        self.size = 1
        self.height = 1


class _Composer:
    """Builds the document bottom up, one event at a time."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._file = report.file
        self._anchors: dict[str, _Anchored | None] = {}  # None until the collection it names is finished
        self._stack: list[_Frame] = []
        self._root: Node | None = None
        self._holds_secrets = False
        self._start = report.start

    def compose(self, text: str) -> Node | None:
        """The root node of the text; None if there is no document in it. Raises Stop where the rest can't be understood."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        self._holds_secrets = looks_secret(text)
        try:
            next_event = _Parser(text).get_event
            while (event := next_event()) is not None:
                if handler := handlers.get(type(event)):
                    handler(event)
        except yaml.MarkedYAMLError as error:
            raise Stop(*syntax_fault(error, text, self._file)) from error
        return self._root

    def _document(self, event: Any) -> None:
        self._start = self._span(event)
        self._anchors.clear()

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        node = ScalarNode(self._file, mark.line + 1, mark.column + 1, event.value, not event.style)
        if event.tag:
            self._report.add(node, partial(_tag, event.tag))
        if self._holds_secrets and looks_secret(event.value):
            self._report.add(node, _SECRET)
        if event.style == ">" and not event.value:
            self._report.add(node, misread(">"))
            node = node._replace(text=">")
        size = 1 + (max(0, event.value.count(".") - MANY_TOKENS) if len(event.value) <= MAX_TEXT_BYTES else 0)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(node, size, 0)
        self._place(node, size, 0)

    def _sequence(self, event: Any) -> None:
        self._open(event, SequenceNode(*self._span(event), []))

    def _mapping(self, event: Any) -> None:
        self._open(event, MappingNode(*self._span(event), {}))

    def _open(self, event: Any, node: SequenceNode | MappingNode) -> None:
        if event.tag:
            self._report.add(node, partial(_tag, event.tag))
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(node, event.anchor))
        self._check_depth(node, 0)

    def _end(self, _event: Any) -> None:
        frame = self._stack.pop()
        if frame.merges:
            self._merge(frame)
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(frame.node, frame.size, frame.height)
        self._place(frame.node, frame.size, frame.height)

    def _alias(self, event: Any) -> None:
        at = self._span(event)
        if event.anchor not in self._anchors:
            raise Stop(at, _unknown_alias(event.anchor))
        target = self._anchors[event.anchor]
        if target is None:
            raise Stop(at, _recursive_alias(event.anchor))
        self._check_depth(at, target.height)
        self._place(target.node._replace(line=at.line, column=at.column), target.size, target.height)

    def _place(self, node: Node, size: int, height: int) -> None:
        """Put a finished node into the collection around it."""
        if not self._stack:
            self._end_document(node)
            return
        frame = self._stack[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            raise Stop(node, TOO_MANY)
        if height >= frame.height:
            frame.height = height + 1
        if frame.items is not None:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            self._entry(frame, frame.key, node)
            frame.key = None

    def _end_document(self, node: Node) -> None:
        """Keep the one document that is not empty: generators write empty ones before and after it."""
        if self._root is None or _is_null(self._root):
            self._root = node
        elif not _is_null(node):
            raise Stop(self._start, _SEVERAL)

    def _entry(self, frame: _Frame, key: Node, value: Node) -> None:
        if not isinstance(key, ScalarNode):
            self._report.add(key, _BAD_KEY)
        elif key.text == "<<" and key.plain:
            frame.merges.append(value)
        elif key.text not in frame.entries:
            frame.entries[key.text] = Entry(key.file, key.line, key.column, value)
        else:
            self._report.add(key, partial(_duplicate, key.text, span_of(frame.entries[key.text])))

    def _merge(self, frame: _Frame) -> None:
        """Own keys win over merged ones, earlier merges over later ones."""
        for merged in frame.merges:
            for source in merged.items if isinstance(merged, SequenceNode) else [merged]:
                if not isinstance(source, MappingNode):
                    self._report.add(source, _BAD_MERGE)
                    continue
                for key, entry in source.entries.items():
                    frame.entries.setdefault(key, entry)

    def _check_depth(self, at: Placed, height: int) -> None:
        if len(self._stack) + height > MAX_DEPTH:
            raise Stop(at, _TOO_DEEP)

    def _span(self, event: Any) -> Span:
        mark = event.start_mark
        return Span(self._file, mark.line + 1, mark.column + 1)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.is_null


_SECRET = Fault(
    findings.SECRET,
    "This looks like an nkey seed, a JWT, a key or a URL with a password. Everyone who sees the configuration could read it.",
    "Delete it, and replace it where it is used if others have seen it. Credentials are files: --creds FILE, --nkey FILE.",
)
_SEVERAL = Fault(
    findings.SEVERAL_DOCUMENTS,
    "A second document starts here; a file holds one.",
    "Write each document into a file of its own, and name them or their directory with `-f`.",
)
TOO_MANY = Fault(
    findings.TOO_LARGE.worded("Too many values"),
    f"With its aliases and defaults written out, the file holds more than {MAX_VALUES} values.",
    "Use fewer of them, or split it into several files.",
)
_TOO_DEEP = Fault(
    findings.TOO_DEEP,
    f"Lists and mappings stand more than {MAX_DEPTH} deep here.",
    "Close brackets that are open, and check the indentation.",
)
_BAD_KEY = Fault(findings.BAD_KEY, "A list or mapping stands where a key belongs.", "Write `key: value`.")
_BAD_MERGE = Fault(findings.BAD_MERGE, "`<<` takes a mapping, or a list of them.", "Write `<<: *name`.")


def _tag(tag: str) -> Fault:
    written = tag.replace("tag:yaml.org,2002:", "!!")
    return Fault(findings.YAML_TAG, f"{shown(written)} asks for a type; the field decides that here.", "Delete the tag.")


def _unknown_alias(name: str) -> Fault:
    return Fault(
        findings.UNKNOWN_ALIAS,
        f"{shown('*' + name)} stands for what {shown('&' + name)} names, and nothing above is called that.",
        "Name the anchor first, or put text that starts with `*` in quotes.",
    )


def _recursive_alias(name: str) -> Fault:
    return Fault(findings.RECURSIVE_ALIAS, f"{shown('*' + name)} would never end.", "Write it out.")


def _duplicate(key: str, first: Span) -> Fault:
    return Fault(
        findings.DUPLICATE_KEY,
        f"{shown(key)} is already written at {first}; only one of the two could count.",
        "Delete one of them, or join them.",
    )
