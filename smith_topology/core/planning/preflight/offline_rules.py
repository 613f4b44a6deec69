"""The offline rules once more, with what only the server can say: the live values of ignored fields, and its version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from smith_topology.core.checks import CONDITIONAL, FINDINGS, check, consumer_limits, origins, subjects
from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.model import FILTERS, Action, Address, Change, Diagnostic, Live, Observed, Resource, Severity, Topology

ANSWERED_BY_SERVER = tuple(each.code for each in (origins.UNDECLARED, subjects.TWO_STREAMS, consumer_limits.TOO_MANY))
"""Offline findings that other rules of ``preflight`` judge by what is on the server: RF201, SB401, CP105."""

MOST_SHOWN = 5


def with_live_values(topology: Topology, live: Live) -> Topology:
    """The topology, with the live values of the fields that it leaves to others, and external streams as they are live. A new
    object has ignored fields as they are written.
    """
    if not any(each.ignore_changes or each.external for each in topology.resources.values()):
        return topology
    return replace(topology, resources={a: _filled(each, live.observed.get(a)) for a, each in topology.resources.items()})


def _filled(resource: Resource, observed: Observed | None) -> Resource:
    if resource.external:
        return replace(resource, config=observed.config) if observed else resource
    if observed is None or not resource.ignore_changes:
        return replace(resource, ignore_changes=())
    ignored = {*resource.ignore_changes, *(FILTERS if {*FILTERS} & {*resource.ignore_changes} else ())}
    kept = {name: value for name, value in resource.config.items() if name not in ignored}
    lives = {name: observed.config[name] for name in ignored if observed.config.get(name) is not None}
    return replace(resource, config={**kept, **lives}, ignore_changes=())


def judged(
    topology: Topology, live: Live, changes: tuple[Change, ...], selection: Selection, offline: tuple[Diagnostic, ...]
) -> tuple[Diagnostic, ...]:
    """What the rules find, in place of the ``offline`` warnings: they are the same where nothing depends on the server."""
    filled = with_live_values(topology, live)
    if filled is topology and not any(each.code in CONDITIONAL for each in offline):
        return tuple(each for each in offline if each.code not in ANSWERED_BY_SERVER)
    found = _open(filled, topology, live)
    others = [each for each in offline if each.code not in FINDINGS]
    warnings = [each for each in found if each.severity is not Severity.ERROR]
    if selection != EVERYTHING:
        found = _open(_as_planned(filled, live, selection), topology, live)
    return (*_new_errors(found, topology, live, changes), *others, *warnings)


def _open(judged: Topology, topology: Topology, live: Live) -> list[Diagnostic]:
    """What the rules find, but of external streams themselves."""
    external = {each.address for each in topology.streams() if each.external}
    return [each for each in check(judged, live.versions) if each.code not in ANSWERED_BY_SERVER and each.address not in external]


def _as_planned(topology: Topology, live: Live, selection: Selection) -> Topology:
    """The topology with what is not selected as it is live."""
    selected = {a: each for a, each in topology.resources.items() if a in selection}
    return replace(topology, resources={**_as_live(topology, live).resources, **selected})


def _as_live(topology: Topology, live: Live) -> Topology:
    there = ((a, each, live.observed.get(a)) for a, each in topology.resources.items())
    resources = {a: replace(each, config=o.config, ignore_changes=()) for a, each, o in there if o}
    return replace(topology, resources=resources)


def _new_errors(
    found: Iterable[Diagnostic], topology: Topology, live: Live, changes: tuple[Change, ...]
) -> Iterator[Diagnostic]:
    """The errors, without those of objects that stay as they are and have them now: the server has taken that."""
    errors = [each for each in found if each.severity is Severity.ERROR]
    written = {change.address for change in changes if change.action is not Action.NO_OP}
    standing = {(each.code, each.address) for each in (_open(_as_live(topology, live), topology, live) if errors else ())}
    for each in errors:
        if each.address in written or (each.code, each.address) not in standing:
            yield replace(each, detail=each.detail + _live_values(topology, live, each.address))


def _live_values(topology: Topology, live: Live, address: Address | None) -> str:
    """Which fields of the object's stream, and of the stream's consumers, count as they are live."""
    if address is None:
        return ""
    family = (topology.resources.get(address.parent), *topology.consumers(address.path[0]))
    there = [each for each in family if each and each.address in live.observed]
    left = [f"`{name}` of {each.address}" for each in there for name in each.ignore_changes]
    shown = ", ".join(left[:MOST_SHOWN]) + (f" and {len(left) - MOST_SHOWN} more" if len(left) > MOST_SHOWN else "")
    return f" Left to others, and as it is live: {shown}." if left else ""
