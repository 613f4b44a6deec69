"""Fields that this program does not know and a file writes all the same: what is to become of them, and what they mean live."""

from __future__ import annotations

from typing import Any

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import by_name
from smith_topology.core.model import Config, Observed, Resource


def wanted(resource: Resource, observed: Observed | None) -> dict[str, Any]:
    """What the file says of them; None for one that is to go: it was applied once, and is no longer written."""
    applied = observed.extra if observed else ()
    if not applied and not resource.extra:
        return {}
    known = by_name(RULES[resource.address.kind].fields)
    gone = dict.fromkeys(name for name in applied if name not in known)
    return {**gone, **{name: value for name, value in resource.extra.items() if value is not None}}


def as_written(wanted: Config, live: Config) -> dict[str, Any]:
    """What is live of them, in the words of the file where that means the same: servers leave out what is false, 0 or empty."""
    return {name: value if _set(value) == _set(live.get(name)) else live.get(name) for name, value in wanted.items()}


def _set(value: Any) -> Any:
    """What is left of a value without all that a server may leave out; None for nothing."""
    if isinstance(value, dict):
        members = {name: _set(each) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not None} or None
    return [_set(each) for each in value] or None if isinstance(value, list) else value or None
