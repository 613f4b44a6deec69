"""What is written: resources with their places, and the topology they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from smith_topology.core.model.addresses import Address, Config, Kind, Span


@dataclass(frozen=True, slots=True)
class Target:
    """Where a topology may be planned or applied at all; None leaves that part unchecked."""

    cluster: str | None
    account: str | None
    span: Span


def _nowhere(_path: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Resource:
    """A declared object: only what the file (with its ``defaults``) says.

    ``config`` holds wire values without the name, the same objects where aliases make resources alike; ``written`` finds
    where a dotted path (``consumer_limits.max_ack_pending``) is written, if it is; ``extra`` holds fields this program does
    not know, sent as they are; ``ignore_changes`` holds top-level field names left to somebody else.
    """

    address: Address
    span: Span
    config: Config
    written: Callable[[str], Span | None] = _nowhere
    extra: Config = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()

    def where(self, path: str) -> Span:
        """The span of a field, or of the nearest thing around it that is written down."""
        while path:
            if span := self.written(path):
                return span
            path = path.rpartition(".")[0]
        return self.span


@dataclass(frozen=True)
class Topology:
    """What an account should hold, from one file or several; ``name`` is the owner."""

    name: str
    resources: Mapping[Address, Resource]
    files: tuple[str, ...]
    target: Target | None = None
    protected: frozenset[Address] = frozenset()
    """What is not to be deleted although nothing declares it: on the way to ``destroy``."""

    def streams(self) -> tuple[Resource, ...]:
        return self._streams

    def consumers(self, stream: str) -> list[Resource]:
        return self._by_stream.get(stream, [])

    @cached_property
    def _streams(self) -> tuple[Resource, ...]:
        return tuple(r for r in self.resources.values() if r.address.kind is Kind.STREAM)

    @cached_property
    def _by_stream(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for address, resource in self.resources.items():
            if address.kind is Kind.CONSUMER:
                found.setdefault(address.path[0], []).append(resource)
        return found
