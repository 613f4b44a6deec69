"""The whole plan, from what is declared and live to the steps: what makes its digest, and what holds of every one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise
from random import Random

import pytest

from smith_topology.core.diff.selection import Selection
from smith_topology.core.kinds.marks import UNFINISHED, StageMark
from smith_topology.core.model import (
    Address,
    After,
    Call,
    Change,
    Config,
    Diagnostic,
    Effect,
    Finding,
    Handover,
    Kind,
    Live,
    Plan,
    Resource,
    Severity,
    Stage,
    StageId,
    Step,
    Target,
    Topology,
    Verb,
    Wait,
    amounts,
)
from smith_topology.core.planning.ordering.order import Order, arrange
from smith_topology.core.planning.plan import Prepared, _digest, complete, decisive_stages, prepare
from smith_topology.core.planning.requests import fingerprint
from smith_topology.core.planning.stage import Path, Stages, by_way_of, numbered
from smith_topology.core.planning.transitions.marks import marked
from smith_topology.core.times import SECOND
from tests.core.make import NAME, SPAN, change, consumer, declared, live, plan, server, stages, stream, there, topology, writing
from tests.simulation.changes import case

S, T, C = stream("S"), stream("T"), consumer("S", "c")
SEEDS = [range(first, first + 20) for first in range(0, 80, 20)]


# ------------------------------------------------------------------------------------------------ of every plan


@cache
def simulated(seed: int) -> tuple[Stages, Order]:
    found = case(Random(seed))
    whole = writing(*found.changes, now=found.live)
    split = stages(whole)
    return split, arrange(whole, split)


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_a_stage_begins_where_the_one_before_ends(seeds: range) -> None:
    for paths, order in map(simulated, seeds):
        with_marks = marked(paths, order.handovers, "abc")

        for path in (*paths.values(), *with_marks.values()):
            assert all(first.after == then.before for first, then in pairwise(path))
            assert [each.number for each in path] == [*range(1, len(path) + 1)]
        assert all(UNFINISHED not in (path[-1].after or {}) for path in with_marks.values())


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_every_giver_comes_before_its_taker_and_a_streams_in_one_group(seeds: range) -> None:
    passing = [(order, each) for _, order in map(simulated, seeds) for each in order.handovers]
    for order, each in passing:
        place = {stage.id: number for number, stage in enumerate(order.stages)}
        assert place[each.giver] < place[each.taker]
        if each.giver.address.kind is Kind.STREAM:
            assert order.groups[each.giver] == order.groups[each.taker]


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_every_mark_is_read_back_as_what_is_given_and_still_to_take(seeds: range) -> None:
    with_marks = (marked(paths, order.handovers, "abc") for paths, order in map(simulated, seeds))
    marks = [(path, stage) for each in with_marks for path in each.values() for stage in path]
    for path, stage in marks:
        if text := (stage.after or {}).get(UNFINISHED):
            mark = StageMark.parse(text)
            assert str(mark) == text
            assert (mark.number, mark.of) == (stage.number, len(path))
            assert set(mark.takes) <= set((path[-1].after or {}).get("subjects", ()))


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_a_group_stands_together(seeds: range) -> None:
    for _, order in map(simulated, seeds):
        places: dict[int, list[int]] = defaultdict(list)
        for number, stage in enumerate(order.stages):
            if stage.id in order.groups:
                places[order.groups[stage.id]].append(number)

        assert all(found == [*range(found[0], found[0] + len(found))] for found in places.values())


# ------------------------------------------------------------------------------------------------ steps


def test_a_step_waits_for_steps_before_it_only() -> None:
    swap = topology(declared(S, subjects=["b"]), declared(T, subjects=["a"]), declared(C, ack_policy="explicit"))
    found = plan(swap, live(there(S, {"subjects": ["a"]}, owner=NAME), there(T, {"subjects": ["b"]}, owner=NAME)))

    assert [each.id for each in found.steps] == [*range(1, len(found.steps) + 1)]
    assert all(after.step < step.id for step in found.steps for after in step.after)


def test_only_the_first_request_of_an_object_compares_what_is_live() -> None:
    observed = there(S, {"subjects": ["a"]}, owner=NAME), there(T, {"subjects": ["b"]}, owner=NAME)
    found = plan(topology(declared(S, subjects=["b"]), declared(T, subjects=["a"])), live(*observed))
    calls = [each for each in found.steps if isinstance(each, Call)]

    expected = {S: fingerprint(observed[0]), T: fingerprint(observed[1])}
    assert [each.seen for each in calls] == [expected[c.address] if c.stage.number == 1 else None for c in calls]


def test_a_new_object_must_not_exist() -> None:
    assert [each.seen for each in plan(topology(declared(S)), live()).steps if isinstance(each, Call)] == [""]


def test_a_stream_whose_peers_change_is_waited_for() -> None:
    now = live(there(S, {"name": "S", "subjects": ["a"]}, owner=NAME), on=server(cluster="C3"))
    found = plan(topology(declared(S, subjects=["a"], num_replicas=3), declared(C, ack_policy="explicit")), now)

    assert [type(each) for each in found.steps] == [Call, Wait, Call]
    first, wait, last = found.steps
    assert [(each.step, each.waits_for) for each in wait.after] == [(first.id, "accepted")]
    assert [(each.step, each.waits_for) for each in last.after] == [(wait.id, "settled")]


def test_what_a_step_gives_stands_with_it_and_its_taker_in_one_group() -> None:
    now = live(there(S, {"subjects": ["a", "b"]}, owner=NAME))
    found = plan(topology(declared(S, subjects=["b"]), declared(T, subjects=["a"])), now)
    giver = next(each for each in found.steps if isinstance(each, Call) and each.gives)
    taker = found.steps[giver.id]

    assert [(each.giver.address, each.taker.address, each.subject) for each in giver.gives] == [(S, T, "a")]
    assert giver.group == taker.group == 1
    assert found.handovers == giver.gives


def test_a_plan_without_a_difference_is_empty() -> None:
    applied = plan(topology(declared(S, subjects=["a"])), live())
    (create,) = applied.steps
    assert isinstance(create, Call)
    again = plan(topology(declared(S, subjects=["a"])), live(there(S, {"duplicate_window": 120 * SECOND, **create.payload})))

    assert (again.is_empty, again.differs, again.steps) == (True, False, ())


# ------------------------------------------------------------------------------------------------ preparing


def prepared(wanted: Topology, now: Live, *targets: str) -> Prepared:
    return prepare(wanted, now, selection=Selection(targets))


@pytest.mark.parametrize(
    ("wanted", "now", "code"),
    [
        (topology(declared(S)), live(on=server("2.9.25")), "old-server"),
        (topology(declared(S), target=Target(SPAN, "C5")), live(), "wrong-target"),
    ],
    ids=["too old", "elsewhere"],
)
def test_where_nothing_may_be_planned_nothing_is(wanted: Topology, now: Live, code: str) -> None:
    found = prepared(wanted, now)

    assert ([each.code for each in found.diagnostics], found.found.changes, found.questions) == ([code], (), ())
    assert not complete(found, {}).can_apply


def test_a_consumer_alone_needs_its_stream() -> None:
    both = topology(declared(S), declared(C))

    assert [each.code for each in prepared(both, live(), "consumer.*").diagnostics] == ["no-stream"]
    assert prepared(both, live()).diagnostics == ()
    assert prepared(both, live(there(S, owner=NAME)), "consumer.*").diagnostics == ()


def test_a_plan_of_some_objects_says_that_it_is_not_of_all() -> None:
    assert prepared(topology(declared(S), declared(T)), live(), "stream.S").partial
    assert not prepared(topology(declared(S)), live()).partial


@pytest.mark.parametrize(("code", "kept"), [("RF101", False), ("SB201", True)])
def test_a_warning_about_what_the_server_has_answered_is_left_out(code: str, kept: bool) -> None:
    warning: Diagnostic = Finding.warning(code, "", "", "").diagnostic()
    found = complete(prepare(topology(declared(S)), live(), warnings=(warning,)), {})

    assert (warning in found.diagnostics) is kept


@pytest.mark.parametrize(
    ("severity", "applies"),
    [(Severity.ERROR, False), (Severity.REFUSAL, False), (Severity.WARNING, True), (Severity.NOTE, True), (None, True)],
)
def test_errors_and_refusals_keep_a_plan_from_being_applied(severity: Severity | None, applies: bool) -> None:
    diagnostics = (Diagnostic("X", severity, ""),) if severity else ()

    assert Plan(NAME, server(), (), (), diagnostics).can_apply is applies


# ------------------------------------------------------------------------------------------------ what is decisive


def path(*configs: Config | None, address: Address = S) -> Path:
    return numbered(tuple(Stage(address, first, then) for first, then in pairwise(configs)))


DECISIVE: dict[str, tuple[Path, int]] = {
    "the only one": (path({}, {"a": 1}), 1),
    "the last that changes something": (path({}, {"a": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}), 2),
    "the one of the retention": (path({"a": 1}, {"retention": "interest"}, {"retention": "interest", "b": 1}), 1),
    "all but a mark": (path({}, {"a": 1, UNFINISHED: "x"}, {"a": 1}), 1),
    "the creation": (path(None, {"a": 1}), 1),
    "a new stream's last": (path(None, {"a": 1}, {"a": 1, "retention": "interest"}), 2),
    "the end": (path({}, {"a": 1}, None), 2),
}


@pytest.mark.parametrize(("found", "number"), DECISIVE.values(), ids=DECISIVE)
def test_a_change_counts_as_made_at_its_decisive_stage(found: Path, number: int) -> None:
    assert decisive_stages(found) == {S: StageId(S, number)}


# ------------------------------------------------------------------------------------------------ the digest

WANTED = (declared(S, subjects=["a"]), declared(T, subjects=["b"]))
MADE = plan(topology(*WANTED), live())


def digest_of(name: str = NAME, changes: tuple[Change, ...] = MADE.changes, steps: tuple[Step, ...] = MADE.steps) -> str:
    return _digest(name, changes, steps)


def with_first(**more: object) -> tuple[Step, ...]:
    first, *others = MADE.steps
    return replace(first, **more), *others  # type: ignore[arg-type]  # any field of a step


COSTLY = tuple(replace(each, effects=(Effect("DS102", "", "", amounts(messages=1)),)) for each in MADE.changes)
OTHERWISE: dict[str, str] = {
    "the topology": digest_of("other"),
    "a payload": digest_of(steps=with_first(payload={"name": "S"})),
    "an endpoint": digest_of(steps=with_first(endpoint="STREAM.CREATE.X")),
    "what must be live": digest_of(steps=with_first(seen="x")),
    "the order": digest_of(steps=tuple(reversed(MADE.steps))),
    "a step less": digest_of(steps=MADE.steps[1:]),
    "what is waited for": digest_of(steps=(MADE.steps[0], replace(MADE.steps[1], after=(After(1, "accepted", ""),)))),
    "a wait": digest_of(steps=(*MADE.steps, Wait(3, S))),
    "a cost": digest_of(changes=COSTLY),
    "another cost": digest_of(changes=tuple(replace(c, effects=(Effect("DS102", "", "", amounts(messages=2)),)) for c in COSTLY)),
}  # fmt: skip


def test_the_digest_is_that_of_the_plan() -> None:
    assert MADE.digest == digest_of() == plan(topology(*WANTED), live()).digest


@pytest.mark.parametrize("other", OTHERWISE.values(), ids=OTHERWISE)
def test_a_plan_that_differs_in_what_it_does_has_another_digest(other: str) -> None:
    assert other != MADE.digest


def test_each_difference_has_a_digest_of_its_own() -> None:
    assert len(set(OTHERWISE.values())) == len(OTHERWISE)


def test_what_stays_as_it_is_has_no_part_in_the_digest() -> None:
    assert digest_of(changes=(*MADE.changes, change(C, {}, {}))) == MADE.digest


@pytest.mark.parametrize(
    "wanted",
    [(declared(S, subjects=["a"]), declared(T, subjects=["c"])), WANTED[:1], (*WANTED, declared(C, ack_policy="explicit"))],
    ids=["another value", "one less", "one more"],
)
def test_another_file_makes_another_digest(wanted: tuple[Resource, ...]) -> None:
    assert plan(topology(*wanted), live()).digest != MADE.digest


def test_the_same_plan_on_an_object_made_anew_is_another_plan() -> None:
    digests = {plan(topology(*WANTED), live(there(S, {}, owner=NAME, created=each))).digest for each in ("then", "later")}

    assert len(digests) == 2


def test_a_split_stage_and_a_hand_over_say_why() -> None:
    first, _ = by_way_of(Stage(S, {}, {"a": 1}), {}, "because")
    passes = Handover(StageId(S, 1), StageId(T, 1), "a", "a")

    assert (first.why, passes.why) == ("because", '"a" passes from stream.S to stream.T')
    assert next(each.verb for each in MADE.steps if isinstance(each, Call)) is Verb.CREATE
