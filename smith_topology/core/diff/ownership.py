"""Ownership: the owner mark in metadata decides what may be adopted, deleted, or only be looked at."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from smith_topology.core.diff.selection import Selection
from smith_topology.core.model import Address, Diagnostic, Finding, Kind, Live, Observed, Resource, Role, Topology

UNOWNED = Finding.refusal(
    "OW101",
    "Object exists and has no owner",
    "A declared object exists and has no owner: another client made it, it is a copy of another object, or an update without "
    "metadata wiped its marks.",
    "`smith-topo show ADDRESS`, then `--adopt`.",
)
THEIRS = Finding.refusal(
    "OW102",
    "Object belongs to another topology",
    "A declared object belongs to another topology.",
    "Take it out of one of the two files; a stream of which only consumers are wanted: `external: true`.",
)
PROTECTED = Finding.refusal(
    "OW103",
    "Object is protected",
    "An object to be deleted is protected, or holds a consumer that is.",
    "Apply `protect: false` first.",
)
FOREIGN_CONSUMER = Finding.refusal(
    "OW104",
    "Stream holds a consumer that is not this topology's",
    "A stream to be deleted holds a consumer that is not this topology's, or an excluded one, which would go with it.",
    "Have that consumer removed first, or exclude the stream too.",
)
EXCLUDED_CONSUMER = FOREIGN_CONSUMER.worded("Stream holds an excluded consumer")
UNKNOWN_CONSUMER = FOREIGN_CONSUMER.worded("Stream holds a consumer that can't be read")
FOREIGN_STREAM = Finding.refusal(
    "OW106",
    "Consumer on a stream that is not this topology's",
    "A consumer is selected without its stream, and the stream is not this topology's.",
    "Select the stream too, `--adopt` takes over one without an owner; or declare it with `external: true`.",
)
OWN_EXTERNAL = Finding.refusal(
    "OW107",
    "External stream is this topology's own",
    "A stream with `external: true` carries this topology's mark: nothing would manage it any more.",
    "Delete `external`, or hand the stream over first.",
)
NO_EXTERNAL = Finding.error(
    "RF203",
    "External stream does not exist",
    "A stream with `external: true` is not on the server, so it can't have consumers.",
    "Correct the name, or have its owner create it first.",
)

RESERVED = Finding.refusal(
    "OW108",
    "Stream belongs to a bucket",
    "A declared stream exists as the stream that keeps a bucket.",
    "Take it out of the file, or choose another name.",
)
UNKNOWN = Finding.warning(
    "unknown",
    "Objects can't be read",
    "Objects that the file does not declare exist and can't be read: their servers don't answer, or a permission is missing. Who "
    "owns them is not known, so they are left alone.",
    "Bring the servers back that keep them, to learn more.",
)
FOREIGN_SOURCE = Finding.refusal(
    "OW110",
    "Object was applied from another file",
    "An object to be deleted was last applied from a file that is not among those of this run and that its repository still has, "
    "or from another repository: most likely two files have the same `name`.",
    "Give each file a `name` of its own; if it is to be deleted from here: `--from-source SOURCE`.",
)

OTHERS = (UNOWNED.code, THEIRS.code)
"""Refusals about declared objects that are not this topology's to write."""
MOST_NAMED = 5
AS_EXTERNAL = "write `external: true` in place of its fields"
HAND_OVER = "Delete `external`; or hand it over first: another topology declares it, and its `smith-topo.owner` names that one."
INTERNAL_PREFIXES = ("JS_MIRROR_", "JS_SRC_")


def refusal(topology: Topology, resource: Resource, live: Live, selection: Selection, *, adopt: bool) -> Diagnostic | None:
    """Why a declared object may not be written, None if it may."""
    parent = resource.address.parent
    stream = None if parent in selection or topology.is_external(parent) else live.observed.get(parent)
    if stream and stream.owner != topology.name:
        detail = f"{resource.address} is selected without {stream.address}, which this topology does not own."
        fix = f"Select the stream too; if it has no owner, `--adopt` takes it over; or {AS_EXTERNAL}."
        return FOREIGN_STREAM.at(resource, "", detail, fix)
    observed = live.observed.get(resource.address)
    if observed and not observed.role.is_plain:
        return _reserved(resource, observed.role)
    if observed is None or resource.address in owned(topology, live):
        return None
    if observed.owner:
        detail = f'{resource.address} is managed by "{observed.owner}"; two files that manage one object undo each other\'s work.'
        fix = "Take it out of this file: one object has one owner."
        more = f" To have consumers of your own on it, {AS_EXTERNAL}." if resource.address.kind is Kind.STREAM else ""
        return THEIRS.at(resource, "", detail, fix + more)
    return None if adopt else _unowned(resource, observed)


