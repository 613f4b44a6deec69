"""JetStream in another domain, behind a leaf node, or behind a prefix: what counts are the servers that answer there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.account import ALLOW_ALL, Account, account_on
from tests.cli.scenario import wait_for
from tests.command import run
from tests.raw import raw
from tests.servers import LATEST, TOO_OLD, UNPACKED, Servers, cluster_of_three, free_ports
from tests.topologies import Document

OLD, *_ = UNPACKED
LEAF = ("--js-domain", "leaf")
STREAM: Document = {"S": {"subjects": ["s.>"]}}
HUB_DOMAIN, LEAF_DOMAIN = "jetstream {domain: hub}", "jetstream {domain: leaf}"


def listening(port: int) -> str:
    return f"leafnodes {{host: 127.0.0.1, port: {port}}}\n{HUB_DOMAIN}"


def leaf_of(port: int) -> str:
    return f'leafnodes {{remotes: [{{url: "nats-leaf://127.0.0.1:{port}"}}]}}\n{LEAF_DOMAIN}'


@contextmanager
def through_the_hub(url: str, leaf: str) -> Iterator[Account]:
    """The account at the leaf node, planned through the hub and looked at directly."""
    with raw(leaf) as js, raw(url) as hub:
        wait_for(lambda: hub.answers("$JS.leaf.API.INFO"))
        yield Account(url, js, LEAF)


@contextmanager
def hub_and_leaf(servers: Servers, hub: str, leaf: str) -> Iterator[Account]:
    (port,) = free_ports(1)
    behind = servers.start(listening(port), version=hub).url
    with through_the_hub(behind, servers.start(f"server_name: edge\n{leaf_of(port)}", version=leaf).url) as account:
        yield account


def version_of(account: Account, document: Document) -> str:
    return str(account.plan(document).document["smith_topo"]["target"]["server_version"])


def test_what_the_leaf_node_knows_is_applied_through_an_older_hub(servers: Servers) -> None:
    newer: Document = {"S": {**STREAM["S"], "allow_atomic": True}}
    with hub_and_leaf(servers, OLD, LATEST) as account:
        assert version_of(account, newer) == "2.15"
        account.converge(newer)
        account.publish("s.a", 10)
        interest: Document = {"S": {**newer["S"], "retention": "interest"}}

        assert version_of(account, newer) == LATEST
        assert account.config("S")["allow_atomic"]
        assert [each["messages"] for each in account.plan(interest).losses("S")] == [10]
        account.converge(interest, *ALLOW_ALL)
        assert account.state("S")["messages"] == 0


def test_what_the_leaf_node_does_not_know_is_refused_through_a_newer_hub(servers: Servers) -> None:
    with hub_and_leaf(servers, LATEST, OLD) as account:
        plan = account.plan({"S": {**STREAM["S"], "allow_atomic": True}})
        assert (plan.exit_code, plan.codes) == (1, {"CP101"})
        account.converge(STREAM)
        account.publish("s.a", 10)
        interest: Document = {"S": {**STREAM["S"], "retention": "interest"}}

        assert account.plan(interest).losses("S") == []
        account.converge(interest, "--auto-approve")
        assert account.state("S")["messages"] == 10


def test_a_leaf_node_that_is_too_old_is_refused_through_a_newer_hub(servers: Servers) -> None:
    with hub_and_leaf(servers, LATEST, TOO_OLD) as account:
        done = account.apply(STREAM)

        assert (done.exit_code, "[old-server]" in done.stdout, account.names()) == (1, True, [])


def test_a_hub_that_is_too_old_is_no_hindrance(servers: Servers) -> None:
    with hub_and_leaf(servers, TOO_OLD, LATEST) as account:
        account.converge(STREAM)


def test_a_single_leaf_node_takes_no_replicas_whatever_the_hub_is(servers: Servers, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    replicated: Document = {"S": {**STREAM["S"], "num_replicas": 3}}
    with cluster_of_three(tmp_path, more=(listening(port), HUB_DOMAIN, HUB_DOMAIN)) as hub:
        leaf = servers.start(f"server_name: edge\n{leaf_of(port)}")
        with through_the_hub(hub.nodes[0].url, leaf.url) as through, account_on(leaf.url) as direct:
            for account in (through, direct):
                plan = account.plan(replicated)
                assert (plan.exit_code, plan.codes) == (1, {"CP102"}), account.url
            through.converge(STREAM)
            mirror: Document = {**STREAM, "COPY": {"mirror": {"name": "S"}, "duplicate_window": "1m"}}
            through.converge(mirror)
            for account in (through, direct):
                plan = account.plan({**mirror, **replicated})
                assert (plan.exit_code, plan.codes) == (1, {"CP102"}), account.url


def test_a_cluster_of_leaf_nodes_takes_replicas_though_the_hub_is_one_server(servers: Servers, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    replicated: Document = {"S": {**STREAM["S"], "num_replicas": 3}}
    hub = servers.start(listening(port))
    with (
        cluster_of_three(tmp_path, more=(leaf_of(port),) * 3) as leaves,
        through_the_hub(hub.url, leaves.nodes[0].url) as account,
    ):
        account.converge(replicated)

        assert account.config("S")["num_replicas"] == 3
        assert account.plan(replicated).document["smith_topo"]["target"]["cluster"] == "C3"


def test_a_file_for_the_cluster_of_the_hub_is_not_applied_to_the_leaf_node(servers: Servers, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with cluster_of_three(tmp_path, more=(listening(port), HUB_DOMAIN, HUB_DOMAIN)) as hub:
        leaf = servers.start(f"server_name: edge\n{leaf_of(port)}")
        with through_the_hub(hub.nodes[0].url, leaf.url) as account:
            file = tmp_path / "topology.yaml"
            file.write_text("version: 1\nname: smith\ntarget: {cluster: C3}\nstreams: {S: {subjects: [s.>]}}\n")

            done = run("apply", "--auto-approve", "-f", file, *LEAF, url=account.url)

            assert (done.exit_code, "[wrong-target]" in done.stdout, account.names()) == (3, True, [])


IMPORTING = """
accounts {
  OWNER {
    jetstream: enabled
    users: [{user: owner, password: p}]
    exports: [{service: "$JS.API.>", response_type: "stream"}]
  }
  OTHER {
    users: [{user: other, password: p}]
    imports: [{service: {account: OWNER, subject: "$JS.API.>"}, to: "JS.owner.API.>"}]
  }
}
"""


@pytest.mark.parametrize("version", [OLD, LATEST])
def test_an_account_behind_a_prefix_is_planned_as_it_is(servers: Servers, version: str) -> None:
    server = servers.start(IMPORTING, version=version)
    with raw(server.url, user="owner", password="p") as js:
        account = Account(server.url.replace("://", "://other:p@"), js, ("--js-api-prefix", "JS.owner.API"))
        replicas = account.plan({"S": {"num_replicas": 3}})
        assert (replicas.exit_code, replicas.codes) == (1, {"CP102"})

        account.converge(STREAM)

        assert version_of(account, STREAM) == (LATEST if version == LATEST else "2.10")
