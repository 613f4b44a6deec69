"""Limits of a server's own configuration (``jetstream { limits { … } }``). No answer of the API shows them.

They lower the defaults of fields that are left out. Apply sees that in the answer and leaves the values on the object
(``smith-topo.limits``), where the next plan reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from smith_topology.core.model import LIMITS, Call, Config, FieldChange, Kind, Observed, Resource, Verb

LIMITED: Mapping[Kind, tuple[str, ...]] = {Kind.STREAM: ("duplicate_window",), Kind.CONSUMER: ("max_ack_pending", "max_batch")}
"""Every create and every update sets these to the limit where they are left out, and refuses more (2.10 to 2.15 measured)."""
LONGEST = 19
"""Digits of the largest number that a field can have."""


def given(resource: Resource) -> set[str]:
    """The fields that a file has a value for. 0 is left out, as these fields have it mean their default."""
    return {name for name, value in resource.config.items() if value}


def known_limits(observed: Observed) -> dict[str, int]:
    """The limits that are left on an object, by field; durations in nanoseconds. Other names, and what isn't a number, are passed
    over.
    """
    if not (text := observed.marks.get(LIMITS)):
        return {}
    parts = (each.partition("=") for each in text.split(","))
    found = {name: int(value) for name, _, value in parts if value.isdecimal() and len(value) <= LONGEST}
    return {name: value for name, value in found.items() if value and name in LIMITED[observed.address.kind]}


def lowered(after: Config, resource: Resource, observed: Observed) -> dict[str, Any]:
    """A configuration to be, with the known limits where the file leaves fields to the server."""
    known = known_limits(observed)
    limits = {name: value for name, value in known.items() if name not in given(resource)} if known else {}
    return {**after, **{name: min(after.get(name, value), value) for name, value in limits.items()}}


def limits_in(call: Call, seen: Observed, fields: Iterable[FieldChange]) -> dict[str, Any]:
    """The values of fields that were not sent and that the server has set otherwise than planned: lower, or by a limit that
    has changed since. None for a limit that is gone.
    """
    config, known = call.payload.get("config", call.payload), known_limits(seen)
    mine = (each for each in fields if each.path in LIMITED[call.address.kind] and each.path not in config)
    return {} if call.verb is Verb.PAUSE else {each.path: each.before for each in mine if each.path in known or _is_lower(each)}


def _is_lower(field: FieldChange) -> bool:
    return field.before is not None and (field.after is None or field.before < field.after)


def mark(seen: Observed, found: Config) -> str:
    """The text of ``smith-topo.limits`` with these limits in it."""
    limits = sorted({**known_limits(seen), **found}.items())
    return ",".join(f"{name}={value}" for name, value in limits if value)
