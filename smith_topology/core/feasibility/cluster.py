"""What needs more than one server."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.feasibility.interface import Intent
from smith_topology.core.model import Diagnostic, Severity


def needed(intent: Intent) -> Iterator[Diagnostic]:
    """Standalone servers refuse more than one replica (10074); up to 2.12 an update is accepted and means nothing."""
    for change, resource in intent.written() if not intent.server.cluster else ():
        replicas = (change.after or {}).get("num_replicas", 1)
        if replicas > 1:
            yield Diagnostic(
                "CP102",
                Severity.ERROR,
                "Replicas need a cluster",
                f"{change.address} declares {replicas} replicas, and {intent.server.name or 'the server'} is not part of a "
                "cluster.",
                "Connect to the cluster, or write `num_replicas: 1`.",
                change.address,
                resource.where("num_replicas"),
            )
