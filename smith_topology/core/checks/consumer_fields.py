"""Fields of one consumer that the server does not take together. All measured on 2.15.1."""

from __future__ import annotations

import re

from smith_topology.core.checks.interface import Combination, Found, broken, per_consumer
from smith_topology.core.kinds.behaviour import REFUSES_GROUPS_WITHOUT_POLICY
from smith_topology.core.model import Config, Finding, Topology
from smith_topology.core.subjects import is_literal

BACKOFF = Finding.error(
    "FC201",
    "More backoff steps than deliveries",
    "`backoff` has more steps than `max_deliver` allows attempts [10116].",
    "Raise `max_deliver`.",
)
PUSH_ONLY = Finding.error(
    "FC202",
    "The field is for push consumers only",
    "`rate_limit_bps`, `idle_heartbeat` or `flow_control` on a pull consumer [10086, 10088, 10089].",
    "Leave it out, or set `deliver_subject`.",
)
PULL_ONLY = Finding.error(
    "FC203",
    "The field is for pull consumers only",
    "`max_waiting` or a priority policy on a push consumer [10080, 10178].",
    "Leave it out.",
)
HEARTBEAT = Finding.error(
    "FC204",
    "flow_control without idle_heartbeat",
    "`flow_control` without `idle_heartbeat` [10108].",
    "Set `idle_heartbeat`.",
)
START = Finding.error(
    "FC206",
    "deliver_policy and start position contradict each other",
    "`deliver_policy` and `opt_start_seq`, `opt_start_time` or the filter contradict each other [10094].",
    "Name the start the policy asks for, and no other.",
)
PRIORITY = Finding.error(
    "FC207",
    "Incomplete priority group",
    "A priority policy without groups [10159].",
    "Set `priority_groups`.",
)
NO_POLICY = Finding.error(
    "FC212",
    "Priority fields without a policy",
    "`priority_groups` or `priority_timeout` without `priority_policy` [10196, 10197]. Servers of 2.11 take them.",
    "Set `priority_policy`, or leave them out.",
)
GROUP_NAME = Finding.error(
    "FC208",
    "Invalid name of a priority group",
    "A priority group's name that is not 1 to 16 of `A-Z a-z 0-9 - _ / =` [10161, 10162].",
    "Rename it.",
)
PACED = Finding.error(
    "FC209",
    "ack_policy flow_control doesn't go with this field",
    "`ack_policy: flow_control` on a pull consumer, or with `ack_wait`, `backoff`, `max_deliver` or unlimited "
    "`max_ack_pending` [10218, 10220, 10221, 10222].",
    "Leave these out.",
)
SAMPLING = Finding.error(
    "FC210",
    "Invalid sample_freq",
    "`sample_freq` that is no whole percentage [10095].",
    "Write `30` or `30%`.",
)
DELIVER = Finding.error(
    "FC211",
    "deliver_subject is a pattern",
    "`deliver_subject` with a wildcard [10079].",
    "Name one subject.",
)

_GROUP = re.compile(r"[a-zA-Z0-9/_=-]{1,16}")
_PERCENT = re.compile(r"(\+?\d+|-0+)%?", re.ASCII)


def _pushes(config: Config) -> bool:
    return bool(config.get("deliver_subject"))


def _has_policy(config: Config) -> bool:
    return bool(config.get("priority_policy", "none") != "none")


def _paced(config: Config) -> bool:
    return bool(config.get("ack_policy") == "flow_control")


def _starts(config: Config, policy: str) -> bool:
    return bool(config.get("deliver_policy", "all") == policy)


def _push_only(field: str) -> Combination:
    return Combination(
        PUSH_ONLY,
        field,
        lambda c: not _pushes(c) and bool(c.get(field)),
        f"`{field}` paces what the server sends by itself, and a pull consumer sends nothing unasked.",
        f"Leave `{field}` out, or set `deliver_subject`.",
    )


def _paced_without(field: str, why: str) -> Combination:
    return Combination(
        PACED,
        field,
        lambda c: _paced(c) and bool(c.get(field)),
        f"Deliveries are confirmed by flow control alone: {why}.",
        f"Leave `{field}` out.",
    )


