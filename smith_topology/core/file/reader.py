"""The text of one topology file → the resources it declares; all that is wrong goes to its report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from smith_topology.core.file.document import MAX_VALUES, TOO_MANY, Entry, MappingNode, Node, ScalarNode, SequenceNode, compose
from smith_topology.core.file.places import find
from smith_topology.core.file.report import Fault, Report, span_of
from smith_topology.core.file.scalars import bad_value, read_boolean, read_integer, wrong_type
from smith_topology.core.file.suggest import meant, shown
from smith_topology.core.file.values import Body, FieldReader, Shared, weight
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field, by_name
from smith_topology.core.model import (
    MAX_NAME_BYTES,
    Address,
    Config,
    Kind,
    Resource,
    Span,
    Target,
    consumer_address,
    is_name,
    stream_address,
)

VERSION = 1
TOP_KEYS = ("version", "name", "target", "defaults", "streams")
TARGET_KEYS = ("cluster", "account")
OWN_KEYS = ("protect", "ignore_changes", "extra", "consumers")
"""What a resource takes besides the fields of its kind; ``consumers`` only a stream."""
NAME_KEYS = ("name", "durable_name")
"""Fields of the wire that hold the name: in a file it is the key."""
OWNER_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
TABLES: Mapping[Kind, Mapping[str, Field]] = {kind: by_name(rules.fields) for kind, rules in RULES.items()}

_OWNER = re.compile(OWNER_PATTERN[:-1] + r"\Z")
_OTHER = {Kind.STREAM: Kind.CONSUMER, Kind.CONSUMER: Kind.STREAM}


@dataclass(frozen=True, slots=True)
class Owner:
    """The ``name`` of a file; its text is ``""`` when what is written there can't be a name."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Part:
    """What one file contributes to the topology; ``readable`` unless it is no YAML mapping at all.

    Where its ``defaults`` are not ``sound``, no resource is quite what it was meant to be.
    """

    readable: bool = False
    sound: bool = False
    owner: Owner | None = None
    target: Target | None = None
    resources: tuple[Resource, ...] = ()


def parse_file(data: bytes, report: Report) -> Part:
    """Never raises: a Part with what could be read, the rest in the report."""
    root = compose(data, report)
    if isinstance(root, MappingNode):
        return _FileParser(report).part(root)
    if root is not None and not (isinstance(root, ScalarNode) and root.is_null):
        fix = "Start with `version: 1`, then `name:` and `streams:`."
        report.error(root, wrong_type("the file", root, "a mapping", fix))
    elif report.empty:
        report.refusal(report.start, _EMPTY_FILE)
    return Part()


