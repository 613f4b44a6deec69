"""Changes that only work in one order, or only in pieces: done on a real server without losing a message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, account_on, whole
from tests.cli.scenario import wait_for
from tests.command import TIMEOUT, started
from tests.servers import cluster_of_three
from tests.topologies import Document, text

ONLY_DELETES = ("--auto-approve", "--allow", "delete", "--max-deletes", "9")
"""No approval to lose a message."""

EXPLICIT = {"ack_policy": "explicit"}


@pytest.fixture
def account(server: EmbeddedServer) -> Iterator[Account]:
    with account_on(server.url) as found:
        yield found


def taking(*subjects: str, **fields: Any) -> Document:
    return {"subjects": list(subjects), **fields}


def reading(*subjects: str) -> Document:
    return {**EXPLICIT, "filter_subjects": list(subjects)}


HANDOVERS: dict[str, tuple[Document, Document]] = {
    "from an update to a create": ({"OLD": taking("a", "b")}, {"NEW": taking("b"), "OLD": taking("a")}),
    "from an update to an update": (
        {"TAKER": taking("c"), "GIVER": taking("a", "b")},
        {"TAKER": taking("b", "c"), "GIVER": taking("a")},
    ),
    "from a delete to a create": ({"OLD": taking("a"), "STAYS": taking("z")}, {"NEW": taking("a"), "STAYS": taking("z")}),
    "from a delete to an update": ({"OLD": taking("a"), "STAYS": taking("z")}, {"STAYS": taking("a", "z")}),
    "of a part of a wildcard": ({"WIDE": taking("a.>")}, {"NARROW": taking("a.b.>"), "WIDE": taking("a.c.>")}),
    "of all its subjects, for others": ({"ONE": taking("a")}, {"TWO": taking("a"), "ONE": taking("b")}),
    "down a chain": (
        {"ONE": taking("a"), "TWO": taking("b"), "THREE": taking("c")},
        {"ONE": taking("z"), "TWO": taking("a"), "THREE": taking("b")},
    ),
    "in a cycle of two": ({"ONE": taking("a"), "TWO": taking("b")}, {"ONE": taking("b"), "TWO": taking("a")}),
    "in a cycle of two that keep something": (
        {"ONE": taking("a", "k"), "TWO": taking("b", "l")},
        {"ONE": taking("b", "k"), "TWO": taking("a", "l")},
    ),
    "in a cycle of three": (
        {"ONE": taking("a"), "TWO": taking("b"), "THREE": taking("c")},
        {"ONE": taking("b"), "TWO": taking("c"), "THREE": taking("a")},
    ),
    "in a cycle, with more that changes": (
        {"ONE": taking("a"), "TWO": taking("b")},
        {"ONE": taking("b", max_msgs=1000), "TWO": taking("a", description="swapped")},
    ),
    "in a cycle that a new stream waits for": (
        {"ONE": taking("a"), "TWO": taking("b", "d")},
        {"ONE": taking("b"), "TWO": taking("a"), "NEW": taking("d")},
    ),
}


@pytest.mark.parametrize(("first", "second"), HANDOVERS.values(), ids=HANDOVERS.keys())
def test_subjects_change_hands(account: Account, first: Document, second: Document) -> None:
    """Every message published before stays where it is; a message published after goes to the new place."""
    account.converge(first)
    for body in first.values():
        for subject in body["subjects"]:
            account.js.publish(subject.replace(">", "x"), f"before {subject}".encode())
    held = {name: account.messages(name) for name in first if name in second}
    deleted_hold = any(account.messages(name) for name in first if name not in second)

    account.converge(second, *(ALLOW_ALL if deleted_hold else ONLY_DELETES))

    assert {name: account.messages(name) for name in held} == held
    for name, body in second.items():
        for subject in body["subjects"]:
            account.js.publish(subject.replace(">", "x"), f"after {subject}".encode())
            assert account.messages(name)[-1].payload == f"after {subject}".encode()


QUEUES: dict[str, tuple[Document, Document]] = {
    "two consumers": ({"one": reading("q.a"), "two": reading("q.b")}, {"one": reading("q.b"), "two": reading("q.a")}),
    "three consumers": (
        {"one": reading("q.a"), "two": reading("q.b"), "three": reading("q.c")},
        {"one": reading("q.b"), "two": reading("q.c"), "three": reading("q.a")},
    ),
    "several filters": (
        {"one": reading("q.a", "q.b"), "two": reading("q.c")},
        {"one": reading("q.a", "q.c"), "two": reading("q.b")},
    ),
    "a new consumer": ({"one": reading("q.a", "q.b")}, {"new": reading("q.b"), "one": reading("q.a")}),
    "a consumer that goes": ({"old": reading("q.a"), "one": reading("q.b")}, {"one": reading("q.a", "q.b")}),
    "one for all": ({"one": reading("q.a"), "two": reading("q.b")}, {"all": EXPLICIT}),
}


@pytest.mark.parametrize(("first", "second"), QUEUES.values(), ids=QUEUES.keys())
def test_consumers_of_a_work_queue_swap_filters(account: Account, first: Document, second: Document) -> None:
    def queue(consumers: Document) -> Document:
        return {"QUEUE": taking("q.>", retention="workqueue", consumers=consumers)}

    account.converge(queue(first))
    for subject in ("q.a", "q.b", "q.c"):
        account.publish(subject, 3)
    held = account.messages("QUEUE")

    account.converge(queue(second), *ALLOW_ALL)

    assert account.messages("QUEUE") == held
    for name, config in second.items():
        wanted = {message.payload for message in held if message.subject in config.get("filter_subjects", [message.subject])}
        assert set(account.js.pull("QUEUE", name, 9)) == wanted


# ------------------------------------------------------------------------------------------ origins and copies


def test_a_mirror_and_its_origin_are_created_together_and_go_together(account: Account) -> None:
    both: Document = {"A_MIRROR": {"mirror": {"name": "ORIGIN"}}, "ORIGIN": taking("o.>"), "STAYS": taking("z")}

    account.converge(both)
    account.publish("o.a", 5)
    wait_for(lambda: len(account.messages("A_MIRROR")) == 5)
    assert account.messages("A_MIRROR") == account.messages("ORIGIN")
    account.converge({"STAYS": taking("z")})

    assert account.names() == ["STAYS"]


def test_streams_that_source_each_other_are_created_and_deleted(account: Account) -> None:
    account.converge(
        {
            "LEFT": taking("l", sources=[{"name": "RIGHT", "filter_subject": "r"}]),
            "RIGHT": taking("r", sources=[{"name": "LEFT", "filter_subject": "l"}]),
            "STAYS": taking("z"),
        }
    )
    account.publish("l", 2)
    account.publish("r", 3)
    wait_for(lambda: (account.state("LEFT")["messages"], account.state("RIGHT")["messages"]) == (5, 5))

    account.converge({"STAYS": taking("z")})

    assert account.names() == ["STAYS"]


def test_a_promoted_mirror_takes_over_the_subjects_of_its_deleted_origin(account: Account) -> None:
    account.converge({"COPY": {"mirror": {"name": "ORIGIN"}}, "ORIGIN": taking("o.>")})
    account.publish("o.a", 4)
    wait_for(lambda: len(account.messages("COPY")) == 4)
    held = account.messages("COPY")

    account.converge({"COPY": taking("o.>")})

    assert account.messages("COPY") == held
    account.js.publish("o.b", b"after")
    assert account.messages("COPY")[-1].payload == b"after"


@pytest.mark.parametrize(
    "copying", [{"mirror": {"name": "ORIGIN"}}, {"sources": [{"name": "ORIGIN"}]}], ids=lambda each: next(iter(each))
)
def test_a_new_copy_of_a_stream_that_the_same_plan_destroys_is_refused(account: Account, copying: Document) -> None:
    account.converge({"ORIGIN": taking("o.>"), "STAYS": taking("z")})
    before = account.configurations()
    after: Document = {"COPY": copying, "STAYS": taking("z")}

    plan, done = account.plan(after), account.apply(after)

    assert (plan.exit_code, done.exit_code, "RF201" in plan.codes) == (1, 1, True), done
    assert account.configurations() == before
    account.converge({**after, "ORIGIN": taking("o.>")})


def test_a_copy_selected_without_its_origin_is_refused_until_the_origin_is_there(account: Account) -> None:
    both: Document = {"COPY": {"mirror": {"name": "ORIGIN"}}, "ORIGIN": taking("o.>")}

    alone = account.plan(both, "--target", "stream.COPY")

    assert (alone.exit_code, alone.codes) == (1, {"RF201"})
    assert account.apply(both, "--auto-approve", "--target", "stream.COPY").exit_code == 1
    assert account.names() == []
    account.converge(both)
    assert account.plan(both, "--target", "stream.COPY").exit_code == 0


def test_a_copy_that_lets_go_of_its_origin_in_the_same_plan_is_not_warned_of(account: Account) -> None:
    both: Document = {"COPY": {"sources": [{"name": "ORIGIN"}], "subjects": ["c"]}, "ORIGIN": taking("o.>")}
    account.converge(both)
    account.publish("o.a", 3)
    wait_for(lambda: len(account.messages("COPY")) == 3)

    plan = account.plan({"COPY": taking("c")})

    assert (plan.exit_code, "RF202" in plan.codes) == (0, False)
    account.converge({"COPY": taking("c")})
    assert len(account.messages("COPY")) == 3


def test_a_copy_that_loses_its_origin_is_reported_and_keeps_what_it_has(account: Account) -> None:
    both: Document = {"COPY": {"mirror": {"name": "ORIGIN"}}, "ORIGIN": taking("o.>")}
    account.converge({**both, "STAYS": taking("z")})
    account.publish("o.a", 3)
    wait_for(lambda: len(account.messages("COPY")) == 3)
    account.js.request("STREAM.CREATE.THEIRS", {"name": "THEIRS", "sources": [{"name": "ORIGIN"}]})

    goes = account.plan({"STAYS": taking("z")})
    stays = account.plan({**both, "STAYS": taking("z")})
    other_goes = account.plan(both)

    warned = [each["detail"] for each in goes.document["smith_topo"]["diagnostics"] if each["code"] == "RF202"]
    assert len(warned) == 1
    assert "stream.THEIRS" in warned[0]
    assert "RF202" not in stays.codes | other_goes.codes
    account.converge({"STAYS": taking("z")})
    assert account.names() == ["STAYS", "THEIRS"]


# ------------------------------------------------------------------------------------- streams and consumers

TIGHTENED: dict[str, tuple[Document, Document]] = {
    "with a consumer that follows": ({"max_ack_pending": 2000}, {"max_ack_pending": 100}),
    "with a consumer that takes the limit for its own": ({"max_ack_pending": 2000}, {}),
    "with a threshold": ({"inactive_threshold": "2h"}, {"inactive_threshold": "30m"}),
}


@pytest.mark.parametrize(("before", "after"), TIGHTENED.values(), ids=TIGHTENED.keys())
def test_consumer_limits_tighten_with_the_consumers_above_them(account: Account, before: Document, after: Document) -> None:
    limits = {"max_ack_pending": 200, "inactive_threshold": "1h"}
    account.converge({"LIMITED": taking("l", consumers={"first": {**EXPLICIT, **before}, "gone": {**EXPLICIT, **before}})})
    account.publish("l", 3)
    held = account.messages("LIMITED")
    tightened = {"LIMITED": taking("l", consumer_limits=limits, consumers={"first": {**EXPLICIT, **after}})}

    account.converge(tightened, *ONLY_DELETES)

    assert account.messages("LIMITED") == held
    account.converge({"LIMITED": taking("l", consumers={"first": {**EXPLICIT, **before}})})


def test_consumer_limits_loosen_together_with_consumers_that_need_it(account: Account) -> None:
    account.converge({"LIMITED": taking("l", consumer_limits={"max_ack_pending": 200}, consumers={"first": EXPLICIT})})

    account.converge(
        {
            "LIMITED": taking(
                "l",
                consumer_limits={"max_ack_pending": 900},
                consumers={"first": {**EXPLICIT, "max_ack_pending": 800}, "new": EXPLICIT},
            )
        }
    )


def test_a_limit_tightens_around_a_consumer_that_takes_over_from_one_that_goes(account: Account) -> None:
    """The consumer that goes has to be first, though others like to go after their stream's change."""

    def queue(limit: int, **consumers: Document) -> Document:
        limits = {"max_ack_pending": limit}
        return {"QUEUE": taking("q.>", retention="workqueue", consumer_limits=limits, consumers=consumers)}

    account.converge(queue(1000, x={**reading("q.a"), "max_ack_pending": 50}, y={**reading("q.b"), "max_ack_pending": 500}))
    account.publish("q.a", 3)

    account.converge(queue(100, y={**reading("q.a"), "max_ack_pending": 50}), *ALLOW_ALL)

    assert len(account.js.pull("QUEUE", "y", 9)) == 3


