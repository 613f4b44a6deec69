"""Copies of streams that don't exist, or that this plan deletes."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Diagnostic, Finding, Kind, origins, stream_address
from smith_topology.core.planning.preflight.interface import PlannedChanges

NO_ORIGIN = Finding.error(
    "RF201",
    "Origin does not exist",
    "The origin of a mirror or source is neither declared nor there: the copy would stay empty without an error.",
    "Correct the name, or create the origin first.",
)
ORIGIN_DESTROYED = Finding.warning(
    "RF202",
    "Origin of a copy is destroyed",
    "The plan destroys the origin of a copy: the copy keeps what it has and gets nothing more, without an error.",
    "Make sure that nothing relies on the copy.",
)


def missing(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Mirrors and sources of a stream that does not exist. The server accepts them, and they stay empty without a warning."""
    for change, resource in planned.written(Kind.STREAM):
        for origin in origins(change.after or {}):
            address = stream_address(origin)
            other = planned.by_address.get(address)
            goes = other is not None and other.action is Action.DELETE
            if goes or (other is None and not planned.live.exists(address)):
                unselected = "is not on the server, and not selected" if address in planned.topology.managed else ""
                why = "this plan destroys" if goes else unselected or "is neither in the file nor on the server"
                detail = f'{change.address} copies "{origin}", which {why}: it would stay empty without an error.'
                fix = f"Select it too: --target {address.in_shell}" if unselected else "Correct the name, or keep the origin."
                yield NO_ORIGIN.at(resource, "mirror" if resource.config.get("mirror") else "sources", detail, fix)


def left_without(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Streams that copy a stream this plan deletes. They keep what they have and get nothing more, without a warning."""
    gone = {a.name for a, c in planned.by_address.items() if a.kind is Kind.STREAM and c.action is Action.DELETE}
    for address, observed in planned.live.observed.items() if gone else ():
        if address.kind is not Kind.STREAM or address.name in gone:
            continue
        change = planned.by_address.get(address)
        for origin in gone.intersection(origins((change.after if change else observed.config) or {})):
            detail = f'{address} copies "{origin}", which this plan destroys: it keeps what it has and gets nothing more, '
            yield ORIGIN_DESTROYED.diagnostic(f"{detail}without an error.", ORIGIN_DESTROYED.advice, address)
