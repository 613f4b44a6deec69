"""Warnings that the file acknowledges: `ignore_warnings`, on an object or at the top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from smith_topology.core.checks import CONDITIONAL, FINDINGS, check
from smith_topology.core.diff import ownership
from smith_topology.core.file.suggest import meant, shown
from smith_topology.core.model import Address, Diagnostic, Finding, Severity, Span, Topology
from smith_topology.core.planning import rollback
from smith_topology.core.planning.preflight import origins, versions

NOT_A_WARNING = Finding.error(
    "not-a-warning",
    "Not the code of a warning",
    "`ignore_warnings` has a code that no warning has. Errors and refusals can't be ignored.",
    "Correct the code, or delete the entry.",
)
NOTHING_IGNORED = Finding.warning(
    "nothing-ignored",
    "An ignored warning does not arise",
    "An entry of `ignore_warnings` hides nothing: what it was for is gone, or it stands at another object.",
    "Delete the entry.",
)

OF_PLANS = (versions.PERHAPS_TOO_OLD, origins.ORIGIN_DESTROYED, rollback.INTERRUPTED, ownership.UNKNOWN)
"""Warnings that only a plan gives."""
OFFLINE = frozenset(CONDITIONAL | {code for code, each in FINDINGS.items() if each.severity is Severity.WARNING})
WARNINGS = OFFLINE | {each.code for each in OF_PLANS}

Place = tuple[Address | None, str]
"""An entry: the object that it stands at, None at the top, and the code."""


def offline(topology: Topology) -> tuple[Diagnostic, ...]:
    """What the rules find without a server, with the reasons for which warnings are ignored, and what is wrong with these."""
    found = acknowledged(topology, check(topology))
    return (*found, *_not_warnings(topology), *_unused(topology, found))


def acknowledged(topology: Topology, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings, each warning with the reason for which the file ignores it, if it does."""
    if not any(each for _, each in _entries(topology)):
        return tuple(found)
    placed = ((each, _hiding(topology, each)) for each in found)
    return tuple(replace(each, ignored=_reason(topology, place)) if place else each for each, place in placed)


def _entries(topology: Topology) -> Iterator[tuple[Address | None, Iterable[str]]]:
    yield None, topology.ignore_warnings
    for address, resource in topology.resources.items():
        yield address, resource.ignore_warnings


def _hiding(topology: Topology, found: Diagnostic) -> Place | None:
    """The entry that hides a finding: of its object, of its stream, or at the top."""
    if found.severity not in (Severity.WARNING, Severity.NOTE):
        return None
    for address in dict.fromkeys((found.address, found.address.parent)) if found.address else ():
        if (resource := topology.resources.get(address)) and found.code in resource.ignore_warnings:
            return address, found.code
    return (None, found.code) if found.code in topology.ignore_warnings else None


def _reason(topology: Topology, place: Place) -> str:
    address, code = place
    return topology.resources[address].ignore_warnings[code] if address else topology.ignore_warnings[code].reason


def _not_warnings(topology: Topology) -> Iterator[Diagnostic]:
    for address, codes in _entries(topology):
        for code in codes:
            if code not in WARNINGS:
                detail = f"{shown(code)} is not the code of a warning, and nothing else can be ignored."
                yield NOT_A_WARNING.diagnostic(detail, meant(code, WARNINGS), address, _span(topology, (address, code)))


def _unused(topology: Topology, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Entries that hide nothing. Silent about warnings of a plan, and where values are left to others: the plan may find more."""
    used = {_hiding(topology, each) for each in found}
    for address, codes in _entries(topology):
        for code in codes:
            if code in OFFLINE and (address, code) not in used and not _is_open(topology, address):
                detail = f"{shown(code)} does not arise here, so there is nothing to ignore."
                yield NOTHING_IGNORED.diagnostic(detail, "Delete the entry.", address, _span(topology, (address, code)))


def _is_open(topology: Topology, address: Address | None) -> bool:
    family = [each for a, each in topology.resources.items() if address is None or a.path[0] == address.path[0]]
    return any(each.ignore_changes or each.external for each in family)


def _span(topology: Topology, place: Place) -> Span:
    address, code = place
    return topology.resources[address].where(f"ignore_warnings.{code}") if address else topology.ignore_warnings[code].span
