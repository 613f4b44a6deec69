"""``--target`` and ``--exclude``: which addresses a run is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from smith_topology.core.model import Address, Finding

NO_MATCH = Finding.error(
    "no-match",
    "Address pattern matches nothing",
    "A pattern of `--target` or `--exclude`, or an address to show, matches nothing.",
    "`stream.ORDERS`, `consumer.ORDERS.*`.",
)


WILDCARD = "*"
"""Stands for any text. No name can hold it (``NAME_PATTERN``), so a pattern without it is the address of one object."""


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether the text of an address matches the pattern. All but ``*`` stands for itself: ``stream.A[1]?`` is one stream."""
    if WILDCARD not in pattern:
        return pattern.__eq__
    expression = re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", pattern)), re.DOTALL)
    return lambda text: expression.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns over addresses; no target means everything, and an exclusion wins over a target."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def __contains__(self, address: Address) -> bool:
        if not (self.targets or self.excludes):
            return True
        text = str(address)
        wanted = not self.targets or any(matcher(each)(text) for each in self.targets)
        return wanted and not self.excludes_by_name(address)

    def excludes_by_name(self, address: Address) -> bool:
        """Whether it is excluded, or its stream, with which it goes."""
        return any(matcher(pattern)(str(each)) for pattern in self.excludes for each in (address, address.parent))


EVERYTHING = Selection()
