"""A consumer paused by hand is a hand edit, and is resumed only where that is allowed by name. Both ways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.scenario import APPROVED, Shop
from tests.cli.terminal import ENTER, on_terminal

DONE, REFUSED = 0, 3
UNTIL = "2099-01-01T00:00:00Z"


def declared(**fields: Any) -> dict[str, Any]:
    return {"ORDERS": {"subjects": ["orders.>"], "consumers": {"billing": {"ack_policy": "explicit", **fields}}}}


def pause(shop: Shop, until: str = UNTIL) -> None:
    with shop.raw() as js:
        js.request("CONSUMER.PAUSE.ORDERS.billing", {"pause_until": until})


@pytest.fixture
def paused(shop: Shop) -> Shop:
    """A consumer that was applied, and then paused by hand."""
    shop.write(declared())
    shop.apply()
    pause(shop)
    return shop


def is_paused(shop: Shop) -> bool:
    return "pause_until" in shop.config("consumer.ORDERS.billing")


def test_a_pause_by_hand_is_named_and_is_not_ended_without_approval(paused: Shop) -> None:
    plan, drift = paused.run("plan").stdout, paused.run("drift").stdout

    assert "it is paused, which the file does not mention" in plan
    assert "--allow resume" in plan
    assert ("1 changed by hand" in drift, "(paused by hand)" in drift) == (True, True)
    refused = paused.run(*APPROVED)
    assert (refused.exit_code, "GA106" in refused.stderr, is_paused(paused)) == (REFUSED, True, True)
    assert paused.run(*APPROVED, "--allow", "delete,data-loss").exit_code == REFUSED
    assert paused.run(*APPROVED, "--allow", "resume=consumer.ORDERS.other").exit_code == REFUSED
    paused.apply("--allow", "resume=consumer.ORDERS.billing")
    assert not is_paused(paused)


def test_beside_another_change_it_needs_the_same_approval(paused: Shop) -> None:
    paused.write(declared(max_deliver=3))

    assert paused.reasons() == {"consumer.ORDERS.billing": "both"}
    assert paused.run(*APPROVED).exit_code == REFUSED
    assert paused.config("consumer.ORDERS.billing").get("max_deliver", -1) == -1
    paused.apply("--allow", "resume")
    assert (is_paused(paused), paused.config("consumer.ORDERS.billing")["max_deliver"]) == (False, 3)


@pytest.mark.parametrize("until", [UNTIL, "2098-01-01T00:00:00Z", "2020-01-01T00:00:00Z"], ids=["same", "sooner", "over"])
def test_the_line_in_the_file_says_it_too(paused: Shop, until: str) -> None:
    paused.write(declared(pause_until=until))

    paused.apply()
    assert paused.config("consumer.ORDERS.billing").get("pause_until") == (None if until < "2026" else until)


def test_a_paused_consumer_is_adopted_with_its_pause_or_needs_approval(shop: Shop) -> None:
    shop.create("ORDERS")
    shop.consume("ORDERS", "billing")
    pause(shop)
    shop.write(declared())

    assert shop.run(*APPROVED, "--adopt").exit_code == REFUSED
    assert is_paused(shop)
    shop.apply("--adopt", "--allow", "resume")


def test_at_a_terminal_a_yes_resumes(paused: Shop) -> None:
    with on_terminal("apply", url=paused.url, cwd=paused.directory) as terminal:
        terminal.answer("'yes'", f"yes{ENTER}")
        assert terminal.end() == DONE, terminal.screen
    assert not is_paused(paused)
