"""No name, description or server answer drives the terminal, whichever renderer it passes through."""

from __future__ import annotations

import json

import pytest

from smith_topology.core.model import (
    OWNER,
    PROTECT,
    Action,
    Address,
    Change,
    Diagnostic,
    Effect,
    FieldChange,
    Kind,
    Observed,
    Plan,
    Reason,
    Server,
    Severity,
    Span,
    Verb,
    Verdict,
    Version,
    amounts,
)
from smith_topology.render import diagnostics, document, drift, markdown, ndjson, outcome, plan, show, summary
from smith_topology.render.text import ANSI, PLAIN
from tests.render.plans import call, ended

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


def address(kind: Kind) -> Address:
    return Address(kind, (EVIL, EVIL) if kind is Kind.CONSUMER else (EVIL,))


def diagnostic(severity: Severity, where: Address | None) -> Diagnostic:
    return Diagnostic(EVIL, severity, EVIL, EVIL, EVIL, where, HERE)


CHANGES = tuple(
    Change(address(kind), action, reason, CONFIG, CONFIG, FIELDS, (EFFECT, Effect(EVIL, EVIL, "description")), HERE)
    for kind in Kind
    for action, reason in ((Action.CREATE, Reason.NEW), (Action.UPDATE, Reason.BOTH), (Action.DELETE, Reason.REMOVED))
)
PLACES = (None, address(Kind.STREAM), Address(Kind.STREAM, ("X",)))
FOUND = tuple(diagnostic(severity, where) for severity in Severity for where in PLACES)
STEP = call(1, address(Kind.STREAM), Verb.CREATE)
SERVER = Server(Version(2, 15), EVIL, cluster=EVIL, domain=EVIL, url=EVIL, account=EVIL)
PLAN = Plan(EVIL, SERVER, CHANGES, (STEP,), FOUND, CHANGES, (address(Kind.STREAM),), digest=EVIL)
OUTCOME = ended(STEP, Verdict.REFUSED, diagnostic(Severity.ERROR, None))
MARKS = {OWNER: EVIL, PROTECT: EVIL, EVIL: EVIL}
LIVE = Observed(address(Kind.STREAM), CONFIG | {"metadata": MARKS}, EVIL, {EVIL: EVIL, "lost": [EVIL]})

TEXTS = {
    "plan": plan.render(PLAN, PLAIN, verb=EVIL),
    "drift": drift.render(PLAN, PLAIN),
    "diagnostics": diagnostics.render(FOUND, PLAIN, lambda _: EVIL),
    "progress": outcome.progress_line(OUTCOME, PLAIN),
    "report": outcome.report(PLAN, [OUTCOME], PLAIN),
    "markdown": markdown.plan(PLAN),
    "summary": summary.plan(PLAN),
    "show": show.render([LIVE], PLAIN),
    "detail": show.detail(LIVE, PLAIN),
    "plan.json": document.dumps(document.plan_document(PLAN)),
    "drift.json": document.dumps(document.drift_document(PLAN)),
    "diagnostics.json": document.dumps(document.diagnostics_document(FOUND)),
    "outcome.json": document.dumps(document.outcome_document(PLAN, [OUTCOME])),
    "plan.ndjson": "\n".join(ndjson.plan(PLAN, "now")),
    "drift.ndjson": "\n".join(ndjson.drift(PLAN, "now")),
    "apply.ndjson": ndjson.apply_end(OUTCOME, "now"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_unprintable_character_is_escaped(name: str) -> None:
    assert {each for each in TEXTS[name] if not each.isprintable()} <= {"\n"}


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith("json")])
def test_json_gives_the_text_back_as_it_was(name: str) -> None:
    lines = TEXTS[name].splitlines() if name.endswith("ndjson") else [TEXTS[name]]

    assert any(json.dumps(EVIL)[1:-1].replace("\x7f", "\\u007f") in line for line in lines)
    assert all(json.loads(line) for line in lines)


def test_a_name_cannot_fake_a_colour() -> None:
    fake = Change(Address(Kind.STREAM, ("\x1b[32mFINE\x1b[0m",)), Action.DELETE, Reason.REMOVED)

    assert "\x1b[32mFINE" not in plan.render(Plan("smith", SERVER, (fake,), (), ()), ANSI)


def test_a_name_cannot_add_a_line_of_its_own() -> None:
    fake = Change(Address(Kind.STREAM, ("X\nNo changes.",)), Action.DELETE, Reason.REMOVED)

    assert "No changes." not in plan.render(Plan("smith", SERVER, (fake,), (), ()), PLAIN).splitlines()
