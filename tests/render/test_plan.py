from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from smith_topology.core.model import (
    Action,
    Bound,
    Change,
    Diagnostic,
    Effect,
    FieldChange,
    Reason,
    Server,
    Severity,
    Version,
    amounts,
    consumer_address,
    stream_address,
)
from smith_topology.render import plan as text
from smith_topology.render.text import ANSI, PLAIN, Look, Style
from tests.render.plans import (
    CREATED,
    DELETED,
    FILTERED,
    HOUR,
    PROTECTED,
    REPLACED,
    SAME,
    SECOND,
    UPDATED,
    WARNING,
    at,
    plan,
    unmanaged,
)

QUARTERS = {"filter_subject": "q"}


def golden(block: str) -> str:
    return dedent(block).strip("\n")


def change_text(change: Change, style: Style = PLAIN) -> str:
    return "\n".join(text.change_lines(change, "smith", style))


def updated(*fields: FieldChange, effects: tuple[Effect, ...] = (), reason: Reason = Reason.PENDING) -> Change:
    return Change(stream_address("S"), Action.UPDATE, reason, {}, {}, fields, effects)


def cost(bound: Bound = Bound.EXACT, **numbers: int) -> Effect:
    return Effect("A", "", amounts=amounts(bound, **numbers))


def test_a_whole_plan_reads_from_what_is_done_to_what_it_costs_and_what_to_run() -> None:
    shown = text.render(plan(DELETED, CREATED, UPDATED, FILTERED, SAME, diagnostics=(WARNING,), unmanaged=unmanaged()), Look())

    assert shown + "\n" == dedent("""\
        smith-topo will perform these actions on account SMITH @ prod-eu (server 2.15.1):

          + stream.RAW will be created                                                       topology.yaml:3
              + subjects  = ["raw.>"]
              + retention = workqueue
              + max_bytes = 500MiB
              + max_age   = 6h
          ~ stream.ORDERS will be updated in place                                          topology.yaml:12
              ~ max_age      = 50h -> 1h  # 1,204,331 messages, 3.4 GiB: dropped at once   [DS103]
              ~ num_replicas = 1 -> 3
          ~ consumer.ORDERS.billing will be updated in place                                topology.yaml:15
              # somebody changed the live object since it was applied
              ~ max_deliver = 5 -> 3
                  # up to 4 messages never delivered: delivered that often already   [DS304]
          - stream.LEGACY will be destroyed
              # owned by "smith", and no longer in the file
              # 12 messages, 140 B, 1 consumer: everything in it is deleted   [DS101]

        Warning: Even number of replicas  [RL102]
          on topology.yaml line 14, column 3:
          Two copies survive no more than one.

        Plan: 1 to add, 2 to change, 0 to replace, 1 to destroy.
        Data loss: 1,204,343 messages, 3.4 GiB; up to 4 messages never delivered.
        Also: 1 consumer loses its position.
        Unmanaged, left alone: 2 streams, 1 KV bucket, 1 object bucket.

        Nothing was changed yet. To carry it out:
            smith-topo apply
        It asks for what is destroyed or lost, by name. Where nobody can answer: --auto-approve --allow delete,data-loss
        """)


def test_what_blocks_a_plan_stands_at_its_object_and_the_plan_says_it_cannot_be_applied() -> None:
    blocked = Diagnostic("IM101", Severity.REFUSAL, "Change needs a replacement", "", "Put it back.", REPLACED.address, at(33))

    assert text.render(plan(REPLACED, diagnostics=(PROTECTED, blocked)), Look()) == golden("""
        smith-topo would perform these actions on account SMITH @ prod-eu (server 2.15.1), if nothing stood in the way:

        -/+ stream.EVENTS must be replaced                                                  topology.yaml:31
              ~ max_msgs = 5 -> 6
              ~ storage  = memory -> file
              ! stream.EVENTS: Change needs a replacement   [IM101] topology.yaml:33
                Put it back.
          ! stream.AUDIT is protected: not destroyed (protect, set 2026-03-01).   [OW103]
            Apply `protect: false` first.

        Plan: 0 to add, 0 to change, 1 to replace, 0 to destroy.

        This plan can't be applied: 2 problems, marked `!` or listed above. Nothing was changed.
        """)


