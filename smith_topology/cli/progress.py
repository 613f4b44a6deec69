"""Apply's progress: a bar on a terminal, plain lines elsewhere, events in an ndjson stream."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from smith_topology.cli.emit import emit, look
from smith_topology.cli.options import Output
from smith_topology.cli.streams import to_stderr
from smith_topology.core.model import Outcome, Plan, Verdict
from smith_topology.render.formats import Format, View, renderer

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """A context manager; ``add`` each outcome as it comes. Everything but ndjson goes to stderr."""

    def __init__(self, plan: Plan, output: Output) -> None:
        self._total, self._output = len(plan.steps), output
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._output is Output.HUMAN and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("Applying", total=self._total)
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def add(self, ended: Outcome) -> None:
        if self._output is Output.NDJSON:
            emit(View.STEP, self._output, ended)
            return
        listed = self._output in (Output.HUMAN, Output.SUMMARY)  # the report at the end has a line for it
        if ended.verdict is Verdict.SKIPPED or (listed and ended.verdict is not Verdict.DONE):
            return
        line = renderer(View.STEP, Format.HUMAN)(ended, look(sys.stderr))
        if self._bar is not None and self._task is not None:
            from rich.text import Text

            self._bar.console.print(Text.from_ansi(line))
            self._bar.advance(self._task)
        else:
            to_stderr(line)