def test_consumers_are_there_before_their_stream_becomes_one_of_interest(account: Account) -> None:
    account.converge({"EVENTS": taking("e.>")})
    account.publish("e.a", 5)
    held = account.messages("EVENTS")

    both = {"first": EXPLICIT, "second": EXPLICIT}
    account.converge({"EVENTS": taking("e.>", retention="interest", consumers=both)}, *ONLY_DELETES)

    assert account.messages("EVENTS") == held
    assert len(account.js.pull("EVENTS", "second", 9)) == 5


def test_limits_loosen_before_the_consumers_that_keep_messages_for_interest(account: Account) -> None:
    """The consumer has to come before the stream because of the messages, and after it because of the limit."""
    account.converge({"EVENTS": taking("e.>", consumer_limits={"max_ack_pending": 200})})
    account.publish("e.a", 5)

    account.converge(
        {"EVENTS": taking("e.>", retention="interest", consumer_limits={"max_ack_pending": 900}, consumers={"first": EXPLICIT})},
        *ONLY_DELETES,
    )

    assert len(account.js.pull("EVENTS", "first", 9)) == 5


def test_a_consumer_of_interest_is_exchanged_without_losing_what_is_pending(account: Account) -> None:
    account.converge({"EVENTS": taking("e.>", retention="interest", consumers={"old": EXPLICIT})})
    account.publish("e.a", 5)
    account.js.pull("EVENTS", "old", 2, ack=True)
    held = account.messages("EVENTS")

    account.converge({"EVENTS": taking("e.>", retention="interest", consumers={"new": EXPLICIT})}, *ONLY_DELETES)

    assert account.messages("EVENTS") == held
    assert account.js.pull("EVENTS", "new", 9) == [message.payload for message in held]


