"""The text of one topology file → the resources it declares, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeAlias

from smith_topology.core.file import findings
from smith_topology.core.file.document import MAX_VALUES, TOO_MANY, Entry, MappingNode, Node, ScalarNode, compose
from smith_topology.core.file.keys import (
    DECLARED,
    EXTERNAL_KEYS,
    FILE_KEYS,
    NAME_KEYS,
    NAMED_BY_KEY,
    OWN_KEYS,
    OWNER_PATTERN,
    TABLES,
    VERSION,
    own_values,
    reasons,
)
from smith_topology.core.file.places import find
from smith_topology.core.file.report import Fault, Report, span_of
from smith_topology.core.file.scalars import bad_value, found
from smith_topology.core.file.suggest import shown
from smith_topology.core.file.values import ABSENT, Body, FieldReader, Shared, weight
from smith_topology.core.model import (
    MAX_NAME_BYTES,
    Address,
    IgnoredWarning,
    Kind,
    Resource,
    Role,
    Span,
    Target,
    consumer_address,
    is_name,
    role_of,
    stream_address,
)

_OWNER = re.compile(OWNER_PATTERN[:-1] + r"\Z")
_OTHER = {Kind.STREAM: Kind.CONSUMER, Kind.CONSUMER: Kind.STREAM}


@dataclass(frozen=True, slots=True)
class Owner:
    """The ``name`` of a file. The text is ``""`` when what is written can't be a name."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Part:
    """What one file contributes to the topology.

    ``readable``: it is a mapping in YAML. ``sound``: its ``defaults`` have no fault; otherwise no resource is as it was meant.
    """

    readable: bool = False
    sound: bool = False
    owner: Owner | None = None
    target: Target | None = None
    resources: tuple[Resource, ...] = ()
    ignore_warnings: Mapping[str, IgnoredWarning] = field(default_factory=dict)


def open_file(data: bytes, report: Report) -> FileReader | None:
    """A reader of a file that is a mapping, else None; faults go to the report. Raises nothing."""
    root = compose(data, report)
    if isinstance(root, MappingNode):
        return FileReader(root, report)
    if root is not None and not (isinstance(root, ScalarNode) and root.is_null):
        report.add(root, _not_a_mapping(root))
    elif report.empty:
        report.add(report.start, _EMPTY_FILE)
    return None


Defaults: TypeAlias = dict[Kind, Body]


