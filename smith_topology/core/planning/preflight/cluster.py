"""Changes that need a cluster, and changes that a cluster does not make at once."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Diagnostic, Finding, Kind
from smith_topology.core.planning.ordering.consumers import follows_replicas
from smith_topology.core.planning.preflight.interface import PlannedChanges

NO_CLUSTER = Finding.error(
    "CP102",
    "Replicas need a cluster",
    "Replicas on a server that is not part of a cluster.",
    "Connect to the cluster, or write `num_replicas: 1`.",
)
SCALED_TOGETHER = Finding.error(
    "CP109",
    "Consumer can't scale together with its stream",
    "A consumer of a work queue or interest stream with `num_replicas` of its own scales together with the stream: it has to "
    "have as many at any time [10126, 10134].",
    "Leave the consumer's `num_replicas` out.",
)


def needed(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Replicas above 1 on a single server: a creation is refused (10074), and up to 2.12 an update has no effect."""
    for change, resource in planned.written() if not planned.server.is_clustered else ():
        replicas = (change.after or {}).get("num_replicas", 1)
        if replicas > 1:
            yield NO_CLUSTER.diagnostic(
                f"{change.address} declares {replicas} replicas, and JetStream runs on a single server here.",
                "Connect to the cluster, or write `num_replicas: 1`.",
                change.address,
                resource.where("num_replicas"),
            )


def scaled_together(planned: PlannedChanges) -> Iterator[Diagnostic]:
    """Consumers that would have to scale at the same time as their work queue or interest stream: the server refuses either one
    first (10126, 10134).
    """
    for change, resource in planned.written(Kind.CONSUMER):
        stream = planned.by_address.get(change.address.parent)
        own = (change.after or {}).get("num_replicas", 0)
        if stream and own and follows_replicas(change, stream) and own != (change.before or {}).get("num_replicas"):
            yield SCALED_TOGETHER.diagnostic(
                f"{change.address} has to have as many replicas as {stream.address}, and gets others at the same time: "
                "the server takes neither change before the other.",
                "Leave its `num_replicas` out: 0 is as many as the stream's, and follows them.",
                change.address,
                resource.where("num_replicas"),
            )