# ---------------------------------------------------------------------------------------------------- cluster


@pytest.fixture
def tagged(tmp_path: Path) -> Iterator[Account]:
    """A cluster with one server tagged ``here`` and two tagged ``there``."""
    with cluster_of_three(tmp_path, tags=("here", "there", "there")) as cluster, account_on(cluster.url) as found:
        yield found


@pytest.mark.timeout(180)
def test_a_stream_moves_and_scales_in_one_change(tagged: Account) -> None:
    """The server refuses both in one update (10123), so each comes as a step of its own, and waits for the peers."""
    one: Document = {"MOVING": taking("m", num_replicas=1, placement={"tags": ["here"]})}
    two: Document = {"MOVING": taking("m", num_replicas=2, placement={"tags": ["there"]})}
    tagged.converge(one)
    tagged.publish("m", 5)
    held = tagged.messages("MOVING")

    tagged.converge(two)
    assert (tagged.messages("MOVING"), peers(tagged)) == (held, {"n1", "n2"})
    tagged.converge(one)

    assert (tagged.messages("MOVING"), peers(tagged)) == (held, {"n0"})


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("before", "after", "replicas"),
    [
        ("limits", "interest", 2),
        pytest.param("limits", "interest", 1, marks=pytest.mark.soak),
        pytest.param("interest", "limits", 1, marks=pytest.mark.soak),
        pytest.param("interest", "limits", 2, marks=pytest.mark.soak),
    ],
)
def test_a_stream_moves_and_gets_another_retention_in_one_change(
    tagged: Account, before: str, after: str, replicas: int
) -> None:
    """To the server another retention is a scaling, of the consumers (10123)."""

    def moving(retention: str, replicas: int, tag: str) -> Document:
        fields = {"retention": retention, "num_replicas": replicas, "placement": {"tags": [tag]}}
        return {"MOVING": taking("m", **fields, consumers={"first": EXPLICIT})}

    tagged.converge(moving(before, 1, "here"))
    tagged.publish("m", 5)
    held = tagged.messages("MOVING")

    tagged.converge(moving(after, replicas, "there"), *ONLY_DELETES)
    assert (peers(tagged) <= {"n1", "n2"}, len(peers(tagged))) == (True, replicas)
    tagged.converge(moving(before, 1, "here"), *ONLY_DELETES)

    assert (tagged.messages("MOVING"), peers(tagged)) == (held, {"n0"})
    assert len(tagged.js.pull("MOVING", "first", 9)) == 5


