"""Fields of one stream that the server does not take together. All measured on 2.15.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from smith_topology.core.checks.interface import Combination, Found, broken, per_stream
from smith_topology.core.kinds.behaviour import REFUSES_SCHEDULES_BESIDE
from smith_topology.core.model import (
    ADDRESS,
    APPLIED,
    EXTRA,
    OWNER,
    PROTECT,
    SOURCE,
    Config,
    Diagnostic,
    Finding,
    Resource,
    Topology,
)

WINDOW = Finding.error(
    "FC101",
    "duplicate_window is longer than max_age",
    "`duplicate_window` is longer than `max_age` [10052].",
    "Lower it to `max_age`.",
)
PER_SUBJECT = Finding.error(
    "FC102",
    "discard_new_per_subject without what it needs",
    "`discard_new_per_subject` without `discard: new`, or without `max_msgs_per_subject` [10052].",
    "Set both.",
)
ROLLUP = Finding.error(
    "FC103",
    "Rollups without purging",
    "`allow_rollup_hdrs` with `deny_purge` [10052].",
    "Leave one out.",
)
COUNTER = Finding.error(
    "FC104",
    "A counter stream can't have this field",
    "`allow_msg_counter` with `discard: new`, `allow_msg_ttl` or a retention other than limits [10052].",
    "Leave the other out.",
)
SCHEDULES = Finding.error(
    "FC105",
    "Scheduled messages don't go with this field",
    "`allow_msg_schedules` with `sources` [10187].",
    "Leave the other out.",
)
SCHEDULES_APART = Finding.error(
    "FC112",
    "Scheduled messages that newer servers refuse beside this field",
    "`allow_msg_schedules` with `discard: new` or `allow_msg_counter` [10052]. Servers of 2.12 take it.",
    "Leave the other out.",
)
ASYNC = Finding.error(
    "FC106",
    "persist_mode async doesn't go with this field",
    "`persist_mode: async` with memory storage, replicas or `allow_atomic` [10052].",
    "Leave the other out.",
)
MIRROR_DIRECT = Finding.error(
    "FC107",
    "mirror_direct without a mirror",
    "`mirror_direct` on a stream that is no mirror [10052].",
    "Leave it out.",
)
MIRROR = Finding.error(
    "FC108",
    "A mirror can't have this field",
    "A mirror with a field of its own that only an origin can have [10031, 10034, 10143, 10173, 10186, 10198, 10209, 10052].",
    "Leave the field out.",
)
DESCRIPTION = Finding.error(
    "FC109",
    "The description is too long",
    "A description of more than 4096 bytes [10052, 10107].",
    "Shorten it.",
)
METADATA = Finding.error(
    "FC110",
    "The metadata is too large",
    "Metadata of more than 128 KiB, the marks of ownership included [10052, 10135].",
    "Keep large texts elsewhere.",
)
SEALED = Finding.error(
    "FC111",
    "A sealed stream can't have this field",
    "A sealed stream with `allow_msg_counter`, `allow_msg_schedules` or `subject_delete_marker_ttl`: the server seals it, "
    "takes no update of it any more [10052], and when it starts again loads it otherwise, or not at all.",
    "Leave the other out.",
)

LONGEST_DESCRIPTION = 4096
LARGEST_METADATA = 128 * 1024
OWN_KEYS = (OWNER, ADDRESS, APPLIED, SOURCE, PROTECT, "_nats.req.level")
LONGEST_SOURCE = 1024
OWN_METADATA_SIZE = sum(map(len, OWN_KEYS)) + 64 + LONGEST_SOURCE + len("2026-01-01T00:00:00.000000Z") + 1
"""Of a digest, a source, a date and an API level, which this program and the server add. Two names come on top."""

COUNTER_WITHOUT: dict[str, tuple[Callable[[Config], bool], str]] = {
    "discard": (lambda c: c.get("discard") == "new", "refuses new messages"),
    "allow_msg_ttl": (lambda c: bool(c.get("allow_msg_ttl")), "lets single messages expire"),
    "allow_msg_schedules": (lambda c: bool(c.get("allow_msg_schedules")), "stores messages that do not count yet"),
    "retention": (lambda c: c.get("retention", "limits") != "limits", "drops acknowledged messages"),
}
ASYNC_WITHOUT: dict[str, tuple[Callable[[Config], bool], str]] = {
    "storage": (lambda c: c.get("storage") == "memory", "needs file storage"),
    "num_replicas": (lambda c: c.get("num_replicas", 1) > 1, "needs a single replica"),
    "allow_atomic": (lambda c: bool(c.get("allow_atomic")), "can't keep a batch together"),
}
MIRROR_WITHOUT = {
    "subjects": "it stores what its origin stores",
    "sources": "it has one origin; use `sources` alone for several",
    "first_seq": "its sequences are the origin's",
    "allow_msg_counter": "it copies, and does not count",
    "allow_atomic": "no client publishes to it",
    "allow_batched": "no client publishes to it",
    "allow_msg_schedules": "no client publishes to it",
    "subject_delete_marker_ttl": "markers of its own would use up sequences of the origin",
}
SEALED_WITHOUT = {
    "allow_msg_counter": "it would not load the stream again, since a counter can't have the `discard: new` of a sealed one",
    "allow_msg_schedules": "it would not load the stream again, since schedules can't have the `discard: new` of a sealed one",
    "subject_delete_marker_ttl": "it would turn rollups and purges on again, as markers need them",
}
"""What becomes of it when the server starts again: sealing itself is accepted, and every update after it refused. Schedules of
2.12 come back as markers do (2.11 to 2.15 measured).
"""


def _counter(field: str) -> Combination:
    clashes, why = COUNTER_WITHOUT[field]
    scheduled = field == "allow_msg_schedules"
    return Combination(
        SCHEDULES_APART if scheduled else COUNTER,
        field,
        lambda c: bool(c.get("allow_msg_counter")) and clashes(c),
        f"`{field}` {why}; a counter must never lose a message by itself.",
        f"Leave `{field}` out, or `allow_msg_counter`.",
        REFUSES_SCHEDULES_BESIDE if scheduled else None,
    )


def _async(field: str) -> Combination:
    clashes, why = ASYNC_WITHOUT[field]
    return Combination(
        ASYNC,
        field,
        lambda c: c.get("persist_mode") == "async" and clashes(c),
        f"Confirming writes before they are on disk {why}.",
        f"Leave `persist_mode` out, or change `{field}`.",
    )


def _mirror(field: str) -> Combination:
    return Combination(
        MIRROR,
        field,
        lambda c: bool(c.get("mirror")) and bool(c.get(field)),
        f"A mirror has no `{field}`: {MIRROR_WITHOUT[field]}.",
        f"Leave `{field}` out.",
    )


def _sealed(field: str) -> Combination:
    return Combination(
        SEALED,
        field,
        lambda c: bool(c.get("sealed")) and bool(c.get(field)),
        f"The server takes no further update of it, and when it starts anew {SEALED_WITHOUT[field]}.",
        f"Leave `{field}` out, or `sealed`.",
    )


COMBINATIONS: tuple[Combination, ...] = (
    Combination(
        WINDOW,
        "duplicate_window",
        lambda c: 0 < c.get("max_age", 0) < c.get("duplicate_window", 0),
        "A message can't be remembered for longer than it is kept.",
        "Lower `duplicate_window` to at most `max_age`.",
    ),
    Combination(
        PER_SUBJECT,
        "discard_new_per_subject",
        lambda c: bool(c.get("discard_new_per_subject")) and c.get("discard") != "new",
        "It refuses new messages, and `discard` says to drop old ones.",
        "Write `discard: new` as well.",
    ),
    Combination(
        PER_SUBJECT,
        "discard_new_per_subject",
        lambda c: bool(c.get("discard_new_per_subject")) and c.get("max_msgs_per_subject", -1) <= 0,
        "It refuses messages beyond `max_msgs_per_subject`, which has no limit.",
        "Set `max_msgs_per_subject`.",
    ),
    Combination(
        ROLLUP,
        "allow_rollup_hdrs",
        lambda c: bool(c.get("allow_rollup_hdrs")) and bool(c.get("deny_purge")),
        "A rollup purges the messages it replaces, and `deny_purge` forbids that.",
        "Leave one of the two out.",
    ),
    Combination(
        SCHEDULES_APART,
        "allow_msg_schedules",
        lambda c: bool(c.get("allow_msg_schedules")) and c.get("discard") == "new",
        "A schedule that falls due must always find room, and `discard: new` refuses messages.",
        "Use `discard: old`.",
        REFUSES_SCHEDULES_BESIDE,
    ),
    Combination(
        SCHEDULES,
        "allow_msg_schedules",
        lambda c: bool(c.get("allow_msg_schedules")) and bool(c.get("sources")),
        "Copied schedules would fall due in both streams.",
        "Leave `allow_msg_schedules` or `sources` out.",
    ),
    Combination(
        MIRROR_DIRECT,
        "mirror_direct",
        lambda c: bool(c.get("mirror_direct")) and not c.get("mirror"),
        "It lets a mirror answer for its origin, and this stream is no mirror.",
        "Leave it out; `allow_direct` is for the stream itself.",
    ),
    *map(_counter, COUNTER_WITHOUT),
    *map(_async, ASYNC_WITHOUT),
    *map(_mirror, MIRROR_WITHOUT),
    *map(_sealed, SEALED_WITHOUT),
)


def combinations(topology: Topology) -> Found:
    return per_stream(topology, partial(broken, COMBINATIONS))


def sizes(topology: Topology) -> Iterator[Diagnostic]:
    """Texts too large for the server, on streams and consumers alike; it counts bytes."""
    for resource in topology.resources.values():
        yield from _sizes(resource, topology.name)


def _sizes(resource: Resource, owner: str) -> Iterator[Diagnostic]:
    config = dict(resource.config)
    length = len(str(config.get("description") or "").encode())
    if length > LONGEST_DESCRIPTION:
        detail = f"It has {length} bytes in UTF-8, the server takes {LONGEST_DESCRIPTION}."
        yield DESCRIPTION.at(resource, "description", detail, "Shorten it, and link to the long one.")
    if not (metadata := config.get("metadata")):
        return
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in metadata.items())
    ours = (owner, str(resource.address), EXTRA, *resource.extra)
    room = LARGEST_METADATA - OWN_METADATA_SIZE - sum(len(each.encode()) + 1 for each in ours)
    if size > room:
        detail = f"Keys and values are {size} bytes; beside the marks of ownership the server has room for {room}."
        yield METADATA.at(resource, "metadata", detail, "Keep large texts elsewhere, and link to them.")
