"""Subjects pass from one stream to another beside publishers: what is acknowledged is kept, what may be lost is announced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, Planned, account_on, whole
from tests.cli.scenario import wait_for
from tests.cli.test_cluster import leader_of, meta_leader
from tests.cli.traffic import Ledger, Traffic, applied, settled, stored, topology_file, traffic
from tests.command import Result, run, started
from tests.gate import gate
from tests.raw import raw
from tests.servers import LATEST, UNPACKED, Cluster, Node, Servers, cluster_of_three
from tests.topologies import Document, text

Passing = set[tuple[str, str, str]]
"""Subjects that pass: the subject, the stream that has it, and the stream that takes it."""


def taking(*subjects: str, **fields: object) -> Document:
    return {"subjects": list(subjects), **fields}


@dataclass(frozen=True, slots=True)
class Shape:
    """A change of streams that hand subjects over."""

    before: Document
    after: Document
    passing: Passing
    stored: int = 0
    """Messages of subject a before. A delete may lose a tenth more than its plan announced, which covers what comes meanwhile."""


SHAPES = {
    "a split": Shape(
        {"OLD": taking("a", "b")},
        {"OLD": taking("b"), "NEW": taking("a")},
        {("a", "stream.OLD", "stream.NEW")},
    ),
    "a swap": Shape(
        {"ONE": taking("a"), "TWO": taking("b")},
        {"ONE": taking("b"), "TWO": taking("a")},
        {("a", "stream.ONE", "stream.TWO"), ("b", "stream.TWO", "stream.ONE")},
    ),
    "a cycle of three": Shape(
        {"ONE": taking("a"), "TWO": taking("b"), "THREE": taking("c")},
        {"ONE": taking("c"), "TWO": taking("a"), "THREE": taking("b")},
        {("a", "stream.ONE", "stream.TWO"), ("b", "stream.TWO", "stream.THREE"), ("c", "stream.THREE", "stream.ONE")},
    ),
    "a rename": Shape(
        {"OLD": taking("a"), "OTHER": taking("b")},
        {"NEW": taking("a"), "OTHER": taking("b")},
        {("a", "stream.OLD", "stream.NEW")},
        stored=5_000,
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """An apply beside publishers, with what its plan had said."""

    plan: Planned
    human: str
    done: Result
    flow: Traffic
    ledger: Ledger


def seen(account: Account, after: Document, *subjects: str) -> Seen:
    """Apply this while these subjects are published to."""
    plan, human = account.plan(after), run("plan", "-f", "-", url=account.url, stdin=text(whole(after)))
    done, flow = applied(account.url, after, *subjects)
    ledger = settled(flow, lambda: stored(account.js, *account.names()))
    return Seen(plan, human.stdout, done, flow, ledger)


def announces(change: Seen, passing: Passing) -> None:
    """The plan names exactly these interruptions, counts them, and says so in words."""
    lost = {subject: len(messages) for subject, messages in change.ledger.lost.items()}

    assert interruptions(change) == passing, f"lost: {lost}"
    assert change.plan.document["smith_topo"]["summary"].get("interruptions") == len(passing)
    assert re.search(rf"Interruption: {len(passing)} subjects? ha", change.human), change.human
    announces_what_is_lost(change)


def announces_what_is_lost(change: Seen) -> None:
    """The plan names the subject of every message that was published without waiting and is lost."""
    lost = {subject: len(messages) for subject, messages in change.ledger.lost.items()}

    assert lost.keys() <= {subject for subject, _, _ in interruptions(change)}, f"lost: {lost}"
    assert "No data is lost" not in change.human


def interruptions(change: Seen) -> Passing:
    return {(each["subject"], each["from"], each["to"]) for each in change.plan.document["smith_topo"].get("interruptions", ())}


def keeps_what_it_acknowledged(account: Account, change: Seen, after: Document) -> None:
    """No acknowledged message is missing, each subject ends with its declared stream, and a second plan is empty."""
    assert change.done.exit_code == 0, change.done
    assert [each for each in change.ledger.missing if each.stream in account.names()] == []
    assert change.ledger.duplicated == []
    for name, body in after.items():
        for subject in body["subjects"]:
            assert change.flow.streams(subject)[-1] == name
    assert account.plan(after, "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("version", [LATEST, pytest.param(UNPACKED[0], marks=pytest.mark.soak)])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_subjects_pass_between_streams_beside_publishers(servers: Servers, version: str, shape: Shape) -> None:
    with account_on(servers.start(version=version).url) as account:
        account.converge(shape.before)
        account.js.fill("a", shape.stored)

        change = seen(account, shape.after, *subjects(shape.after))

        keeps_what_it_acknowledged(account, change, shape.after)
        announces(change, shape.passing)


@pytest.mark.parametrize("version", [LATEST, pytest.param(UNPACKED[0], marks=pytest.mark.soak)])
def test_a_rename_without_room_for_both_deletes_one_stream_and_creates_the_other_right_behind(
    servers: Servers, version: str
) -> None:
    config = "accounts { A { jetstream { max_streams: 1 }, users: [{user: u, password: p}] } }\nno_auth_user: u"
    after = {"NEW": taking("a")}
    with account_on(servers.start(config, version=version).url) as account:
        account.converge({"OLD": taking("a")})
        account.js.fill("a", 5_000)

        change = seen(account, after, "a")

        steps = [step["endpoint"] for step in change.plan.document["smith_topo"]["steps"]]
        assert steps == ["STREAM.DELETE.OLD", "STREAM.CREATE.NEW"]
        keeps_what_it_acknowledged(account, change, after)
        announces(change, {("a", "stream.OLD", "stream.NEW")})


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A cluster of three for all tests of this file that leave its servers alone."""
    with cluster_of_three(tmp_path_factory.mktemp("three")) as cluster, account_on(cluster.nodes[0].url) as account:
        yield account


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_subjects_pass_between_replicated_streams_beside_publishers(three: Account, shape: Shape) -> None:
    three.wipe()
    three.converge(replicated(shape.before))
    three.js.fill("a", shape.stored)
    after = replicated(shape.after)

    change = seen(three, after, *subjects(after))

    keeps_what_it_acknowledged(three, change, after)
    announces(change, shape.passing)


