from __future__ import annotations

from dataclasses import replace

import pytest

from smith_topology.core.model import Action, Verb, stream_address
from smith_topology.render import markdown
from smith_topology.render.results import Applied
from smith_topology.render.text import Look
from tests.render.plans import CREATED, DELETED, PROTECTED, REPLACED, SAME, UPDATED, WARNING, call, plan, unmanaged


def test_the_verdict_comes_first_with_the_loss_in_bold() -> None:
    lines = markdown.plan(plan(UPDATED), Look()).splitlines()

    assert lines[2] == (
        "**Plan:** 0 to add, 1 to change, 0 to replace, 0 to destroy. **Data loss: 1,204,331 messages, 3.4 GiB.**"
    )


def test_the_table_has_destroys_first_and_a_row_for_each_change() -> None:
    shown = markdown.plan(plan(CREATED, UPDATED, REPLACED, DELETED, SAME), Look())
    rows = [line for line in shown.splitlines() if line.startswith("| `")]

    assert [row.split("|")[1:4] for row in rows] == [
        [" `-` ", " stream.LEGACY ", " **destroy** "],
        [" `-/+` ", " stream.EVENTS ", r" **replace** for max\_msgs, storage "],
        [" `~` ", " stream.ORDERS ", r" change max\_age, num\_replicas "],
        [" `+` ", " stream.RAW ", " create "],
    ]


def test_the_details_are_folded_and_need_no_colours() -> None:
    shown = markdown.plan(plan(UPDATED), Look())

    assert "<details><summary>Details</summary>\n\n<pre>\n  ~ stream.ORDERS will be updated in place" in shown
    assert "max_age      = 50h -&gt; 1h" in shown


def test_no_changes_is_said_without_a_table() -> None:
    shown = markdown.plan(plan(SAME, unmanaged=unmanaged()), Look())

    assert "No changes. Account SMITH <span>@</span> prod-eu holds what the file declares." in shown
    assert "|" not in shown
    assert "<details>" not in shown


def test_a_plan_that_cannot_be_applied_says_so_and_why() -> None:
    shown = markdown.plan(plan(CREATED, diagnostics=(PROTECTED,)), Look())

    assert "**It can't be applied**" in shown
    assert "**Refused: Object is protected**" in shown


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("`rm`", r"\`rm\`"),
        ("<script>", "&lt;script&gt;"),
        ("[x](http://evil)", r"\[x\](http\://evil)"),
        ("@team", "<span>@</span>team"),
        ("a\nb", r"a\\nb"),
        ("&lt;", "&amp;lt;"),
        ("_*~#", r"\_\*\~\#"),
    ],
)
def test_names_are_text_and_never_markup(name: str, escaped: str) -> None:
    assert markdown.escaped(name) == escaped


def test_a_name_cannot_close_the_folded_block() -> None:
    hostile = replace(DELETED, address=stream_address("X</pre></details>"))

    assert markdown.plan(plan(hostile), Look()).count("</pre>") == 1


def test_unchanged_objects_take_no_room() -> None:
    many = [replace(SAME, address=stream_address(f"S{number}"), after={"subjects": ["s" * 50]}) for number in range(1000)]

    shown = markdown.plan(plan(*many, UPDATED), Look())

    assert "cut here" not in shown
    assert "stream.ORDERS will be updated in place" in shown


def test_a_thousand_warnings_stay_within_a_comment() -> None:
    many = tuple(replace(WARNING, detail="x" * 100) for _ in range(1000))

    found = plan(UPDATED, diagnostics=many)
    for shown in (markdown.plan(found, Look()), markdown.drift(found, Look())):
        assert len(shown) < 65_000
        assert "cut here" in shown


def test_an_apply_that_went_wrong_says_the_verdict_first() -> None:
    shown = markdown.outcome(Applied(plan(UPDATED, steps=(call(1, UPDATED.address, Verb.UPDATE),)), []), Look())

    assert shown.splitlines()[2] == "**Nothing was applied.**"
    assert "Not attempted:" in shown


def test_a_huge_plan_stays_within_a_comment() -> None:
    many = [replace(UPDATED, address=stream_address(f"S{number}"), action=Action.UPDATE) for number in range(1000)]

    shown = markdown.plan(plan(*many), Look())

    assert len(shown) < 65_000
    assert "and 800 others" in shown
    assert "cut here" in shown