COMBINATIONS: tuple[Combination, ...] = (
    Combination(
        BACKOFF,
        "backoff",
        lambda c: 0 < c.get("max_deliver", -1) < len(c.get("backoff") or ()),
        "`max_deliver` ends the attempts before the last steps of `backoff` are reached.",
        "Raise `max_deliver` to at least the number of steps, or drop steps.",
    ),
    _push_only("rate_limit_bps"),
    _push_only("idle_heartbeat"),
    _push_only("flow_control"),
    Combination(
        PULL_ONLY,
        "max_waiting",
        lambda c: _pushes(c) and c.get("max_waiting", 0) > 0,
        "A push consumer has no waiting requests.",
        "Leave `max_waiting` out.",
    ),
    Combination(
        PULL_ONLY,
        "priority_policy",
        lambda c: _pushes(c) and _has_policy(c),
        "Priority groups order pull requests, and a push consumer has none.",
        "Leave `priority_policy` and `priority_groups` out.",
    ),
    Combination(
        HEARTBEAT,
        "flow_control",
        lambda c: _pushes(c) and bool(c.get("flow_control")) and not c.get("idle_heartbeat") and not _paced(c),
        "Without heartbeats a stalled subscriber is never noticed.",
        "Set `idle_heartbeat`, such as `5s`.",
    ),
    Combination(
        START,
        "opt_start_seq",
        lambda c: c.get("opt_start_seq", 0) > 0 and not _starts(c, "by_start_sequence"),
        "It counts only with `deliver_policy: by_start_sequence`.",
        "Write that policy, or leave `opt_start_seq` out.",
    ),
    Combination(
        START,
        "opt_start_time",
        lambda c: bool(c.get("opt_start_time")) and not _starts(c, "by_start_time"),
        "It counts only with `deliver_policy: by_start_time`.",
        "Write that policy, or leave `opt_start_time` out.",
    ),
    Combination(
        START,
        "deliver_policy",
        lambda c: _starts(c, "by_start_sequence") and not c.get("opt_start_seq"),
        "It does not say which sequence.",
        "Set `opt_start_seq`, at least 1.",
    ),
    Combination(
        START,
        "deliver_policy",
        lambda c: _starts(c, "by_start_time") and not c.get("opt_start_time"),
        "It does not say which time.",
        "Set `opt_start_time`, such as `2026-01-31T00:00:00Z`.",
    ),
    Combination(
        START,
        "deliver_policy",
        lambda c: _starts(c, "last_per_subject") and not c.get("filter_subject") and not c.get("filter_subjects"),
        "It needs to know of which subjects.",
        "Set `filter_subject`; `>` is all of them.",
    ),
    Combination(
        PRIORITY,
        "priority_policy",
        lambda c: _has_policy(c) and not c.get("priority_groups") and not _pushes(c),
        "The policy has no group to work on.",
        "Set `priority_groups`, such as `[workers]`.",
    ),
    Combination(
        NO_POLICY,
        "priority_groups",
        lambda c: bool(c.get("priority_groups")) and not _has_policy(c),
        "The groups have no policy.",
        "Set `priority_policy`: overflow, pinned_client or prioritized.",
        REFUSES_GROUPS_WITHOUT_POLICY,
    ),
    Combination(
        NO_POLICY,
        "priority_timeout",
        lambda c: c.get("priority_timeout", 0) > 0 and not _has_policy(c),
        "It is how long a pinned client may be silent, and nothing pins one.",
        "Set `priority_policy: pinned_client`, or leave it out.",
        REFUSES_GROUPS_WITHOUT_POLICY,
    ),
    Combination(
        GROUP_NAME,
        "priority_groups",
        lambda c: _has_policy(c) and not all(_GROUP.fullmatch(name) for name in c.get("priority_groups") or ()),
        "A group's name has 1 to 16 letters, digits, `-`, `_`, `/` or `=`.",
        "Choose such a name.",
    ),
    Combination(
        PACED,
        "ack_policy",
        lambda c: _paced(c) and not _pushes(c),
        "Only a push consumer has flow control.",
        "Set `deliver_subject`, or use `ack_policy: explicit`.",
    ),
    _paced_without("ack_wait", "there is nothing to wait for"),
    _paced_without("backoff", "there is nothing to wait for"),
    Combination(
        PACED,
        "max_deliver",
        lambda c: _paced(c) and c.get("max_deliver", -1) > 0,
        "Deliveries are confirmed by flow control alone: nothing is delivered again.",
        "Leave `max_deliver` out.",
    ),
    Combination(
        PACED,
        "max_ack_pending",
        lambda c: _paced(c) and c.get("max_ack_pending", 0) < 0,
        "Flow control needs a limit to slow down at.",
        "Leave `max_ack_pending` out, or set a number.",
    ),
    Combination(
        SAMPLING,
        "sample_freq",
        lambda c: bool(c.get("sample_freq")) and not _PERCENT.fullmatch(str(c["sample_freq"])),
        "It is a share in whole percent.",
        "Write such as `30` or `30%`.",
    ),
    Combination(
        DELIVER,
        "deliver_subject",
        lambda c: _pushes(c) and not is_literal(c["deliver_subject"]),
        "A delivery goes to one subject.",
        "Name it without `*` and `>`.",
    ),
)


def combinations(topology: Topology) -> Found:
    return per_consumer(topology, lambda _, consumer: broken(COMBINATIONS, consumer))
