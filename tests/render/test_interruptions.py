"""A moment in which a subject has no stream is announced in every output, and never beside "No data is lost"."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from smith_topology.core.model import Change, Interruption, Permission
from smith_topology.core.planning.approval import Approval, not_allowed
from smith_topology.render import drift, markdown, summary
from smith_topology.render import plan as text
from smith_topology.render.documents import lines
from smith_topology.render.documents import plan as document
from smith_topology.render.interruptions import sentence
from smith_topology.render.text import PLAIN, Look
from tests.render.plans import DELETED, LEFT, NEW, OLD, PASSED, REPLACED, UPDATED, giving, plan

BOTH = giving(Interruption("a", OLD, NEW), Interruption("b", OLD, None), Interruption("c", OLD, NEW))


def test_the_plan_names_the_subject_both_streams_and_what_it_means_for_publishers() -> None:
    assert list(text.change_lines(PASSED, "smith", PLAIN)) == [
        "  ~ stream.OLD will be updated in place                                             topology.yaml:20",
        "      ~ subjects",
        '          - "a"',
        "          # 1 other unchanged",
        "          # a passes from stream.OLD to stream.NEW and has no stream in between: publishers that",
        "          # wait for an answer get an error and can retry; messages published without waiting are",
        "          # lost   [DS401]",
    ]


def test_a_subject_that_no_stream_takes_is_said_to_have_none_from_then_on() -> None:
    shown = " ".join("\n".join(text.change_lines(LEFT, "smith", PLAIN)).replace("#", "").split())

    assert "b leaves stream.OLD and will have no stream: publishers that wait for an answer get an error;" in shown
    assert "retry" not in shown


NOTHING_STORED = "No stored data is lost."
ONE = "Interruption: 1 subject has no stream for a moment."
VERDICTS: dict[str, tuple[tuple[Change, ...], str]] = {
    "one": ((PASSED,), f"{NOTHING_STORED} {ONE}"),
    "three": (
        (BOTH,),
        f"{NOTHING_STORED} Interruption: 2 subjects have no stream for a moment. 1 subject will have no stream.",
    ),
    "for good": ((LEFT,), f"{NOTHING_STORED} 1 subject will have no stream."),
    "and a loss": ((DELETED, PASSED), f"Data loss: 12 messages, 140 B. {ONE}"),
    "and a replacement": ((REPLACED, PASSED), ONE),
    "told twice": ((PASSED, replace(PASSED, address=NEW)), f"{NOTHING_STORED} {ONE}"),
}


@pytest.mark.parametrize(("changes", "verdict"), VERDICTS.values(), ids=VERDICTS.keys())
def test_the_verdict_counts_the_subjects(changes: tuple[Change, ...], verdict: str) -> None:
    assert text.verdict(plan(*changes)) == verdict


@pytest.mark.parametrize("changes", [(PASSED,), (LEFT,), (BOTH, UPDATED)], ids=["passed", "left", "and a loss"])
def test_no_data_is_lost_is_never_said_beside_an_interruption(changes: tuple[Change, ...]) -> None:
    found = plan(*changes)
    shown = [text.render(found, Look()), markdown.plan(found, Look()), summary.plan(found, Look()), lines.plan(found, Look())]

    assert all("no stream" in each and "No data is lost" not in each for each in shown)
    assert "No data is lost" not in drift.render(found, Look())


def test_the_summary_says_all_of_it() -> None:
    assert summary.plan(plan(BOTH), Look()).splitlines() == [
        "Plan for account SMITH @ prod-eu: 0 to add, 1 to change, 0 to replace, 0 to destroy.",
        "No stored data is lost. Interruption: 2 subjects have no stream for a moment. 1 subject will have no stream.",
        "Interrupts: a, c pass from stream.OLD to stream.NEW and have no stream in between: publishers that wait for an answer "
        "get an error and can retry; messages published without waiting are lost",
        "Interrupts: b leaves stream.OLD and will have no stream: publishers that wait for an answer get an error; messages "
        "published without waiting are lost",
    ]


def test_json_lists_each_interruption_in_the_block_and_in_its_effect() -> None:
    block = json.loads(document.render(plan(BOTH), Look()))["smith_topo"]
    effect = block["changes"]["stream.OLD"]["effects"][0]

    assert [(each["subject"], each["from"], each["to"]) for each in block["interruptions"]] == [
        ("a", "stream.OLD", "stream.NEW"),
        ("b", "stream.OLD", None),
        ("c", "stream.OLD", "stream.NEW"),
    ]
    assert block["interruptions"] == effect["interruptions"]
    assert block["summary"]["interruptions"] == 3
    assert block["interruptions"][1]["text"].startswith("b leaves stream.OLD and will have no stream: publishers that wait")
    assert "can retry" in block["interruptions"][0]["text"]
    assert effect["text"].startswith("publishers that wait")


def test_ndjson_carries_them_with_the_change_and_counts_them_in_the_summary() -> None:
    change, last = map(json.loads, lines.plan(plan(PASSED), Look()).splitlines())

    assert change["change"]["effects"][0]["interruptions"][0]["subject"] == "a"
    assert last["changes"]["interruptions"] == 1
    assert last["@message"].endswith("Interruption: 1 subject has no stream for a moment.")


def test_markdown_has_it_in_bold_in_the_verdict_and_in_the_row() -> None:
    shown = markdown.plan(plan(PASSED), Look()).splitlines()

    assert shown[2].endswith("**No stored data is lost. Interruption: 1 subject has no stream for a moment.**")
    assert any("**a passes from stream.OLD to stream.NEW and has no stream in between: publishers" in line for line in shown)


def test_drift_says_that_applying_would_interrupt() -> None:
    shown = drift.render(plan(PASSED), Look())

    assert "Applying the file would interrupt publishers. No stored data is lost. Interruption: 1 subject" in shown


def test_an_approval_without_names_covers_an_interruption_and_not_a_loss_beside_it() -> None:
    assert not PASSED.loses_data
    assert not_allowed(plan(PASSED, LEFT), Approval()) == []
    assert plan(PASSED, UPDATED).required == {Permission.DATA_LOSS}


def test_what_has_no_stream_now_comes_first_everywhere() -> None:
    found = replace(plan(BOTH), without_stream=("b",))
    calm = replace(plan(UPDATED), without_stream=("b",))
    now = "1 subject has no stream now: b."

    for each in (text.render(found, Look()), drift.render(found, Look()), drift.summary(found, Look())):
        assert each.startswith(now)
    for each in (summary.plan(calm, Look()), markdown.plan(calm, Look()), text.render(calm, Look())):
        assert now in each
        assert "No data is lost" not in each


def test_the_parts_of_a_subject_that_keep_a_stream_are_excepted() -> None:
    left = Interruption("a.>", OLD, None, ("a.x", "a.y"))

    assert sentence([left]).startswith("a.> (a.x, a.y excepted) leaves stream.OLD and will have no stream: ")
