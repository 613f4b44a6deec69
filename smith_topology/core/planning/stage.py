"""The stages of every change, by object: what ordering, forecast and requests work on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias

from smith_topology.core.model import Address, Config, Stage, StageId

Path: TypeAlias = tuple[Stage, ...]
"""The stages of one object in their order: each begins where the one before it ends."""


class Stages(dict[Address, Path]):
    """The path of every object that is written."""

    def all(self) -> Iterator[Stage]:
        return (stage for path in self.values() for stage in path)

    def at(self, found: StageId) -> Stage:
        return self[found.address][found.number - 1]

    def successive(self) -> set[tuple[StageId, StageId]]:
        """Each stage with the one after it of the same object."""
        return {(first.id, then.id) for path in self.values() for first, then in pairwise(path)}

    def first(self, address: Address) -> StageId:
        """The stage with which an object's own change begins."""
        return next(stage.id for stage in self[address] if not stage.early)

    def previous(self, found: StageId) -> StageId | None:
        """The stage of the same object before this one, early ones left out."""
        earlier = (stage.id for stage in self[found.address] if stage.number < found.number and not stage.early)
        return max(earlier, default=None)

    def last(self, address: Address) -> StageId:
        """The stage after which the object is as declared, apart from its mark."""
        *_, last = (stage for stage in self[address] if stage.before != stage.after or stage.number == 1)
        return last.id

    def changing(self, address: Address, *names: str) -> StageId:
        """The first stage in which one of these fields changes. The last stage if none changes."""
        return next((stage.id for stage in self[address] if stage.changes(names)), self.last(address))


def numbered(path: Path) -> Path:
    """The path with its stages numbered from 1."""
    return tuple(each if each.number == number else replace(each, number=number) for number, each in enumerate(path, start=1))


def by_way_of(stage: Stage, middle: Config, why: str) -> Path:
    """The stage as two: the first to this configuration, the second from there to the stage's end."""
    return replace(stage, after=middle, why=why), replace(stage, before=middle)


def with_fields_of(after: Config, before: Config, names: Collection[str]) -> dict[str, Any]:
    """The new configuration, but with the old values of these fields."""
    kept = {name: before[name] for name in names if name in before}
    return {**{name: value for name, value in after.items() if name not in names}, **kept}
