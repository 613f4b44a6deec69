"""The plan says when no stream will take a subject any more, whatever the reason, and only then."""

from __future__ import annotations

import nats.errors
import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, account_on, whole
from tests.command import run
from tests.topologies import Document, text


def taking(*subjects: str, **fields: object) -> Document:
    return {"subjects": list(subjects), **fields}


def interest(*subjects: str) -> Document:
    consumers = {subject: {"ack_policy": "explicit", "filter_subjects": [subject]} for subject in subjects}
    return {"OLD": taking(*subjects, retention="interest", consumers=consumers)}


UNTAKEN: dict[str, tuple[Document, Document, tuple[str, ...]]] = {
    "removed": ({"OLD": taking("oslo", "rome")}, {"OLD": taking("rome")}, ()),
    "removed for another": ({"OLD": taking("oslo", "rome")}, {"OLD": taking("rome", "bern")}, ()),
    "removed with its consumer": (interest("oslo", "rome"), interest("rome"), ()),
    "only the giver selected": (
        {"OLD": taking("oslo", "rome")},
        {"OLD": taking("rome"), "NEW": taking("oslo")},
        ("--target", "stream.OLD"),
    ),
    "the taker left out": (
        {"OLD": taking("oslo", "rome"), "NEW": taking("bern")},
        {"OLD": taking("rome"), "NEW": taking("bern", "oslo")},
        ("--exclude", "stream.NEW"),
    ),
    "its stream destroyed": ({"OLD": taking("oslo"), "STAYS": taking("rome")}, {"STAYS": taking("rome")}, ()),
}

TAKEN: dict[str, tuple[Document, Document]] = {
    "more subjects": ({"OLD": taking("oslo")}, {"OLD": taking("oslo", "rome"), "NEW": taking("bern")}),
    "a wildcard instead": ({"OLD": taking("in.oslo", "in.rome")}, {"OLD": taking("in.*")}),
    "another description": ({"OLD": taking("oslo")}, {"OLD": taking("oslo", description="of Norway")}),
}


@pytest.mark.parametrize(("before", "after", "flags"), UNTAKEN.values(), ids=UNTAKEN.keys())
def test_a_subject_that_no_stream_takes_any_more_is_announced(
    server: EmbeddedServer, before: Document, after: Document, flags: tuple[str, ...]
) -> None:
    with account_on(server.url) as account:
        account.converge(before)

        block = account.plan(after, *flags).document["smith_topo"]
        human = run("plan", "-f", "-", *flags, url=server.url, stdin=text(whole(after))).stdout
        done = account.apply(after, *ALLOW_ALL, *flags)

        assert done.exit_code == 0, done
        with pytest.raises(nats.errors.NoRespondersError):
            account.publish("oslo", 1)
        account.publish("rome", 1)
        interruptions = [(each["subject"], each["from"], each["to"]) for each in block.get("interruptions", ())]
        assert interruptions == [("oslo", "stream.OLD", None)]
        assert block["summary"].get("interruptions") == 1
        assert "1 subject will have no stream" in " ".join(human.split())
        assert "oslo" in block["interruptions"][0]["text"]
        assert "No data is lost" not in human


@pytest.mark.parametrize(("before", "after"), TAKEN.values(), ids=TAKEN.keys())
def test_subjects_that_keep_their_stream_are_not_interrupted(server: EmbeddedServer, before: Document, after: Document) -> None:
    with account_on(server.url) as account:
        account.converge(before)

        block = account.plan(after).document["smith_topo"]
        human = run("plan", "-f", "-", url=server.url, stdin=text(whole(after))).stdout

        assert (block.get("interruptions"), block["summary"].get("interruptions")) == ([], 0)
        assert "no stream" not in human
        assert "No data is lost." in human


def test_messages_of_a_work_queue_that_no_consumer_takes_any_more_are_announced_and_wait(server: EmbeddedServer) -> None:
    def queue(**filters: str) -> Document:
        consumers = {name: {"filter_subject": subject} for name, subject in filters.items()}
        return {"WQ": taking("wq.*", retention="workqueue", consumers=consumers)}

    with account_on(server.url) as account:
        account.converge(queue(one="wq.a", two="wq.b"))
        account.publish("wq.a", 10)
        for after, said in ((queue(one="wq.b", two="wq.a"), False), (queue(one="wq.b", two="wq.c"), True)):
            human = run("plan", "-f", "-", url=server.url, stdin=text(whole(after))).stdout
            account.converge(after, *ALLOW_ALL)

            assert ("no consumer takes wq.a any more" in human) is said, human

        account.publish("wq.a", 2, label="afterwards")
        assert len(account.messages("WQ")) == 12
        assert [account.consumer("WQ", name)["num_pending"] for name in ("one", "two")] == [0, 0]