@pytest.mark.timeout(180)
def test_a_hand_edit_between_a_move_and_its_scaling_is_not_overwritten(tagged: Account, tmp_path: Path) -> None:
    """The move has so much to copy that it is still under way when the edit comes."""
    tagged.converge({"MOVING": taking("m", num_replicas=1, placement={"tags": ["here"]})})
    tagged.js.fill("m", 2_000, b"x" * 20_000)
    path = tmp_path / "topology.yaml"
    path.write_text(text(whole({"MOVING": taking("m", num_replicas=2, placement={"tags": ["there"]})})), encoding="utf-8")

    with started("apply", "--auto-approve", "-f", path, url=tagged.url) as process:
        wait_for(lambda: tagged.config("MOVING")["placement"] == {"tags": ["there"]})
        assert tagged.update("stream.MOVING", "description", "by hand") == 0
        stdout, stderr = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, "AP107" in stdout + stderr) == (6, True), stdout + stderr
    assert (tagged.config("MOVING")["description"], tagged.config("MOVING")["num_replicas"]) == ("by hand", 1)


@pytest.mark.timeout(180)
def test_a_stream_scales_before_a_new_consumer_with_as_many_replicas_and_then_becomes_interest(tagged: Account) -> None:
    tagged.converge({"EVENTS": taking("e.>", num_replicas=1)})
    tagged.publish("e.a", 5)

    consumers = {"new": {**EXPLICIT, "num_replicas": 3}}
    tagged.converge({"EVENTS": taking("e.>", num_replicas=3, retention="interest", consumers=consumers)}, *ONLY_DELETES)

    assert len(tagged.js.pull("EVENTS", "new", 9)) == 5


