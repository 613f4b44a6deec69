"""Topologies as documents, generated over every field: what hypothesis feeds to the real command line.

A document is what the YAML file holds. Fields that only make sense together are drawn together (a topic is one list of
alternatives), so that most documents are valid; `smith-topo validate` says which, and what it lets through the server has
to accept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

import yaml
from hypothesis import strategies as st

from smith_topology.core.kinds import consumer as consumer_kind
from smith_topology.core.kinds import stream as stream_kind
from smith_topology.core.kinds.fields import FIRST, Field, by_name
from smith_topology.core.model import Version

Document: TypeAlias = dict[str, Any]
Topics: TypeAlias = Mapping[str, Sequence[Document]]
"""By topic, the alternatives: fields with their values."""

DURATIONS = ["2m", "1h", "36h", "7d", "2m0.001s", "150s"]
SIZES = ["10MiB", "64KiB", "1MB", "123456", "1GiB"]
TEXTS = ["", "what it is for", "ümläut → ok", "a: b # c", "yes", "1:30"]
METADATA = [{}, {"team": "core"}, {"team": "x y", "no": "true"}, {"tier": "1", "a.b": "1"}]
TIMES = ["0500-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00.123456789+02:00", "9999-12-31T23:59:59Z"]
PAYLOAD_SUBJECTS = ("a.x", "a.y", "b", "c")
"""Below a stream's own first token: where messages for it are published. The last one it takes only with ``>``."""


def values(name: str, *alternatives: Any) -> list[Document]:
    return [{name: each} for each in alternatives]


def stream_topics(own: str) -> Topics:
    """Everything about a stream with its own subjects but the subjects and the consumers."""
    flags = (
        "no_ack",
        "allow_direct",
        "deny_delete",
        "deny_purge",
        "allow_rollup_hdrs",
        "allow_atomic",
        "allow_msg_schedules",
        "allow_batched",
    )
    return {
        **{name: values(name, True, False) for name in flags},
        "description": values("description", *TEXTS),
        "retention": values("retention", "limits", "interest", "workqueue"),
        "max_consumers": values("max_consumers", -1, 5, 10),
        "max_msgs": values("max_msgs", -1, 3, 7, 1000),
        "max_bytes": values("max_bytes", 300, 600, *SIZES),
        "age": [*values("max_age", *DURATIONS), {"max_age": "2m", "duplicate_window": "90s"}],
        "max_msg_size": values("max_msg_size", "1KiB", "1MiB", -1),
        "per subject": [
            *values("max_msgs_per_subject", -1, 1, 2, 50),
            {"max_msgs_per_subject": 2, "discard": "new", "discard_new_per_subject": True},
        ],
        "discard": values("discard", "old", "new"),
        "storage": values("storage", "file", "memory"),
        "num_replicas": values("num_replicas", 1),
        "duplicate_window": values("duplicate_window", "1s", "100ms", "2m"),
        "placement": values("placement", {"cluster": "anywhere"}, {"tags": ["a", "b"]}, {"cluster": "c", "tags": ["b", "a"]}),
        "compression": values("compression", "none", "s2"),
        "first_seq": values("first_seq", 0, 1, 100),
        "subject_transform": values(
            "subject_transform", {"src": f"{own}.zz.*", "dest": f"{own}.yy.{{{{wildcard(1)}}}}"}, {"dest": f"{own}.b"}
        ),
        "republish": values(
            "republish", {"dest": f"copy.{own}.>"}, {"src": f"{own}.>", "dest": f"again.{own}.>", "headers_only": True}
        ),
        "consumer_limits": values(
            "consumer_limits", {"max_ack_pending": 2000}, {"inactive_threshold": "1h", "max_ack_pending": 500}, {}
        ),
        "ttl or counter": [
            *values("allow_msg_ttl", True, False),
            *values("subject_delete_marker_ttl", "1s", "1h"),
            *values("allow_msg_counter", True, False),
        ],
        "persist_mode": values("persist_mode", "default", "async"),
        "metadata": values("metadata", *METADATA),
    }


def copy_topics() -> Topics:
    """What may be said of a stream that mirrors or sources another one."""
    return {
        "age": values("max_age", *DURATIONS),
        "allow_direct": values("allow_direct", True, False),
        "mirror_direct": values("mirror_direct", True, False),
        "description": values("description", *TEXTS),
        "storage": values("storage", "file", "memory"),
    }


def origin_topics(origin: str) -> Topics:
    """What may be said of the origin, in ``mirror`` or in ``sources``."""
    subject = f"{origin.lower()}.b"
    return {
        "start": [*values("opt_start_seq", 1, 3), *values("opt_start_time", *TIMES)],
        "selection": [
            *values("filter_subject", subject),
            *values("subject_transforms", [{"src": subject, "dest": "moved.b"}]),
        ],
    }


