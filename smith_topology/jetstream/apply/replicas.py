"""Whether the peers of a stream have caught up after a change of replicas or placement, or still make progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from smith_topology.core.model import Observed


def is_settled(seen: Observed) -> bool:
    """Whether the stream has its leader, all its peers, all of them current, and no move under way (``desired``, 2.15)."""
    peers = seen.cluster.get("replicas") or []
    wanted = seen.config.get("num_replicas", 1) - 1
    current = all(peer.get("current") and not peer.get("offline") for peer in peers)
    return bool(seen.cluster.get("leader")) and not seen.cluster.get("desired") and len(peers) == wanted and current


class CatchUp:
    """Peers on their way. How long they take depends on what they have to copy, so ``patience`` (seconds) begins anew with each
    step forward: a state they were not in before, or less to copy than ever since. Both come to an end.

    Servers do it in leaps: a stream with consumers waits 10 s between two of them (2.15.1 measured).
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._states: set[Any] = set()
        self._least = 0
        self.deadline = clock() + patience

    def look(self, seen: Observed) -> None:
        state, lag = _state(seen), sum(int(peer.get("lag") or 0) for peer in seen.cluster.get("replicas") or ())
        if state not in self._states or lag < self._least:
            self.deadline = self._clock() + self._patience
            self._states.add(state)
            self._least = lag

    @property
    def are_late(self) -> bool:
        return self._clock() > self.deadline


def _state(seen: Observed) -> Any:
    cluster = seen.cluster
    members = ("name", "current", "offline")
    peers = ((*map(peer.get, members), bool(peer.get("lag"))) for peer in cluster.get("replicas") or ())
    status = (cluster.get("desired") or {}).get("status") or {}
    return cluster.get("leader"), frozenset(peers), status.get("description")
