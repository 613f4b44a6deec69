"""Which steps may start now, and which never will: the plan's order, kept up to date in time linear in its edges."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from smith_topology.core.model import Step

Unit: TypeAlias = tuple[Step, ...]
"""One step, or all steps of a hand-over, which start together."""


class Scheduler:
    """Hands out each step once: by ``start``, or by ``drop`` and ``rest`` if it is not to be sent."""

    def __init__(self, steps: Iterable[Step]) -> None:
        units: dict[int, list[Step]] = defaultdict(list)
        for step in steps:
            units[-step.group if step.group else step.id].append(step)
        self._waiting: dict[int, Unit] = {key: tuple(members) for key, members in units.items()}
        self._missing: dict[int, int] = {}
        self._followers: dict[int, list[int]] = defaultdict(list)
        for key, members in self._waiting.items():
            inside = {step.id for step in members}
            others = {each.step for step in members for each in step.after} - inside
            self._missing[key] = len(others)
            for other in others:
                self._followers[other].append(key)
        self._ready = deque(key for key, missing in self._missing.items() if not missing)

    def start(self) -> Unit | None:
        """The next unit whose predecessors are all done, in the plan's order as far as it is known; None if there is none."""
        return self._waiting.pop(self._ready.popleft()) if self._ready else None

    def done(self, step: Step) -> None:
        for key in self._followers[step.id]:
            self._missing[key] -= 1
            if not self._missing[key]:
                self._ready.append(key)

    def drop(self, step: Step) -> Iterator[Step]:
        """Everything that depends on a step that was not done, however far away."""
        lost = deque(self._followers[step.id])
        while lost:
            members = self._waiting.pop(lost.popleft(), ())
            yield from members
            lost.extend(key for member in members for key in self._followers[member.id])

    def rest(self) -> list[Step]:
        """Everything that has not started."""
        left = [step for members in self._waiting.values() for step in members]
        self._waiting.clear()
        self._ready.clear()
        return left
