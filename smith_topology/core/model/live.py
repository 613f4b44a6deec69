"""What exists, as the server reports it, and the marks that this program leaves on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from smith_topology.core.model.addresses import Address, Config, Kind, Version, stream_address
from smith_topology.core.model.configs import copies_of
from smith_topology.core.model.diagnostics import Diagnostic
from smith_topology.core.model.roles import Role, role_of
from smith_topology.core.times import instant

OWNER = "smith-topo.owner"
ADDRESS = "smith-topo.address"
APPLIED = "smith-topo.applied"
SOURCE = "smith-topo.source"
KEPT = "smith-topo.kept"
PROTECT = "smith-topo.protect"
EXTRA = "smith-topo.extra"
LIMITS = "smith-topo.limits"
STAGE = "smith-topo.stage"
OWN_METADATA = (OWNER, ADDRESS, APPLIED, KEPT, SOURCE, PROTECT, EXTRA, LIMITS, STAGE)


def tier_of(replicas: int) -> str:
    """The name of the account's tier for what has so many replicas."""
    return f"R{replicas}"


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the servers that decide what becomes of one object: of the one that takes requests for the account, and
    of those that keep the object, or may come to keep it.
    """

    requests: Version
    keepers: frozenset[Version]

    @property
    def all(self) -> frozenset[Version]:
        return self.keepers | {self.requests}

    @property
    def oldest(self) -> Version:
        return min(self.all)


@dataclass(frozen=True, slots=True)
class Server:
    """The JetStream that answers for the account, and the connection to it. Through a domain, or an API prefix, these are
    different servers.

    Of the JetStream: ``version`` is the one of the server that takes requests for the account (in a cluster the leader of all),
    ``members`` the versions of the servers of its cluster, by name, as far as they are known; ``version_text`` is how people read
    both. ``cluster`` is its name: ``""`` for a server of its own, None where it can't be known. ``limits`` is the account's
    ``limits`` object of ``$JS.API.INFO``; an account with ``tiers`` has one for each number of replicas instead (``R1``, ``R3``).
    ``time`` is its clock when it was read (RFC 3339, UTC), since durations are judged by its clock and not by ours.

    Of the connection: ``url`` is the server connected to, without userinfo; ``account`` is the user's, empty where that may not
    ask or where the requests go into another one; ``account_key`` is its public key, the only name that 2.10 sends.
    ``is_connected_to`` says that the server connected to, or its cluster, is known to be what answers.
    """

    version: Version
    version_text: str
    members: Mapping[str, Version] = field(default_factory=dict)
    cluster: str | None = ""
    domain: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    tiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    time: str = ""
    url: str = ""
    account: str = ""
    account_key: str = ""
    api_prefix: str = "$JS.API"
    is_connected_to: bool = True

    @property
    def is_own_account(self) -> bool:
        """Whether the requests stay in an account of the user's. Any other prefix is one that the user's account imports."""
        return self.api_prefix in ("$JS.API", f"$JS.{self.domain}.API")

    def limits_of(self, replicas: int) -> Mapping[str, Any]:
        """The account's limits for what has so many replicas; empty where it has tiers, and none for them."""
        return self.tiers.get(tier_of(replicas), {}) if self.tiers else self.limits

    @property
    def is_clustered(self) -> bool:
        """Whether it is a cluster, or may be one."""
        return self.cluster != ""

    @property
    def versions(self) -> Versions:
        """Of all its servers: for what is not about one object, or about one that is still to be created."""
        return Versions(self.version, frozenset({self.version, *self.members.values()}))

    @property
    def now(self) -> int:
        """Its clock, in nanoseconds since 1970; 0 where it was not read."""
        return instant(self.time) if self.time else 0


