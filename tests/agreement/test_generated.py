"""Any configuration: the checks and a real server give the same verdict."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, codes
from tests.raw import Raw

SECOND = 1_000_000_000
SUBJECTS = ["s.>", "s.a", "s.*", "s.b.*", "*.b", "t.>", "t.a", "s..a", "x"]
TEMPLATES = [
    "t.>",
    "t.$1",
    "t.{{wildcard(1)}}",
    "t.{{wildcard(2)}}",
    "t",
    "s.>",
    "",
    "t.{{partition(3,1)}}",
    "t.*",
    "t.{{split(1,-)}}",
]
LIMIT = st.sampled_from([-1, 0, 1, 5])
BOOLEAN = st.booleans()
TRANSFORM = st.fixed_dictionaries({"dest": st.sampled_from(TEMPLATES)}, optional={"src": st.sampled_from(["", *SUBJECTS])})
REPUBLISH = st.fixed_dictionaries(
    {"dest": st.sampled_from(list(filter(None, TEMPLATES)))}, optional={"src": st.sampled_from(SUBJECTS)}
)


def fields(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A few of these fields at a time, so that most clashes come alone."""
    names = st.lists(st.sampled_from(sorted(choices)), max_size=5, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: choices[name] for name in chosen}))


COPY = st.fixed_dictionaries(
    {"name": st.sampled_from(["S", "T", "U"])},
    optional={
        "filter_subject": st.sampled_from(SUBJECTS),
        "subject_transforms": st.lists(TRANSFORM, min_size=1, max_size=2),
        "opt_start_seq": st.sampled_from([0, 3]),
        "external": st.fixed_dictionaries({"api": st.sampled_from(["$JS.API", "x.y", "x.>"])}),
    },
)
STREAM = fields(
    subjects=st.lists(st.sampled_from(SUBJECTS), max_size=2),
    retention=st.sampled_from(["limits", "interest", "workqueue"]),
    max_consumers=LIMIT,
    max_msgs_per_subject=LIMIT,
    max_msg_size=st.sampled_from([-1, 100, 1000]),
    max_age=st.sampled_from([0, SECOND, 300 * SECOND]),
    duplicate_window=st.sampled_from([0, SECOND, 60 * SECOND]),
    discard=st.sampled_from(["old", "new"]),
    discard_new_per_subject=BOOLEAN,
    storage=st.sampled_from(["file", "memory"]),
    no_ack=BOOLEAN,
    mirror=COPY,
    sources=st.lists(COPY, max_size=3),
    first_seq=st.sampled_from([0, 5]),
    subject_transform=TRANSFORM,
    republish=REPUBLISH,
    allow_direct=BOOLEAN,
    mirror_direct=BOOLEAN,
    deny_delete=BOOLEAN,
    deny_purge=BOOLEAN,
    allow_rollup_hdrs=BOOLEAN,
    consumer_limits=st.fixed_dictionaries(
        {}, optional={"max_ack_pending": LIMIT, "inactive_threshold": st.sampled_from([0, SECOND])}
    ),
    allow_msg_ttl=BOOLEAN,
    subject_delete_marker_ttl=st.sampled_from([0, SECOND]),
    allow_msg_counter=BOOLEAN,
    allow_atomic=BOOLEAN,
    allow_msg_schedules=BOOLEAN,
    persist_mode=st.sampled_from(["default", "async"]),
    allow_batched=BOOLEAN,
)
CONSUMER = fields(
    deliver_policy=st.sampled_from(["all", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject"]),
    opt_start_seq=st.sampled_from([0, 1]),
    opt_start_time=st.just("2026-01-01T00:00:00Z"),
    ack_policy=st.sampled_from(["none", "all", "explicit", "flow_control"]),
    ack_wait=st.sampled_from([0, SECOND]),
    max_deliver=st.sampled_from([-1, 0, 1, 3]),
    backoff=st.lists(st.just(SECOND), max_size=3),
    filter_subject=st.sampled_from(["", *SUBJECTS]),
    filter_subjects=st.lists(st.sampled_from(SUBJECTS), max_size=3),
    replay_policy=st.sampled_from(["instant", "original"]),
    rate_limit_bps=st.sampled_from([0, 1000]),
    sample_freq=st.sampled_from(["", "30", "x%", "30%"]),
    max_waiting=st.sampled_from([0, 5]),
    max_ack_pending=LIMIT,
    flow_control=BOOLEAN,
    idle_heartbeat=st.sampled_from([0, SECOND]),
    headers_only=BOOLEAN,
    max_batch=st.sampled_from([0, 5]),
    max_expires=st.sampled_from([0, SECOND]),
    max_bytes=st.sampled_from([0, 5]),
    deliver_subject=st.sampled_from(["", "d", "s.a", "d.*"]),
    deliver_group=st.sampled_from(["", "g"]),
    inactive_threshold=st.sampled_from([0, SECOND, 9 * SECOND]),
    num_replicas=st.sampled_from([0, 1]),
    mem_storage=BOOLEAN,
    priority_groups=st.lists(st.sampled_from(["g", "h", "a b"]), max_size=2),
    priority_policy=st.sampled_from(["none", "overflow", "pinned_client", "prioritized"]),
    priority_timeout=st.sampled_from([0, SECOND]),
)
WHOLE = st.builds(
    lambda config, consumers: {**config, "consumers": {f"c{number}": each for number, each in enumerate(consumers)}},
    STREAM,
    st.lists(CONSUMER, max_size=3),
)
TOPOLOGY = st.fixed_dictionaries({"S": WHOLE}, optional={"T": WHOLE, "U": WHOLE})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(declared=TOPOLOGY)
def test_the_checks_and_a_server_give_the_same_verdict(server: Raw, declared: Declared) -> None:
    found, err_code = codes(declared), refused_by(server, declared)
    note(f"server: {err_code}, checks: {found}")

    assert bool(found) is bool(err_code)
