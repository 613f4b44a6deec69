"""What an approval has to name, and how many deletes go without saying."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smith_topology.core.model import Action, Address, Change, Effect, Permission, Plan, Reason, amounts
from smith_topology.core.planning.approval import Approval, Grant, delete_limit, grants, not_allowed, not_needed, too_many_deletes
from tests.core.make import NAME, change, consumer, server, stream

CREATES, UPDATES = change(stream("NEW"), None, {}), change(stream("S"), {"a": 1}, {"a": 2})
REPLACES = Change(stream("R"), Action.REPLACE, Reason.PENDING, {}, {})
LOSES = replace(UPDATES, effects=(Effect("DS102", "", "", amounts(messages=1)),))
RESUMES = replace(UPDATES, resumes=True)
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
    assert refusal.fix.startswith("Is `name: shop` used by another file too?")
    assert refusal.fix.endswith("--max-deletes 4")


NEEDED: dict[str, tuple[tuple[Change, ...], set[Permission]]] = {
    "creates and updates": ((CREATES, UPDATES), set()),
    "effects without a loss": ((QUIET,), set()),
    "a delete": (deletes(1), {Permission.DELETE}),
    "a replacement, which IM101 refuses whatever is allowed": ((REPLACES,), set()),
    "a loss": ((LOSES,), {Permission.DATA_LOSS}),
    "a pause that ends": ((RESUMES,), {Permission.RESUME}),
    "all of it": ((*deletes(1), REPLACES, LOSES, RESUMES), set(Permission) - {Permission.REPLACE}),
}


@pytest.mark.parametrize(("changes", "needed"), NEEDED.values(), ids=NEEDED)
def test_what_a_plan_needs_is_what_is_refused_without_it(changes: tuple[Change, ...], needed: set[Permission]) -> None:
    found = plan(*changes)

    assert found.required == needed
    assert len(not_allowed(found, Approval())) == len(needed)
    assert not_allowed(found, Approval(grants(needed))) == []


@pytest.mark.parametrize("allowed", Permission)
def test_one_permission_is_not_another(allowed: Permission) -> None:
    codes = {Permission.DELETE: "GA102", Permission.DATA_LOSS: "GA104", Permission.RESUME: "GA106"}
    found = not_allowed(plan(*deletes(1), REPLACES, LOSES, RESUMES), Approval(grants([allowed])))

    assert {each.code for each in found} == {code for each, code in codes.items() if each is not allowed}
    assert {each.fix for each in found} == {"If that is what you want: --allow delete,data-loss,resume"}


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


# ------------------------------------------------------------------------------------------- by object

D0, D1, OF_D0 = stream("D0"), stream("D1"), consumer("D0", "c")
BOTH = (*deletes(2), change(OF_D0, {}, None), LOSES)


@pytest.mark.parametrize(
    ("allow", "lacking", "fix"),
    [
        ("delete,data-loss", [], ""),
        ("delete=stream.D*,data-loss=stream.S", [], ""),
        ("delete=stream.D0,delete=stream.D1,data-loss", [], ""),
        ("data-loss", [D0, D1, OF_D0], "delete,data-loss"),
        ("delete=stream.D0", [D1, LOSES.address], "delete=stream.D0,delete=stream.D1,data-loss=stream.S"),
        ("delete,data-loss=stream.D0", [LOSES.address], "delete,data-loss=stream.S"),
        ("delete=consumer.D0.c,data-loss", [D0, D1], "delete=stream.D0,delete=stream.D1,data-loss"),
        ("delete=stream.S,data-loss=stream.S", [D0, D1, OF_D0], "delete=stream.D0,delete=stream.D1,data-loss=stream.S"),
    ],
)
def test_an_address_allows_just_its_object_and_what_goes_with_it(allow: str, lacking: list[Address], fix: str) -> None:
    approval, found = Approval(grants([allow])), plan(*BOTH)

    assert [each.address for permission in Permission for each in approval.lacks(permission, found)] == lacking
    assert {each.fix for each in not_allowed(found, approval)} == ({f"If that is what you want: --allow {fix}"} if fix else set())


@pytest.mark.parametrize(
    ("allow", "unused"),
    [
        ("delete,data-loss,replace", []),
        ("delete=stream.D0,delete=consumer.D0.c,data-loss=stream.S", []),
        ("delete=stream.9,data-loss=stream.D0,delete=*X", ["data-loss=stream.D0", "'delete=*X'", "delete=stream.9"]),
    ],
)
def test_an_approval_of_an_object_that_needs_none_is_a_warning(allow: str, unused: list[str]) -> None:
    warnings = not_needed(plan(*BOTH), Approval(grants([allow])))

    assert [(each.code, each.detail.split(" allows ")[0]) for each in warnings] == [("GA105", f"--allow {u}") for u in unused]


def test_a_command_that_names_many_objects_or_one_with_a_comma_has_the_bare_word() -> None:
    approval = Approval(grants(["delete=stream.OTHER"]))
    for found in (plan(*deletes(11)), plan(change(stream("A,data-loss"), {}, None))):
        assert [each.fix for each in not_allowed(found, approval)] == ["If that is what you want: --allow delete"]


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (["delete, data-loss"], ["delete=*", "data-loss=*"]),
        (["delete", "data-loss=stream.A"], ["delete=*", "data-loss=stream.A"]),
        (["delete=stream.A,B,data-loss"], ["delete=stream.A,B", "data-loss=*"]),
        (["delete=stream.A=B"], ["delete=stream.A=B"]),
        ([""], []),
    ],
)
def test_a_comma_ends_a_part_where_a_permission_follows(texts: list[str], parts: list[str]) -> None:
    assert grants(texts) == {Grant(Permission(word), rest) for word, _, rest in (part.partition("=") for part in parts)}