def unreadable(topology: Topology, live: Live, selection: Selection) -> Iterator[Diagnostic]:
    """An error for each object that is selected and declared, or to be destroyed, and can't be read; one warning for all others.

    An unknown stream stands for its consumers, where both are selected.
    """
    mentioned = dict.fromkeys([*topology.resources, *sorted(topology.withdrawn)]) if live.unknown else {}
    meant = [address for address in mentioned if address in selection and live.why_unknown(address)]
    for address in meant:
        if (why := live.why_unknown(address)) and (address == address.parent or address.parent not in meant):
            resource = topology.resources.get(address)
            fix = f"{why.fix} Or go on without it: --exclude {address.in_shell}"
            yield replace(why, fix=fix, address=address, span=resource.span if resource else None)
    if others := [why for address, why in live.unknown.items() if address not in mentioned]:
        listed = " ".join(each.detail for each in others[:MOST_NAMED])
        more = f" And {len(others) - MOST_NAMED:,} more." if len(others) > MOST_NAMED else ""
        yield UNKNOWN.diagnostic(f"{listed}{more} Who owns them is not known: they are left alone.", others[0].fix)


def _reserved(resource: Resource, role: Role) -> Diagnostic:
    detail = f"{resource.address} is live, and keeps a {role.value}; managed as a plain stream it would no longer be one."
    return RESERVED.at(resource, "", detail, "Take it out of this file, or choose another name.")


def external_streams(topology: Topology, live: Live, selection: Selection) -> Iterator[Diagnostic]:
    """External streams that are not there, or are this topology's own, where they or a consumer of theirs is selected."""
    for stream in topology.streams() if len(topology.managed) < len(topology.resources) else ():
        address = stream.address
        concerned = address in selection or any(each.address in selection for each in topology.consumers(address.name))
        if not stream.external or not concerned or live.why_unknown(address):
            continue
        if address in owned(topology, live):
            detail = f"{address} carries the mark of this topology: as an external stream nothing would manage it any more."
            yield OWN_EXTERNAL.at(stream, "external", detail, HAND_OVER)
        elif not live.exists(address):
            detail = f"{address} is not on the server, and it is not this file's to create (`external: true`)."
            yield NO_EXTERNAL.at(stream, "external", detail, "Correct the name, or have its owner create it first.")


def _unowned(resource: Resource, observed: Observed) -> Diagnostic:
    why = "it carries no owner mark: somebody else made it, or an update without metadata has wiped the marks"
    if observed.copy_of:
        why = f"it carries the marks of {observed.copy_of}: it is a copy of that one, which this topology did not make"
    fix = f"Look at it, then run again with --adopt to manage it from this file:\n  smith-topo show {resource.address.in_shell}"
    return UNOWNED.at(resource, "", f"{resource.address} is live already, and {why}.", fix)


def removed(topology: Topology, live: Live, selection: Selection) -> Iterator[Observed]:
    """Owned, selected and no longer declared; consumers before the streams that hold them.

    A stream takes its consumers with it, so selecting it selects them, unless they are excluded by name.
    """
    gone = {a: o for a, o in owned(topology, live).items() if a not in topology.resources and o.role.is_plain}
    selected = [
        o
        for a, o in gone.items()
        if a in selection or (a.parent in gone and a.parent in selection and not selection.excludes_by_name(a))
    ]
    yield from sorted(selected, key=lambda each: (each.address.kind is Kind.STREAM, each.address))


def removal_refusals(topology: Topology, observed: Observed, live: Live, selection: Selection) -> Iterator[Diagnostic]:
    """Why an owned object may not be deleted: its own protection, or what would go with it."""
    if since := _protection(topology, observed):
        detail = f"{observed.address} is protected: not destroyed (protect, {since})."
        fix = "To delete it, put it back into the file with `protect: false`, apply that, then remove it."
        yield PROTECTED.diagnostic(detail, fix, observed.address)
    for consumer in live.consumers(observed.address.name) if observed.address.kind is Kind.STREAM else ():
        if found := _in_the_way(topology, observed.address, consumer, selection):
            finding, reason, fix = found
            detail = f"{observed.address} can't be destroyed: {consumer.address} {reason} would go with it."
            yield finding.diagnostic(detail, fix, observed.address)
    for address, why in live.unknown_consumers(observed.address).items():
        detail = f"{observed.address} can't be destroyed: {address} would go with it, and whose it is can't be read. {why.detail}"
        yield UNKNOWN_CONSUMER.diagnostic(detail, why.fix, observed.address)


