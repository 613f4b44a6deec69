"""A server is upgraded in place, and what it holds is still what the file declares: nothing to do, no drift."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from smith_topology.core.model import Version
from smith_topology.core.times import SECOND
from smith_topology.jetstream.embedded import running
from tests.cli.account import Account, account_on
from tests.command import Result, run
from tests.servers import LATEST, binary_of
from tests.topologies import Document, known_to, text

UPGRADES = (
    ("2.10.26", "2.12.8"),
    ("2.11.11", LATEST),
    ("2.12.8", "2.14.6"),
    ("2.12.8", LATEST),
    ("2.14.6", LATEST),
)
ESTATE: Document = {
    "version": 1,
    "name": "smith",
    "streams": {
        "LIMITS": {
            "subjects": ["limits.>"],
            "max_age": "6h",
            "max_bytes": "50MiB",
            "compression": "s2",
            "allow_direct": True,
            "consumer_limits": {"max_ack_pending": 50, "inactive_threshold": "24h"},
            "republish": {"src": "limits.>", "dest": "again.>"},
            "metadata": {"team": "orders"},
            "consumers": {
                "billing": {"ack_policy": "explicit", "backoff": ["1s", "5s", "30s"], "max_deliver": 5},
            },
        },
        "SHORT": {
            "subjects": ["short.>"],
            "max_age": "1m",
            "consumers": {"audit": {"deliver_subject": "to.audit", "metadata": {"team": "audit"}}},
        },
        "INTEREST": {
            "subjects": ["interest.>"],
            "retention": "interest",
            "consumers": {"first": {"ack_policy": "explicit", "filter_subjects": ["interest.a", "interest.b"]}},
        },
        "WORK": {
            "subjects": ["work.>"],
            "retention": "workqueue",
            "protect": True,
            "consumers": {"worker": {"ack_policy": "explicit", "filter_subject": "work.a", "max_ack_pending": 5000}},
        },
        "MIRROR": {"mirror": {"name": "LIMITS"}},
        "SOURCED": {"sources": [{"name": "LIMITS", "filter_subject": "limits.a"}, {"name": "SHORT", "opt_start_seq": 5}]},
        "BOTH": {"subjects": ["both.>"], "sources": [{"name": "SHORT"}], "max_age": "1m"},
        "WINDOW": {"sources": [{"name": "SHORT"}], "duplicate_window": "30s"},
    },
}


def command(account: Account, document: Document, *args: object) -> Result:
    return run(*args, "-f", "-", url=account.url, stdin=text(document))


def applied_on(version: str, store: Path) -> Document:
    """What an old server was made to hold, in a store that the next one takes over: as much as it knows."""
    document = known_to(Version.parse(version), ESTATE)
    with running(store=str(store), binary=binary_of(version)) as server, account_on(server.url) as account:
        account.converge(document)
        account.publish("limits.a", 3)
    return document


@pytest.mark.parametrize(("old", "new"), UPGRADES)
def test_an_upgrade_leaves_nothing_to_do(tmp_path: Path, old: str, new: str) -> None:
    document = applied_on(old, tmp_path)

    with running(store=str(tmp_path), binary=binary_of(new)) as server, account_on(server.url) as account:
        plan = command(account, document, "plan", "--detailed-exitcode")
        drift = command(account, document, "drift")

    assert plan.exit_code == 0, plan.stdout + plan.stderr
    assert drift.exit_code == 0, drift.stdout + drift.stderr


@pytest.mark.parametrize(("old", "new"), UPGRADES)
def test_after_an_upgrade_a_change_is_the_only_change_and_is_made(tmp_path: Path, old: str, new: str) -> None:
    """The first update of a consumer since its server started is answered with the configuration before it."""
    document = applied_on(old, tmp_path)
    changed = copy.deepcopy(document)
    changed["streams"]["SOURCED"]["description"] = "new"
    changed["streams"]["WORK"]["consumers"]["worker"]["ack_wait"] = "5s"

    with running(store=str(tmp_path), binary=binary_of(new)) as server, account_on(server.url) as account:
        assert account.plan(changed).actions == {"stream.SOURCED": "update", "consumer.WORK.worker": "update"}
        account.converge(changed)

        assert account.consumers("WORK")["worker"]["ack_wait"] == 5 * SECOND
