"""Orders that a server shows only by luck: cycles of many, and which of them open with the fewest releases."""

from __future__ import annotations

from smith_topology.core.model import (
    OWNER,
    Action,
    Call,
    Change,
    Config,
    Live,
    Observed,
    Reason,
    Resource,
    Server,
    Span,
    Topology,
    Version,
)
from smith_topology.core.model import consumer_address as consumer
from smith_topology.core.model import stream_address as stream
from smith_topology.core.planning.ordering.order import Order, Part, Turn, arrange
from smith_topology.core.planning.plan import complete, prepare

SERVER = Server(Version(2, 15, 1), "2.15.1")


def update(name: str, before: Config, after: Config) -> Change:
    return Change(stream(name), Action.UPDATE, Reason.PENDING, before, after)


def taking(*subjects: str) -> Config:
    return {"subjects": list(subjects)}


def order_of(changes: list[Change], observed: list[Observed] | None = None) -> Order:
    return arrange(changes, Live(SERVER, {each.address: each for each in observed or ()}))


def test_a_circle_of_a_thousand_streams_opens_with_one_release() -> None:
    ring = [update(f"S{i}", taking(f"s.{i}"), taking(f"s.{(i + 1) % 1000}")) for i in range(1000)]

    order = order_of(ring)

    assert len(list(order)) == 1001
    assert len(order.kept) == 1


def test_a_stream_in_the_middle_of_many_circles_opens_all_of_them() -> None:
    names = [str(i) for i in range(5)]
    around = [update(f"A{i}", taking(f"a.{i}"), taking(f"hub.{i}")) for i in names]
    hub = update("HUB", taking(*(f"hub.{i}" for i in names)), taking(*(f"a.{i}" for i in names)))

    assert order_of([*around, hub]).kept == {stream("HUB"): ("_smith-topo.parked.HUB",)}


def test_who_keeps_a_subject_releases_before_who_would_keep_none() -> None:
    swap = [update("A", taking("a"), taking("b")), update("B", taking("b", "k"), taking("a", "k"))]

    assert order_of(swap).kept == {stream("B"): ("k",)}


def test_what_nobody_on_the_circle_takes_is_kept_until_the_rest_changes() -> None:
    behind = update("BEHIND", taking("z"), taking("k"))
    order = order_of([update("A", taking("a", "k"), taking("b")), update("B", taking("b"), taking("a")), behind])

    assert order.kept == {stream("A"): ("k",)}
    assert order.before[Turn(stream("B"))] == {Turn(stream("A"), Part.RELEASE)}
    assert order.before[Turn(stream("BEHIND"))] == {Turn(stream("A"))}


def test_a_release_sends_what_is_live_but_for_the_subjects() -> None:
    """Otherwise the stream would start to move and to scale, and nothing would wait for it."""
    metadata = {OWNER: "smith", "own": "key"}
    live: Config = {"name": "A", "subjects": ["a", "k"], "num_replicas": 1, "metadata": metadata}
    other: Config = {"name": "B", "subjects": ["b"], "metadata": {OWNER: "smith"}}
    declared = {"A": {**taking("b", "k"), "num_replicas": 3, "placement": {"tags": ["ssd"]}}, "B": taking("a")}
    resources = {stream(name): Resource(stream(name), Span("topology.yaml", 1, 1), body) for name, body in declared.items()}
    observed = {stream("A"): Observed(stream("A"), live, "then"), stream("B"): Observed(stream("B"), other, "then")}

    server = Server(Version(2, 15, 1), "2.15.1", cluster="C3")
    plan = complete(prepare(Topology("smith", resources, ()), Live(server, observed)), {})

    first = next(step for step in plan.steps if not step.after)
    assert isinstance(first, Call)
    assert first.payload == {**live, "subjects": ["k"]}