@dataclass(frozen=True, slots=True)
class Observed:
    """A live object as the server reports it: raw configuration, identity, counts.

    ``created`` is its identity: an object deleted and made again has another one. ``state`` is, for a stream, its
    ``state`` object (``messages bytes first_seq last_seq first_ts last_ts num_deleted consumer_count``); for a
    consumer, its whole info (``num_pending num_ack_pending num_redelivered num_waiting delivered ack_floor push_bound`` …).
    """

    address: Address
    config: Config
    created: str
    state: Mapping[str, Any] = field(default_factory=dict)
    cluster: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The metadata that holds for this object: nothing on a copy, since its marks are about the original."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "marks", {} if self.copy_of else self.metadata)

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.config.get("metadata") or {}

    @property
    def messages(self) -> int:
        """How many messages a stream stores."""
        return int(self.state.get("messages", 0))

    @property
    def bytes(self) -> int:
        """The bytes that a stream stores, headers and the server's own overhead included."""
        return int(self.state.get("bytes", 0))

    @property
    def copy_of(self) -> str:
        """The address in its marks if that is another object's, else ``""``: a copied configuration has its marks copied."""
        named = self.metadata.get(ADDRESS)
        return named if named and named != str(self.address) else ""

    @property
    def role(self) -> Role:
        """What it is for those who use it: the stream of a bucket counts as the bucket."""
        return role_of(self.address, self.config)

    @property
    def peers(self) -> tuple[str, ...]:
        """The names of the servers of a cluster that keep this object, its leader first; empty on a server of its own."""
        names = (self.cluster.get("leader"), *(each["name"] for each in self.cluster.get("replicas") or ()))
        return tuple(filter(None, names))

    @property
    def owner(self) -> str:
        """The topology that manages this object, or ``""``."""
        return self.marks.get(OWNER, "")

    @property
    def source(self) -> str:
        """Where it was declared when it was last written (``core.model.Sources``), or ``""``."""
        return self.marks.get(SOURCE, "")

    @property
    def protected(self) -> str:
        """When protection was set (RFC 3339 date), or ``""``."""
        return self.marks.get(PROTECT, "")

    @property
    def stage(self) -> str:
        """The mark of an apply that has not finished this object (``kinds.marks.StageMark``), or ``""``."""
        return self.marks.get(STAGE, "")

    @property
    def extra(self) -> tuple[str, ...]:
        """The names of the fields under ``extra`` that were last applied."""
        return tuple(filter(None, self.marks.get(EXTRA, "").split(",")))


@dataclass(frozen=True)
class Live:
    """What the account holds: every stream, and the consumers of the streams that matter to the topology read.

    ``unknown`` is what exists and could not be read, with the reason: a stream (with all its consumers), or a consumer of a
    stream that could. An address that is in neither does not exist.
    """

    server: Server
    observed: Mapping[Address, Observed]
    unknown: Mapping[Address, Diagnostic] = field(default_factory=dict)

    @cached_property
    def _by_stream(self) -> Mapping[str, list[Observed]]:
        found: dict[str, list[Observed]] = {}
        for address, observed in self.observed.items():
            if address.kind is Kind.CONSUMER:
                found.setdefault(address.path[0], []).append(observed)
        return found

    @cached_property
    def by_owner(self) -> Mapping[str, Mapping[Address, Observed]]:
        """What each topology manages, by its name."""
        found: dict[str, dict[Address, Observed]] = {}
        for address, observed in self.observed.items():
            if owner := observed.owner:
                found.setdefault(owner, {})[address] = observed
        return found

    @cached_property
    def copied(self) -> Mapping[str, list[tuple[Address, Config]]]:
        """The streams of this account that others mirror or source, with the blocks that do so. A copy keeps messages as a
        consumer does, and is seldom listed among the consumers.
        """
        found: dict[str, list[tuple[Address, Config]]] = {}
        for address, each in self.observed.items():
            for _, copy in copies_of(each.config):
                if not copy.get("external"):
                    found.setdefault(copy["name"], []).append((address, copy))
        return found

    def versions(self, address: Address) -> Versions:
        """The versions of the servers that have this object, or may come to have it.

        A new consumer is kept where its stream is. A server whose version is not known may have each of the versions that are.
        """
        if not self.server.members:
            return self.server.versions
        found = (self.observed.get(each) for each in (address, address.parent))
        peers = {name for each in found if each for name in each.peers}
        if not peers or peers - self.server.members.keys():
            return self.server.versions
        return Versions(self.server.version, frozenset(self.server.members[name] for name in peers))

    def why_unknown(self, address: Address) -> Diagnostic | None:
        """Why an object, or its stream, could not be read; None if it could, or does not exist."""
        return (self.unknown.get(address) or self.unknown.get(address.parent)) if self.unknown else None

    def exists(self, address: Address) -> bool:
        """Whether there is such an object, read or not."""
        return address in self.observed or address in self.unknown

    def unknown_consumers(self, stream: Address) -> Mapping[Address, Diagnostic]:
        """The consumers of a stream that exist and could not be read, with the reason."""
        return {address: why for address, why in self.unknown.items() if address != stream == address.parent}

    def stream(self, name: str) -> Observed | None:
        return self.observed.get(stream_address(name))

    def consumers(self, stream: str) -> list[Observed]:
        return self._by_stream.get(stream, [])
