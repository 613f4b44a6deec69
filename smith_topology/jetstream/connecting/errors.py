"""What can go wrong between here and the server: one family of errors, and what each lets the caller conclude.

Every error carries a ``Diagnostic`` and speaks through ``str``. None of them holds a password, a token, a seed or
the userinfo of a URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import ClassVar

from smith_topology.core.model import Diagnostic, Severity


class ServerError(Exception):
    """The base: what happened (``detail``) and what to do next (``fix``), under the class's code and summary."""

    code: ClassVar[str] = "server"
    summary: ClassVar[str] = "The server could not be used"

    def __init__(self, detail: str, fix: str = "") -> None:
        super().__init__(detail, fix)
        self.detail = detail
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.summary}: {self.detail} {self.fix}".rstrip()

    @property
    def diagnostic(self) -> Diagnostic:
        return Diagnostic(self.code, Severity.ERROR, self.summary, self.detail, self.fix)


class BadSettings(ServerError):
    """What was given to connect with makes no sense, or names a context that can't be read."""

    code = "settings"
    summary = "The connection settings are wrong"


class BadCredentials(ServerError):
    """A creds or nkey file is missing or malformed; its contents are never repeated."""

    code = "credentials"
    summary = "The credentials can't be used"


class Unreachable(ServerError):
    """No server answered, or the connection is down at this moment. Whatever was asked was not sent."""

    code = "unreachable"
    summary = "No NATS server can be reached"


class AuthenticationFailed(ServerError):
    code = "authentication"
    summary = "The server does not accept these credentials"


class TLSFailed(ServerError):
    code = "tls"
    summary = "No secure connection can be made"


class JetStreamOff(ServerError):
    """JetStream does not answer here: off, off for this account, or another domain or prefix."""

    code = "jetstream-off"
    summary = "JetStream does not answer"


class JetStreamNotReady(JetStreamOff):
    """Nobody answers, though JetStream is configured or has answered before: it starts, stops, or moves."""

    summary = "JetStream does not answer yet"


class Garbled(JetStreamOff):
    """An answer that is none of JetStream's: it says nothing of what the request did."""


class AccountWithoutJetStream(JetStreamOff):
    summary = "JetStream is not enabled for this account"


class Denied(ServerError):
    """The user may not publish or subscribe to ``subject``; nothing was done."""

    code = "authorization"
    summary = "The server denies this user a permission"

    def __init__(self, subject: str, detail: str, fix: str) -> None:
        super().__init__(detail, fix)
        self.subject = subject


class NoAnswer(ServerError):
    """No answer in time: whether the request took effect is unknown until it is looked up."""

    code = "no-answer"
    summary = "The server did not answer in time"

    def __init__(self, subject: str, seconds: float) -> None:
        super().__init__(
            f"{subject}: no answer within {seconds:g} s. Whether it was carried out is not known.",
            "Look at the server's health, or allow more time with --timeout.",
        )
        self.subject = subject


class TooLarge(ServerError):
    """A request above the server's ``max_payload``; it was not sent."""

    code = "server-refused"
    summary = "The request is too large for the server"


class ApiError(ServerError):
    """The server's own refusal. ``code`` is HTTP-like and unreliable: decide by ``err_code``."""

    code = "server-refused"
    summary = "The server refused a request"

    def __init__(self, endpoint: str, status: int, err_code: int, description: str) -> None:
        super().__init__(f"{endpoint}: {description} (error {err_code}).", _ADVICE.get(err_code, ""))
        self.endpoint = endpoint
        self.status = status
        self.err_code = err_code
        self.description = description


class Fault(Enum):
    """What an error says about the request that met it, and so what to do next."""

    TRANSIENT = "not done; the same request may work later"
    FINAL = "not done; the same request never works"
    REREAD = "not done; the object is not what was thought: read it again and decide anew"
    UNKNOWN = "perhaps done; read the object before anything else"


def fault_of(error: ServerError) -> Fault:
    """Classify by type, and the server's own refusals by ``err_code``; a code unknown here is FINAL."""
    match error:
        case NoAnswer() | Garbled():
            return Fault.UNKNOWN
        case Unreachable() | JetStreamNotReady():
            return Fault.TRANSIENT
        case ApiError(err_code=10005, description=description) if "offline" in description:
            return Fault.TRANSIENT
        case ApiError(err_code=err_code):
            return _FAULTS.get(err_code, Fault.FINAL)
        case _:
            return Fault.FINAL


def common_trouble(error: ServerError) -> int:
    """The ``err_code`` of what troubles the server itself: who waits for its end in vain, does so for all. 0 for one object's."""
    return error.err_code if isinstance(error, ApiError) and error.err_code in _COMMON else 0


_COMMON = frozenset((10008, 10049, 10077))
_FAULTS: Mapping[int, Fault] = MappingProxyType(
    {
        10004: Fault.TRANSIENT,  # incomplete results
        10007: Fault.TRANSIENT,  # not assigned yet
        10008: Fault.TRANSIENT,  # temporarily unavailable: no quorum
        10009: Fault.TRANSIENT,  # not the leader
        10013: Fault.TRANSIENT,  # deliver subject changes once nobody is bound
        10049: Fault.TRANSIENT,  # store could not be created: a directory still being removed (2.15.1), or a full disk (all)
        10058: Fault.REREAD,  # stream name in use with another configuration
        10075: Fault.TRANSIENT,
        10077: Fault.TRANSIENT,  # store failed
        10118: Fault.TRANSIENT,  # stream offline
        10119: Fault.TRANSIENT,  # consumer offline
        10124: Fault.TRANSIENT,  # a move is in progress
        10148: Fault.REREAD,  # consumer exists
        10149: Fault.REREAD,  # consumer does not exist
        10163: Fault.TRANSIENT,
        10167: Fault.TRANSIENT,  # too many requests
        10226: Fault.TRANSIENT,  # a reconfiguration is in progress
    }
)
"""What is neither here nor 10005 is final; 10005 is final unless a peer is offline."""

_NO_ROOM = "Raise the account's or the server's limit, lower max_bytes, or remove something first."

_ADVICE: Mapping[int, str] = MappingProxyType(
    {
        10002: _NO_ROOM,
        10005: "Check placement and num_replicas against the peers the cluster has.",
        10008: "The cluster has no quorum at the moment: try again when enough servers are up.",
        10023: _NO_ROOM,
        10026: "Remove consumers, or raise max_consumers of the stream.",
        10027: "Remove streams, or raise the account's limit.",
        10028: _NO_ROOM,
        10047: _NO_ROOM,
        10049: "Check that the server's disk is not full, and that it may write there.",
        10058: "Somebody else has made or changed it meanwhile: plan again.",
        10065: "Give each subject to one stream only.",
        10077: "Check that the server's disk is not full, and that it may write there.",
        10074: "Set num_replicas to 1, or connect to a cluster.",
        10148: "Somebody else has made it meanwhile: plan again.",
        10149: "Somebody else has removed it meanwhile: plan again.",
        10185: "Upgrade the server, or leave the newer fields out.",
    }
)
