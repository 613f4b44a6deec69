"""What an object claims: a stream its subjects, a consumer of a work queue its filters. And the subject of what is parked."""

from __future__ import annotations

from typing import Any

from smith_topology.core.model import FILTERS, Address, Config, Kind, filters_of
from smith_topology.core.subjects import REST, SubjectIndex

PARKED = "_smith-topo.parked."


def claims_of(kind: Kind, config: Config | None) -> tuple[str, ...]:
    """The subjects of a stream, or the filters of a consumer; ``>`` where a consumer has none. Empty without an object."""
    if config is None:
        return ()
    return tuple(config.get("subjects") or ()) if kind is Kind.STREAM else filters_of(config) or (REST,)


def claiming(kind: Kind, config: Config, claims: tuple[str, ...]) -> dict[str, Any]:
    """The configuration with these claims instead of its own."""
    if kind is Kind.STREAM:
        return {**config, "subjects": list(claims)}
    claim = {"filter_subject": claims[0]} if len(claims) == 1 else {"filter_subjects": list(claims)}
    return {**{name: value for name, value in config.items() if name not in FILTERS}, **claim}


def parked(address: Address) -> tuple[str, ...]:
    """The claim of an object that has no other for the moment: no client publishes there."""
    return (PARKED + ".".join(address.path),)


def is_parked(claim: str) -> bool:
    return claim.startswith(PARKED)


def gone(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """The old claims that none of the new ones covers."""
    if old == new:
        return ()
    remaining: SubjectIndex[None] = SubjectIndex()
    for claim in new:
        remaining.add(claim, None)
    return tuple(claim for claim in old if not remaining.covers(claim))


def gained(kind: Kind, before: Config | None, after: Config | None) -> tuple[str, ...]:
    """What is claimed afterwards and was not before."""
    return gone(claims_of(kind, after), claims_of(kind, before))


def given_up(kind: Kind, before: Config | None, after: Config | None) -> tuple[str, ...]:
    """What was claimed before and is not afterwards, the parked claim left out."""
    return tuple(each for each in gone(claims_of(kind, before), claims_of(kind, after)) if not is_parked(each))
