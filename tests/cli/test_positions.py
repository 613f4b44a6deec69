"""A consumer's filter is corrected: messages that it skips are announced, unless its position is known to be before them.

A pull that waits in vain moves a consumer to the end of its stream. From 2.11 on its info hides that: `delivered` stays 0, as
if it had never pulled. `num_pending` shows it: a consumer that still has all messages of its filter is not past the first.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.account import ALLOW_ALL, Account, Planned, account_on, whole
from tests.cli.traffic import ALL
from tests.command import run
from tests.servers import LATEST, UNPACKED, Servers
from tests.topologies import Document, text

STORED = 100
WHERE = [
    (UNPACKED[0], "limits"),
    pytest.param(UNPACKED[0], "workqueue", marks=pytest.mark.soak),
    pytest.param(UNPACKED[0], "interest", marks=pytest.mark.soak),
    (LATEST, "limits"),
    (LATEST, "workqueue"),
    (LATEST, "interest"),
]


def reading(*subjects: str) -> Document:
    filters = {"filter_subjects": list(subjects)} if subjects else {}
    return {"ack_policy": "explicit", "max_ack_pending": ALL, **filters}


def stream(retention: str, *filters: str) -> Document:
    """With a consumer of these filters, or of everything; where interest decides what is kept, another one has it in b."""
    other = {"keeps": reading("b")} if retention == "interest" else {}
    return {"S": {"subjects": ["a", "b"], "retention": retention, "consumers": {"c": reading(*filters), **other}}}


def pulled_in_vain(account: Account) -> None:
    account.publish("b", STORED)
    account.js.pull_in_vain("S", "c")


def pulled_in_vain_before_it_had_any(account: Account) -> None:
    pulled_in_vain(account)
    account.publish("a", 5)


def never_pulled(account: Account) -> None:
    account.publish("a", 5)
    account.publish("b", STORED)


def nothing_stored(account: Account) -> None:
    account.js.pull_in_vain("S", "c")


def announced(plan: Planned) -> int:
    """Messages that the plan says are dropped or never delivered."""
    return sum(each["messages"] + each["skipped"] for address in plan.actions for each in plan.effects(address))


def received(account: Account) -> int:
    """Messages of subject b that the corrected consumer gets."""
    return sum(payload.startswith(b"b-") for payload in account.js.pull("S", "c", ALL))


@pytest.mark.parametrize(("version", "retention"), WHERE)
@pytest.mark.parametrize("prepare", [pulled_in_vain, pulled_in_vain_before_it_had_any])
def test_messages_that_a_corrected_filter_skips_are_announced(
    servers: Servers, version: str, retention: str, prepare: Callable[[Account], None]
) -> None:
    with account_on(servers.start(version=version).url) as account:
        account.converge(stream(retention, "a"))
        prepare(account)
        corrected = stream(retention, "a", "b")

        plan = account.plan(corrected)
        human = run("plan", "-f", "-", url=account.url, stdin=text(whole(corrected))).stdout
        refused = account.apply(corrected, "--auto-approve")
        unchanged = account.consumer("S", "c")["config"]
        account.converge(corrected, *ALLOW_ALL)

        skipped = STORED - received(account)
        assert skipped == STORED
        assert announced(plan) >= skipped
        assert "ata is lost" not in human
        assert (refused.exit_code, unchanged["filter_subject"]) == (3, "a")


@pytest.mark.parametrize(("version", "retention"), WHERE)
@pytest.mark.parametrize(("prepare", "filters"), [(never_pulled, ("a",)), (nothing_stored, ("a",)), (never_pulled, ())])
def test_a_filter_that_skips_nothing_is_changed_without_asking(
    servers: Servers, version: str, retention: str, prepare: Callable[[Account], None], filters: tuple[str, ...]
) -> None:
    """Every message of its filter is pending and they come first, or nothing is stored: its position is before everything."""
    with account_on(servers.start(version=version).url) as account:
        account.converge(stream(retention, *filters))
        prepare(account)
        corrected = stream(retention, "a", "b")

        plan = account.plan(corrected)
        human = run("plan", "-f", "-", url=account.url, stdin=text(whole(corrected))).stdout
        account.converge(corrected, "--auto-approve")

        account.publish("b", STORED, label="b-later")
        expected = STORED if prepare is nothing_stored else 2 * STORED
        assert (received(account), announced(plan)) == (expected, 0)
        assert "ata is lost" in human
