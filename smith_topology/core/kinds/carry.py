"""Live fields that this program does not know, carried along into an update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smith_topology.core.kinds.fields import Field, Type, by_name
from smith_topology.core.kinds.normal_forms import comparable, reduced
from smith_topology.core.model import Config, digest

IDENTITIES = (("name", "external", "filter_subject", "subject_transforms"), ("name",), ("src",))
"""What tells the items of a list apart, strictest first; servers tell sources apart by the first (an origin may come twice)."""


def carry(fields: tuple[Field, ...], live: Config, sent: dict[str, Any]) -> dict[str, Any]:
    """``sent`` with what the live object has and this program does not know, at any depth, put in unchanged.

    A block, or an item of a list, that stays the same is sent exactly as it is live; so is a block of unknown members alone.
    A block that ``sent`` takes away takes its unknown members with it. A time that is the same keeps its live spelling: in
    another zone some servers take it for another time (10012, 10055).
    """
    table = by_name(fields)
    for name, value in live.items():
        known = table.get(name)
        if known is None:
            sent.setdefault(name, value)
        elif known.type in (Type.TIME, Type.BLOCK) and value:
            if _meaning((known,), {name: value}) == _meaning((known,), {name: sent.get(name)}):
                sent[name] = value
            elif known.type is Type.BLOCK and name in sent:
                carry_over = _continued_items if known.many else carry
                sent[name] = carry_over(known.fields, value, sent[name])
    return sent


def _meaning(fields: tuple[Field, ...], config: Config) -> dict[str, Any]:
    return comparable(fields, reduced(by_name(fields), config))


def _continued_items(fields: tuple[Field, ...], live: list[Config], sent: list[dict[str, Any]]) -> list[Config]:
    pairs = _matched(fields, live, sent)
    return [_continued(fields, pairs[place], item) if place in pairs else item for place, item in enumerate(sent)]


def _continued(fields: tuple[Field, ...], live: Config, sent: dict[str, Any]) -> Config:
    return live if _meaning(fields, live) == _meaning(fields, sent) else carry(fields, live, sent)


def _matched(fields: tuple[Field, ...], live: list[Config], sent: list[dict[str, Any]]) -> dict[int, Config]:
    """By place in ``sent``, the live item that it continues: one that is equal, else the only one left of its identity."""
    old, new = dict(enumerate(live)), dict(enumerate(sent))
    pairs: dict[int, Config] = {}
    whole = tuple(by_name(fields))
    for names in (whole, *(each for each in IDENTITIES if set(each) <= set(whole))):
        before, after = _places(fields, old, names), _places(fields, new, names)
        for key in before.keys() & after.keys():
            if names == whole or len(before[key]) == len(after[key]) == 1:
                for here, there in zip(before[key], after[key], strict=False):
                    pairs[there] = old.pop(here)
                    del new[there]
    return pairs


def _places(fields: tuple[Field, ...], items: Mapping[int, Config], names: tuple[str, ...]) -> dict[str, list[int]]:
    """The places of the items, by what these fields of theirs mean."""
    places: dict[str, list[int]] = {}
    for place, item in items.items():
        meaning = _meaning(fields, item)
        places.setdefault(digest([meaning.get(name) for name in names]), []).append(place)
    return places
