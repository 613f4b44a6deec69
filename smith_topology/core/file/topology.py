"""The texts of topology files → one Topology, or everything that is wrong with them in one run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from smith_topology.core.file import findings
from smith_topology.core.file.reader import Defaults, FileReader, Part, open_file
from smith_topology.core.file.report import Fault, Report
from smith_topology.core.file.suggest import shown
from smith_topology.core.model import Address, Diagnostic, Kind, Resource, Severity, Span, Target, Topology, worst
from smith_topology.core.secrets import looks_secret

_NAME_LINE = re.compile(rb"""^name:[ \t]*(["']?)([A-Za-z0-9._-]{1,64})\1[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
_STOPPING = (Severity.ERROR, Severity.REFUSAL)


Rules: TypeAlias = Callable[[Topology], Iterable[Diagnostic]]


def no_rules(_topology: Topology) -> tuple[Diagnostic, ...]:
    return ()


def parse(
    sources: Sequence[tuple[str, bytes]], *, complete: bool = True, rules: Rules = no_rules
) -> tuple[Topology | None, tuple[Diagnostic, ...]]:
    """One topology of all files, given as (name to show, content). None when an error or a refusal stops it, or it has no name.

    ``defaults``, ``name`` and ``target`` may be in any of the files, hold for all, and must agree. If the sources are not
    ``complete``, a missing name or stream is no fault. ``rules`` judge the topology; if it has faults already, they judge the
    streams that have none, so that one run finds as much as it can.
    """
    reports = [Report(file) for file, _ in sources]
    parts = _parts([open_file(data, report) for report, (_, data) in zip(reports, sources, strict=True)])
    diagnostics = [each for report in reports for each in report.diagnostics()]
    resources: dict[Address, Resource] = {}
    diagnostics.extend(_collect(parts, resources))
    diagnostics.extend(_disagreements(parts))
    if complete and all(part.readable for part in parts):
        diagnostics.extend(_missing(parts, reports, stopped=worst(diagnostics) in _STOPPING))
    owner = next((part.owner.text for part in parts if part.owner), None)
    target = next((part.target for part in parts if part.target), None)
    ignored = {code: each for part in reversed(parts) for code, each in part.ignore_warnings.items()}
    topology = Topology(owner or "", resources, tuple(file for file, _ in sources), target, ignore_warnings=ignored)
    if owner is None or worst(diagnostics) in _STOPPING:
        known = all(part.sound for part in parts) and not any(report.full for report in reports)
        judged = rules(_without_faults(topology, diagnostics)) if known else ()
        return None, (*diagnostics, *(each for each in judged if each.severity is Severity.ERROR))
    diagnostics.extend(rules(topology))
    return (None if worst(diagnostics) in _STOPPING else topology), tuple(diagnostics)


def readable_owner(sources: Iterable[tuple[str, bytes]]) -> str:
    """The ``name`` of files that have errors, for a report about them; ``""`` if none can be read, or several."""
    names = {name for file, data in sources if (name := _owner_of(file, data)) and not looks_secret(name)}
    return names.pop() if len(names) == 1 else ""


def _owner_of(file: str, data: bytes) -> str:
    """By the parser; where it stops, a line that starts with ``name:``."""
    if reader := open_file(data, Report(file)):
        return reader.owner.text if reader.owner else ""
    line = _NAME_LINE.search(data)
    return line[2].decode() if line else ""


def _parts(files: Sequence[FileReader | None]) -> list[Part]:
    defaults: Defaults = {}
    for file in files:
        if file:
            file.join(defaults)
    return [file.part(defaults) if file else Part() for file in files]


def _without_faults(topology: Topology, diagnostics: Iterable[Diagnostic]) -> Topology:
    """The topology without the streams that a diagnostic names, and without their consumers."""
    faulty = {each.address.path[0] for each in diagnostics if each.address}
    return replace(topology, resources={a: r for a, r in topology.resources.items() if a.path[0] not in faulty})


def _collect(parts: Sequence[Part], resources: dict[Address, Resource]) -> Iterator[Diagnostic]:
    """Put the resources of all files into ``resources``. An error for each stream in two files, none for its consumers."""
    home: dict[str, int] = {}
    for number, part in enumerate(parts):
        for resource in part.resources:
            address = resource.address
            if home.setdefault(address.path[0], number) == number:
                resources[address] = resource
            elif address.kind is Kind.STREAM:
                yield _twice(address, resources[address].span).at(resource.span, address=address)


def _twice(address: Address, first: Span) -> Fault:
    detail = f"{address} is already declared at {first}; only one of the two could count."
    return Fault(findings.DUPLICATE_STREAM, detail, "Delete one of them, or join them.")


def _disagreements(parts: Sequence[Part]) -> Iterator[Diagnostic]:
    owners = [part.owner for part in parts if part.owner and part.owner.text]
    for owner in owners[1:]:
        if owner.text != owners[0].text:
            yield _differs("name", shown(owners[0].text), owners[0].span).at(owner.span)
    targets = [part.target for part in parts if part.target]
    for target in targets[1:]:
        if target.parts != targets[0].parts:
            yield _differs("target", _parts_of(targets[0]), targets[0].span).at(target.span)


def _differs(key: str, first: str, at: Span) -> Fault:
    return Fault(
        findings.DIFFERENT[key],
        f"All files make one topology; {at} says {first}.",
        f"Write the same `{key}`, or write it in one file only.",
    )


def _parts_of(target: Target) -> str:
    return " and ".join(f"{word} {shown(text)}" for word, text in target.parts.items() if text is not None) or "nothing"


def _missing(parts: Sequence[Part], reports: Sequence[Report], *, stopped: bool) -> Iterator[Diagnostic]:
    start = reports[0].start if reports else None
    if not any(part.owner for part in parts):
        yield _NO_NAME.at(start)
    elif not stopped and not any(not each.external for part in parts for each in part.resources):
        yield _NO_STREAMS.at(start)


_NO_NAME = Fault(
    findings.MISSING_KEY,
    "No file has a `name`; it is stamped on everything that the topology manages, and tells it from everything else.",
    "Write `name:` and a name that no other topology of the account has.",
)
_NO_STREAMS = Fault(
    findings.EMPTY_TOPOLOGY,
    "A topology without streams would mean: delete everything that it declared before.",
    "Declare a stream under `streams:`; to delete everything it has: put the file back as it was, then smith-topo destroy",
)
