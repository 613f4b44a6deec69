"""Topology × Live → Changes: what differs, who owns it, and why it differs. What it costs comes later (``planning.forecast``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from smith_topology.core.diff import ownership, unknown_fields
from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import Field
from smith_topology.core.kinds.marks import OWNED_BY, PROTECTED, UNFINISHED
from smith_topology.core.kinds.normal_forms import NOTHING, Context, comparable
from smith_topology.core.kinds.own_limits import lowered
from smith_topology.core.model import (
    APPLIED,
    FILTERS,
    KEPT,
    Action,
    Address,
    Change,
    Config,
    Diagnostic,
    FieldChange,
    Kind,
    Live,
    Observed,
    Reason,
    Resource,
    Role,
    Topology,
    digest,
    stream_address,
)

UNSTAMPED = ("pause_until",)
"""Changes by the pause API, or by running out: neither stamps what was applied."""
SINCE_APPLIED = {
    (True, True): Reason.BOTH,
    (True, False): Reason.DRIFT,
    (False, True): Reason.PENDING,
    (False, False): Reason.UNKNOWN,
}
"""By whether the live object, and the file, have changed since."""
WITH_PAUSE = {Reason.PENDING: Reason.BOTH, Reason.NOT_KEPT: Reason.DRIFT}
"""What a reason becomes where a pause by hand ends as well, which no mark records."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Every object the topology has a say in, plus what stands in the way and what is left alone.

    ``held`` are the changes that a refusal of ownership keeps from being made.
    """

    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unmanaged: Mapping[Address, Role] = field(default_factory=dict)
    copies: Mapping[Address, str] = field(default_factory=dict)
    owned: int = 0
    ephemeral: int = 0


def diff(topology: Topology, live: Live, *, adopt: bool = False, selection: Selection = EVERYTHING) -> Difference:
    """Compare every selected object that is declared with the live one, and find the owned ones that no longer are."""
    contexts = Contexts(topology, live, selection)
    changes, held, diagnostics = list[Change](), list[Change](), list(ownership.unreadable(topology, live, selection))
    diagnostics += ownership.external_streams(topology, live, selection)
    for resource in topology.managed.values():
        if resource.address not in selection or live.why_unknown(resource.address):
            continue
        observed = live.observed.get(resource.address)
        refusal = ownership.refusal(topology, resource, live, selection, adopt=adopt)
        change = declared_change(topology.name, resource, observed, contexts.of(resource.address))
        if refusal:
            diagnostics.append(refusal)
            held += [change] if refusal.code in ownership.OTHERS else []
        else:
            changes.append(change)
    removed = list(ownership.removed(topology, live, selection))
    for observed in removed:
        refusals = list(ownership.removal_refusals(topology, observed, live, selection))
        diagnostics.extend(refusals)
        (held if refusals else changes).append(removed_change(topology, observed, contexts.of(observed.address)))
    diagnostics.extend(ownership.from_elsewhere(topology, removed))
    unmanaged, owned = ownership.unmanaged(topology, live), ownership.owned(topology, live)
    copies = {address: live.observed[address].copy_of for address in unmanaged if live.observed[address].copy_of}
    ephemeral = sum(map(ownership.is_ephemeral, live.observed.values()))
    return Difference(tuple(changes), tuple(held), tuple(diagnostics), unmanaged, copies, len(owned), ephemeral)


def declared_change(owner: str, resource: Resource, observed: Observed | None, context: Context) -> Change:
    """One declared object against the live one, if any. Immutable fields make it a REPLACE."""
    rules = RULES[resource.address.kind]
    unknown = unknown_fields.wanted(resource, observed)
    before = normal_form(observed, context, unknown) if observed else None
    after = {**future_form(resource, before, context), **unknown}
    if observed is None or before is None:
        return Change(resource.address, Action.CREATE, Reason.NEW, None, after, span=resource.span)
    after = _with_ignored(resource, lowered(after, resource, observed), before)
    if observed.owner != owner:
        after[OWNED_BY] = owner
    fields = tuple(
        replace(each, immutable=rules.immutable(each.name, before, after, context))
        for each in compare(rules.fields, before, after)
    )
    action = Action.REPLACE if any(each.immutable for each in fields) else Action.UPDATE if fields else Action.NO_OP
    reason = _reason(observed, before, after, resource) if fields else Reason.SAME
    resumes = "pause_until" not in resource.config and any(each.path == "pause_until" for each in fields)
    if resumes and reason is not Reason.ADOPT:
        reason = Reason.PAUSED if len(fields) == 1 else WITH_PAUSE.get(reason, reason)
    return Change(resource.address, action, reason, before, after, fields, span=resource.span, resumes=resumes)


def future_form(resource: Resource, before: Config | None, context: Context) -> dict[str, Any]:
    """The configuration that a declared object will have: what the server makes of it, with the live values of ignored fields."""
    rules, declared = RULES[resource.address.kind], _with_ignored(resource, resource.config, before)
    after = rules.effective(declared, resource.address.name, context._replace(live=before or {}))
    return _with_ignored(resource, {**after, PROTECTED: True} if resource.protect else after, before)


def _with_ignored(resource: Resource, config: Config, live: Config | None) -> dict[str, Any]:
    """The configuration with the live values of ignored fields. ``filter_subject`` and ``filter_subjects`` count as one."""
    found = dict(config)
    for name in resource.ignore_changes if live is not None else ():
        for each in FILTERS if name in FILTERS else (name,):
            found.pop(each, None)
            if live and each in live:
                found[each] = live[each]
    return found


def removed_change(topology: Topology, observed: Observed, context: Context) -> Change:
    reason = Reason.REMOVED if topology.resources else Reason.DESTROY
    source = topology.sources.other(observed.source)
    return Change(observed.address, Action.DELETE, reason, normal_form(observed, context), None, source=source)


def normal_form(observed: Observed, context: Context, unknown: Config = NOTHING) -> dict[str, Any]:
    """A live object in the form changes are computed in; ``unknown`` is what is wanted of fields that only the file knows."""
    before = RULES[observed.address.kind].normal(observed.config, context) | unknown_fields.as_written(unknown, observed.config)
    if observed.protected:
        before[PROTECTED] = True
    if observed.stage:
        before[UNFINISHED] = observed.stage
    return before


def compare(fields: tuple[Field, ...], before: Config, after: Config) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the kind's table. Lists are one value each.

    Equality is decided first, without deepdiff: importing it costs more than planning a small account.
    """
    if before == after:
        return ()
    left, right = comparable(fields, before), comparable(fields, after)
    if left == right:
        return ()
    from deepdiff import DeepDiff

    tree = DeepDiff(left, right, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    levels = (level.path(output_format="list") for found in tree.values() for level in found)
    paths = {tuple(takewhile(lambda part: isinstance(part, str), level)) for level in levels}
    order = {each.name: place for place, each in enumerate(fields)}
    ranked = sorted(paths, key=lambda path: (order.get(path[0], len(order)), path))
    return tuple(FieldChange(".".join(path), _dig(before, path), _dig(after, path)) for path in ranked)


def _dig(config: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        config = config.get(name) if isinstance(config, Mapping) else None
    return config


def applied_digest(config: Config, resource: Resource) -> str:
    """The digest stamped as ``smith-topo.applied``: of the effective configuration, less what is ignored."""
    return meaning_digest(resource.address.kind, config, resource.ignore_changes)


def meaning_digest(kind: Kind, config: Config, ignored: tuple[str, ...]) -> str:
    """A digest of a normal form, less what is ignored.

    Equal for equal meanings on every server version, so that a server upgrade is not taken for drift. ``ack_policy: none`` is
    left out: earlier versions of this program took it for a default.
    """
    left_out = {*ignored, OWNED_BY, UNFINISHED, *UNSTAMPED}
    kept = {name: value for name, value in config.items() if name not in left_out and value is not None}
    if kept.get("ack_policy") == "none":
        del kept["ack_policy"]
    return digest(comparable(RULES[kind].fields, kept))


def _reason(observed: Observed, before: Config, after: Config, resource: Resource) -> Reason:
    if OWNED_BY in after:
        return Reason.THEIRS if observed.owner else Reason.ADOPT
    if UNFINISHED in before:
        return Reason.UNFINISHED
    applied = observed.marks.get(APPLIED)
    if not applied:
        return Reason.UNKNOWN
    now, kept = applied_digest(before, resource), observed.marks.get(KEPT)
    moved = applied_digest(after, resource) != applied
    if now == kept and not moved:
        return Reason.NOT_KEPT
    return SINCE_APPLIED[now not in (applied, kept), moved]


@dataclass(frozen=True, slots=True)
class Contexts:
    """What each object's defaults depend on: the server, a consumer's stream, a mirror's origin."""

    topology: Topology
    live: Live
    selection: Selection
    _consumers: dict[str, Context] = field(default_factory=dict)

    def of(self, address: Address) -> Context:
        if address.kind is not Kind.CONSUMER:
            return Context(self.live.server, self.live.versions(address), origin_direct=self._origin_direct(address))
        stream = address.path[0]
        if stream not in self._consumers:
            versions = self.live.versions(address)
            self._consumers[stream] = Context(self.live.server, versions, self._stream(stream_address(stream)))
        return self._consumers[stream]

    def _stream(self, address: Address) -> Config:
        """The normal form a stream will have: as declared where that is selected, else as it is; empty when there is none."""
        resource, observed = self._declared(address), self.live.observed.get(address)
        context = Context(self.live.server, self.live.versions(address))
        before = RULES[Kind.STREAM].normal(observed.config, context) if observed else None
        return future_form(resource, before, context) if resource else before or {}

    def _declared(self, address: Address) -> Resource | None:
        return self.topology.managed.get(address) if address in self.selection else None

    def _origin_direct(self, address: Address) -> bool | None:
        resource, observed = self._declared(address), self.live.observed.get(address)
        config = resource.config if resource else observed.config if observed else {}
        mirror = config.get("mirror") or {}
        if not mirror or mirror.get("external"):
            return None
        origin = self._stream(stream_address(mirror["name"]))
        return bool(origin.get("allow_direct")) if origin else None
