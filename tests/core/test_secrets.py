"""What looks like a secret is replaced, and nothing else is."""

from __future__ import annotations

import pytest

from smith_topology.core.file.suggest import shown
from smith_topology.core.model import BUG
from smith_topology.core.secrets import LONGEST_MESSAGE, quotable, without_secrets
from tests.secret_texts import BLOCK, CREDS, JWT, PUBLIC_KEY, SEED, SEED_IN_LOWER_CASE

HIDDEN = (
    (SEED, "(an nkey seed, not shown)"),
    (SEED_IN_LOWER_CASE, "(an nkey seed, not shown)"),
    (SEED[:45], "(an nkey seed, not shown)"),
    (f"a\\n{SEED}\\n", "a\\n(an nkey seed, not shown)\\n"),
    *((f"S{kind}{SEED[2:]}", "(an nkey seed, not shown)") for kind in "ACNOUX"),
    (JWT, "(a JWT, not shown)"),
    (JWT.partition(".")[0], "(a JWT, not shown)"),
    (BLOCK, "(a key block, not shown)"),
    (repr(BLOCK), "'(a key block, not shown)'"),
    (f"x {BLOCK} y", "x (a key block, not shown) y"),
    (BLOCK.partition("-----END")[0], "(a key block, not shown)"),
    ("nats://user:pa/ss@w@host:4222", "nats://…@host:4222"),
    ("-s nats://host:1,nats://token@a,tls://u:p@b", "-s nats://host:1,nats://…@a,tls://…@b"),
    ("tls://token@host", "tls://…@host"),
    ("https://user:pass@host/path", "https://…@host/path"),
    ("no user:pass@host:4222 here", "no …@host:4222 here"),
)
SHOWN = (
    PUBLIC_KEY,
    "ssh://git@host/repository",
    "https://host/path?mail=a@b",
    "nats://host:4222",
    "mail:a@b.c",
    "ORDERS_OF_THE_SHOP_IN_THE_CITY_CENTRE_BY_THE_STATION_AND_MORE",
    "orders.eyJ.>",
    "----- BEGIN -----",
)


@pytest.mark.parametrize(("text", "expected"), HIDDEN)
def test_a_secret_is_replaced_by_words_that_say_what_it_was(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
    assert without_secrets(without_secrets(text)) == expected


@pytest.mark.parametrize("text", SHOWN)
def test_other_text_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_a_creds_file_loses_both_its_secrets() -> None:
    assert SEED not in without_secrets(CREDS)
    assert JWT not in without_secrets(CREDS)


def test_a_quote_is_shortened_after_its_secrets_are_out() -> None:
    assert shown(f"{'x' * 20} {SEED} {'y' * 40}") == f"`{'x' * 20} (an nkey seed, not …{'y' * 15}`"


def test_a_diagnostic_is_bounded_and_without_secrets_whatever_it_quotes() -> None:
    made = BUG.diagnostic(f"{SEED} {'x' * 10**6}", JWT)

    assert made.detail.startswith("(an nkey seed, not shown) xxx")
    assert len(made.detail) <= LONGEST_MESSAGE
    assert made.fix == "(a JWT, not shown)"
    assert quotable("x" * LONGEST_MESSAGE) == "x" * LONGEST_MESSAGE
