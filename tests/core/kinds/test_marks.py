"""The mark that an object carries between two stages: written for people, and read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smith_topology.core.kinds.marks import LONGEST_MARK, StageMark, kept, with_user_metadata, without_server_metadata
from smith_topology.core.model import ADDRESS, EXTRA, OWNER, PROTECT, STAGE
from tests.core.make import stream, there

WORDS = st.text(st.sampled_from("ab.*>;:,-_$ä"), min_size=1, max_size=8)
MARKS = st.builds(
    StageMark,
    plan=st.text(st.sampled_from("0123456789abcdef"), max_size=12),
    number=st.integers(0, 20),
    of=st.integers(0, 20),
    gave=st.dictionaries(WORDS, WORDS, max_size=4),
    takes=st.lists(WORDS, max_size=4).map(tuple),
)


@settings(max_examples=20, deadline=None)
@given(MARKS)
def test_a_mark_is_read_back_from_its_text(mark: StageMark) -> None:
    assert StageMark.parse(str(mark)) == mark


MARKED: dict[str, StageMark] = {
    "no plan": StageMark("", 0, 0),
    "a stage": StageMark("abc", 1, 2),
    "one taken": StageMark("abc", 1, 2, takes=("a",)),
    "several taken": StageMark("abc", 1, 2, takes=("a", "b.*", "c.>")),
    "several given": StageMark("abc", 2, 3, {"a": "stream.A", "b": "stream.B"}),
    "both": StageMark("abc", 2, 3, {"a": "stream.A"}, ("b",)),
    "semicolons in names": StageMark("abc", 2, 3, {"a;": "stream.A;"}, (";", "b;;")),
}


@pytest.mark.parametrize("mark", MARKED.values(), ids=MARKED)
def test_every_part_of_a_mark_is_read_back(mark: StageMark) -> None:
    assert StageMark.parse(str(mark)) == mark


def test_a_mark_leaves_out_what_would_make_it_too_long() -> None:
    mark = StageMark("abc", 1, 2, {f"subject.{n}": "stream.S" for n in range(1000)})
    again = StageMark.parse(str(mark))

    assert len(str(mark)) <= LONGEST_MARK
    assert (again.plan, again.number, again.of) == ("abc", 1, 2)
    assert 0 < len(again.gave) < 1000
    assert again.gave.items() <= mark.gave.items()


@pytest.mark.parametrize("text", ["", "a mark of a later version", "plan abc, step 1"])
def test_a_mark_that_can_not_be_read_says_nothing_but_that_it_is_there(text: str) -> None:
    assert StageMark.parse(text) == StageMark("", 0, 0)


ORDERS = stream("ORDERS")
METADATA = {OWNER: "shop", STAGE: "x", "smith-topo.later": "1", "_nats.ver": "2.15", "_nats.other": "2", "team": "a"}


def test_the_users_own_metadata_is_what_is_left_of_it() -> None:
    assert with_user_metadata({"metadata": dict(METADATA)}) == {"metadata": {"team": "a"}}
    assert with_user_metadata({"metadata": {OWNER: "shop"}}) == {}


def test_what_the_server_and_a_later_version_wrote_is_carried_along() -> None:
    assert kept(there(ORDERS, {"metadata": METADATA})) == {"smith-topo.later": "1", "_nats.other": "2"}
    assert kept(there(ORDERS)) == {}


def test_marks_that_name_another_object_are_not_this_ones() -> None:
    copy = there(stream("BACKUP"), {"metadata": {**METADATA, ADDRESS: str(ORDERS), PROTECT: "2026-01-01", EXTRA: "x"}})

    assert copy.copy_of == "stream.ORDERS"
    assert (copy.owner, copy.protected, copy.stage, copy.extra) == ("", "", "", ())
    assert kept(copy) == {"_nats.other": "2"}


@pytest.mark.parametrize("address", [{}, {ADDRESS: ""}, {ADDRESS: "stream.ORDERS"}], ids=["old form", "empty", "its own"])
def test_marks_that_name_no_other_object_hold(address: dict[str, str]) -> None:
    found = there(ORDERS, {"metadata": {**METADATA, **address}})

    assert (found.copy_of, found.owner, found.stage) == ("", "shop", "x")


def test_a_list_and_an_info_of_an_object_are_alike_without_what_the_server_rewrites() -> None:
    metadata = {name: value for name, value in METADATA.items() if name != "_nats.ver"}

    assert without_server_metadata({"name": "S", "metadata": METADATA}) == {"name": "S", "metadata": metadata}
