"""`ignore_warnings`: acknowledged, with a reason, and never an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.scenario import Shop

REASON = "it is made anew each night"
IDLE = {"inactive_threshold": "1h"}


def _streams(at: dict[str, Any], **consumer: Any) -> dict[str, Any]:
    return {"LOG": {"subjects": ["log.>"], **at, "consumers": {"tail": {**IDLE, **consumer}}}}


IGNORED = {"ignore_warnings": {"RL103": REASON}}
PLACES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the object": (_streams({}, **IGNORED), {}),
    "its stream": (_streams(IGNORED), {}),
    "the top": (_streams({}), IGNORED),
    "an external stream": (
        {"LOG": {"external": True, **IGNORED, "consumers": {"tail": {**IDLE, "filter_subject": "log.>"}}}},
        {},
    ),
}


@pytest.mark.parametrize(("streams", "top"), PLACES.values(), ids=PLACES)
def test_an_acknowledged_warning_is_shown_on_demand(shop: Shop, streams: Any, top: Any) -> None:
    shop.create("LOG")
    shop.write(streams, **top)

    quiet, shown = shop.run("validate"), shop.run("validate", "--show-ignored")
    document = json.loads(shop.run("validate", "-o", "json").stdout)
    (found,) = document["diagnostics"]

    assert (quiet.exit_code, quiet.stderr, "1 ignored warning" in quiet.stdout) == (0, "", True)
    assert "Ignored: The server deletes this consumer" in shown.stderr
    assert f"Reason: {REASON}" in shown.stderr
    assert (found["code"], found["severity"], found["ignored"]) == ("RL103", "warning", REASON)
    assert (document["valid"], document["warning_count"], document["ignored_count"]) == (True, 0, 1)
    for output in ("human", "markdown", "summary"):
        assert "RL103" not in shop.run("plan", "--adopt", "-o", output).stdout
    (planned,) = shop.json("plan", "--adopt")["smith_topo"]["diagnostics"]
    assert (planned["code"], planned["ignored"]) == ("RL103", REASON)


def test_without_it_the_warning_is_shown(shop: Shop) -> None:
    """The other direction; and an entry at another object hides nothing, which is worth a word."""
    shop.write({**_streams({}), "OTHER": {"subjects": ["o"], **IGNORED}})

    done = shop.run("validate", "--show-ignored")

    assert ("[RL103]" in done.stderr, "Ignored:" in done.stderr) == (True, False)
    assert "[nothing-ignored]" in done.stderr
    assert "[nothing-ignored]" in shop.run("plan").stdout


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"RL999": "x"}, "not-a-warning"),
        ({"FC101": "an error"}, "not-a-warning"),
        ({"OW102": "a refusal"}, "not-a-warning"),
        ({"RL103": ""}, "bad-value"),
        ({"RL103": None}, "bad-value"),
        ({"RL103": ["x"]}, "bad-value"),
        (["RL103"], "wrong-type"),
    ],
)
@pytest.mark.parametrize("top", [True, False], ids=["top", "object"])
def test_only_warnings_can_be_ignored_and_with_a_reason(shop: Shop, entry: Any, code: str, top: bool) -> None:
    shop.write(_streams({}, **({} if top else {"ignore_warnings": entry})), **({"ignore_warnings": entry} if top else {}))

    done = shop.run("validate")

    assert (done.exit_code, f"[{code}]" in done.stderr) == (1, True), done


def test_the_warnings_of_a_plan_can_be_ignored_too(shop: Shop) -> None:
    """The plan destroys the origin of a copy that is not this file's."""
    shop.write({"A": {"subjects": ["a"]}, "B": {"subjects": ["b"]}})
    shop.apply()
    shop.create("COPY", subjects=None, mirror={"name": "A"})
    shop.write({"B": {"subjects": ["b"]}})
    assert "[RF202]" in shop.run("plan").stdout

    shop.write({"B": {"subjects": ["b"]}}, ignore_warnings={"RF202": "the copy is the archive"})

    assert "RF202" not in shop.run("plan").stdout
    assert [each["ignored"] for each in shop.json("plan")["smith_topo"]["diagnostics"]] == ["the copy is the archive"]
    assert shop.run("validate").stderr == ""


def test_an_error_is_not_ignored_by_the_code_of_its_warning(shop: Shop) -> None:
    """What only newer servers refuse is a warning offline, and an error where it is refused."""
    shop.write({"LOG": {"subjects": ["*.log"], "ignore_warnings": {"SB108": "2.10"}}})

    assert shop.run("validate").stderr == ""
    assert shop.run("plan").exit_code == 1
