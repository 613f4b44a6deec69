"""Fields of streams, mirrors and sources: what the checks refuse is what a real server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, codes, mirror, sources, stream
from tests.raw import Raw

SECOND = 1_000_000_000
FIELDS: dict[str, tuple[Declared, int | None, set[str]]] = {
    "nothing special": (stream(), None, set()),
    "window above age": (stream(max_age=SECOND, duplicate_window=2 * SECOND), 10052, {"FC101"}),
    "window of a mirror above age": (mirror(max_age=SECOND, duplicate_window=2 * SECOND), 10052, {"FC101"}),
    "window as long as age": (stream(max_age=SECOND, duplicate_window=SECOND), None, set()),
    "window without age": (stream(duplicate_window=SECOND), None, set()),
    "per subject, discard old": (stream(discard_new_per_subject=True, max_msgs_per_subject=1), 10052, {"FC102"}),
    "per subject, no limit": (stream(discard_new_per_subject=True, discard="new"), 10052, {"FC102"}),
    "per subject": (stream(discard_new_per_subject=True, discard="new", max_msgs_per_subject=1), None, set()),
    "rollup, deny purge": (stream(deny_purge=True, allow_rollup_hdrs=True), 10052, {"FC103"}),
    "markers, deny purge": (stream(deny_purge=True, subject_delete_marker_ttl=SECOND), None, set()),
    "counter, discard new": (stream(allow_msg_counter=True, discard="new"), 10052, {"FC104"}),
    "counter, ttl": (stream(allow_msg_counter=True, allow_msg_ttl=True), 10052, {"FC104"}),
    "counter, schedules": (stream(allow_msg_counter=True, allow_msg_schedules=True), 10052, {"FC112"}),
    "counter, workqueue": (stream(allow_msg_counter=True, retention="workqueue"), 10052, {"FC104"}),
    "counter, interest": (stream(allow_msg_counter=True, retention="interest"), 10052, {"FC104"}),
    "counter, markers": (stream(allow_msg_counter=True, subject_delete_marker_ttl=SECOND), None, set()),
    "counter, atomic and async": (stream(allow_msg_counter=True, allow_batched=True, persist_mode="async"), None, set()),
    "schedules, discard new": (stream(allow_msg_schedules=True, discard="new"), 10052, {"FC112"}),
    "schedules, sources": (sources({}, allow_msg_schedules=True), 10187, {"FC105"}),
    "schedules": (stream(allow_msg_schedules=True, retention="workqueue"), None, set()),
    "async, memory": (stream(persist_mode="async", storage="memory"), 10052, {"FC106"}),
    "async, replicas": (stream(persist_mode="async", num_replicas=3), 10052, {"FC106"}),
    "async, atomic": (stream(persist_mode="async", allow_atomic=True), 10052, {"FC106"}),
    "async": (stream(persist_mode="async", allow_batched=True), None, set()),
    "mirror_direct": (stream(mirror_direct=True), 10052, {"FC107"}),
    "mirror_direct of a mirror": (mirror(mirror_direct=True), None, set()),
    "long description": (stream(description="ä" * 2049), 10052, {"FC109"}),
    "longest description": (stream(description="ä" * 2048), None, set()),
    "large metadata": (stream(metadata={"k": "v" * 2**17}), 10052, {"FC110"}),
    "some metadata": (stream(metadata={"k": "v" * 2**16}), None, set()),
    "placement": (stream(placement={"cluster": "C", "tags": ["a"]}), None, set()),
}
MIRRORS: dict[str, tuple[Declared, int | None, set[str]]] = {
    "mirror": (mirror(), None, set()),
    "mirror, subjects": (mirror(subjects=["x"]), 10034, {"FC108"}),
    "mirror, sources": (mirror(sources=[{"name": "X"}]), 10031, {"FC108"}),
    "mirror, first_seq": (mirror(first_seq=5), 10143, {"FC108"}),
    "mirror, counter": (mirror(allow_msg_counter=True), 10173, {"FC108"}),
    "mirror, atomic": (mirror(allow_atomic=True), 10198, {"FC108"}),
    "mirror, batched": (mirror(allow_batched=True), 10209, {"FC108"}),
    "mirror, schedules": (mirror(allow_msg_schedules=True), 10186, {"FC108"}),
    "mirror, markers": (mirror(subject_delete_marker_ttl=SECOND), 10052, {"FC108"}),
    "mirror, all else": (
        mirror(
            retention="interest",
            deny_purge=True,
            allow_msg_ttl=True,
            no_ack=True,
            discard="new",
            persist_mode="async",
            republish={"dest": "r.>"},
            subject_transform={"src": "o.>", "dest": "p.>"},
            duplicate_window=SECOND,
        ),
        None,
        set(),
    ),
    "mirror, start twice": (mirror({"opt_start_seq": 1, "opt_start_time": "2026-01-01T00:00:00Z"}), None, set()),
    "mirror, larger messages": (
        {"O": {"subjects": ["o"], "max_msg_size": 2000}, "M": {"mirror": {"name": "O"}, "max_msg_size": 1000}},
        10030,
        {"RF105"},
    ),
    "source, larger messages": (
        {"O": {"subjects": ["o"], "max_msg_size": 2000}, "M": {"sources": [{"name": "O"}], "max_msg_size": 1000}},
        10046,
        {"RF105"},
    ),
    "mirror made before an origin of larger messages": (
        {"M": {"mirror": {"name": "O"}, "max_msg_size": 1000}, "O": {"subjects": ["o"], "max_msg_size": 2000}},
        10030,
        {"RF105"},
    ),
    "mirror of anything": ({"O": {"subjects": ["o"]}, "M": {"mirror": {"name": "O"}, "max_msg_size": 1000}}, None, set()),
    "mirror of nothing": ({"M": {"mirror": {"name": "O"}}}, None, set()),
    "mirror, bad name": ({"M": {"mirror": {"name": "a.b"}}}, 10142, {"RF104"}),
    "mirror, no name": ({"M": {"mirror": {"name": ""}}}, 10142, {"RF104"}),
    "source, bad name": ({"M": {"sources": [{"name": "a b"}]}}, 10141, {"RF104"}),
    "mirror, filter and transforms": (
        mirror({"filter_subject": "o.a", "subject_transforms": [{"src": "o.>", "dest": "p.>"}]}),
        10150,
        {"SB303"},
    ),
    "source, filter and transforms": (
        sources({"filter_subject": "o.a", "subject_transforms": [{"src": "o.>", "dest": "p.>"}]}),
        10144,
        {"SB303"},
    ),
    "mirror, crossing transforms": (
        mirror({"subject_transforms": [{"src": "o.*", "dest": "p.$1"}, {"src": "*.a", "dest": "q.$1"}]}),
        10152,
        {"SB302"},
    ),
    "source, crossing transforms": (
        sources({"subject_transforms": [{"src": "o.*", "dest": "p.$1"}, {"src": "*.a", "dest": "q.$1"}]}),
        None,
        set(),
    ),
    "source, nested transforms": (
        sources({"subject_transforms": [{"src": "o.*", "dest": "p.$1"}, {"src": "o.a", "dest": "q"}]}),
        10147,
        {"SB302"},
    ),
    "source, other fields": (
        sources({}, first_seq=5, allow_atomic=True, allow_batched=True, allow_msg_counter=True),
        None,
        set(),
    ),
}


def _external(**fields: Any) -> Declared:
    return {"M": {"mirror": {"name": "O", "external": fields}}}


def _prepared(entry: dict[str, Any] | None = None, **consumer: Any) -> dict[str, Any]:
    return {"consumer": {"name": "c", "deliver_subject": "d", **consumer}, **(entry or {})}


DUPLICATED: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "the same": ([{}, {}], True),
    "all": ([{}, {"filter_subject": ">"}], True),
    "another start": ([{"opt_start_seq": 1}, {"opt_start_seq": 2}], True),
    "another deliver prefix": ([{"external": {"api": "x"}}, {"external": {"api": "x", "deliver": "y"}}], True),
    "a transform that only filters": ([{"subject_transforms": [{"src": "o.*", "dest": ""}]}, {"filter_subject": "o.*"}], True),
    "another filter": ([{"filter_subject": "o.a"}, {"filter_subject": "o.*"}], False),
    "another account": ([{"external": {"api": "x"}}, {}], False),
    "another destination": ([{"subject_transforms": [{"src": "o.*", "dest": f"{to}.$1"}]} for to in "pq"], False),
    "another consumer": ([_prepared(), _prepared(name="c2", deliver_subject="d2")], False),
}
ORIGINS: dict[str, tuple[Declared, int | None, set[str]]] = {
    "external": (_external(api="$JS.hub.API", deliver="d"), None, set()),
    "external, own prefix": (_external(api="$JS.API"), 10021, {"RF107"}),
    "external, below own prefix": (_external(api="$JS.API.x"), None, set()),
    "external, wildcard": (_external(api="x.*"), 10052, {"RF107"}),
    "external, invalid": (_external(api="x..y"), 10052, {"RF107"}),
    "external, empty": (_external(api=""), None, set()),
    "external, deliver wildcard": (_external(api="x", deliver="y.>"), 10024, {"RF107"}),
    "external, deliver stored": (
        {
            "O": {"subjects": ["*.>"], "no_ack": True},
            "M": {"sources": [{"name": "O"}, {"name": "P", "external": {"api": "x", "deliver": "y"}}]},
        },
        10022,
        {"RF107"},
    ),
    "prepared": (mirror(_prepared()), None, set()),
    "prepared, transforms": (mirror(_prepared({"subject_transforms": [{"src": "o.*", "dest": "p.$1"}]})), None, set()),
    "prepared, start": (mirror(_prepared({"opt_start_seq": 1})), 10213, {"RF106"}),
    "prepared, time": (mirror(_prepared({"opt_start_time": "2026-01-01T00:00:00Z"})), 10213, {"RF106"}),
    "prepared, filter": (mirror(_prepared({"filter_subject": "o.a"})), 10213, {"RF106"}),
    "prepared, wildcard": (mirror(_prepared(deliver_subject="d.*")), 10213, {"RF106"}),
    "prepared, no subject": (mirror({"consumer": {"name": "c"}}), 10213, {"RF106"}),
    "prepared, no name": (mirror({"consumer": {"deliver_subject": "d"}}), 10213, {"RF106"}),
    "prepared source": (sources(_prepared()), None, set()),
    "prepared source, start": (sources(_prepared({"opt_start_seq": 1})), 10215, {"RF106"}),
    "prepared source, filter": (sources(_prepared({"filter_subject": "o.a"})), 10215, {"RF106"}),
    "prepared source, bad name": (sources(_prepared(name="c.x")), 10215, {"RF106"}),
    "prepared source, used twice": (
        sources(*(_prepared({"subject_transforms": [{"src": f"o.{a}", "dest": "p"}]}) for a in "ab")),
        10216,
        {"RF106"},
    ),
    **{
        f"twice: {what}": (sources(*pair), 10140 if same else None, {"RF108"} if same else set())
        for what, (pair, same) in DUPLICATED.items()
    },
}


def _copying(**origins: tuple[list[str], list[dict[str, Any]]]) -> Declared:
    return {name: {"subjects": own, "sources": entries} for name, (own, entries) in origins.items()}


CYCLES: dict[str, tuple[Declared, int | None, set[str]]] = {
    "mirror of itself": ({"M": {"mirror": {"name": "M"}}}, 10052, {"RF102"}),
    "mirrors of each other": ({"A": {"mirror": {"name": "B"}}, "B": {"mirror": {"name": "A"}}}, 10052, {"RF102"}),
    "mirror of its copy": (
        {"A": {"mirror": {"name": "B"}}, "B": {"subjects": ["b"], "sources": [{"name": "A"}]}},
        10052,
        {"RF102"},
    ),
    "source of itself": (_copying(A=(["a"], [{"name": "A"}])), 10052, {"RF102"}),
    "source of itself, without subjects": ({"A": {"sources": [{"name": "A"}]}}, 10052, {"RF102"}),
    "source of itself elsewhere": (_copying(A=(["a"], [{"name": "A", "external": {"api": "x"}}])), None, set()),
    "source of itself, other subjects": (_copying(A=(["a"], [{"name": "A", "filter_subject": "b"}])), None, set()),
    "source of itself, own subjects": (_copying(A=(["a.>"], [{"name": "A", "filter_subject": "a.b"}])), 10052, {"RF102"}),
    "sources of each other": (_copying(A=(["a"], [{"name": "B"}]), B=(["b"], [{"name": "A"}])), 10052, {"RF102"}),
    "sources of each other, filtered": (
        _copying(A=(["a"], [{"name": "B", "filter_subject": "b"}]), B=(["b"], [{"name": "A", "filter_subject": "a"}])),
        None,
        set(),
    ),
    "sources of each other, one way filtered": (
        _copying(A=(["a"], [{"name": "B", "filter_subject": "b"}]), B=(["b"], [{"name": "A"}])),
        10052,
        {"RF102"},
    ),
    "cycle of three": (
        _copying(A=(["a"], [{"name": "B"}]), B=(["b"], [{"name": "C"}]), C=(["c"], [{"name": "A"}])),
        10052,
        {"RF102"},
    ),
    "origin named before its copy": (
        {"D": {"subjects": ["d"]}, "B": {"sources": [{"name": "D"}]}, "A": {"sources": [{"name": "D"}, {"name": "B"}]}},
        10052,
        {"RF103"},
    ),
    "origin named after its copy": (
        {"D": {"subjects": ["d"]}, "B": {"sources": [{"name": "D"}]}, "A": {"sources": [{"name": "B"}, {"name": "D"}]}},
        None,
        set(),
    ),
    "origin named before its mirror": (
        {"D": {"subjects": ["d"]}, "B": {"mirror": {"name": "D"}}, "A": {"sources": [{"name": "D"}, {"name": "B"}]}},
        10052,
        {"RF103"},
    ),
    "two copies of one origin": (
        {
            "D": {"subjects": ["d"]},
            "B": {"sources": [{"name": "D"}]},
            "C": {"sources": [{"name": "D"}]},
            "A": {"sources": [{"name": "B"}, {"name": "C"}]},
        },
        None,
        set(),
    ),
}
CASES = {**FIELDS, **MIRRORS, **ORIGINS, **CYCLES}


@pytest.mark.parametrize(("declared", "err_code", "found"), CASES.values(), ids=CASES)
def test_the_checks_refuse_the_streams_a_server_refuses(
    server: Raw, declared: Declared, err_code: int | None, found: set[str]
) -> None:
    assert (refused_by(server, declared), codes(declared)) == (err_code, found)