def consumer_topics(subject: str) -> Topics:
    return {
        "description": values("description", *TEXTS),
        "start": [
            *values("deliver_policy", "all", "last", "new"),
            {"deliver_policy": "by_start_sequence", "opt_start_seq": 2},
            *({"deliver_policy": "by_start_time", "opt_start_time": time} for time in TIMES),
            {"deliver_policy": "last_per_subject", "filter_subject": subject},
        ],
        "acknowledgement": [
            *values("ack_policy", "none", "all", "explicit"),
            {"ack_policy": "flow_control", "deliver_subject": "push.to.here"},
        ],
        "ack_wait": values("ack_wait", *DURATIONS),
        "max_deliver": values("max_deliver", -1, 5, 9),
        "backoff": values("backoff", ["1s"], ["1s", "5s", "30s"]),
        "filter": [
            *values("filter_subject", subject),
            *values("filter_subjects", [subject], [subject, f"{subject}.never"], [f"{subject}.never", subject]),
        ],
        "replay_policy": values("replay_policy", "instant", "original"),
        "sample_freq": values("sample_freq", "30", "100%"),
        "max_ack_pending": values("max_ack_pending", 1, 400, -1),
        "headers_only": values("headers_only", True, False),
        "delivery": [
            *values("deliver_subject", "push.to.here", "push.to.there"),
            {"deliver_subject": "push.to.here", "deliver_group": "workers"},
            {"deliver_subject": "push.to.here", "rate_limit_bps": 1_000_000},
            {"deliver_subject": "push.to.here", "idle_heartbeat": "30s"},
            {"deliver_subject": "push.to.here", "idle_heartbeat": "1s", "flow_control": True},
            *values("max_waiting", 1, 100),
            *values("max_batch", 0, 10),
            *values("max_expires", "30s"),
            *values("max_bytes", *SIZES),
            {"priority_policy": "none"},
            {"priority_policy": "overflow", "priority_groups": ["jobs"]},
            {"priority_policy": "prioritized", "priority_groups": ["jobs"]},
            {"priority_policy": "pinned_client", "priority_groups": ["jobs"]},
            {"priority_policy": "pinned_client", "priority_groups": ["jobs"], "priority_timeout": "5m"},
        ],
        "inactive_threshold": values("inactive_threshold", "1h"),
        "num_replicas": values("num_replicas", 0, 1),
        "mem_storage": values("mem_storage", True, False),
        "metadata": values("metadata", *METADATA),
        "pause_until": values("pause_until", *TIMES),
    }


def subjects_of(own: str) -> list[list[str]]:
    return [[f"{own}.>"], [f"{own}.a.*", f"{own}.b"], [f"{own}.b", f"{own}.c", f"{own}.a.x"]]


@st.composite
def some_of(draw: st.DrawFn, topics: Topics, most: int) -> Document:
    """At most so many topics: with all of them at once, hardly anything would be valid."""
    chosen = draw(st.lists(st.sampled_from(sorted(topics)), max_size=most, unique=True))
    drawn: Document = {}
    for topic in chosen:
        drawn |= draw(st.sampled_from(topics[topic]))
    return drawn


@st.composite
def stream(draw: st.DrawFn, name: str) -> Document:
    """A stream of its own, with subjects that no other stream has; often one of interest, since most costs are found there."""
    own = name.lower()
    subjects = draw(st.sampled_from(subjects_of(own)))
    retention = draw(st.sampled_from(["limits", "interest", "workqueue", None]))
    kept = {"retention": retention} if retention else {}
    found = {"subjects": subjects, **kept, **draw(some_of(stream_topics(own), 5))}
    if held := draw(st.fixed_dictionaries({}, optional=_consumers(own))):
        found["consumers"] = held
    return found


def _consumers(own: str) -> dict[str, st.SearchStrategy[Document]]:
    return {name: consumer(subject) for name, subject in (("first", f"{own}.b"), ("second", f"{own}.a.x"))}


def consumer(subject: str) -> st.SearchStrategy[Document]:
    """Half of them acknowledge explicitly, whatever else is drawn."""
    plain = some_of(consumer_topics(subject), 4)
    return plain | plain.map(lambda found: {"ack_policy": "explicit", **found})


