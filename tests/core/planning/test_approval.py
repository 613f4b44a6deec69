"""What an approval has to name, and how many deletes go without saying."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smith_topology.core.model import Action, Change, Effect, Permission, Plan, Reason, amounts
from smith_topology.core.planning.approval import Approval, delete_limit, not_allowed, too_many_deletes
from tests.core.make import NAME, change, server, stream

CREATES, UPDATES = change(stream("NEW"), None, {}), change(stream("S"), {"a": 1}, {"a": 2})
REPLACES = Change(stream("R"), Action.REPLACE, Reason.PENDING, {}, {})
LOSES = replace(UPDATES, effects=(Effect("DS102", "", "", amounts(messages=1)),))
QUIET = replace(UPDATES, effects=(Effect("DS201", "", "", ()), Effect("DS104", "", "", amounts(messages=0))))


def deletes(number: int) -> tuple[Change, ...]:
    return tuple(change(stream(f"D{each}"), {}, None) for each in range(number))


def plan(*changes: Change, owned: int = 100) -> Plan:
    return Plan(NAME, server(), changes, (), (), owned=owned)


@pytest.mark.parametrize(("owned", "limit"), [(0, 0), (1, 0), (3, 0), (4, 1), (7, 2), (9, 2), (10, 3), (1000, 3)])
def test_a_run_deletes_three_objects_or_a_share_of_what_is_owned(owned: int, limit: int) -> None:
    assert delete_limit(Approval(), plan(owned=owned)) == limit
    assert too_many_deletes(plan(*deletes(limit), owned=owned), Approval()) == []
    assert [each.code for each in too_many_deletes(plan(*deletes(limit + 1), owned=owned), Approval())] == ["GA101"]


@pytest.mark.parametrize(("most", "number", "codes"), [(0, 1, ["GA101"]), (5, 5, []), (5, 6, ["GA101"]), (0, 0, [])])
def test_the_number_of_deletes_can_be_named(most: int, number: int, codes: list[str]) -> None:
    found = too_many_deletes(plan(*deletes(number), owned=1), Approval(max_deletes=most))

    assert [each.code for each in found] == codes
    assert ["by --max-deletes." in each.detail for each in found] == [True] * len(codes)


def test_the_refusal_says_which_number_would_do() -> None:
    (refusal,) = too_many_deletes(plan(*deletes(4)), Approval())

    assert "destroys 4 of 100 objects" in refusal.detail
    assert refusal.fix == "If that is what you want: --max-deletes 4"


NEEDED: dict[str, tuple[tuple[Change, ...], set[Permission]]] = {
    "creates and updates": ((CREATES, UPDATES), set()),
    "effects without a loss": ((QUIET,), set()),
    "a delete": (deletes(1), {Permission.DELETE}),
    "a replacement": ((REPLACES,), {Permission.REPLACE}),
    "a loss": ((LOSES,), {Permission.DATA_LOSS}),
    "all of it": ((*deletes(1), REPLACES, LOSES), set(Permission)),
}


@pytest.mark.parametrize(("changes", "needed"), NEEDED.values(), ids=NEEDED)
def test_what_a_plan_needs_is_what_is_refused_without_it(changes: tuple[Change, ...], needed: set[Permission]) -> None:
    found = plan(*changes)

    assert found.required == needed
    assert len(not_allowed(found, Approval())) == len(needed)
    assert not_allowed(found, Approval(frozenset(needed))) == []


@pytest.mark.parametrize("allowed", Permission)
def test_one_permission_is_not_another(allowed: Permission) -> None:
    codes = {Permission.DELETE: "GA102", Permission.REPLACE: "GA103", Permission.DATA_LOSS: "GA104"}
    found = not_allowed(plan(*deletes(1), REPLACES, LOSES), Approval(frozenset({allowed})))

    assert {each.code for each in found} == {code for each, code in codes.items() if each is not allowed}
    assert {each.fix for each in found} == {"If that is what you want: --allow delete,replace,data-loss"}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "The plan destroys stream.D0."),
        (5, "The plan destroys stream.D0, stream.D1, stream.D2, stream.D3, stream.D4."),
        (7, "The plan destroys stream.D0, stream.D1, stream.D2, stream.D3, stream.D4 and 2 more."),
    ],
)
def test_a_refusal_names_the_first_five(number: int, text: str) -> None:
    assert [each.detail for each in not_allowed(plan(*deletes(number)), Approval())] == [text]


def test_a_refusal_of_a_loss_names_only_what_loses() -> None:
    assert [each.detail for each in not_allowed(plan(LOSES, CREATES), Approval())] == ["The plan loses messages of stream.S."]
