"""JetStream in another domain, behind a leaf node, or behind a prefix: what counts are the servers that answer there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.account import ALLOW_ALL, Account, account_on
from tests.cli.scenario import wait_for
from tests.cli.traffic import applied, settled, stored
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


def test_subjects_swap_in_the_domain_beside_publishers(servers: Servers) -> None:
    swapped: Document = {"ONE": {"subjects": ["b"]}, "TWO": {"subjects": ["a"]}}
    with hub_and_leaf(servers, OLD, LATEST) as account:
        account.converge({"ONE": {"subjects": ["a"]}, "TWO": {"subjects": ["b"]}})
        announced = {each["subject"] for each in account.plan(swapped).document["smith_topo"]["interruptions"]}

        done, flow = applied(account.url, swapped, "a", "b", options=LEAF)
        ledger = settled(flow, lambda: stored(account.js, "ONE", "TWO"))

        assert done.exit_code == 0, done
        assert (ledger.missing, ledger.duplicated) == ([], [])
        assert ledger.lost.keys() <= announced == {"a", "b"}
        assert (flow.streams("a")[-1], flow.streams("b")[-1]) == ("TWO", "ONE")
        assert account.plan(swapped, "--detailed-exitcode").exit_code == 0


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


COMMANDS = (("plan",), ("apply", "--auto-approve"), ("drift",), ("destroy", "--auto-approve", "--allow", "delete"))
REFUSED = 3


def ends(account: Account, target: str, *options: object, **more: Any) -> list[tuple[int | str, ...]]:
    """How each command ends for a file with this target: its exit code, and which finding refuses it."""
    document = f"version: 1\nname: smith\ntarget: {{{target}}}\nstreams: {{S: {{subjects: [s.>]}}}}\n"
    found: list[tuple[int | str, ...]] = []
    for command in COMMANDS:
        done = run(*command, "-f", "-", *(options or account.always), url=account.url, stdin=document, **more)
        codes = re.findall(r"\[((?:wrong|unknown)-target)\]", done.stdout + done.stderr)
        found.append((done.exit_code, *codes))
    return found


ACCEPTED: list[tuple[int | str, ...]] = [(0,)] * 4  # drift after an apply, and the destroy that follows


def refused_by(code: str) -> list[tuple[int | str, ...]]:
    return [(REFUSED, code)] * 4


def test_a_file_is_applied_where_its_target_says_and_nowhere_else(servers: Servers, tmp_path: Path) -> None:
    """Judged by where the requests go, not by what is connected to: through a domain, and by the context that names one."""
    (port,) = free_ports(1)
    context = tmp_path / "edge.json"
    context.write_text(json.dumps({"jetstream_domain": "leaf"}))
    with cluster_of_three(tmp_path, more=(listening(port), HUB_DOMAIN, HUB_DOMAIN)) as hub:
        leaf = servers.start(f"server_name: edge\n{leaf_of(port)}")
        with through_the_hub(hub.nodes[0].url, leaf.url) as edge, raw(hub.nodes[0].url) as js:
            at_hub = Account(edge.url, js)
            for wrong in ("cluster: C3", "domain: hub", "domain: hub, account: $G"):
                assert ends(edge, wrong) == refused_by("wrong-target")
                assert ends(edge, wrong, "--context", context) == refused_by("wrong-target")
            assert ends(edge, "account: $G") == refused_by("unknown-target")
            assert ends(at_hub, "domain: leaf") == refused_by("wrong-target")
            assert (edge.names(), at_hub.names()) == ([], [])
            for right in ("domain: leaf", "domain: leaf, account: $G"):
                assert ends(edge, right) == ACCEPTED
                assert ends(edge, right, env={"NATS_CONTEXT": str(context)}) == ACCEPTED
            assert ends(at_hub, "domain: hub, cluster: C3, account: $G") == ACCEPTED


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

        for target in ("account: OWNER", "account: OTHER"):
            assert ends(account, target) == refused_by("unknown-target")
        assert ends(account, "cluster: X") == ends(account, "domain: X") == refused_by("wrong-target")
        direct = Account(server.url.replace("://", "://owner:p@"), js)
        assert (ends(direct, "account: OWNER"), ends(direct, "account: OTHER")) == (ACCEPTED, refused_by("wrong-target"))

        account.converge(STREAM)

        assert version_of(account, STREAM) == (LATEST if version == LATEST else "2.10")


def test_a_domain_is_a_target_that_is_known_behind_a_prefix_too(servers: Servers) -> None:
    server = servers.start(IMPORTING + HUB_DOMAIN)
    with raw(server.url, user="owner", password="p") as js:
        account = Account(server.url.replace("://", "://other:p@"), js, ("--js-api-prefix", "JS.owner.API"))

        assert (ends(account, "domain: hub"), ends(account, "domain: X")) == (ACCEPTED, refused_by("wrong-target"))
