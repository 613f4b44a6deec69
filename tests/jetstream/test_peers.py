"""How long peers are waited for, by a clock that the test moves. What real ones show: ``tests/cli/test_cluster.py``."""

from __future__ import annotations

from typing import Any

from smith_topology.core.model import Observed, stream_address
from smith_topology.jetstream.apply.replicas import CatchUp

PATIENCE = 20.0


class Watch:
    """Peers looked at once a second."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.peers = CatchUp(PATIENCE, lambda: self.seconds)

    def looks(self, *shown: dict[str, Any]) -> bool:
        """Whether they are late behind the last look."""
        for cluster in shown:
            self.peers.look(Observed(stream_address("S"), {"num_replicas": 2}, "", cluster=cluster))
            self.seconds += 1
        return self.peers.are_late


def copying(lag: int | None) -> dict[str, Any]:
    return {"leader": "n1", "replicas": [{"name": "n2", "current": False, **({} if lag is None else {"lag": lag})}]}


def test_peers_that_copy_are_waited_for_as_long_as_there_is_less_and_less() -> None:
    """At first no peer is there, then one that does not say what it lacks (2.15.1 measured)."""
    watch = Watch()

    assert not watch.looks({"leader": "n1"}, copying(None), *(copying(1000 - n) for n in range(100)))
    assert watch.looks(*[copying(901)] * 22)


def test_a_state_seen_before_is_no_step_forward() -> None:
    watch = Watch()

    assert watch.looks(*[{"leader": "n1"}, {"leader": ""}] * 12)


def test_peers_that_never_change_are_late_when_patience_is_over() -> None:
    watch = Watch()

    assert not watch.looks(*[copying(5)] * 20)
    assert watch.looks(copying(5), copying(7))
