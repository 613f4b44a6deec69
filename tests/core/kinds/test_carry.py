"""What a newer server has and this program does not know goes along with every update, to where it belongs.

On values, because the newest server refuses what it does not know: only one that is newer still could show this.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from smith_topology.core.kinds import consumer, stream
from smith_topology.core.kinds.carry import carry
from smith_topology.core.kinds.normal_forms import comparable, reduced
from smith_topology.core.model import Config

TRANSFORM = {"src": "a.*", "dest": "b.{{wildcard(1)}}"}
OTHER_TRANSFORM = {"src": "c", "dest": "d"}
EAST = {"api": "$JS.east.API"}
WEST = {"api": "$JS.west.API"}


def source(**fields: Any) -> dict[str, Any]:
    return {"name": "ORDERS", **fields}


def sent(live: Config, declared: Config) -> dict[str, Any]:
    """What an update of a stream sends. Neither side is changed."""
    return carry(stream.FIELDS, copy.deepcopy(live), copy.deepcopy(dict(declared)))


KEPT: dict[str, tuple[Config, Config]] = {
    "a field": ({"max_new": 7}, {}),
    "a field that is off": ({"new": False, "newer": None}, {}),
    "a block": ({"new_block": {"a": [1]}}, {}),
    "a block of unknown members alone": ({"consumer_limits": {"max_new": 7}}, {}),
    "a block of unknown members and defaults": ({"consumer_limits": {"max_ack_pending": 0, "max_new": 7}}, {}),
    "a member beside known ones": ({"placement": {"cluster": "C", "new": 1}}, {"placement": {"cluster": "C"}}),
    "a default beside known members": ({"republish": {"src": ">", "dest": "r.>"}}, {"republish": {"dest": "r.>"}}),
    "the order of a set": ({"placement": {"tags": ["b", "a"]}}, {"placement": {"tags": ["a", "b"]}}),
    "a source": ({"sources": [source(new=1)]}, {"sources": [source()]}),
    "a block inside a source": ({"sources": [source(external={**EAST, "new": 1})]}, {"sources": [source(external=EAST)]}),
    "a transform inside a source": (
        {"sources": [source(subject_transforms=[{**TRANSFORM, "new": 1}])]},
        {"sources": [source(subject_transforms=[TRANSFORM])]},
    ),
    "a transform inside a mirror": (
        {"mirror": source(subject_transforms=[{**TRANSFORM, "new": 1}, OTHER_TRANSFORM])},
        {"mirror": source(subject_transforms=[TRANSFORM, OTHER_TRANSFORM])},
    ),
    "two sources of one origin": (
        {"sources": [source(filter_subject="a", new=1), source(filter_subject="b", new=2)]},
        {"sources": [source(filter_subject="a"), source(filter_subject="b")]},
    ),
    "two sources that differ by nothing known": ({"sources": [source(new=1), source(new=2)]}, {"sources": [source(), source()]}),
    "the order of the sources": (
        {"sources": [{"name": "B", "new": 1}, {"name": "A"}]},
        {"sources": [{"name": "A"}, {"name": "B"}]},
    ),
    "the spelling of a time": (
        {"sources": [source(opt_start_time="2026-01-01T02:00:00+02:00")]},
        {"sources": [source(opt_start_time="2026-01-01T00:00:00Z")]},
    ),
}


@pytest.mark.parametrize(("live", "declared"), KEPT.values(), ids=KEPT.keys())
def test_what_stays_the_same_is_sent_exactly_as_it_is_live(live: Config, declared: Config) -> None:
    assert sent(live, declared) == live


CHANGED: dict[str, tuple[Config, Config, Config]] = {
    "a block gets its first known member": (
        {"consumer_limits": {"max_new": 7}},
        {"consumer_limits": {"max_ack_pending": 5}},
        {"consumer_limits": {"max_ack_pending": 5, "max_new": 7}},
    ),
    "a block changes": (
        {"placement": {"cluster": "A", "new": 1}},
        {"placement": {"cluster": "B"}},
        {"placement": {"cluster": "B", "new": 1}},
    ),
    "a block with known members is taken away": ({"placement": {"cluster": "A", "new": 1}}, {}, {}),
    "a block inside a source is taken away": (
        {"sources": [source(external={**EAST, "new": 1}, newer=2)]},
        {"sources": [source()]},
        {"sources": [source(newer=2)]},
    ),
    "a source is taken away": (
        {"sources": [source(filter_subject="a", new=1), source(filter_subject="b", new=2)]},
        {"sources": [source(filter_subject="b")]},
        {"sources": [source(filter_subject="b", new=2)]},
    ),
    "a source is added in front": (
        {"sources": [source(filter_subject="a", new=1)]},
        {"sources": [source(filter_subject="b"), source(filter_subject="a")]},
        {"sources": [source(filter_subject="b"), source(filter_subject="a", new=1)]},
    ),
    "a source of the same filter starts elsewhere": (
        {"sources": [source(filter_subject="a", new=1), source(filter_subject="b", new=2)]},
        {"sources": [source(filter_subject="b", opt_start_seq=5), source(filter_subject="a", opt_start_seq=5)]},
        {"sources": [source(filter_subject="b", opt_start_seq=5, new=2), source(filter_subject="a", opt_start_seq=5, new=1)]},
    ),
    "sources of two domains start elsewhere": (
        {"sources": [source(external=EAST, new=1), source(external=WEST, new=2)]},
        {"sources": [source(external=WEST, opt_start_seq=5), source(external=EAST, opt_start_seq=5)]},
        {"sources": [source(external=WEST, opt_start_seq=5, new=2), source(external=EAST, opt_start_seq=5, new=1)]},
    ),
    "the filter of an origin's only source changes": (
        {"sources": [source(filter_subject="a", new=1), {"name": "OTHER", "new": 2}]},
        {"sources": [source(filter_subject="b"), {"name": "OTHER"}]},
        {"sources": [source(filter_subject="b", new=1), {"name": "OTHER", "new": 2}]},
    ),
    "the filter of one of an origin's sources changes": (
        {"sources": [source(filter_subject="a", new=1), source(filter_subject="b", new=2)]},
        {"sources": [source(filter_subject="b"), source(filter_subject="c")]},
        {"sources": [source(filter_subject="b", new=2), source(filter_subject="c", new=1)]},
    ),
    "the filters of all of an origin's sources change": (
        {"sources": [source(filter_subject="a", new=1), source(filter_subject="b", new=2)]},
        {"sources": [source(filter_subject="c"), source(filter_subject="d")]},
        {"sources": [source(filter_subject="c"), source(filter_subject="d")]},
    ),
    "one of two transforms changes": (
        {"mirror": source(subject_transforms=[{**TRANSFORM, "new": 1}, {**OTHER_TRANSFORM, "new": 2}])},
        {"mirror": source(subject_transforms=[{"src": "c", "dest": "elsewhere"}, TRANSFORM])},
        {"mirror": source(subject_transforms=[{"src": "c", "dest": "elsewhere", "new": 2}, {**TRANSFORM, "new": 1}])},
    ),
    "sources come for a mirror": ({"mirror": source(new=1)}, {"sources": [source()]}, {"sources": [source()]}),
}


@pytest.mark.parametrize(("live", "declared", "expected"), CHANGED.values(), ids=CHANGED.keys())
def test_what_changes_takes_along_its_own_unknown_members(live: Config, declared: Config, expected: Config) -> None:
    assert sent(live, declared) == expected


def test_a_field_the_file_sets_wins_over_the_live_one() -> None:
    assert sent({"max_new": 7}, {"max_new": 8}) == {"max_new": 8}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00"),
        ("2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"),
    ],
    ids=["the same time", "another time"],
)
def test_a_time_keeps_its_live_spelling_as_long_as_it_is_the_same(declared: str, expected: str) -> None:
    live = {"opt_start_time": "2026-01-01T02:00:00+02:00"}

    assert carry(consumer.FIELDS, live, {"opt_start_time": declared}) == {"opt_start_time": expected}


def test_a_time_that_the_file_takes_away_stays_away() -> None:
    assert carry(consumer.FIELDS, {"pause_until": "2099-01-01T00:00:00Z"}, {}) == {}


def test_blocks_are_the_same_in_whatever_order_their_members_come() -> None:
    live = [source(filter_subject="b", new=1), {"name": "OTHER", "filter_subject": "a"}]
    declared = [dict(reversed(each.items())) for each in live]

    left, right = (comparable(stream.FIELDS, reduced(stream.TABLE, {"sources": each})) for each in (live, declared))
    assert left == right
