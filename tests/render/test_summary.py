from __future__ import annotations

from textwrap import dedent

from smith_topology.render import summary
from smith_topology.render.text import Look
from tests.render.plans import CREATED, DELETED, PROTECTED, REPLACED, SAME, UPDATED, WARNING, plan


def test_a_few_lines_name_what_goes_for_good_and_what_is_lost() -> None:
    assert summary.plan(plan(CREATED, UPDATED, REPLACED, DELETED, diagnostics=(WARNING,)), Look()) + "\n" == dedent("""\
        Plan for account SMITH @ prod-eu: 1 to add, 1 to change, 1 to replace, 1 to destroy.
        Data loss: 1,204,343 messages, 3.4 GiB.
        Also: 1 consumer loses its position.
        Destroys: stream.LEGACY
        Replaces: stream.EVENTS
        Needs: --allow delete,data-loss
        Diagnostics: 1 warning
        """)


def test_of_a_replacement_that_is_refused_nothing_is_promised_and_nothing_asked() -> None:
    found = summary.plan(plan(REPLACED, diagnostics=(PROTECTED,)), Look())

    assert "No data is lost" not in found
    assert "Needs" not in found


def test_no_changes_is_one_line() -> None:
    assert summary.plan(plan(SAME), Look()) == "No changes. Account SMITH @ prod-eu holds what the file declares."


def test_a_blocked_plan_says_so_and_why() -> None:
    assert summary.plan(plan(SAME, diagnostics=(PROTECTED,)), Look()).splitlines() == [
        "Nothing can be done on account SMITH @ prod-eu.",
        "Can't be applied: 1 refusal",
        "  stream.AUDIT: Object is protected [OW103]",
    ]