class _FileParser:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._defaults = {kind: Body() for kind in TABLES}
        self._weights = dict.fromkeys(TABLES, 0)
        self._inherited = 0
        self._shared: Shared = {}

    def part(self, root: MappingNode) -> Part:
        reader = FieldReader(self._report)
        for key, entry in root.entries.items():
            if key not in TOP_KEYS:
                reader.unknown(key, entry, TOP_KEYS, "a topology file")
        self._version(root)
        before = self._report.faults
        self._read_defaults(root.entries.get("defaults"))
        sound = self._report.faults == before
        resources = tuple(self._streams(root.entries.get("streams")))
        return Part(True, sound, self._owner(root.entries.get("name")), self._target(root.entries.get("target")), resources)

    def _version(self, root: MappingNode) -> None:
        entry = root.entries.get("version")
        if entry is None or _is_null(entry.value):
            self._report.error(entry or root, _NO_VERSION)
            return
        try:
            if not isinstance(entry.value, ScalarNode):
                raise wrong_type("version", entry.value, "a whole number", f"Write `version: {VERSION}`.")
            if (version := read_integer("version", entry.value)) != VERSION:
                raise bad_value(f"This program reads version {VERSION}; the file has {version}.", f"Write `version: {VERSION}`.")
        except Fault as fault:
            self._report.error(entry, fault)

    def _owner(self, entry: Entry | None) -> Owner | None:
        if entry is None or _is_null(entry.value):
            return None
        span = span_of(entry)
        if not isinstance(entry.value, ScalarNode):
            self._report.error(entry, wrong_type("name", entry.value, "text"))
        elif not _OWNER.match(entry.value.text):
            detail = f"{shown(entry.value.text)} can't be an owner."
            self._report.error(entry, bad_value(detail, "Write at most 64 of letters, digits, `-`, `_` and `.`."))
        else:
            return Owner(entry.value.text, span)
        return Owner("", span)

    def _target(self, entry: Entry | None) -> Target | None:
        reader = FieldReader(self._report)
        node = reader.mapping("target", entry.value) if entry else None
        if entry is None or node is None:
            return None
        written: dict[str, str] = {}
        before = self._report.faults
        for key, each in node.entries.items():
            if key not in TARGET_KEYS:
                reader.unknown(key, each, TARGET_KEYS, "`target`")
            elif not isinstance(each.value, ScalarNode):
                reader.error(each, wrong_type(f"target.{key}", each.value, "text"))
            elif each.value.text and not each.value.is_null:
                written[key] = each.value.text
        if not written and self._report.faults == before:
            reader.error(entry, _EMPTY_TARGET)
        return Target(written.get("cluster"), written.get("account"), span_of(entry))

    def _read_defaults(self, entry: Entry | None) -> None:
        reader = FieldReader(self._report)
        node = reader.mapping("defaults", entry.value) if entry else None
        for key, each in node.entries.items() if node else ():
            if key not in TABLES:
                reader.unknown(key, each, [kind.value for kind in TABLES], "`defaults`")
            elif body := reader.mapping(f"defaults.{key}", each.value):
                kind = Kind(key)
                for name, inner in body.entries.items():
                    if name not in TABLES[kind]:
                        hint = f"Write it at each {kind.value} that needs it." if name in OWN_KEYS else _hint(kind, name)
                        reader.unknown(name, inner, TABLES[kind], f"`defaults.{key}`", hint)
                self._defaults[kind] = reader.body(TABLES[kind], body.entries)
                self._weights[kind] = weight(self._defaults[kind].config)

    def _streams(self, entry: Entry | None) -> Iterator[Resource]:
        node = FieldReader(self._report).mapping("streams", entry.value) if entry else None
        for name, each in node.entries.items() if node else ():
            address = stream_address(name)
            reader = FieldReader(self._report, address, self._shared)
            if fault := _name_fault(name) or _bucket_fault(name):
                reader.error(each, fault)
            body = reader.mapping(address, each.value) or _EMPTY
            yield self._resource(reader, address, each, body)
            yield from self._consumers(reader, address, body.entries.get("consumers"))

    def _consumers(self, outer: FieldReader, stream: Address, entry: Entry | None) -> Iterator[Resource]:
        node = outer.mapping("consumers", entry.value) if entry else None
        for name, each in node.entries.items() if node else ():
            address = consumer_address(stream.name, name)
            reader = FieldReader(self._report, address, self._shared)
            if fault := _name_fault(name):
                reader.error(each, fault)
            yield self._resource(reader, address, each, reader.mapping(address, each.value) or _EMPTY)

    def _resource(self, reader: FieldReader, address: Address, at: Entry, node: MappingNode) -> Resource:
        kind, entries = address.kind, node.entries
        table = TABLES[kind]
        own = OWN_KEYS if kind is Kind.STREAM else OWN_KEYS[:-1]
        for key in entries:
            if key not in table and key not in own:
                reader.unknown(key, entries[key], (*table, *own), f"a {kind.value}", _hint(kind, key))
        body = reader.body(table, entries).over(self._inherit(kind, at))
        return Resource(
            address,
            span_of(at),
            body.config,
            partial(find, body.entries),
            extra=_extra(reader, table, entries.get("extra")),
            protect=_protect(reader, entries.get("protect")),
            ignore_changes=_ignored(reader, table, entries.get("ignore_changes")),
        )

    def _inherit(self, kind: Kind, at: Entry) -> Body:
        """The defaults, while what they add up to is bounded: long ones times many resources would fill the memory."""
        self._inherited += self._weights[kind]
        if self._inherited > MAX_VALUES:
            self._report.error(at, TOO_MANY)
            self._inherited, self._weights[kind], self._defaults[kind] = 0, 0, Body()
        return self._defaults[kind]


