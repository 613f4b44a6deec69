"""What the files declare: resources with their positions, and the topology they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from smith_topology.core.model.addresses import Address, Config, Kind, Span


@dataclass(frozen=True, slots=True)
class Target:
    """The only place in which the topology may be planned or applied. None: that part is not checked."""

    span: Span
    cluster: str | None = None
    account: str | None = None
    domain: str | None = None

    @property
    def parts(self) -> Mapping[str, str | None]:
        """By the keys they have in a file."""
        return {"cluster": self.cluster, "account": self.account, "domain": self.domain}


class IgnoredWarning(NamedTuple):
    """An entry of ``ignore_warnings`` at the top: why, and where it is written."""

    reason: str
    span: Span


def _nowhere(_path: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Resource:
    """A declared object: what the file says, with its ``defaults``, and without the server's.

    ``config`` holds wire values without the name; resources that share an alias share the value. ``written`` returns the position
    of a dotted path (``consumer_limits.max_ack_pending``), None if the file does not have it. ``extra`` holds fields that this
    program does not know, sent as they are; ``ignore_changes`` names the top-level fields that others manage. An ``external``
    stream is another's as a whole: it is only looked at, and ``config`` is empty, or what is live.
    ``ignore_warnings`` maps codes to reasons.
    """

    address: Address
    span: Span
    config: Config
    written: Callable[[str], Span | None] = _nowhere
    extra: Config = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    external: bool = False
    ignore_warnings: Mapping[str, str] = field(default_factory=dict)

    def where(self, path: str) -> Span:
        """The position of a field, or of the nearest key around it that is written."""
        while path:
            if span := self.written(path):
                return span
            path = path.rpartition(".")[0]
        return self.span


def _here(_source: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the objects of a topology are declared, so that another file of the same ``name`` is noticed.

    ``marks`` maps each file to the source that is written on its objects, ``github.com/acme/shop//topology.yaml``. A source
    ``is_elsewhere`` unless it is a file of this run, or one that its repository no longer has. ``allowed`` are sources, or
    repositories, whose objects may be deleted all the same.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    is_elsewhere: Callable[[str], bool] = _here
    allowed: tuple[str, ...] = ()

    def other(self, source: str) -> str:
        """The source if it is elsewhere, else ``""``. Objects without one count as declared here."""
        return source if source and self.is_elsewhere(source) else ""

    def allows(self, source: str) -> bool:
        return any(source == each or source.startswith(f"{each}//") for each in self.allowed)


@dataclass(frozen=True)
class Topology:
    """What an account should hold, from one file or several. ``name`` is the owner of it all."""

    name: str
    resources: Mapping[Address, Resource]
    files: tuple[str, ...]
    target: Target | None = None
    protected: frozenset[Address] = frozenset()
    """Objects that must not be deleted although ``resources`` lacks them: those that ``destroy`` finds protected in the file."""
    withdrawn: frozenset[Address] = frozenset()
    """What the file declares and ``resources`` lacks, since it is to be destroyed."""
    ignore_warnings: Mapping[str, IgnoredWarning] = field(default_factory=dict)
    """Warnings that are ignored wherever they arise, by their codes."""
    sources: Sources = field(default_factory=Sources)

    def mentions(self, address: Address) -> bool:
        """Whether the file declares this object, to be there or to be destroyed."""
        return address in self.resources or address in self.withdrawn

    def streams(self) -> tuple[Resource, ...]:
        """Every stream in the file, external ones included."""
        return self._streams

    @cached_property
    def managed(self) -> Mapping[Address, Resource]:
        """What this topology is to own: all but external streams."""
        return {address: each for address, each in self.resources.items() if not each.external}

    def is_external(self, address: Address) -> bool:
        resource = self.resources.get(address)
        return resource is not None and resource.external

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