@pytest.mark.timeout(180)
def test_a_consumer_scales_down_before_its_stream_does(tagged: Account) -> None:
    """Otherwise the server would change the consumer itself, and it would no longer be what the plan saw."""

    def events(replicas: int, **consumers: Document) -> Document:
        return {"EVENTS": taking("e.>", num_replicas=replicas, consumers=consumers)}

    three = {**EXPLICIT, "num_replicas": 3}
    tagged.converge(events(3, stays=three, goes=three))
    tagged.publish("e.a", 5)

    tagged.converge(events(1, stays={**EXPLICIT, "num_replicas": 1}), *ONLY_DELETES)

    assert len(tagged.js.pull("EVENTS", "stays", 9)) == 5


@pytest.mark.timeout(180)
def test_a_consumer_gets_its_streams_replicas_before_that_becomes_one_of_interest(tagged: Account) -> None:
    """2.15 would give it as many itself, and older servers refuse the stream's change (10051)."""

    def events(replicas: int, retention: str, own: int) -> Document:
        consumers = {"first": {**EXPLICIT, "num_replicas": own}}
        return {"EVENTS": taking("e.>", num_replicas=replicas, retention=retention, consumers=consumers)}

    tagged.converge(events(3, "limits", 1))
    tagged.publish("e.a", 5)

    tagged.converge(events(3, "interest", 3), *ONLY_DELETES)
    tagged.converge(events(3, "limits", 1), *ONLY_DELETES)
    tagged.converge(events(3, "interest", 0), *ONLY_DELETES)

    assert len(tagged.js.pull("EVENTS", "first", 9)) == 5


@pytest.mark.timeout(180)
@pytest.mark.parametrize("retention", ["interest", "workqueue"])
def test_a_consumer_that_decides_what_is_kept_does_not_scale_with_its_stream_but_follows_it(
    tagged: Account, retention: str
) -> None:
    def events(replicas: int, own: int) -> Document:
        consumers = {"first": {**EXPLICIT, "num_replicas": own}}
        return {"EVENTS": taking("e.>", num_replicas=replicas, retention=retention, consumers=consumers)}

    tagged.converge(events(3, 3))
    tagged.publish("e.a", 5)
    before = tagged.configurations()

    plan, done = tagged.plan(events(1, 1)), tagged.apply(events(1, 1))

    assert (plan.exit_code, done.exit_code, plan.codes) == (1, 1, {"CP109"}), done
    assert tagged.configurations() == before
    tagged.converge(events(1, 0), *ONLY_DELETES)
    tagged.converge(events(1, 1), *ONLY_DELETES)
    assert len(tagged.js.pull("EVENTS", "first", 9)) == 5


