"""An interest stream gets subjects and consumers beside publishers: every message that it acknowledges is delivered."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.cli.account import Account, account_on
from tests.cli.test_handover import forbidding
from tests.cli.traffic import ALL, applied, settled
from tests.servers import LATEST, UNPACKED, Servers
from tests.topologies import Document

OLDEST = UNPACKED[0]
CONSUMER = "CONSUMER.CREATE.S"
MOMENTS = [
    pytest.param(LATEST, "", id="from the beginning"),
    pytest.param(OLDEST, CONSUMER, id="right before the consumer, 2.10"),
    pytest.param(OLDEST, "", id="from the beginning, 2.10", marks=pytest.mark.soak),
    pytest.param(LATEST, CONSUMER, id="right before the consumer", marks=pytest.mark.soak),
]
"""Server version, and the request that is held until publishing has begun: so a message surely comes before it."""


def interest(*subjects: str, **filters: tuple[str, ...]) -> Document:
    """One stream; ``filters`` are those of its consumers, by name."""
    fields = {"ack_policy": "explicit", "max_ack_pending": ALL}
    consumers = {name: {**fields, "filter_subjects": list(each)} for name, each in filters.items()}
    return {"S": {"subjects": list(subjects), "retention": "interest", "consumers": consumers}}


@dataclass(frozen=True, slots=True)
class Shape:
    """A change before and after which a consumer wants each of these subjects that the stream takes."""

    before: Document
    after: Document
    subjects: tuple[str, ...]


SHAPES = {
    "a new stream": Shape({}, interest("a", one=("a",)), ("a",)),
    "a wider stream with a new consumer": Shape(
        interest("a", one=("a",)),
        interest("a", "b", one=("a",), two=("b",)),
        ("a", "b"),
    ),
    "a wider stream with a wider consumer": Shape(
        interest("a", one=("a",)),
        interest("a", "b", one=("a", "b")),
        ("a", "b"),
    ),
    "another subject for another filter": Shape(
        interest("a", "b", one=("a",), two=("b",)),
        interest("a", "c", one=("a",), two=("c",)),
        ("a", "c"),
    ),
    "two consumers that swap filters": Shape(
        interest("a", "b", one=("a",), two=("b",)),
        interest("a", "b", one=("b",), two=("a",)),
        ("a", "b"),
    ),
}
REFUSED = {name: shape for name, shape in SHAPES.items() if name.startswith("a ")}


def delivered(account: Account) -> list[bytes]:
    """The payloads that the consumers get, together."""
    return [payload for name in account.consumers("S") for payload in account.js.pull("S", name, ALL)]


@pytest.mark.parametrize(("version", "at"), MOMENTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_acknowledged_messages_are_delivered(servers: Servers, version: str, at: str, shape: Shape) -> None:
    with account_on(servers.start(version=version).url) as account:
        if shape.before:
            account.converge(shape.before)

        done, flow = applied(account.url, shape.after, *shape.subjects, unanswered=(), at=at)
        if done.exit_code == 6 and "AP106" in done.stdout:  # in all the traffic it could not be shown that nothing would be lost
            done = account.apply(shape.after, "--auto-approve")

        payloads = delivered(account)
        lost = settled(flow, lambda: payloads).missing
        assert done.exit_code == 0, done
        assert not lost, f"{len(lost)} of {len(flow.acknowledged)}"
        assert all(flow.streams(subject) == ["S"] for subject in shape.subjects)
        assert account.plan(shape.after, "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("shape", REFUSED.values(), ids=REFUSED.keys())
def test_a_subject_whose_consumer_is_refused_acknowledges_nothing(servers: Servers, shape: Shape) -> None:
    """The user may not make or change consumers, so a later apply, by another user, opens the subject."""
    with forbidding(servers, "CONSUMER.CREATE.>") as account:
        if shape.before:
            account.converge(shape.before)
        limited = account.url.replace("owner:o@", "limited:p@")

        refused, flow = applied(account.url, shape.after, *shape.subjects, unanswered=(), through=limited)
        done, later = applied(account.url, shape.after, *shape.subjects, unanswered=())

        payloads = delivered(account)
        lost = [*settled(flow, lambda: payloads).missing, *settled(later, lambda: payloads).missing]
        assert not lost, f"{len(lost)} of {len(flow.acknowledged) + len(later.acknowledged)}"
        assert refused.exit_code in {1, 6}
        assert "It may not publish to $JS.API.CONSUMER.CREATE.S." in refused.stdout
        assert done.exit_code == 0, done
        assert account.plan(shape.after, "--detailed-exitcode").exit_code == 0