def _protect(reader: FieldReader, entry: Entry | None) -> bool:
    if entry is None or _is_null(entry.value):
        return False
    try:
        if isinstance(entry.value, ScalarNode):
            return read_boolean("protect", entry.value)
        raise wrong_type("protect", entry.value, "`true` or `false`")
    except Fault as fault:
        reader.error(entry, fault)
        return False


def _ignored(reader: FieldReader, table: Mapping[str, Field], entry: Entry | None) -> tuple[str, ...]:
    if entry is None or _is_null(entry.value):
        return ()
    if not isinstance(entry.value, SequenceNode):
        reader.error(entry, wrong_type("ignore_changes", entry.value, "a list", "Write `ignore_changes: [num_replicas]`."))
        return ()
    names = []
    for item in entry.value.items:
        if not isinstance(item, ScalarNode) or item.is_null:
            reader.error(item, wrong_type("ignore_changes", item, "names of fields", "Write the name of a field."))
        elif item.text in table:
            names.append(item.text)
        else:
            reader.error(item, partial(_no_field, item.text, table))
    return tuple(names)


def _no_field(name: str, table: Mapping[str, Field]) -> Fault:
    return Fault("unknown-value", "Unknown value", f"{shown(name)} is not a field.", meant(name, table))


def _extra(reader: FieldReader, table: Mapping[str, Field], entry: Entry | None) -> Config:
    node = reader.mapping("extra", entry.value) if entry else None
    values = {}
    for key, each in node.entries.items() if node else ():
        if key in table or key in OWN_KEYS:
            reader.error(each, _known_extra(key))
        elif key in NAME_KEYS:
            reader.error(each, Fault("extra-name", "Name in `extra`", f"{shown(key)} is sent anyway.", _NAMED_BY_KEY))
        else:
            values[key] = reader.free(f"extra.{key}", each.value, each)
    return values


def _hint(kind: Kind, key: str) -> str:
    """What to do about a key that means something, only not here."""
    if key in NAME_KEYS:
        return _NAMED_BY_KEY
    if key in TABLES[_OTHER[kind]]:
        return f"It is a field of a {_OTHER[kind].value}: write it there."
    return ""


def _name_fault(name: str) -> Fault | None:
    if len(name.encode()) > MAX_NAME_BYTES:
        return Fault("bad-name", "Bad name", f"{shown(name)} has more than {MAX_NAME_BYTES} bytes.", "Shorten it.")
    if not is_name(name):
        fix = "Leave out spaces, control characters and `.`, `*`, `>`, `/`, `\\`."
        return Fault("bad-name", "Bad name", f"{shown(name)} can't name a stream or a consumer.", fix)
    return None


def _bucket_fault(name: str) -> Fault | None:
    address = stream_address(name)
    if not address.is_bucket:
        return None
    what = "a key-value" if address.role is Kind.KEY_VALUE else "an object"
    detail = f"{shown(name)} belongs to {what} bucket; as a plain stream its rules would be lost."
    fix = "Delete it: buckets are not declared as streams, and come with a later version of smith-topo."
    return Fault("bucket-stream", "A bucket declared as a stream", detail, fix)


def _known_extra(key: str) -> Fault:
    detail = f"{shown(key)} is known; unchecked, mistakes in it would reach the server."
    return Fault("known-extra", "A known field in `extra`", detail, "Write it as a field of its own, outside `extra`.")


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.is_null


_EMPTY = MappingNode("", 1, 1, {})
_NAMED_BY_KEY = "Delete it: the name is the key that all this stands under."
_EMPTY_FILE = Fault(
    "empty-file",
    "The file is empty",
    "A file that declares nothing would mean that everything it once declared is to be deleted.",
    "Write `version: 1`, `name:` and `streams:`; to delete everything it has: put the file back as it was, then "
    "smith-topo destroy",
)
_EMPTY_TARGET = Fault(
    "empty-target",
    "A target that guards nothing",
    "It names neither a cluster nor an account, so the file could be applied anywhere.",
    "Write `target: {cluster: NAME}` or `{account: NAME}`, or leave it out.",
)
_NO_VERSION = Fault("missing-key", "Missing key", "The file does not say which format it is in.", f"Write `version: {VERSION}`.")
