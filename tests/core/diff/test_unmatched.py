"""What a selection leaves open: a slip is an error, an address of what is gone a warning, consumers left behind a note."""

from __future__ import annotations

import pytest

from smith_topology.core.diff.selection import EVERYTHING, Selection
from smith_topology.core.diff.unmatched import consumers_left, unmatched
from smith_topology.core.model import Address, Diagnostic, consumer_address, stream_address
from tests.core.make import live, there, topology

ORDERS, V1, FOREIGN = map(stream_address, ("ORDERS", "PAY-V1", "FOREIGN"))
BILLING, AUDIT = consumer_address("ORDERS", "billing"), consumer_address("ORDERS", "audit")
KNOWN = (ORDERS, V1, BILLING, AUDIT)


def found(selection: Selection, *, withdrawn: tuple[Address, ...] = ()) -> list[Diagnostic]:
    return list(unmatched(selection, topology(withdrawn=frozenset(withdrawn)), live(there(ORDERS), there(FOREIGN)), KNOWN))


@pytest.mark.parametrize("selection", [EVERYTHING, Selection(("stream.ORDERS", "consumer.*")), Selection((), ("stream.PAY-V1",))])
def test_patterns_that_match_are_in_order(selection: Selection) -> None:
    assert found(selection) == []


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("stream.ORDER", "stream.ORDERS"),
        ("stream.ORDRES", "stream.ORDERS"),
        ("stream.orders", "stream.ORDERS"),
        ("ORDERS", "stream.ORDERS"),
        ("orders", "stream.ORDERS"),
        ("streams.ORDERS", ""),
        ("consumer.ORDERS.biling", "consumer.ORDERS.billing"),
        ("consumer.ORDERS", ""),
        ("stream.ORDR*", "stream.ORDERS"),
        ("kv.*", ""),
        ("", ""),
    ],
)
def test_what_is_most_likely_a_slip_is_an_error(target: str, meant: str) -> None:
    for selection in (Selection((target,)), Selection(("stream.ORDERS", target)), Selection((), (target,))):
        (only,) = found(selection)

        assert (only.code, "xclu" in only.detail) == ("no-match", False)
        assert only.fix.startswith(f"Did you mean {meant}?" if meant else "Addresses look like")


@pytest.mark.parametrize("target", ["stream.X", "stream.ORDERS_OLD", "stream.PAY-V2", "consumer.ORDERS.gone", "consumer.X.c"])
def test_an_object_that_was_removed_before_is_no_error(target: str) -> None:
    assert [each.code for each in found(Selection((target,)))] == ["nothing-left"]
    assert [each.code for each in found(Selection((), (target,)))] == ["no-match"]


@pytest.mark.parametrize("target", ["stream.FOREIGN", "consumer.FOREIGN.c"])
def test_what_others_have_is_an_error_that_names_it(target: str) -> None:
    (only,) = found(Selection((target,)))

    assert (only.code, only.fix) == ("no-match", f"Look at it: smith-topo show {target}")


def test_a_pattern_of_what_is_destroyed_already_is_no_error() -> None:
    assert [each.code for each in found(Selection(("stream.DEV*",)))] == ["no-match"]
    assert [each.code for each in found(Selection(("stream.DEV*",)), withdrawn=(ORDERS,))] == ["nothing-left"]


def test_exclusions_that_leave_nothing_are_an_error() -> None:
    (only,) = found(Selection(("stream.ORDERS",), ("stream.*",)))

    assert only.summary == "Nothing is selected"


@pytest.mark.parametrize(
    ("selection", "detail"),
    [
        (Selection(("stream.ORDERS",)), "2 consumers are not selected with stream.ORDERS."),
        (Selection(("stream.*", "*.audit")), "1 consumer is not selected with stream.ORDERS."),
        (Selection(("stream.ORDERS", "consumer.ORDERS.*")), ""),
        (Selection(("stream.ORDERS",), ("consumer.ORDERS.*",)), ""),
        (Selection((), ("consumer.*",)), ""),
        (EVERYTHING, ""),
    ],
)
def test_consumers_that_stay_behind_are_counted_with_what_adds_them(selection: Selection, detail: str) -> None:
    notes = list(consumers_left(selection, KNOWN, ()))

    assert [each.detail for each in notes] == ([detail] if detail else [])
    assert [each.fix for each in notes] == (["To add them: --target 'consumer.ORDERS.*'"] if detail else [])


def test_many_streams_are_not_listed_each() -> None:
    known = [address for name in "ABCDE" for address in (stream_address(name), consumer_address(name, "c"))]
    (only,) = consumers_left(Selection(("stream.*",)), known, ())

    assert only.detail.startswith("5 consumers are not selected with stream.A, stream.B, stream.C and 2 more.")
    assert list(consumers_left(Selection(("stream.*",)), known, known)) == []