def _in_the_way(
    topology: Topology, stream: Address, consumer: Observed, selection: Selection
) -> tuple[Finding, str, str] | None:
    """Why a consumer keeps its stream from being deleted, and what to do. None if it does not."""
    if consumer.owner != topology.name and not is_ephemeral_or_internal(consumer):
        unowned = f"is a copy of {consumer.copy_of}" if consumer.copy_of else "has no owner"
        whose = f'is managed by "{consumer.owner}"' if consumer.owner else unowned
        return FOREIGN_CONSUMER, f"{whose} and", "Have the users of that consumer remove it first."
    if since := _protection(topology, consumer):
        return PROTECTED, f"is protected ({since}) and", "To delete it, apply `protect: false` to the consumer first."
    if selection.excludes_by_name(consumer.address):
        return EXCLUDED_CONSUMER, "is excluded, and", f"Exclude the stream too: --exclude {stream.in_shell}"
    return None


def from_elsewhere(topology: Topology, removed: Iterable[Observed]) -> Iterator[Diagnostic]:
    """A refusal for each source other than the files of this run from which objects to be deleted were applied."""
    found: dict[str, list[Address]] = {}
    for each in removed:
        source = topology.sources.other(each.source)
        if source and not topology.sources.allows(source):
            found.setdefault(source, []).append(each.address)
    return (_from_elsewhere(topology, source, addresses) for source, addresses in found.items())


def _from_elsewhere(topology: Topology, source: str, addresses: list[Address]) -> Diagnostic:
    names = ", ".join(map(str, addresses[:MOST_NAMED]))
    more = f" and {len(addresses) - MOST_NAMED} more" if len(addresses) > MOST_NAMED else ""
    were = "were" if len(addresses) > 1 else "was"
    return FOREIGN_SOURCE.diagnostic(
        f"{names}{more} {were} applied from {source}, not from the files of this run.",
        f"Does that file say `name: {topology.name}` too? Then each of the two takes the other's objects for its own: give one "
        f"of them another name. If this run is to delete them: --from-source {shlex.quote(source)}",
        addresses[0],
    )


def _protection(topology: Topology, observed: Observed) -> str:
    """Since when an object is protected, in words; ``""`` if it is not."""
    if observed.protected:
        return f"set {observed.protected}"
    return "declared, not applied yet" if observed.address in topology.protected else ""


def unmanaged(topology: Topology, live: Live) -> Mapping[Address, Role]:
    """What is live and not owned by this file: another owner's, or without one. Ephemeral and internal consumers don't count.

    A stream stands for all that it holds, whether its consumers were read or not.
    """
    ours = owned(topology, live)
    foreign = {
        address: observed.role
        for address, observed in live.observed.items()
        if address not in topology.managed
        and (address not in ours or not observed.role.is_plain)
        and not is_ephemeral_or_internal(observed)
    }
    return {a: role for a, role in foreign.items() if a.kind is not Kind.CONSUMER or a.parent not in foreign}


def is_ephemeral_or_internal(observed: Observed) -> bool:
    """Ephemeral consumers and the ones the server makes for mirrors and sources."""
    if observed.address.kind is not Kind.CONSUMER:
        return False
    return is_internal(observed) or is_ephemeral(observed)


def is_ephemeral(observed: Observed) -> bool:
    """Whether it is a consumer that a client made for itself, and that ends with it."""
    return observed.address.kind is Kind.CONSUMER and not observed.config.get("durable_name") and not is_internal(observed)


def is_internal(consumer: Observed) -> bool:
    """Whether the server made it, for a mirror or a source."""
    config = consumer.config
    return bool(config.get("direct") or config.get("sourcing") or consumer.address.name.startswith(INTERNAL_PREFIXES))


def owned(topology: Topology, live: Live) -> Mapping[Address, Observed]:
    return live.by_owner.get(topology.name, {})
