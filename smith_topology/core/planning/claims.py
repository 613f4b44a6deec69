"""What an object claims: the subjects of a stream, the filters of a consumer on a work queue. A parked object claims a subject
of its own instead.
"""

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
    """The subject of an object that claims nothing else for the moment. No client publishes to it."""
    return (PARKED + ".".join(address.path),)


def is_parked(claim: str) -> bool:
    return claim.startswith(PARKED)


def gone(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """The old claims that no new claim covers."""
    if old == new:
        return ()
    remaining = SubjectIndex((claim, None) for claim in new)
    return tuple(claim for claim in old if not remaining.covers(claim))


def gained(kind: Kind, before: Config | None, after: Config | None) -> tuple[str, ...]:
    """The new claims that no old claim covers."""
    return gone(claims_of(kind, after), claims_of(kind, before))


def given_up(kind: Kind, before: Config | None, after: Config | None) -> tuple[str, ...]:
    """The old claims that no new claim covers, without the parked one."""
    return tuple(each for each in gone(claims_of(kind, before), claims_of(kind, after)) if not is_parked(each))
