"""Which filters of a work queue no consumer takes any more: exactly those that are given up and not covered by others."""

from __future__ import annotations

import pytest

from smith_topology.core.model import Change, Config
from smith_topology.core.planning.forecast import unread
from tests.core.make import change, consumer, live, stream, there

Q, A, B, C = stream("Q"), consumer("Q", "a"), consumer("Q", "b"), consumer("Q", "c")
QUEUE: Config = {"subjects": ["q.>"], "retention": "workqueue"}


def reading(*subjects: str) -> Config:
    return {"durable_name": "x", "filter_subjects": list(subjects)} if subjects else {"durable_name": "x"}


GIVEN_UP: dict[str, tuple[Config, list[Change], list[str]]] = {
    "another filter": (QUEUE, [change(A, reading("q.1"), reading("q.3"))], ["q.1"]),
    "a deleted consumer": (QUEUE, [change(A, reading("q.1", "q.3"), None)], ["q.1", "q.3"]),
    "a swap": (QUEUE, [change(A, reading("q.1"), reading("q.2")), change(B, reading("q.2"), reading("q.1"))], []),
    "another consumer": (QUEUE, [change(A, reading("q.1"), None), change(C, None, reading("q.1"))], []),
    "a wider one": (QUEUE, [change(A, reading("q.1"), reading("q.*"))], []),
    "everything, for a part": (QUEUE, [change(A, reading(), reading("q.1"))], ["q.> (q.1, q.2 excepted)"]),
    "what the stream has not": (QUEUE, [change(A, reading("other"), None)], []),
    "limits": ({**QUEUE, "retention": "limits"}, [change(A, reading("q.1"), None)], []),
    "the stream goes too": (QUEUE, [change(Q, QUEUE, None), change(A, reading("q.1"), None)], []),
    "no change of filters": (QUEUE, [change(A, reading("q.1"), {**reading("q.1"), "ack_wait": 5})], []),
}


@pytest.mark.parametrize(("config", "changes", "expected"), GIVEN_UP.values(), ids=GIVEN_UP)
def test_what_no_consumer_takes_any_more_is_said(config: Config, changes: list[Change], expected: list[str]) -> None:
    now = live(there(Q, config), there(A, reading("q.1")), there(B, reading("q.2")))

    effects = [each for found in unread.of(changes, now).values() for each in found]

    assert [each.text for each in effects] == [
        f"no consumer takes {subject} any more: its messages wait in the work queue" for subject in expected
    ]
    assert not any(each.loses_data or each.interruptions for each in effects)
