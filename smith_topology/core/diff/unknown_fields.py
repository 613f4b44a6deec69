"""Fields that this program does not know and that a file writes under ``extra``: their live values and what an update sends."""

from __future__ import annotations

from typing import Any

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import by_name
from smith_topology.core.model import Config, Observed, Resource


def wanted(resource: Resource, observed: Observed | None) -> dict[str, Any]:
    """The values to send for such fields. None for a field that was applied once and is no longer written: it is to go."""
    applied = observed.extra if observed else ()
    if not applied and not resource.extra:
        return {}
    known = by_name(RULES[resource.address.kind].fields)
    gone = dict.fromkeys(name for name in applied if name not in known)
    return {**gone, **{name: value for name, value in resource.extra.items() if value is not None}}


def as_written(wanted: Config, live: Config) -> dict[str, Any]:
    """The live values of such fields, in the file's spelling where that means the same: servers leave out what is false, 0 or
    empty.
    """
    return {name: value if _set(value) == _set(live.get(name)) else live.get(name) for name, value in wanted.items()}


def _set(value: Any) -> Any:
    """The value without everything that a server may leave out. None if nothing is left."""
    if isinstance(value, dict):
        members = {name: _set(each) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not None} or None
    return [_set(each) for each in value] or None if isinstance(value, list) else value or None
