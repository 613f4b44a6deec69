"""What a server accepts, and its author hardly meant."""

from __future__ import annotations

from typing import Any

import pytest

from smith_topology.core.model import Severity
from tests.core.checks.declare import Declared, codes, consumers, findings, mirror, sources, stream, written_at

SECOND = 1_000_000_000
EXPLICIT = {"ack_policy": "explicit"}


def _filtered(*filters: str, **fields: Any) -> Declared:
    return consumers({**EXPLICIT, "filter_subjects": list(filters)}, **fields)


def _reading(copy: Declared, wanted: str) -> Declared:
    return {**copy, "M": {**copy["M"], "consumers": {"c": {"filter_subject": wanted}}}}


WARNED: dict[str, tuple[Declared, str, str]] = {
    "all subjects": (stream(subjects=[">"], no_ack=True), "SB106", "stream.S subjects.0"),
    "literal star": (stream(subjects=["a", "orders*"]), "SB107", "stream.S subjects.1"),
    "literal star in a filter": (consumers({"filter_subject": "s.a*"}), "SB107", "consumer.S.c0 filter_subject"),
    "unreachable filter": (_filtered("s.a", "x.>"), "SB201", "consumer.S.c0 filter_subjects.1"),
    "unreachable by length": (consumers({"filter_subject": "s.a.b"}, subjects=["s.*"]), "SB201", "consumer.S.c0 filter_subject"),
    "unreachable by default": ({"S": {"consumers": {"c": {"filter_subject": "s"}}}}, "SB201", "consumer.S.c filter_subject"),
    "filter before the transform": (
        _filtered("s.a", subject_transform={"src": "s.>", "dest": "t.>"}),
        "SB201",
        "consumer.S.c0 filter_subjects.0",
    ),
    "filter beside the mirror": (_reading(mirror({"filter_subject": "o.a.>"}), "o.b"), "SB201", "consumer.M.c filter_subject"),
    "filter before the mirror's transform": (
        _reading(mirror({"subject_transforms": [{"src": "o.*", "dest": "p.{{wildcard(1)}}"}]}), "o.a"),
        "SB201",
        "consumer.M.c filter_subject",
    ),
    "filter beside the sources": (
        _reading(sources({"filter_subject": "o.a"}, subjects=["m.>"]), "o.b"),
        "SB201",
        "consumer.M.c filter_subject",
    ),
    "nothing mirrored": (mirror({"filter_subject": "x"}), "SB206", "stream.M mirror.filter_subject"),
    "nothing sourced": (
        sources({"subject_transforms": [{"src": "x", "dest": "y"}]}),
        "SB206",
        "stream.M sources.0.subject_transforms",
    ),
    "undeclared origin": ({"M": {"sources": [{"name": "O"}]}}, "RF101", "stream.M sources.0.name"),
    "interest without a consumer": (stream(retention="interest"), "RL101", "stream.S retention"),
    "mirror of a workqueue": (
        {"O": {"subjects": ["o"], "retention": "workqueue"}, "M": {"mirror": {"name": "O"}}},
        "RL102",
        "stream.M mirror.name",
    ),
    "source of interest": (
        {"O": {"subjects": ["o"], "retention": "interest"}, "M": {"sources": [{"name": "O"}]}},
        "RL102",
        "stream.M sources.0.name",
    ),
    "idle durable": (consumers({**EXPLICIT, "inactive_threshold": SECOND}), "RL103", "consumer.S.c0 inactive_threshold"),
    "idle durable by the stream": (consumers(EXPLICIT, consumer_limits={"inactive_threshold": SECOND}), "RL103", "consumer.S.c0"),
    "ack_wait without acks": (consumers({"ack_wait": SECOND}), "RL104", "consumer.S.c0 ack_wait"),
    "backoff without acks": (consumers({"ack_policy": "none", "backoff": [SECOND]}), "RL104", "consumer.S.c0 backoff"),
    "deny_purge and markers": (stream(deny_purge=True, subject_delete_marker_ttl=SECOND), "RL105", "stream.S deny_purge"),
    "deny_purge and schedules": (stream(deny_purge=True, allow_msg_schedules=True), "RL105", "stream.S deny_purge"),
    "group without push": (consumers({**EXPLICIT, "deliver_group": "g"}), "RL106", "consumer.S.c0 deliver_group"),
    "batch without pull": (consumers({**EXPLICIT, "deliver_subject": "d", "max_batch": 1}), "RL106", "consumer.S.c0 max_batch"),
    "timeout without pin": (
        consumers({**EXPLICIT, "priority_groups": ["g"], "priority_policy": "overflow", "priority_timeout": SECOND}),
        "RL106",
        "consumer.S.c0 priority_timeout",
    ),
}


@pytest.mark.parametrize(("declared", "code", "place"), WARNED.values(), ids=WARNED)
def test_what_is_hardly_meant_is_warned_of_where_it_is_written(declared: Declared, code: str, place: str) -> None:
    assert (codes(declared, Severity.WARNING), codes(declared)) == ({code}, set())
    assert written_at(declared, code) == {place}


QUIET: dict[str, Declared] = {
    "filter of everything": consumers({**EXPLICIT, "filter_subject": ">"}),
    "filter across": consumers({**EXPLICIT, "filter_subject": "*.a"}),
    "filter after the transform": _filtered("t.a", subject_transform={"src": "s.>", "dest": "t.>"}),
    "filter beside a narrow transform": _filtered("s.b", "t.x", subject_transform={"src": "s.a", "dest": "t.x"}),
    "filter after a split": _filtered("t.a.b.c", subjects=["s.*"], subject_transform={"src": "s.*", "dest": "t.{{split(1,-)}}"}),
    "filter of the mirror": _reading(mirror({"filter_subject": "o.a.>"}), "o.*.b"),
    "filter after the mirror's transform": _reading(mirror({"subject_transforms": [{"src": "o.*", "dest": "p.$1"}]}), "p.a"),
    "filter of own subjects beside sources": _reading(sources({"filter_subject": "o.a"}, subjects=["m.>"]), "m.x"),
    "origin elsewhere": {"M": {"mirror": {"name": "O", "external": {"api": "x"}}, "consumers": {"c": {"filter_subject": "a"}}}},
    "interest with a consumer": consumers(EXPLICIT, retention="interest"),
    "acks": consumers({**EXPLICIT, "ack_wait": SECOND, "max_deliver": 5, "backoff": [1], "max_ack_pending": 5}),
    "mirror of a mirror": {**mirror(), "N": {"mirror": {"name": "M"}, "consumers": {"c": {**EXPLICIT, "filter_subject": "o.x"}}}},
}


@pytest.mark.parametrize("declared", QUIET.values(), ids=QUIET)
def test_what_is_meant_is_not_remarked_on(declared: Declared) -> None:
    assert findings(declared) == ()


def test_a_filter_is_not_judged_where_the_origin_is_unknown() -> None:
    declared = {"M": {"mirror": {"name": "O"}, "consumers": {"c": {"filter_subject": "a"}}}}

    assert codes(declared, Severity.WARNING) == {"RF101"}