def test_an_empty_plan_says_so_first() -> None:
    assert text.render(plan(SAME), Look()) == "No changes. Account SMITH @ prod-eu holds what the file declares."


def test_an_empty_plan_that_is_blocked_does_not_claim_that_all_is_well() -> None:
    shown = text.render(plan(SAME, diagnostics=(PROTECTED,)), Look())

    assert shown.startswith("Nothing can be done on account SMITH @ prod-eu (server 2.15.1):\n\n  ! stream.AUDIT is protected")
    assert "No changes" not in shown


def test_a_lossless_plan_needs_no_permission_and_says_that_nothing_is_lost() -> None:
    shown = text.render(plan(CREATED), Look())

    assert "Plan: 1 to add, 0 to change, 0 to replace, 0 to destroy. No data is lost." in shown
    assert shown.endswith("To carry it out:\n    smith-topo apply")


def test_the_caller_names_the_command_or_leaves_it_out() -> None:
    assert "To carry it out:\n    smith-topo destroy\n" in text.render(plan(DELETED), Look(verb="destroy"))
    assert "To carry it out" not in text.render(plan(DELETED), Look(verb=""))


def test_the_command_a_plan_names_gets_past_the_limit_of_deletes_too() -> None:
    assert "    smith-topo apply --max-deletes 1\n" in text.render(plan(DELETED, owned=2), Look())


def test_what_would_keep_it_from_asking_is_named_apart_from_the_command() -> None:
    assert text.render(plan(DELETED), Look()).endswith("Where nobody can answer: --auto-approve --allow delete,data-loss")


def test_destroys_come_last_whatever_the_order_of_the_plan() -> None:
    shown = text.render(plan(DELETED, CREATED), Look())

    assert shown.index("stream.RAW") < shown.index("stream.LEGACY")


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ((FieldChange("max_age", None, 24 * HOUR),), ["~ max_age = no limit -> 1d"]),
        ((FieldChange("max_msgs", None, 3),), ["~ max_msgs = unlimited -> 3"]),
        ((FieldChange("max_msgs", 3, None),), ["~ max_msgs = 3 -> unlimited"]),
        ((FieldChange("description", None, "x"),), ['+ description = "x"']),
        ((FieldChange("description", "x", None),), ['- description = "x"']),
        ((FieldChange("protect", None, True),), ["+ protect = true"]),
        ((FieldChange("metadata.team", "a", "b"),), ['~ metadata.team = "a" -> "b"']),
        (
            (FieldChange("subjects", ["a", "b"], ["b", "c"]),),
            ["~ subjects", '    + "c"', '    - "a"', "    # 1 other unchanged"],
        ),
        (
            (FieldChange("placement", None, {"cluster": "c", "tags": ["x"]}),),
            ["+ placement", '    + cluster = "c"', '    + tags    = ["x"]'],
        ),
        (
            (FieldChange("sources", [{"name": "A"}, {"name": "B"}], [QUARTERS | {"name": "B"}, {"name": "C"}]),),
            ["~ sources", '    - "A"', '    ~ "B"', '        + filter_subject = "q"', '    + "C"'],
        ),
        (
            (FieldChange("sources", [{"name": "A"}], [{"name": "A"}, {"name": "A", "filter_subject": "q"}]),),
            ["~ sources", '    + {name = "A", filter_subject = "q"}', "    # 1 other unchanged"],
        ),
        ((FieldChange("from_the_future", {"a": 1}, {"a": 2}),), ["~ from_the_future = {a = 1} -> {a = 2}"]),
    ],
)
def test_a_field_shows_both_sides_and_hides_what_is_the_same(fields: tuple[FieldChange, ...], lines: list[str]) -> None:
    shown = change_text(updated(*fields)).splitlines()[1:]

    assert [line.removeprefix("      ") for line in shown] == lines


def test_an_ordered_list_is_shown_whole() -> None:
    change = replace(updated(FieldChange("backoff", [SECOND], [5 * SECOND, SECOND])), address=consumer_address("S", "c"))

    assert "~ backoff = [1s] -> [5s, 1s]" in change_text(change)


