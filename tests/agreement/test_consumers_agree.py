"""Fields of consumers, alone and with their stream: what the checks refuse is what a real server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, codes, consumers
from tests.raw import Raw

SECOND = 1_000_000_000
TIME = "2026-01-01T00:00:00Z"
EXPLICIT = {"ack_policy": "explicit"}
PUSH = {"deliver_subject": "d"}
PACED = {"ack_policy": "flow_control", **PUSH}
GROUP = {"priority_groups": ["g"], "priority_policy": "overflow"}

Row = tuple[dict[str, Any], int | None, set[str]]

ALONE: dict[str, Row] = {
    "nothing special": ({}, None, set()),
    "backoff too long": ({**EXPLICIT, "backoff": [1, 2, 3], "max_deliver": 2}, 10116, {"FC201"}),
    "backoff too long, no acks": ({"backoff": [1, 2, 3], "max_deliver": 2}, 10116, {"FC201"}),
    "backoff as long": ({**EXPLICIT, "backoff": [1, 2], "max_deliver": 2, "ack_wait": SECOND}, None, set()),
    "backoff for ever": ({**EXPLICIT, "backoff": [1, 2], "max_deliver": -1}, None, set()),
    "backoff, zero is for ever": ({**EXPLICIT, "backoff": [1, 2], "max_deliver": 0}, None, set()),
    "pull, rate": ({"rate_limit_bps": 1}, 10086, {"FC202"}),
    "pull, heartbeat": ({"idle_heartbeat": SECOND}, 10088, {"FC202"}),
    "pull, flow control": ({"flow_control": True}, 10089, {"FC202"}),
    "pull, group": ({"deliver_group": "g"}, None, set()),
    "push, rate and group": ({**PUSH, "rate_limit_bps": 1, "deliver_group": "g"}, None, set()),
    "push, max_waiting": ({**PUSH, "max_waiting": 5}, 10080, {"FC203"}),
    "push, pull limits": ({**PUSH, "max_batch": 5, "max_expires": SECOND, "max_bytes": 5}, None, set()),
    "push, priority": ({**EXPLICIT, **PUSH, **GROUP}, 10178, {"FC203"}),
    "push, flow control alone": ({**PUSH, "flow_control": True}, 10108, {"FC204"}),
    "push, flow control": ({**PUSH, "flow_control": True, "idle_heartbeat": SECOND}, None, set()),
    "push, pending without acks": ({**PUSH, "max_ack_pending": 5}, 10082, {"FC205"}),
    "push, no limit without acks": ({**PUSH, "max_ack_pending": -1}, None, set()),
    "push, pending": ({**PUSH, **EXPLICIT, "max_ack_pending": 5}, None, set()),
    "pull, pending without acks": ({"max_ack_pending": 5}, None, set()),
    "sequence, all": ({"opt_start_seq": 1}, 10094, {"FC206"}),
    "sequence zero, all": ({"opt_start_seq": 0}, None, set()),
    "sequence, last": ({"deliver_policy": "last", "opt_start_seq": 1}, 10094, {"FC206"}),
    "sequence": ({"deliver_policy": "by_start_sequence", "opt_start_seq": 1}, None, set()),
    "sequence and time": ({"deliver_policy": "by_start_sequence", "opt_start_seq": 1, "opt_start_time": TIME}, 10094, {"FC206"}),
    "sequence missing": ({"deliver_policy": "by_start_sequence"}, 10094, {"FC206"}),
    "time, new": ({"deliver_policy": "new", "opt_start_time": TIME}, 10094, {"FC206"}),
    "time": ({"deliver_policy": "by_start_time", "opt_start_time": TIME}, None, set()),
    "time and sequence": ({"deliver_policy": "by_start_time", "opt_start_time": TIME, "opt_start_seq": 1}, 10094, {"FC206"}),
    "time missing": ({"deliver_policy": "by_start_time"}, 10094, {"FC206"}),
    "last of which": ({"deliver_policy": "last_per_subject"}, 10094, {"FC206"}),
    "last of one": ({"deliver_policy": "last_per_subject", "filter_subject": "s.a"}, None, set()),
    "last of some": ({"deliver_policy": "last_per_subject", "filter_subjects": ["s.a"]}, None, set()),
    "policy without groups": ({**EXPLICIT, "priority_policy": "overflow"}, 10159, {"FC207"}),
    "groups without policy": ({**EXPLICIT, "priority_groups": ["g"]}, 10196, {"FC212"}),
    "groups, policy none": ({**EXPLICIT, **GROUP, "priority_policy": "none"}, 10196, {"FC212"}),
    "timeout without policy": ({**EXPLICIT, "priority_timeout": SECOND}, 10197, {"FC212"}),
    "timeout, overflow": ({**EXPLICIT, **GROUP, "priority_timeout": SECOND}, None, set()),
    "pinned": ({**EXPLICIT, **GROUP, "priority_policy": "pinned_client", "priority_timeout": SECOND}, None, set()),
    "prioritized": ({**GROUP, "priority_policy": "prioritized"}, None, set()),
    "two groups": ({**EXPLICIT, **GROUP, "priority_groups": ["g", "h"]}, None, set()),
    **{
        f"group {name!r}": ({**EXPLICIT, **GROUP, "priority_groups": [name]}, 10162, {"FC208"})
        for name in ("g g", "g" * 17, "g\n", "ä")
    },
    "group without a name": ({**EXPLICIT, **GROUP, "priority_groups": [""]}, 10161, {"FC208"}),
    "paced": ({**PACED, "idle_heartbeat": 2 * SECOND, "max_ack_pending": 10, "max_deliver": -1}, None, set()),
    "paced by pulling": ({"ack_policy": "flow_control"}, 10218, {"FC209"}),
    "paced, ack_wait": ({**PACED, "ack_wait": SECOND}, 10221, {"FC209"}),
    "paced, backoff": ({**PACED, "backoff": [SECOND]}, 10221, {"FC209"}),
    "paced, max_deliver": ({**PACED, "max_deliver": 1}, 10222, {"FC209"}),
    "paced, no limit": ({**PACED, "max_ack_pending": -1}, 10220, {"FC209"}),
    "paced, flow control off": ({**PACED, "flow_control": False}, None, set()),
    **{f"sampling {text!r}": ({"sample_freq": text}, None, set()) for text in ("30", "30%", "200", "+5")},
    **{f"sampling {text!r}": ({"sample_freq": text}, 10095, {"FC210"}) for text in ("x", "-1", "1.5", " 30", "%", "3_0")},
    "long description": ({"description": "ä" * 2049}, 10107, {"FC109"}),
    "large metadata": ({"metadata": {"k": "v" * 2**17}}, 10135, {"FC110"}),
    "pause, memory, headers": ({"pause_until": TIME, "mem_storage": True, "headers_only": True}, None, set()),
}

WORK = {"retention": "workqueue"}
LIMITED = {"consumer_limits": {"max_ack_pending": 5, "inactive_threshold": 5 * SECOND}}
UNLIMITED = {"consumer_limits": {"max_ack_pending": -1}}
WITH_STREAM: dict[str, tuple[Declared, int | None, set[str]]] = {
    "too many replicas": (consumers({"num_replicas": 3}), 10074, {"FC401"}),
    "as many replicas": (consumers({**EXPLICIT, "num_replicas": 1}, **WORK), None, set()),
    "pending above the limit": (consumers({**EXPLICIT, "max_ack_pending": 6}, **LIMITED), 10121, {"FC403"}),
    "pending above the limit, no acks": (consumers({"max_ack_pending": 6}, **LIMITED), 10121, {"FC403"}),
    "pending at the limit": (consumers({**EXPLICIT, "max_ack_pending": 5}, **LIMITED), None, set()),
    "pending unlimited": (consumers({**EXPLICIT, "max_ack_pending": -1}, **LIMITED), None, set()),
    "limit and push without acks": (consumers(PUSH, **LIMITED), 10082, {"FC205"}),
    "limit and push": (consumers({**PUSH, **EXPLICIT}, **LIMITED), None, set()),
    "unlimited and paced": (consumers(PACED, **UNLIMITED), 10220, {"FC407"}),
    "unlimited and paced with a limit": (consumers({**PACED, "max_ack_pending": 5}, **UNLIMITED), None, set()),
    "unlimited and twice so": (consumers({**PACED, "max_ack_pending": -1}, **UNLIMITED), 10220, {"FC209"}),
    "unlimited and not paced": (consumers({**PUSH, **EXPLICIT}, **UNLIMITED), None, set()),
    "no limit and paced": (consumers(PACED, consumer_limits={"max_ack_pending": 0}), None, set()),
    "idle above the limit": (consumers({**EXPLICIT, "inactive_threshold": 6 * SECOND}, **LIMITED), 10153, {"FC404"}),
    "idle within the limit": (consumers({**EXPLICIT, "inactive_threshold": 5 * SECOND}, **LIMITED), None, set()),
    "too many": (consumers({}, {}, max_consumers=1), 10026, {"FC405"}),
    "as many as allowed": (consumers({}, {}, max_consumers=2), None, set()),
    "zero is no limit": (consumers({}, {}, max_consumers=0), None, set()),
    "work, no acks": (consumers({}, **WORK), 10084, {"FC301"}),
    "work, no acks, push": (consumers(PUSH, **WORK), 10098, {"FC301"}),
    "work, all": (consumers({"ack_policy": "all"}, **WORK), 10098, {"FC301"}),
    "work, paced": (consumers(PACED, **WORK), None, set()),
    "work": (consumers(EXPLICIT, **WORK), None, set()),
    "work, from now on": (consumers({**EXPLICIT, "deliver_policy": "new"}, **WORK), 10101, {"FC302"}),
    "work, two for all": (consumers(EXPLICIT, EXPLICIT, **WORK), 10099, {"SB205"}),
    "work, all and some": (consumers(EXPLICIT, {**EXPLICIT, "filter_subject": "s.a"}, **WORK), 10100, {"SB205"}),
    "work, some and all": (consumers({**EXPLICIT, "filter_subject": "s.a"}, EXPLICIT, **WORK), 10099, {"SB205"}),
    "work, crossing": (
        consumers({**EXPLICIT, "filter_subject": "s.*.a"}, {**EXPLICIT, "filter_subject": "s.b.*"}, **WORK),
        10100,
        {"SB205"},
    ),
    "work, one of several": (
        consumers({**EXPLICIT, "filter_subjects": ["s.a", "s.b"]}, {**EXPLICIT, "filter_subjects": ["s.c", "s.b"]}, **WORK),
        10100,
        {"SB205"},
    ),
    "work, shared out": (
        consumers({**EXPLICIT, "filter_subject": "s.a"}, {**EXPLICIT, "filter_subject": "s.b"}, **WORK),
        None,
        set(),
    ),
    "interest": (consumers({}, {"deliver_policy": "new"}, retention="interest"), None, set()),
}
CASES = {**{name: (consumers(config), err_code, found) for name, (config, err_code, found) in ALONE.items()}, **WITH_STREAM}


@pytest.mark.parametrize(("declared", "err_code", "found"), CASES.values(), ids=CASES)
def test_the_checks_refuse_the_consumers_a_server_refuses(
    server: Raw, declared: Declared, err_code: int | None, found: set[str]
) -> None:
    assert (refused_by(server, declared), codes(declared)) == (err_code, found)
