from __future__ import annotations

from textwrap import dedent

import pytest

from smith_topology.core.model import Action, Change, FieldChange, Reason, stream_address
from smith_topology.render import drift
from smith_topology.render.differences import Difference, sort_of
from smith_topology.render.text import Look
from tests.render.plans import CREATED, DELETED, FILTERED, HOUR, PROTECTED, SAME, SAME_CONSUMER, UPDATED, at, plan

EDITED = Change(
    stream_address("ORDERS"),
    Action.UPDATE,
    Reason.BOTH,
    {},
    {},
    (
        FieldChange("max_age", HOUR, None),
        FieldChange("description", "by hand", None),
        FieldChange("subjects", ["a", "b"], ["b", "c"]),
        FieldChange("placement", None, {"cluster": "c"}),
    ),
    (),
    at(12),
)


def test_the_first_line_says_it_all_and_the_rest_cannot_be_read_the_wrong_way_round() -> None:
    assert drift.render(plan(EDITED, FILTERED, CREATED, UPDATED, DELETED, SAME), Look()) + "\n" == dedent("""\
        Drift on account SMITH @ prod-eu: 2 changed by hand, 1 missing, 1 not yet applied, 1 owned but not in the file.

        Changed by hand since it was applied:
          stream.ORDERS  (and the file has moved on)                                        topology.yaml:12
            max_age      live 1h, declared no limit
            description  live "by hand", not declared
            subjects
                "c"  declared, not there
                "a"  live, not declared
            placement    declared, not there
                cluster = "c"
          consumer.ORDERS.billing                                                           topology.yaml:15
            max_deliver  live 5, declared 3

        Declared, but not there: deleted, or never applied:
          stream.RAW                                                                         topology.yaml:3
            subjects  = ["raw.>"]
            retention = workqueue
            max_bytes = 500MiB
            max_age   = 6h

        The file has moved on and is not yet applied:
          stream.ORDERS                                                                     topology.yaml:12
            max_age       live 50h, declared 1h
            num_replicas  live 1, declared 3

        Owned, but not in the file:
          stream.LEGACY
            subjects = ["legacy"]

        Nothing was changed.
        Applying the file would cost data. Data loss: 1,204,343 messages, 3.4 GiB; up to 4 messages never delivered.
        To see what putting it right takes: smith-topo plan, with the same options.
        """)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ((SAME, SAME_CONSUMER), "No drift on account SMITH @ prod-eu: 1 stream, 1 consumer are as declared."),
        ((SAME,), "No drift on account SMITH @ prod-eu: 1 stream is as declared."),
        ((), "No drift on account SMITH @ prod-eu: all the file declares is as declared."),
    ],
)
def test_no_drift_is_one_line_that_says_what_was_looked_at(changes: tuple[Change, ...], line: str) -> None:
    assert drift.render(plan(*changes), Look()) == line


def test_what_could_not_be_compared_is_not_called_free_of_drift() -> None:
    shown = drift.render(plan(SAME, diagnostics=(PROTECTED,)), Look())

    assert shown.startswith("Not known to be free of drift on account SMITH @ prod-eu: 1 refusal.\n\nRefused: Object")


def test_refusals_are_counted_in_the_headline_beside_the_differences() -> None:
    assert drift.headline(plan(CREATED, diagnostics=(PROTECTED,))).endswith(": 1 missing, 1 refusal.")


@pytest.mark.parametrize(
    ("action", "reason", "sort"),
    [
        (Action.NO_OP, Reason.SAME, None),
        (Action.CREATE, Reason.NEW, Difference.MISSING),
        (Action.UPDATE, Reason.DRIFT, Difference.CHANGED),
        (Action.REPLACE, Reason.BOTH, Difference.CHANGED),
        (Action.UPDATE, Reason.PENDING, Difference.PENDING),
        (Action.UPDATE, Reason.UNKNOWN, Difference.UNKNOWN),
        (Action.UPDATE, Reason.ADOPT, Difference.UNOWNED),
        (Action.DELETE, Reason.REMOVED, Difference.EXTRA),
        (Action.FORGET, Reason.REMOVED, Difference.EXTRA),
    ],
)
def test_every_change_is_one_sort_of_difference(action: Action, reason: Reason, sort: Difference | None) -> None:
    assert sort_of(Change(stream_address("S"), action, reason)) is sort