def peers(account: Account) -> set[str]:
    cluster = account.js.request("STREAM.INFO.MOVING")["cluster"]
    return {cluster["leader"], *(each["name"] for each in cluster.get("replicas", ()))}


# --------------------------------------------------------------------------------------- several cycles at once


def test_a_consumer_goes_while_its_stream_and_its_neighbours_swap(account: Account) -> None:
    def queues(one: str, two: str, **consumers: Document) -> Document:
        return {
            "ONE": taking(f"{one}.>", "q.>", retention="workqueue", consumers=consumers),
            "TWO": taking(f"{two}.>"),
        }

    account.converge(queues("a", "b", gone=reading("q.a"), first=reading("q.b"), second=reading("q.c")))
    for subject in ("a.x", "q.a", "q.b", "q.c"):
        account.publish(subject, 2)
    held = account.messages("ONE")

    account.converge(queues("b", "a", first=reading("q.c", "q.a"), second=reading("q.b")), *ALLOW_ALL)

    assert account.messages("ONE") == held


def test_a_consumer_of_interest_is_exchanged_while_its_stream_is_on_a_cycle(account: Account) -> None:
    """Streams that source each other have no right order; the consumers behind them still have one."""

    def pair(consumer: str, description: str) -> Document:
        return {
            "LEFT": taking(
                "l",
                retention="interest",
                description=description,
                consumers={consumer: EXPLICIT},
                sources=[{"name": "RIGHT", "filter_subject": "r"}],
            ),
            "RIGHT": taking("r", description=description, sources=[{"name": "LEFT", "filter_subject": "nothing"}]),
        }

    account.converge(pair("old", "before"))
    account.publish("l", 5)
    held = account.messages("LEFT")

    account.converge(pair("new", "after"), *ALLOW_ALL)

    assert account.messages("LEFT") == held


# ------------------------------------------------------------------------------------------------------- times

ADOPTING = ("--auto-approve", "--adopt")
START = "2026-01-01T02:00:00.5+02:00"


def test_a_start_time_in_another_zone_does_not_stand_in_the_way_of_other_changes(account: Account) -> None:
    """The server compares a mirror's start with its zone, so what is live keeps its spelling (10055)."""
    account.js.request("STREAM.CREATE.O", {"name": "O", "subjects": ["o"]})
    account.js.request("STREAM.CREATE.M", {"name": "M", "mirror": {"name": "O", "opt_start_time": "2026-01-01T00:00:00.5Z"}})

    account.converge({"M": {"mirror": {"name": "O", "opt_start_time": START}, "description": "new"}, "O": taking("o")}, *ADOPTING)

    assert account.config("M")["description"] == "new"


@pytest.mark.parametrize("retention", ["limits", "interest", "workqueue"])
@pytest.mark.parametrize("limits", [{"inactive_threshold": "9s"}, {"max_ack_pending": 999}], ids=str)
def test_limits_below_what_a_copy_needs_are_refused_before_the_server_does(
    account: Account, retention: str, limits: Document
) -> None:
    """The consumer of a copy, which may not be listed, has limits of its own; which ones depends on the origin's retention."""
    origin, copy = taking("o.>", retention=retention), {"sources": [{"name": "ORIGIN"}]}
    account.converge({"ORIGIN": origin, "COPY": copy})
    wait_for(lambda: account.js.publish("o.a") and account.state("COPY")["messages"])  # before it copies, interest keeps nothing
    limited: Document = {"ORIGIN": {**origin, "consumer_limits": limits}, "COPY": copy}

    plan = account.plan(limited)

    wire = {name: 9_000_000_000 if name == "inactive_threshold" else value for name, value in limits.items()}
    assert ("FC406" in plan.codes) == bool(account.update("stream.ORIGIN", "consumer_limits", wire))


@pytest.mark.timeout(180)
def test_a_stream_moves_only_after_its_subject_was_released(tagged: Account) -> None:
    tagged.converge({"ONE": taking("a", placement={"tags": ["here"]}), "TWO": taking("b", "k")})
    tagged.publish("a", 3)
    held = tagged.messages("ONE")

    tagged.converge({"ONE": taking("b", num_replicas=2, placement={"tags": ["there"]}), "TWO": taking("a", "k", num_replicas=3)})

    assert tagged.messages("ONE") == held
