"""Orders that a server shows only by luck: cycles of many, and which of them open with the fewest extra stages."""

from __future__ import annotations

from smith_topology.core.model import (
    ADDRESS,
    OWNER,
    STAGE,
    Action,
    Address,
    Call,
    Change,
    Config,
    Live,
    Observed,
    Reason,
    Resource,
    Server,
    Span,
    StageId,
    Topology,
    Version,
)
from smith_topology.core.model import consumer_address as consumer
from smith_topology.core.model import stream_address as stream
from smith_topology.core.planning.ordering.order import Order, arrange
from smith_topology.core.planning.plan import complete, prepare
from smith_topology.core.planning.transitions.registry import stages_of
from smith_topology.core.planning.writing import Writing

SERVER = Server(Version(2, 15, 1), "2.15.1")


def update(name: str, before: Config, after: Config) -> Change:
    return Change(stream(name), Action.UPDATE, Reason.PENDING, before, after)


def taking(*subjects: str) -> Config:
    return {"subjects": list(subjects)}


def order_of(changes: list[Change], observed: list[Observed] | None = None) -> Order:
    live = Live(SERVER, {each.address: each for each in observed or ()})
    writing = Writing.of(changes, live)
    return arrange(writing, stages_of(writing))


def before(order: Order, address: Address, number: int = 1) -> set[StageId]:
    return {edge.first for edge in order.before[StageId(address, number)]}


def released(order: Order) -> dict[str, list[str]]:
    """The subjects that remain of the streams which give some up beforehand, to break a cycle."""
    early = [each for each in order.stages if each.number == 1 and each.after and "beforehand" in each.why]
    return {each.address.name: (each.after or {})["subjects"] for each in early}


def test_a_cycle_of_a_hundred_streams_opens_with_one_stage_more() -> None:
    ring = [update(f"S{i}", taking(f"s.{i}"), taking(f"s.{(i + 1) % 100}")) for i in range(100)]

    order = order_of(ring)

    assert len(released(order)) == 1
    assert len(order.stages) == 100 + 1 + 99  # the others take their marks off afterwards


def test_a_stream_in_the_middle_of_many_cycles_opens_all_of_them() -> None:
    names = [str(i) for i in range(5)]
    around = [update(f"A{i}", taking(f"a.{i}"), taking(f"hub.{i}")) for i in names]
    hub = update("HUB", taking(*(f"hub.{i}" for i in names)), taking(*(f"a.{i}" for i in names)))

    assert released(order_of([*around, hub])) == {"HUB": ["_smith-topo.parked.HUB"]}


def test_a_stream_that_keeps_a_subject_gives_up_before_one_that_would_keep_none() -> None:
    swap = [update("A", taking("a"), taking("b")), update("B", taking("b", "k"), taking("a", "k"))]

    assert released(order_of(swap)) == {"B": ["k"]}


def test_what_no_stream_on_the_cycle_takes_is_kept_until_the_rest_changes() -> None:
    behind = update("BEHIND", taking("z"), taking("k"))
    order = order_of([update("A", taking("a", "k"), taking("b")), update("B", taking("b"), taking("a")), behind])

    assert released(order) == {"A": ["k"]}
    assert before(order, stream("B")) == {StageId(stream("A"), 1)}
    assert before(order, stream("BEHIND")) == {StageId(stream("A"), 2)}


def test_what_is_given_up_beforehand_is_sent_as_it_is_live_but_for_the_subjects_and_a_mark() -> None:
    """Otherwise the stream would start to move and to scale, and nothing would wait for it."""
    metadata = {OWNER: "smith", "own": "key"}
    live: Config = {"name": "A", "subjects": ["a", "k"], "max_msgs": 5, "metadata": metadata}
    other: Config = {"name": "B", "subjects": ["b"], "metadata": {OWNER: "smith"}}
    declared = {"A": {**taking("b", "k"), "max_msgs": 5, "num_replicas": 3, "placement": {"tags": ["ssd"]}}, "B": taking("a")}
    resources = {stream(name): Resource(stream(name), Span("topology.yaml", 1, 1), body) for name, body in declared.items()}
    observed = {stream("A"): Observed(stream("A"), live, "then"), stream("B"): Observed(stream("B"), other, "then")}

    server = Server(Version(2, 15, 1), "2.15.1", cluster="C3")
    plan = complete(prepare(Topology("smith", resources, ()), Live(server, observed)), {})

    first = next(step for step in plan.steps if not step.after)
    assert isinstance(first, Call)
    mark = first.payload["metadata"][STAGE]
    assert mark.startswith("plan ")
    assert mark.endswith("; gave a to stream.B; takes b")
    marks = {OWNER: "smith", ADDRESS: "stream.A", STAGE: mark}
    assert first.payload == {**live, "subjects": ["k"], "metadata": {**marks, "own": "key"}}


def test_a_chain_of_a_hundred_streams_needs_no_extra_stage_beforehand() -> None:
    chain = [update(f"S{i}", taking(f"s.{i}"), taking(f"s.{i + 1}")) for i in range(100)]

    order = order_of(chain)

    assert released(order) == {}
    assert before(order, stream("S0")) == {StageId(stream("S1"), 1)}


def test_a_deletion_on_the_way_round_needs_no_extra_stage() -> None:
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

    assert [stage.address for stage in order.stages] == [consumer("QUEUE", "x"), consumer("QUEUE", "y"), stream("QUEUE")]


def test_many_consumers_of_interest_are_exchanged_with_few_edges() -> None:
    new = [Change(consumer("EVENTS", f"new{i}"), Action.CREATE, Reason.NEW, None, {}) for i in range(200)]
    old = [Change(consumer("EVENTS", f"old{i}"), Action.DELETE, Reason.REMOVED, {}, None) for i in range(200)]
    order = order_of([*old, *new], [Observed(stream("EVENTS"), {"retention": "interest"}, "")])

    assert {stage.address for stage in order.stages[:200]} == {change.address for change in new}
    assert sum(len(edges) for edges in order.before.values()) < 2 * len(order.stages)


def test_a_few_new_consumers_do_not_wait_for_each_other() -> None:
    """One that is refused takes none of the others along."""
    new = [Change(consumer("EVENTS", f"new{i}"), Action.CREATE, Reason.NEW, None, {}) for i in range(3)]
    old = Change(consumer("EVENTS", "old"), Action.DELETE, Reason.REMOVED, {}, None)

    order = order_of([old, *new], [Observed(stream("EVENTS"), {"retention": "interest"}, "")])

    assert {stage.address: len(edges) for stage, edges in order.before.items()} == {old.address: 3, **{c.address: 0 for c in new}}


def test_new_consumers_of_interest_come_first_even_behind_a_cycle_of_copies() -> None:
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

    assert StageId(consumer("LEFT", "new"), 1) in before(order_of(changes, live), consumer("LEFT", "old"))


def test_nothing_waits_for_what_is_not_written() -> None:
    unchanged = Change(stream("SAME"), Action.NO_OP, Reason.SAME, taking("a"), taking("a"))
    order = order_of([unchanged, Change(consumer("SAME", "c"), Action.CREATE, Reason.NEW, None, {})])

    assert order.before == {StageId(consumer("SAME", "c"), 1): ()}
