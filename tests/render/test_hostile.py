"""No name, description or server answer drives the terminal, whichever renderer it passes through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smith_topology.core.model import (
    OWNER,
    PROTECT,
    Action,
    Address,
    After,
    Call,
    Change,
    Diagnostic,
    Effect,
    FieldChange,
    Handover,
    Interruption,
    Kind,
    Observed,
    Plan,
    Reason,
    Role,
    Server,
    Severity,
    Span,
    Stage,
    Topology,
    Verb,
    Verdict,
    Version,
    amounts,
)
from smith_topology.render import plan, show
from smith_topology.render.formats import TABLE, Format, View, renderer
from smith_topology.render.results import Applied
from smith_topology.render.show import Shown
from smith_topology.render.text import ANSI, Look
from smith_topology.render.validation import Checked
from tests.render.plans import ended

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2028\r\n\x7f"
HERE = Span(EVIL, 1, 1)
CONFIG = {
    "description": EVIL,
    "subjects": [EVIL],
    "retention": EVIL,
    "metadata": {EVIL: EVIL},
    EVIL: {EVIL: [EVIL]},
    "sources": [{"name": EVIL, "filter_subject": EVIL}, {"name": EVIL}],
    "placement": {"tags": [EVIL], EVIL: 1},
    "opt_start_time": EVIL,
}
FIELDS = tuple(
    FieldChange(path, before, after)
    for name, value in CONFIG.items()
    for path, before, after in ((name, None, value), (name, value, None), (f"metadata.{EVIL}", EVIL, None))
)
EFFECT = Effect(EVIL, EVIL, amounts=amounts(messages=1))
INTERRUPTED = Effect(EVIL, "", amounts=tuple(Interruption(EVIL, Address(Kind.STREAM, (EVIL,)), taker)
                                             for taker in (None, Address(Kind.STREAM, (EVIL,)))))  # fmt: skip


def address(kind: Kind) -> Address:
    return Address(kind, (EVIL, EVIL) if kind is Kind.CONSUMER else (EVIL,))


def diagnostic(severity: Severity, where: Address | None) -> Diagnostic:
    return Diagnostic(EVIL, severity, EVIL, EVIL, EVIL, where, HERE)


CHANGES = tuple(
    Change(address(kind), action, reason, CONFIG, CONFIG, FIELDS, (EFFECT, INTERRUPTED, Effect(EVIL, EVIL, "description")), HERE)
    for kind in Kind
    for action, reason in ((Action.CREATE, Reason.NEW), (Action.UPDATE, Reason.BOTH), (Action.DELETE, Reason.REMOVED))
)
PLACES = (None, address(Kind.STREAM), Address(Kind.STREAM, ("X",)))
FOUND = tuple(diagnostic(severity, where) for severity in Severity for where in PLACES)
STAGES = tuple(Stage(address(kind), CONFIG, CONFIG, EVIL) for kind in (Kind.STREAM, Kind.CONSUMER))
GIVEN = (Handover(STAGES[0].id, STAGES[1].id, EVIL, EVIL),)
STEP = Call(1, STAGES[0], Verb.CREATE, EVIL, CONFIG, "", (After(1, "settled", EVIL),), 1, GIVEN)
SERVER = Server(Version(2, 15), EVIL, cluster=EVIL, domain=EVIL, url=EVIL, account=EVIL)
PLAN = Plan(EVIL, SERVER, CHANGES, (STEP,), FOUND, CHANGES, {address(Kind.STREAM): Role.STREAM}, digest=EVIL)
OUTCOME = ended(STEP, Verdict.REFUSED, diagnostic(Severity.ERROR, None))
MARKS = {OWNER: EVIL, PROTECT: EVIL, EVIL: EVIL}
LIVE = Observed(address(Kind.STREAM), CONFIG | {"metadata": MARKS}, EVIL, {EVIL: EVIL, "lost": [EVIL]})

SUBJECTS: dict[View, Any] = {
    View.PLAN: PLAN,
    View.STEPS: PLAN,
    View.DRIFT: PLAN,
    View.STEP: OUTCOME,
    View.OUTCOME: Applied(PLAN, [OUTCOME]),
    View.DIAGNOSTICS: FOUND,
    View.VALIDATION: Checked(Topology(EVIL, {}, (EVIL,)), FOUND),
    View.SHOW: Shown([LIVE]),
}
TEXTS = {
    f"{view.name}.{form}": renderer(view, form)(SUBJECTS[view], Look(verb=EVIL))
    for view in View
    for form in TABLE[view]
    if form is not Format.METRICS  # names the owner alone, and no file may have such a one
} | {"SHOW.detail": show.render(Shown([LIVE], single=True), Look())}

NUMBERS = ("OUTCOME.ndjson",)
"""Holds no name at all."""


def test_every_view_has_its_renderers_here() -> None:
    assert TABLE.keys() == SUBJECTS.keys() == set(View)
    assert {form for forms in TABLE.values() for form in forms} == set(Format)


@pytest.mark.parametrize("name", TEXTS)
def test_every_unprintable_character_is_escaped(name: str) -> None:
    assert TEXTS[name]
    assert {each for each in TEXTS[name] if not each.isprintable()} <= {"\n"}


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith("json") and name not in NUMBERS])
def test_json_gives_the_text_back_as_it_was(name: str) -> None:
    lines = TEXTS[name].splitlines() if name.endswith("ndjson") else [TEXTS[name]]

    assert any(json.dumps(EVIL)[1:-1].replace("\x7f", "\\u007f") in line for line in lines)
    assert all(json.loads(line) for line in lines)


def test_a_name_cannot_fake_a_colour() -> None:
    fake = Change(Address(Kind.STREAM, ("\x1b[32mFINE\x1b[0m",)), Action.DELETE, Reason.REMOVED)

    assert "\x1b[32mFINE" not in plan.render(Plan("smith", SERVER, (fake,), (), ()), Look(ANSI))


def test_a_name_cannot_add_a_line_of_its_own() -> None:
    fake = Change(Address(Kind.STREAM, ("X\nNo changes.",)), Action.DELETE, Reason.REMOVED)

    assert "No changes." not in plan.render(Plan("smith", SERVER, (fake,), (), ()), Look()).splitlines()