class FileReader:
    """Reads one file: its ``defaults`` at once, everything else once the defaults of all files are known."""

    def __init__(self, root: MappingNode, report: Report) -> None:
        self._root = root
        self._report = report
        self._reader = FieldReader(report)
        self._inherited = 0
        self._shared: Shared = {}
        before = report.faults
        self.defaults = self._read_defaults(root.entries.get("defaults"))
        self._sound = report.faults == before

    def join(self, earlier: Defaults) -> None:
        """Put this file's defaults beside those of earlier files. A key that has another value there is reported."""
        for kind, body in self.defaults.items():
            known = earlier.setdefault(kind, Body())
            for name, value in body.config.items():
                if known.config.setdefault(name, value) != value:
                    self._report.add(body.entries[name], _other_default(kind, name, span_of(known.entries[name])))
                    self._sound = False
                known.entries.setdefault(name, body.entries[name])

    def part(self, defaults: Defaults) -> Part:
        """What this file contributes, with the defaults of the topology."""
        self._defaults = dict(defaults)
        self._weights = {kind: weight(body.config) for kind, body in defaults.items()}
        entries = self._root.entries
        for key in entries:
            if key not in FILE_KEYS:
                self._reader.unknown(key, entries[key], FILE_KEYS, "a topology file")
        self._check_version(self._root)
        streams = self._reader.entries("streams", entries.get("streams"))
        resources = tuple(each for name, at in streams.items() for each in self._resources(stream_address(name), at))
        target, ignored = self._target(entries.get("target")), self._ignored(entries.get("ignore_warnings"))
        return Part(True, self._sound, self.owner, target, resources, ignored)

    def _check_version(self, root: MappingNode) -> None:
        entry = root.entries.get("version")
        if entry is None or entry.is_null:
            self._report.add(entry or root, _NO_VERSION)
        elif not (isinstance(entry.value, ScalarNode) and entry.value.plain and entry.value.text == str(VERSION)):
            detail = f"This program reads version {VERSION}; here is {found(entry.value)}."
            self._report.add(entry, bad_value(detail, f"Write `version: {VERSION}`."))

    def _ignored(self, entry: Entry | None) -> Mapping[str, IgnoredWarning]:
        found = reasons(self._reader, FILE_KEYS["ignore_warnings"].field, entry) if entry else {}
        written = self._reader.entries("ignore_warnings", entry) if found else {}
        return {code: IgnoredWarning(reason, span_of(written[code])) for code, reason in found.items()}

    @cached_property
    def owner(self) -> Owner | None:
        """The ``name``; what is wrong with it is reported once."""
        entry = self._root.entries.get("name")
        if entry is None or entry.is_null:
            return None
        text = self._reader.value(FILE_KEYS["name"].field, "name", entry)
        if text is not ABSENT and not _OWNER.match(text):
            detail = f"{shown(text)} can't be an owner."
            self._report.add(entry, bad_value(detail, "Write at most 64 of letters, digits, `-`, `_` and `.`."))
            text = ABSENT
        return Owner("" if text is ABSENT else text, span_of(entry))

    def _target(self, entry: Entry | None) -> Target | None:
        before = self._report.faults
        target = self._reader.value(FILE_KEYS["target"].field, "target", entry) if entry else ABSENT
        if entry is None or target is ABSENT:
            return None
        found = Target(span=span_of(entry), **{key: text or None for key, text in target.items()})
        if not any(found.parts.values()) and self._report.faults == before:
            self._report.add(entry, _EMPTY_TARGET)
        return found

    def _read_defaults(self, entry: Entry | None) -> Defaults:
        defaults = {kind: Body() for kind in TABLES}
        for key, each in self._reader.entries("defaults", entry).items():
            if key not in TABLES:
                self._reader.unknown(key, each, [kind.value for kind in TABLES], "`defaults`")
                continue
            kind, entries = Kind(key), self._reader.entries(f"defaults.{key}", each)
            for name in entries:
                if name not in TABLES[kind]:
                    hint = f"Write it at each {kind.value} that needs it." if name in OWN_KEYS[kind] else _hint(kind, name)
                    self._reader.unknown(name, entries[name], TABLES[kind], f"`defaults.{key}`", hint)
            defaults[kind] = self._reader.body(TABLES[kind], entries)
        return defaults

    def _resources(self, address: Address, at: Entry) -> Iterator[Resource]:
        """The resource under a key, then those under it."""
        kind, reader = address.kind, FieldReader(self._report, address, self._shared)
        if len(address.name) > MAX_NAME_BYTES:  # such an address would be repeated by everything that is said of it
            FieldReader(self._report).error(at, _too_long(address.name))
            return
        table, own, entries = TABLES[kind], OWN_KEYS[kind], reader.entries(address, at)
        others = {key: entry for key, entry in entries.items() if key not in table}
        for key, entry in others.items():
            if key not in own:
                reader.unknown(key, entry, (*table, *own), f"a {kind.value}", _hint(kind, key))
        values, body = own_values(reader, own, others), reader.body(table, entries)
        if values.get("external"):
            for key, entry in entries.items():
                if key not in EXTERNAL_KEYS and (key in table or key in own) and not entry.is_null:
                    reader.error(entry, _external_fault(address, key))
            found = Resource(address, span_of(at), {}, partial(find, entries), **values)
        else:
            body = body.over(self._inherit(kind, at))
            found = Resource(address, span_of(at), {**DECLARED[kind], **body.config}, partial(find, body.entries), **values)
        if fault := _name_fault(address.name) or _role_fault(address.name, role_of(address, found.config)):
            reader.error(at, fault)
        yield found
        if kind is Kind.STREAM:
            for name, each in reader.entries("consumers", others.get("consumers")).items():
                yield from self._resources(consumer_address(address.name, name), each)

    def _inherit(self, kind: Kind, at: Entry) -> Body:
        """The defaults. What all resources inherit together is bounded, since it takes memory that the file does not show."""
        self._inherited += self._weights[kind]
        if self._inherited > MAX_VALUES:
            self._report.add(at, TOO_MANY)
            self._inherited, self._weights[kind], self._defaults[kind] = 0, 0, Body()
        return self._defaults[kind]


