from __future__ import annotations

from textwrap import dedent

import pytest

from smith_topology.core.model import Diagnostic, Severity, stream_address
from smith_topology.render import diagnostics
from smith_topology.render.text import ANSI, Look
from tests.render.plans import PROTECTED, WARNING, at

ERROR = Diagnostic(
    "SY104",
    Severity.ERROR,
    "Unknown field",
    "`max_mgs` is not a field of a stream.",
    "Did you mean `max_msgs`?",
    stream_address("ORDERS"),
    at(12),
)


def test_each_says_what_where_why_and_what_to_write_gravest_first() -> None:
    assert diagnostics.render([WARNING, PROTECTED, ERROR], Look()) + "\n" == dedent("""\
        Error: Unknown field  [SY104]
          on topology.yaml line 12, column 3, in stream.ORDERS:
          `max_mgs` is not a field of a stream.
          Did you mean `max_msgs`?

        Refused: Object is protected  [OW103]
          in stream.AUDIT:
          stream.AUDIT is protected: not destroyed (protect, set 2026-03-01).
          Apply `protect: false` first.

        Warning: Even number of replicas  [RL102]
          on topology.yaml line 14, column 3:
          Two copies survive no more than one.
        """)


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_a_word_and_a_tone(severity: Severity) -> None:
    word = diagnostics.word(severity)

    assert f"m{word}:\x1b[0m" in diagnostics.render([Diagnostic("X", severity, "Summary")], Look(ANSI))


def test_the_tally_counts_by_severity() -> None:
    assert diagnostics.tally([WARNING, ERROR, ERROR]) == "2 errors, 1 warning"
    assert diagnostics.tally([]) == ""