def test_a_chain_of_a_thousand_streams_needs_no_releases() -> None:
    chain = [update(f"S{i}", taking(f"s.{i}"), taking(f"s.{i + 1}")) for i in range(1000)]

    order = order_of(chain)

    assert order.kept == {}
    assert order.before[Turn(stream("S0"))] == {Turn(stream("S1"))}


def test_a_deletion_on_the_way_round_is_not_a_release() -> None:
    """The consumer that goes makes room for one that makes room for the stream, which needn't come before the deletion."""
    before: Config = {**taking("q.>"), "retention": "workqueue", "consumer_limits": {"max_ack_pending": 1000}}
    gone: Config = {"filter_subject": "q.a", "max_ack_pending": 50}
    taker: Config = {"filter_subject": "q.b", "max_ack_pending": 500}
    changes = [
        update("QUEUE", before, {**before, "consumer_limits": {"max_ack_pending": 100}}),
        Change(consumer("QUEUE", "x"), Action.DELETE, Reason.REMOVED, gone, None),
        Change(consumer("QUEUE", "y"), Action.UPDATE, Reason.PENDING, taker, {"filter_subject": "q.a", "max_ack_pending": 50}),
    ]
    live = [Observed(c.address, c.before or {}, "") for c in changes]

    order = order_of(changes, live)

    assert order.kept == {}
    assert list(order) == [Turn(consumer("QUEUE", "x")), Turn(consumer("QUEUE", "y")), Turn(stream("QUEUE"))]


def test_many_consumers_of_interest_are_exchanged_with_few_edges() -> None:
    new = [Change(consumer("EVENTS", f"new{i}"), Action.CREATE, Reason.NEW, None, {}) for i in range(200)]
    old = [Change(consumer("EVENTS", f"old{i}"), Action.DELETE, Reason.REMOVED, {}, None) for i in range(200)]
    order = order_of([*old, *new], [Observed(stream("EVENTS"), {"retention": "interest"}, "")])
    turns = list(order)

    assert {turn.address for turn in turns[:200]} == {change.address for change in new}
    assert sum(len(firsts) for firsts in order.before.values()) == 399


def test_a_few_new_consumers_do_not_wait_for_each_other() -> None:
    """One that is refused takes none of the others along."""
    new = [Change(consumer("EVENTS", f"new{i}"), Action.CREATE, Reason.NEW, None, {}) for i in range(3)]
    old = Change(consumer("EVENTS", "old"), Action.DELETE, Reason.REMOVED, {}, None)

    order = order_of([old, *new], [Observed(stream("EVENTS"), {"retention": "interest"}, "")])

    assert {turn.address: len(firsts) for turn, firsts in order.before.items()} == {old.address: 3, **{c.address: 0 for c in new}}


def test_new_consumers_of_interest_come_first_even_behind_a_circle_of_copies() -> None:
    """Otherwise the last consumer would take the messages with it before there is another one."""

    def copying(name: str, description: str) -> Config:
        return {"sources": [{"name": name}], "retention": "interest", "description": description}

    changes = [
        update("LEFT", copying("RIGHT", "a"), copying("LEFT", "b")),
        update("RIGHT", copying("LEFT", "a"), copying("RIGHT", "b")),
        Change(consumer("LEFT", "new"), Action.CREATE, Reason.NEW, None, {}),
        Change(consumer("LEFT", "old"), Action.DELETE, Reason.REMOVED, {}, None),
    ]
    live = [Observed(stream("LEFT"), copying("RIGHT", "a"), ""), Observed(consumer("LEFT", "old"), {}, "")]

    assert Turn(consumer("LEFT", "new")) in order_of(changes, live).before[Turn(consumer("LEFT", "old"))]


def test_nothing_waits_for_what_is_not_written() -> None:
    unchanged = Change(stream("SAME"), Action.NO_OP, Reason.SAME, taking("a"), taking("a"))
    order = order_of([unchanged, Change(consumer("SAME", "c"), Action.CREATE, Reason.NEW, None, {})])

    assert order.before == {Turn(consumer("SAME", "c")): frozenset()}
