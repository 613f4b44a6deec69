"""The table of what servers of different versions do, and what it answers where the servers of an object differ."""

from __future__ import annotations

import pytest

from smith_topology.core.kinds.behaviour import TABLE, Behaviour, By
from smith_topology.core.model import (
    Live,
    Observed,
    Server,
    Version,
    Versions,
    consumer_address,
    stream_address,
)

OLD, NEW = Version(2, 10, 26), Version(2, 15, 1)
CHANGED = Version(2, 14)


def versions(requests: Version, *keepers: Version) -> Versions:
    return Versions(requests, frozenset(keepers))


@pytest.mark.parametrize("worse", [True, False])
@pytest.mark.parametrize("by", By)
def test_servers_of_one_version_answer_for_themselves(by: By, worse: bool) -> None:
    since, until = Behaviour("", worse, by, since=CHANGED), Behaviour("", worse, by, until=CHANGED)

    for each, does in ((OLD, False), (CHANGED, True), (NEW, True)):
        asked = versions(each, each)
        assert (since.at(asked), since.everywhere(asked)) == (does, does)
        assert (until.at(asked), until.everywhere(asked)) == (not does, not does)


@pytest.mark.parametrize("worse", [True, False])
@pytest.mark.parametrize(
    ("by", "asked"),
    [(By.KEEPERS, versions(NEW, OLD, NEW)), (By.BOTH, versions(NEW, OLD)), (By.BOTH, versions(OLD, NEW))],
)
def test_where_servers_differ_the_worse_answer_counts_and_nothing_is_exact(by: By, asked: Versions, worse: bool) -> None:
    row = Behaviour("", worse, by, since=CHANGED)

    assert row.at(asked) is worse
    assert not row.everywhere(asked)


def test_only_the_servers_that_decide_are_asked() -> None:
    mixed = versions(OLD, NEW)

    assert Behaviour("", worse=False, by=By.KEEPERS, since=CHANGED).at(mixed)
    assert not Behaviour("", worse=True, by=By.REQUESTS, since=CHANGED).at(mixed)


def test_every_row_begins_or_ends_with_a_version_and_says_what_it_is() -> None:
    assert len(TABLE) > 10
    for row in TABLE.values():
        assert row.what.endswith(".")
        assert row.at(versions(OLD, OLD)) is not row.at(versions(NEW, NEW))


def test_the_versions_of_an_object_are_those_of_the_servers_that_keep_it() -> None:
    """Its own and those of its stream. One that is not there yet, and one on an unknown server, may be on any of them."""
    server = Server(NEW, "", members={"a": OLD, "b": NEW, "c": CHANGED}, cluster="C3")
    s, c = stream_address("S"), consumer_address("S", "c")
    stream = Observed(s, {}, "", cluster={"name": "C3", "leader": "b", "replicas": [{"name": "a"}]})
    consumer = Observed(c, {}, "", cluster={"name": "C3", "leader": "c"})
    unseen = Observed(stream_address("T"), {}, "", cluster={"name": "C3", "leader": "a", "replicas": [{"name": "unseen"}]})
    live = Live(server, {each.address: each for each in (stream, consumer, unseen)})

    assert live.versions(s) == live.versions(consumer_address("S", "new")) == versions(NEW, OLD, NEW)
    assert live.versions(c) == versions(NEW, OLD, NEW, CHANGED)
    assert live.versions(unseen.address) == live.versions(stream_address("NEW")) == versions(NEW, OLD, NEW, CHANGED)


def test_a_server_of_its_own_has_everything() -> None:
    assert Live(Server(OLD, ""), {}).versions(stream_address("S")) == versions(OLD, OLD)
