"""``--target`` and ``--exclude``: which addresses a run is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from smith_topology.core.model import Address, Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs over addresses; no target means everything, and an exclusion wins over a target."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def __contains__(self, address: Address) -> bool:
        if not (self.targets or self.excludes):
            return True
        text = str(address)
        wanted = not self.targets or any(fnmatchcase(text, glob) for glob in self.targets)
        return wanted and not self.excludes_by_name(address)

    def excludes_by_name(self, address: Address) -> bool:
        return any(fnmatchcase(str(address), glob) for glob in self.excludes)

    def unmatched(self, addresses: Iterable[Address]) -> list[Diagnostic]:
        """An error for each glob that matches nothing: most likely a slip, and never a reason to do everything."""
        texts = [str(address) for address in addresses] if self.targets or self.excludes else []
        return [
            Diagnostic(
                "no-match",
                Severity.ERROR,
                "Address pattern matches nothing",
                f"{glob!r} matches no declared object and none that this topology owns.",
                "Addresses look like stream.ORDERS or consumer.ORDERS.billing; `*` stands for anything, as in "
                "'consumer.ORDERS.*'.",
            )
            for glob in (*self.targets, *self.excludes)
            if not any(fnmatchcase(text, glob) for text in texts)
        ]


EVERYTHING = Selection()