def test_a_long_list_of_a_new_object_takes_a_line_for_each_element() -> None:
    subjects = [f"orders.region-{number}.>" for number in range(4)]
    change = Change(stream_address("S"), Action.CREATE, Reason.NEW, None, {"subjects": subjects})

    assert change_text(change).splitlines()[1:] == ["      + subjects", *(f'          + "{each}"' for each in subjects)]


@pytest.mark.parametrize("path", ["max_age", "", "subjects", "sources.A.filter_subject", "max_msgs"])
def test_no_cost_is_ever_left_out_wherever_its_field_is_shown(path: str) -> None:
    fields = (FieldChange("max_age", 2, 1), FieldChange("sources", [{"name": "A"}], [{"name": "A", "filter_subject": "q"}]))

    assert "drops 7   [DS999]" in change_text(updated(*fields, effects=(Effect("DS999", "drops 7", path),)))


def test_a_cost_too_long_for_its_line_goes_below_it() -> None:
    effect = Effect("DS103", "dropped at once, " * 8, "max_age", amounts(messages=5))

    lines = change_text(updated(FieldChange("max_age", 2 * HOUR, HOUR), effects=(effect,))).splitlines()

    assert lines[1] == "      ~ max_age = 2h -> 1h"
    assert all(line.startswith("          # ") and len(line) <= 100 for line in lines[2:])
    assert lines[-1].endswith("[DS103]")


@pytest.mark.parametrize(
    ("effects", "sentence"),
    [
        ([cost(messages=12, bytes=2048)], "Data loss: 12 messages, 2.0 KiB."),
        ([cost(messages=12), cost(Bound.ABOUT, bytes=2048)], "Data loss: 12 messages, about 2.0 KiB."),
        ([cost(Bound.UPPER, messages=12), cost(messages=1)], "Data loss: up to 13 messages."),
        ([cost(Bound.UPPER, messages=1), cost(Bound.ABOUT, messages=1)], "up to about 2 messages."),
        ([cost(messages=5), cost(Bound.UPPER, skipped=3)], "5 messages; up to 3 messages never"),
        ([cost(positions=2)], "No data is lost.\nAlso: 2 consumers lose their position."),
        ([cost(Bound.UPPER, redelivered=1)], "No data is lost.\nAlso: up to 1 message delivered again."),
        ([cost(duplicated=9)], "No data is lost.\nAlso: 9 messages stored twice."),
    ],
)
def test_the_total_is_as_exact_as_its_parts_and_no_more(effects: list[Effect], sentence: str) -> None:
    changes = [replace(updated(effects=(each,)), address=stream_address(f"S{place}")) for place, each in enumerate(effects)]

    assert sentence in text.render(plan(*changes), Look())


def test_a_consumer_that_goes_with_its_stream_is_counted_once() -> None:
    lost = Effect("DS301", "its position is lost", amounts=amounts(consumers=1, positions=1))
    consumer = Change(consumer_address("LEGACY", "c"), Action.DELETE, Reason.REMOVED, {}, None, effects=(lost,))

    assert "Also: 1 consumer loses its position." in text.render(plan(consumer, DELETED), Look())


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (Server(Version(2, 15), "2.15.0"), "this account (server 2.15.0)"),
        (Server(Version(2, 15), "2.15.0", account="A"), "account A (server 2.15.0)"),
        (Server(Version(2, 15), "2.15.0", account="A", url="nats://h:1"), "account A @ nats://h:1 (server 2.15.0)"),
        (Server(Version(2, 15), "2.15.0", account="A", cluster="c", domain="hub"), "account A @ c (domain hub, server 2.15.0)"),
    ],
)
def test_the_place_is_named_as_far_as_it_is_known(server: Server, words: str) -> None:
    assert text.where(server) == words


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("action", Action)
def test_every_action_and_reason_can_be_shown(action: Action, reason: Reason) -> None:
    assert "stream.S" in change_text(Change(stream_address("S"), action, reason, {}, {}))


def test_colours_change_nothing_but_colours() -> None:
    whole = plan(CREATED, UPDATED, REPLACED, DELETED, diagnostics=(PROTECTED, WARNING))
    coloured = text.render(whole, Look(ANSI))

    assert "\x1b[" in coloured
    for code in ("0", "1", "2", "31", "32", "33", "1;31"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == text.render(whole, Look())
