"""Changes that can't be judged, because they depend on objects that can't be read."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Action, Change, Config, Diagnostic, Finding, Kind, Live, Resource, origins, stream_address
from smith_topology.core.planning.preflight.interface import PlannedChanges
from smith_topology.core.subjects import is_subset, overlaps

NOT_JUDGED = Finding.error(
    "CP111",
    "Change depends on what can't be read",
    "Objects exist that can't be read, and what the change would do, or whether the server takes it, depends on them: an origin, "
    "the other consumers of a work queue or interest stream, a stream that may hold a subject that passes.",
    "Bring the servers back that keep them, or `--exclude` the change.",
)


def unknown_origins(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Copies of a stream that can't be read: on a work queue they would take its messages."""
    for change, resource in planned.written(Kind.STREAM) if planned.live.unknown else ():
        added = set(origins(change.after or {})) - set(origins(change.before or {}))
        for why in filter(None, (planned.live.unknown.get(stream_address(name)) for name in sorted(added))):
            yield _not_judged(change, resource, why, "it copies a stream that can't be read")


def unknown_consumers(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Changes of a stream that keeps messages by its consumers, or of such a consumer, where another consumer can't be read."""
    for change, resource in planned.changing if planned.live.unknown else ():
        stream = planned.by_address.get(change.address.parent)
        configs = (stream.before, stream.after) if stream else (_config(planned.live, change),)
        if any((config or {}).get("retention", "limits") != "limits" for config in configs):
            for why in planned.live.unknown_consumers(change.address.parent).values():
                yield _not_judged(change, resource, why, "what its stream keeps depends on a consumer that can't be read")
                break


def _config(live: Live, change: Change) -> Config | None:
    observed = live.observed.get(change.address.parent)
    return observed.config if observed else None


def unknown_holders(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Subjects that are taken over from a stream and are wider than what it has: a stream that can't be read may hold the rest,
    and the server would refuse them only once they are given up.
    """
    streams = [why for address, why in planned.live.unknown.items() if address.kind is Kind.STREAM]
    live = {address: each.config.get("subjects") or () for address, each in planned.live.observed.items() if streams}
    held = [(subject, address) for address, subjects in live.items() for subject in subjects]
    for change, resource in planned.written(Kind.STREAM) if streams else ():
        if change.action is Action.UPDATE and "subjects" not in {each.path for each in change.fields}:
            continue
        for subject in (change.after or {}).get("subjects") or ():
            there = [(each, address) for each, address in held if overlaps(each, subject)]
            passes = any(address != change.address for _, address in there)
            if passes and not any(is_subset(subject, each) for each, _ in there):
                what = f'"{subject}" passes to it, and a part of it may be held by a stream that can\'t be read'
                yield _not_judged(change, resource, streams[0], what)


def _not_judged(change: Change, resource: Resource, why: Diagnostic, what: str) -> Diagnostic:
    detail, fix = f"{change.address}: {what}. {why.detail}", f"{why.fix} Or go on without it: --exclude {change.address.in_shell}"
    return NOT_JUDGED.at(resource, "", detail, fix)
