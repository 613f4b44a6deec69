"""A cluster whose servers are of different versions, as during an upgrade: what counts is which of them have the object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.account import ALLOW_ALL, Account, account_on, whole
from tests.cli.scenario import wait_for
from tests.cli.test_cluster import meta_leader
from tests.command import run
from tests.servers import LATEST, UNPACKED, Cluster, Node, binary_of, cluster_of_three
from tests.topologies import Document, text

OLD, *_ = UNPACKED
TAGS = ("old", "new", "newest")


def on(tag: str, **fields: object) -> Document:
    """A stream on the server with this tag."""
    return {"S": {"subjects": ["s.>"], "placement": {"tags": [tag]}, **fields}}


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[Cluster]:
    """The first server is older than the other two."""
    with cluster_of_three(tmp_path, (OLD, LATEST, LATEST), tags=TAGS) as ready:
        yield ready


def test_what_a_newer_server_drops_is_announced_through_an_older_one(mixed: Cluster) -> None:
    with account_on(mixed.nodes[0].url) as account:
        account.converge(on("new"))
        account.publish("s.a", 10)
        interest = on("new", retention="interest")

        announced = account.plan(interest).losses("S")
        refused = account.apply(interest, "--auto-approve")

        assert [(each["messages"], each["messages_bound"]) for each in announced] == [(10, "exact")]
        assert (refused.exit_code, account.state("S")["messages"]) == (3, 10)
        account.converge(interest, *ALLOW_ALL)
        assert account.state("S")["messages"] == 0


def test_what_an_older_server_keeps_is_not_announced_through_a_newer_one(mixed: Cluster) -> None:
    with account_on(mixed.nodes[1].url) as account:
        account.converge(on("old"))
        account.publish("s.a", 10)
        interest = on("old", retention="interest")

        assert account.plan(interest).losses("S") == []
        account.converge(interest, "--auto-approve")
        assert account.state("S")["messages"] == 10


def test_a_stream_on_servers_of_both_may_lose_what_the_newer_ones_drop(mixed: Cluster) -> None:
    """Whichever leads it now: each decides for itself what it keeps, and may lead tomorrow."""
    replicated: Document = {"S": {"subjects": ["s.>"], "num_replicas": 3}}
    with account_on(mixed.nodes[0].url) as account:
        account.converge(replicated)
        account.publish("s.a", 10)

        announced = account.plan({"S": {**replicated["S"], "retention": "interest"}}).losses("S")

        assert [(each["messages"], each["messages_bound"]) for each in announced] == [(10, "upper")]


def test_a_field_that_some_server_would_drop_is_refused_where_nothing_says_which_it_will_be(mixed: Cluster) -> None:
    with account_on(mixed.nodes[0].url) as account:
        anywhere, placed = {"S": {"allow_atomic": True}}, on("new", allow_atomic=True)

        refused, warned = account.plan(anywhere), account.plan(placed)

        assert (refused.exit_code, refused.codes) == (1, {"CP101"})
        assert (warned.exit_code, warned.codes) == (0, {"CP110"})
        assert account.apply(anywhere).exit_code == 1
        account.converge(placed)
        assert account.config("S")["allow_atomic"]


def test_a_field_that_the_server_of_the_stream_would_drop_is_refused_through_a_newer_one(mixed: Cluster) -> None:
    with account_on(mixed.nodes[1].url) as account:
        account.converge(on("old"))

        plan = account.plan(on("old", allow_atomic=True))

        assert (plan.exit_code, plan.codes) == (1, {"CP101"})


def test_the_headline_names_both_versions(mixed: Cluster) -> None:
    with account_on(mixed.nodes[0].url) as account:
        account.converge(on("new"))

        assert account.plan(on("new")).document["smith_topo"]["target"]["server_version"] == f"{OLD} to {LATEST}"


def test_what_an_older_server_leaves_out_of_its_lists_is_no_difference(tmp_path: Path) -> None:
    """The leader of all, one of 2.10, lists what others have without the fields that it does not know."""
    document = on("newest", allow_atomic=True, consumers={"c": {"priority_groups": ["g"], "priority_policy": "overflow"}})
    with cluster_of_three(tmp_path, tags=TAGS) as cluster:
        with account_on(cluster.url) as account:
            account.converge(document)
        for node in cluster.nodes[:2]:
            _downgrade(cluster, node)
        _let_an_older_one_lead(cluster)
        with account_on(cluster.nodes[0].url) as account:
            wait_for(lambda: _is_listed(account))

            assert "allow_atomic" not in account.js.request("STREAM.LIST")["streams"][0]["config"]
            assert account.plan(document).actions == {}
            assert run("drift", "-f", "-", url=account.url, stdin=text(whole(document))).exit_code == 0
            changed = account.plan({"S": {**document["S"], "max_age": "1h"}})
            assert (changed.exit_code, changed.codes) == (1, {"CP101"})


def _downgrade(cluster: Cluster, node: Node) -> None:
    node.stop()
    node.binary = binary_of(OLD)
    node.start()
    cluster.wait_ready()


def _let_an_older_one_lead(cluster: Cluster) -> None:
    newest = cluster.nodes[2]
    while meta_leader(cluster) is newest:
        newest.stop()
        meta_leader(cluster)  # answers once the others have elected one of them
        newest.start()
        cluster.wait_ready()


def _is_listed(account: Account) -> bool:
    return bool(account.js.request("STREAM.LIST").get("streams"))
