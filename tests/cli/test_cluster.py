"""A cluster of three that loses servers: what still works does, what can't be known is an error, nothing is invented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nats
import pytest

from tests.cli.scenario import wait_for
from tests.command import Result, run, started
from tests.raw import raw
from tests.servers import Cluster, Node

EXPLICIT = "{ack_policy: explicit}"
AT_ONCE = ("--parallelism", 60)
"""So that requests to a lost node are waited for at the same time."""


def topology(tmp_path: Path, streams: int, replicas: int = 3, retention: str = "limits") -> Path:
    path = tmp_path / "topology.yaml"
    lines = [
        f"  S{i:03}: {{subjects: [s{i}.>], num_replicas: {replicas}, retention: {retention}, consumers: {{c: {EXPLICIT}}}}}"
        for i in range(streams)
    ]
    path.write_text("\n".join(["version: 1", "name: smith", "streams:", *lines, ""]))
    return path


def apply(path: Path, url: str, *more: object) -> Result:
    return run("apply", "--auto-approve", "-f", path, *more, url=url)


def plan(path: Path, url: str, *more: object) -> Result:
    return run("plan", "--detailed-exitcode", "-f", path, *more, url=url)


def meta_leader(cluster: Cluster) -> Node:
    """The server that answers for the account, as the server sends to every client that listens."""

    async def asking() -> str:
        async with await nats.connect(cluster.url.split(",")) as client:
            heard = await client.subscribe("$JS.EVENT.ADVISORY.API")
            while True:  # while a leader is being elected, no server answers; the test's own timeout is the end
                await client.publish("$JS.API.INFO", reply=client.new_inbox())
                with suppress(nats.errors.TimeoutError):
                    return str(json.loads((await heard.next_msg(2)).data)["server"])

    name = asyncio.run(asking())
    return next(node for node in cluster.nodes if node.name == name)


def followers(cluster: Cluster) -> list[Node]:
    leader = meta_leader(cluster)
    return [node for node in cluster.nodes if node is not leader]


def leader_of(cluster: Cluster, stream: str) -> Node:
    with raw(cluster.url) as js:
        name = js.request(f"STREAM.INFO.{stream}")["cluster"]["leader"]
    return next(node for node in cluster.nodes if node.name == name)


def nothing_is_invented(result: Result) -> bool:
    return not any(words in result.stdout + result.stderr for words in ("will be created", "will be destroyed", "Traceback"))


def live_streams(url: str) -> list[str]:
    with raw(url) as js:
        return js.request("STREAM.NAMES")["streams"] or []


def test_replicated_streams_are_applied_and_clean(cluster: Cluster, tmp_path: Path) -> None:
    path = topology(tmp_path, 10)

    assert apply(path, cluster.url).exit_code == 0
    assert plan(path, cluster.url).exit_code == 0
    assert run("drift", "-f", path, url=cluster.url).exit_code == 0


def test_a_consumer_that_lives_on_another_node_than_its_streams_leader_is_read(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    consumers = ", ".join(f"c{i}: {{num_replicas: 1}}" for i in range(6))
    path.write_text(f"version: 1\nname: smith\nstreams: {{S: {{num_replicas: 3, consumers: {{{consumers}}}}}}}\n")

    assert apply(path, cluster.url).exit_code == 0
    assert plan(path, cluster.url).exit_code == 0


SHOWN_LATE_OR_NOT_AT_ALL = """
version: 1
name: smith
streams:
  ORDERS:
    subjects: [orders.>]
    num_replicas: 3
    consumers: {paused: {ack_policy: explicit, pause_until: PAUSE}}
  COPY: {mirror: {name: ORDERS}, num_replicas: 3, duplicate_window: 1m}
