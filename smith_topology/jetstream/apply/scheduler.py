"""Which steps may start now, and which never will: the plan's order, kept up to date in time linear in its edges."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from smith_topology.core.model import Step


class Scheduler:
    """Steps leave it by ``start``, or as what ``drop`` and ``rest`` return; each leaves it once."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._waiting = {step.id: step for step in steps}
        self._missing = {step.id: len(step.after) for step in self._waiting.values()}
        self._followers: dict[int, list[int]] = defaultdict(list)
        for step in self._waiting.values():
            for other in step.after:
                self._followers[other].append(step.id)
        self._ready = deque(number for number, missing in self._missing.items() if not missing)

    def start(self) -> Step | None:
        """The next step whose predecessors are all done, in the plan's order as far as it is known; None if there is none."""
        return self._waiting.pop(self._ready.popleft()) if self._ready else None

    def done(self, step: Step) -> None:
        for number in self._followers[step.id]:
            self._missing[number] -= 1
            if not self._missing[number]:
                self._ready.append(number)

    def drop(self, step: Step) -> Iterator[Step]:
        """Everything that depends on a step that was not done, however far away."""
        lost = deque(self._followers[step.id])
        while lost:
            number = lost.popleft()
            if number in self._waiting:
                yield self._waiting.pop(number)
                lost.extend(self._followers[number])

    def rest(self) -> list[Step]:
        """Everything that has not started."""
        left = list(self._waiting.values())
        self._waiting.clear()
        self._ready.clear()
        return left