def test_a_subject_does_not_wait_until_the_stream_that_had_it_has_more_replicas(three: Account) -> None:
    """Its gap is compared with that of the same change without more replicas.

    One request without an answer makes it five times as long, copying 20 MB a hundred times. The stream's other subject is
    interrupted too: a stream that gets replicas takes nothing until they have elected a leader.
    """
    changes = {}
    for replicas in (1, 3):
        three.wipe()
        three.converge({"OLD": taking("a", "b")})
        three.js.fill("b", 200, b"." * 100_000)
        after = {"OLD": taking("b", num_replicas=replicas), "NEW": taking("a")}
        changes[replicas] = seen(three, after, "a", "b")
        keeps_what_it_acknowledged(three, changes[replicas], after)

    gaps = {replicas: change.flow.gap("a") for replicas, change in changes.items()}
    assert gaps[3] < 25 * gaps[1], gaps
    for change in changes.values():
        announces_what_is_lost(change)
        assert ("a", "stream.OLD", "stream.NEW") in interruptions(change)


@pytest.mark.parametrize("unrelated", [150, pytest.param(800, marks=pytest.mark.soak)])
def test_a_swap_does_not_wait_for_changes_that_have_nothing_to_do_with_it(server: EmbeddedServer, unrelated: int) -> None:
    """Its gap is compared with that of the same swap alone. Each is the smaller of two, since the machine may be busy."""
    with account_on(server.url) as account:
        account.converge(swap_beside(0, "0", unrelated))

        beside = [gap(account, swap_beside(number, f"{number}", unrelated)) for number in (1, 2)]
        alone = [gap(account, swap_beside(number, "2", unrelated)) for number in (3, 4)]

        assert min(beside) < 8 * min(alone), (beside, alone)


def swap_beside(number: int, description: str, unrelated: int) -> Document:
    others = {f"M{each:03}": taking(f"m.{each}", description=description) for each in range(unrelated)}
    first, second = ("a", "b") if number % 2 else ("b", "a")
    return {"ONE": taking(first), "TWO": taking(second), **others}


def gap(account: Account, after: Document) -> float:
    """The longest time in seconds that one of the two subjects has no acknowledgement while this is applied."""
    done, flow = applied(account.url, after, "a", "b", unanswered=())
    assert done.exit_code == 0, done
    return max(flow.gap("a"), flow.gap("b"))


def test_a_subject_does_not_wait_for_a_server_that_does_not_answer(cluster: Cluster) -> None:
    """The stream that had it gets two more replicas, one of them on a paused server."""
    after = {"OLD": taking("b", num_replicas=3), "NEW": taking("c", "a", num_replicas=3)}
    with account_on(cluster.url) as account:
        account.converge({"OLD": taking("a", "b"), "NEW": taking("c", num_replicas=3)})
    paused, url = unneeded(cluster)
    with (
        topology_file(after) as path,
        gate(url, "STREAM.UPDATE.OLD") as way,
        started("apply", "-f", path, *ALLOW_ALL, url=way.url) as applying,
    ):
        way.wait()
        with traffic(url, "a", unanswered=()) as flow, pausing(paused):
            way.open()
            wait_for(lambda: flow.streams("a") == ["OLD", "NEW"], seconds=5)
            assert applying.poll() is None
        stdout, stderr = applying.communicate()

    with account_on(url) as account:
        assert applying.returncode == 0, stdout + stderr
        assert settled(flow, lambda: stored(account.js, "OLD", "NEW")).missing == []
        assert account.plan(after, "--detailed-exitcode").exit_code == 0


@contextmanager
def pausing(node: Node) -> Iterator[None]:
    node.pause()
    try:
        yield
    finally:
        node.resume()


def unneeded(cluster: Cluster) -> tuple[Node, str]:
    """A server that leads none of this and can be paused, and the address of the account's leader."""
    meta, old = meta_leader(cluster), leader_of(cluster, "OLD")
    cluster.wait_current("NEW")
    while (new := leader_of(cluster, "NEW")) not in (meta, old):
        with raw(meta.url) as js:
            js.request("STREAM.LEADER.STEPDOWN.NEW", {"placement": {"preferred": meta.name}})
        cluster.wait_current("NEW")
    return next(node for node in cluster.nodes if node not in (meta, old, new)), meta.url


def subjects(streams: Document) -> list[str]:
    return [subject for body in streams.values() for subject in body["subjects"]]


def replicated(streams: Document) -> Document:
    return {name: {**body, "num_replicas": 3} for name, body in streams.items()}