def _hint(kind: Kind, key: str) -> str:
    """What to do about a key that has a meaning elsewhere; ``""`` if it has none."""
    other = _OTHER[kind]
    if key in NAME_KEYS:
        return NAMED_BY_KEY
    return f"It is a key of a {other.value}: write it there." if key in TABLES[other] or key in OWN_KEYS[other] else ""


def _name_fault(name: str) -> Fault | None:
    if len(name.encode()) > MAX_NAME_BYTES:
        return _too_long(name)
    if not is_name(name):
        fix = "Leave out spaces, control characters and `.`, `*`, `>`, `/`, `\\`."
        return Fault(findings.BAD_NAME, f"{shown(name)} can't name a stream or a consumer.", fix)
    return None


def _too_long(name: str) -> Fault:
    return Fault(findings.BAD_NAME, f"{shown(name)} has more than {MAX_NAME_BYTES} bytes.", "Shorten it.")


def _role_fault(name: str, role: Role) -> Fault | None:
    match role:
        case Role.STREAM | Role.CONSUMER:
            return None
        case Role.MQTT:
            detail = f"{shown(name)} belongs to the server's MQTT side: a change could cost its MQTT clients their sessions."
            return Fault(findings.MQTT_STREAM, detail, "Delete it.")
        case Role.KEY_VALUE | Role.OBJECT_STORE:
            what = "a key-value" if role is Role.KEY_VALUE else "an object"
            detail = f"{shown(name)} belongs to {what} bucket; declared as a plain stream it would lose what makes it a bucket."
            fix = "Delete it. A later version of smith-topo will declare buckets."
            return Fault(findings.BUCKET_STREAM, detail, fix)


def _external_fault(address: Address, key: str) -> Fault:
    detail = f"{shown(key)} is the configuration of {address}, which is not this topology's (`external: true`)."
    fix = f"Delete `{key}`; or delete `external`, to manage the stream from this file."
    return Fault(findings.EXTERNAL_FIELD, detail, fix)


def _other_default(kind: Kind, name: str, first: Span) -> Fault:
    detail = f"The defaults of all files are one; {first} gives {shown(f'defaults.{kind.value}.{name}')} another value."
    return Fault(findings.DIFFERENT_DEFAULT, detail, "Write it once, or write it at each stream or consumer that differs.")


def _not_a_mapping(root: Node) -> Fault:
    """The text of such a file is not repeated: it may be a password."""
    what = "text" if isinstance(root, ScalarNode) else found(root)
    fix = "Start with `version: 1`, then `name:` and `streams:`. A file of credentials goes after --creds or --nkey."
    return Fault(findings.WRONG_TYPE, f"A topology file is a mapping; here is {what}.", fix)


_EMPTY_FILE = Fault(
    findings.EMPTY_FILE,
    "A file that declares nothing would mean: delete everything that it declared before.",
    "Write `version: 1`, `name:` and `streams:`; to delete everything it has: put the file back as it was, then "
    "smith-topo destroy",
)
_EMPTY_TARGET = Fault(
    findings.EMPTY_TARGET,
    "It names no cluster, no account and no domain, so the file could be applied anywhere.",
    "Write `target: {cluster: NAME}`, `{account: NAME}` or `{domain: NAME}`, or leave it out.",
)
_NO_VERSION = Fault(findings.MISSING_KEY, "The file does not say which format it is in.", f"Write `version: {VERSION}`.")