"""


def test_what_a_cluster_shows_late_or_drops_is_no_difference(cluster: Cluster, tmp_path: Path) -> None:
    """A pause shows a moment after its answer, and a mirror's window never."""
    path = tmp_path / "topology.yaml"
    for pause in ("2098-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        path.write_text(SHOWN_LATE_OR_NOT_AT_ALL.replace("PAUSE", pause))

        done = apply(path, cluster.url)

        assert done.exit_code == 0, done.stdout
        assert plan(path, cluster.url).exit_code == 0


@pytest.mark.parametrize("retention", ["limits", "interest"])
def test_more_replicas_are_waited_for_until_they_are_current(cluster: Cluster, tmp_path: Path, retention: str) -> None:
    """What decides by its consumers what it keeps takes leaps of 10 s (2.15.1)."""
    assert apply(topology(tmp_path, 1, replicas=1, retention=retention), cluster.url).exit_code == 0
    with raw(cluster.url) as js:
        js.fill("s0.x", 5_000, b"x" * 500)
    path = topology(tmp_path, 1, replicas=3, retention=retention)

    result = apply(path, cluster.url, "--timeout", "25s")

    with raw(cluster.url) as js:
        replicas = js.request("STREAM.INFO.S000")["cluster"]["replicas"]
    assert result.exit_code == 0
    assert "has all its copies" in result.stderr
    assert [replica["current"] for replica in replicas] == [True, True]
    with raw(cluster.url) as js:
        assert js.request("STREAM.INFO.S000")["state"]["messages"] == 5_000
    assert plan(path, cluster.url).exit_code == 0


def test_a_move_that_the_cluster_refuses_is_reported_once(cluster: Cluster, tmp_path: Path) -> None:
    path = topology(tmp_path, 1, replicas=1)
    assert apply(path, cluster.url).exit_code == 0
    settled = path.read_text()
    path.write_text(settled.replace("num_replicas: 1", "placement: {tags: [nowhere]}"))

    done = apply(path, cluster.url)

    assert (done.exit_code, done.stdout.count("[server-refused]"), "AP105" in done.stdout) == (1, 1, False), done
    path.write_text(settled)
    assert plan(path, cluster.url).exit_code == 0


@pytest.mark.parametrize("lost", [meta_leader, lambda cluster: followers(cluster)[0]], ids=["leader", "follower"])
def test_with_one_node_lost_planning_and_applying_go_on(
    cluster: Cluster, tmp_path: Path, lost: Callable[[Cluster], Node]
) -> None:
    path = topology(tmp_path, 10)
    assert apply(path, cluster.url).exit_code == 0
    lost(cluster).kill()

    assert plan(path, cluster.url, "--timeout", "20s").exit_code == 0
    path.write_text(path.read_text().replace("subjects: [s1.>]", "subjects: [s1.>], max_age: 1h"))
    assert apply(path, cluster.url, "--timeout", "20s").exit_code == 0
    assert plan(path, cluster.url, "--timeout", "20s").exit_code == 0


def test_a_stream_whose_only_node_is_lost_is_named_and_never_planned_anew(cluster: Cluster, tmp_path: Path) -> None:
    path = topology(tmp_path, 3, replicas=1)
    assert apply(path, cluster.url).exit_code == 0
    node = leader_of(cluster, "S001")
    node.kill()

    result = plan(path, cluster.url, "--timeout", "15s")
    assert result.exit_code == 1
    assert nothing_is_invented(result)
    assert "[incomplete]" in result.stdout
    assert "Bring those servers back" in result.stdout
    others = path.with_name("others.yaml")
    others.write_text("version: 1\nname: other\nstreams: {NEW: {subjects: [new.>], num_replicas: 3}}\n")
    assert apply(others, cluster.url, "--timeout", "6s").exit_code == 0
    drift = run("drift", "-o", "json", "-f", others, "--timeout", "6s", url=cluster.url)
    assert (drift.exit_code, "stream.S001" in json.loads(drift.stdout)["unknown"]) == (0, True)
    node.start()
    cluster.wait_ready()
    cluster.wait_current("S001")
    assert plan(path, cluster.url).exit_code == 0


def test_what_a_node_leaves_behind_when_it_stops_in_good_order_is_not_taken_for_its_streams(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The others go on listing them, empty and without consumers, and name them as missing."""
    path = topology(tmp_path, 6, replicas=1)
    assert apply(path, cluster.url).exit_code == 0
    node = leader_of(cluster, "S001")
    with raw(cluster.url) as js:
        for number in range(6):
            js.fill(f"s{number}.x", 10)
    others = ",".join(each.url for each in cluster.nodes if each is not node)
    node.stop()

    destroying = run("destroy", "--auto-approve", "-f", path, "--timeout", "12s", url=others)
    for result in (plan(path, others, "--timeout", "12s"), destroying):
        assert result.exit_code == 1, result
        assert "stream.S001 will be" not in result.stdout
        assert "[incomplete]" in result.stdout
    node.start()
    cluster.wait_ready()
    wait_for(lambda: plan(path, cluster.url).exit_code == 0, 60)


def test_without_a_quorum_nothing_can_be_said_and_nothing_is_invented(cluster: Cluster, tmp_path: Path) -> None:
    path = topology(tmp_path, 3)
    assert apply(path, cluster.url).exit_code == 0
    for node in followers(cluster):
        node.kill()

    for result in (plan(path, cluster.url, "--timeout", "3s"), apply(path, cluster.url, "--timeout", "3s")):
        assert result.exit_code == 1
        assert nothing_is_invented(result)
        assert "Error:" in result.stderr
    drift = run("drift", "-o", "json", "-f", path, "--timeout", "3s", url=cluster.url)
    assert drift.exit_code == 1
    assert json.loads(drift.stdout)["diagnostics"][0]["code"] in ("no-answer", "server-refused", "incomplete")
    assert json.loads(drift.stdout)["diagnostics"][0]["fix"]


def test_an_apply_that_loses_the_meta_leader_is_right_and_another_finishes_it(cluster: Cluster, tmp_path: Path) -> None:
    path = topology(tmp_path, 60)
    leader = meta_leader(cluster)
    survivors = ",".join(node.url for node in cluster.nodes if node is not leader)
    with started("apply", "--auto-approve", *AT_ONCE, "-o", "json", "-f", path, url=survivors) as process:
        assert process.stderr
        for _ in range(15):
            process.stderr.readline()
        leader.kill()
        stdout, stderr = process.communicate()

    results = {each["address"]: each["result"] for each in json.loads(stdout)["changes"]}
    done = {address for address, result in results.items() if result == "done" and address.startswith("stream.")}
    assert process.returncode in (0, 6), stderr
    assert (process.returncode == 0) == (set(results.values()) == {"done"})
    assert done <= {f"stream.{name}" for name in live_streams(survivors)}
    assert apply(path, survivors, *AT_ONCE).exit_code == 0
    assert plan(path, survivors).exit_code == 0
    assert sorted(live_streams(survivors)) == [f"S{i:03}" for i in range(60)]
