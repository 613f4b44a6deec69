"""What an object is for those who use it: some streams belong to a bucket, or to the server's MQTT side."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from smith_topology.core.model.addresses import Address, Config, Kind
from smith_topology.core.model.configs import copies_of


class Role(StrEnum):
    """The value is what people call it."""

    STREAM = "stream"
    CONSUMER = "consumer"
    KEY_VALUE = "KV bucket"
    OBJECT_STORE = "object bucket"
    MQTT = "MQTT stream"

    @property
    def is_plain(self) -> bool:
        """Whether a file can declare it as what it is."""
        return self in (Role.STREAM, Role.CONSUMER)


BUCKETS: Mapping[str, tuple[Role, str]] = {"KV_": (Role.KEY_VALUE, "$KV."), "OBJ_": (Role.OBJECT_STORE, "$O.")}
"""How the names of streams that keep buckets begin, and how their subjects do (ADR-8, ADR-20)."""
MQTT_PREFIX = "$MQTT_"
"""How the names of the streams begin in which a server keeps what is for its MQTT clients (2.10 to 2.15)."""


def role_of(address: Address, config: Config) -> Role:
    """The role of a stream or a consumer, live or declared. A name alone makes no bucket where the subjects are others."""
    if address.kind is Kind.CONSUMER:
        return Role.CONSUMER
    if address.name.startswith(MQTT_PREFIX):
        return Role.MQTT
    for prefix, (bucket, subjects) in BUCKETS.items():
        if address.name.startswith(prefix) and _keeps_bucket(config, prefix, subjects):
            return bucket
    return Role.STREAM


def _keeps_bucket(stream: Config, prefix: str, subjects: str) -> bool:
    """A copy of a bucket has no subjects, and its origin is a bucket. Where nothing is said, it is taken for one."""
    if own := stream.get("subjects"):
        return any(str(each).startswith(subjects) for each in own)
    origins = [str(copy.get("name", "")) for _, copy in copies_of(stream)]
    return not origins or any(each.startswith(prefix) for each in origins)