@st.composite
def copy_of(draw: st.DrawFn, origin: str) -> Document:
    """A stream that mirrors or sources another one."""
    block = {"name": origin, **draw(some_of(origin_topics(origin), 1))}
    found = draw(some_of(copy_topics(), 2))
    match draw(st.sampled_from(["mirror", "sources", "sources with subjects"])):
        case "mirror":
            return {"mirror": block, **found}
        case "sources":
            return {"sources": [block], **found}
        case _:
            return {"sources": [block], "subjects": ["only.mine"], **found}


def topologies() -> st.SearchStrategy[Document]:
    """One to four streams; the fourth copies the first."""
    streams = st.fixed_dictionaries(
        {"ALPHA": stream("ALPHA")}, optional={"BETA": stream("BETA"), "GAMMA": stream("GAMMA"), "COPY": copy_of("ALPHA")}
    )
    return streams.map(lambda found: {"version": 1, "name": "generated", "streams": found})


def pairs() -> st.SearchStrategy[tuple[Document, Document]]:
    """Two topologies: mostly a second that is the first with some changes a server takes in place, else any two."""
    return topologies().flatmap(lambda first: st.tuples(st.just(first), variation(first) | variation(first) | topologies()))


FIXED = ("storage", "persist_mode", "ttl or counter", "start", "acknowledgement", "replay_policy", "mem_storage", "delivery")
"""Topics of things that mostly can't change in place."""


@st.composite
def variation(draw: st.DrawFn, document: Document) -> Document:
    """Some streams and consumers changed, some gone, some new."""
    streams = {name: draw(_varied_stream(name, body)) for name, body in document["streams"].items() if name != "COPY"}
    gone = draw(st.sets(st.sampled_from(["BETA", "GAMMA"]), max_size=1))
    fresh = draw(st.fixed_dictionaries({}, optional={"BETA": stream("BETA"), "COPY": copy_of("ALPHA")}))
    kept = {name: body for name, body in {**fresh, **streams}.items() if name not in gone}
    return {**document, "streams": kept}


@st.composite
def _varied_stream(draw: st.DrawFn, name: str, body: Document) -> Document:
    own = name.lower()
    queue = body.get("retention") == "workqueue"
    retention = {"retention": draw(st.sampled_from(["limits", "interest"]))} if not queue else {}
    changed = {**body, **retention, **draw(some_of(_changeable(stream_topics(own)), 4))}
    held = {
        each: {**config, **draw(some_of(_changeable(consumer_topics(f"{own}.b")), 2))}
        for each, config in body.get("consumers", {}).items()
        if draw(st.booleans())
    }
    changed["consumers"] = {**draw(st.fixed_dictionaries({}, optional=_consumers(own))), **held}
    return changed


def _changeable(topics: Topics) -> Topics:
    return {topic: alternatives for topic, alternatives in topics.items() if topic not in (*FIXED, "retention")}


def mentioned() -> set[str]:
    """Every field that some document has, as ``stream.placement.tags``."""
    origins = [{"name": "X"}, *chain.from_iterable(origin_topics("X").values())]
    streams = [
        {"subjects": subjects_of("x")[0]},
        *chain.from_iterable([*stream_topics("x").values(), *copy_topics().values()]),
        *({copy: block} for copy in ("mirror", "sources") for block in origins),
    ]
    consumers = chain.from_iterable(consumer_topics("x").values())
    documents = [*(("stream", each) for each in streams), *(("consumer", each) for each in consumers)]
    return {path for kind, each in documents for path in _paths(each, kind)}


def _paths(value: Any, prefix: str) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        for name, inner in each.items() if isinstance(each, dict) and prefix.rpartition(".")[2] != "metadata" else ():
            yield f"{prefix}.{name}"
            yield from _paths(inner, f"{prefix}.{name}")


def known_to(version: Version, document: Document) -> Document:
    """The document without what a server of that version does not know."""
    return {**document, "streams": {name: _known_stream(version, body) for name, body in document["streams"].items()}}


def _known_stream(version: Version, body: Document) -> Document:
    held = {name: _known_consumer(version, config) for name, config in body.get("consumers", {}).items()}
    return {**_known(version, stream_kind.FIELDS, body), **({"consumers": held} if held else {})}


def _known_consumer(version: Version, config: Document) -> Document:
    return _known(version, consumer_kind.FIELDS, config)


def _known(version: Version, fields: tuple[Field, ...], body: Document) -> Document:
    table, kept = by_name(fields), Document()
    for name, value in body.items():
        field = table.get(name)
        if field is None or version < field.since or (isinstance(value, str) and version < field.choices.get(value, FIRST)):
            continue
        if field.fields:
            blocks = [_known(version, field.fields, each) for each in (value if field.many else [value])]
            value = blocks if field.many else blocks[0]
        kept[name] = value
    return kept


def text(document: Document) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
