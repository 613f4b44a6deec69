"""What can go wrong between here and the server: one family of errors, and what each lets the caller conclude.

Every error carries a ``Diagnostic`` and speaks through ``str``. None of them holds a password, a token, a seed or
the userinfo of a URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import ClassVar

from smith_topology.core.model import Diagnostic, Finding
from smith_topology.core.secrets import quotable


class ServerError(Exception):
    """The base: what happened (``detail``) and what to do next (``fix``), under the class's finding."""

    finding: ClassVar[Finding] = Finding.error(
        "server",
        "The server could not be used",
        "Any other failure of the server.",
        "What the message says.",
    )

    def __init__(self, detail: str, fix: str = "") -> None:
        self.detail, self.fix = quotable(detail), quotable(fix)
        super().__init__(self.detail, self.fix)

    @property
    def summary(self) -> str:
        return self.finding.summary

    def __str__(self) -> str:
        return f"{self.summary}: {self.detail} {self.fix}".rstrip()

    @property
    def diagnostic(self) -> Diagnostic:
        return self.finding.diagnostic(self.detail, self.fix)


class BadSettings(ServerError):
    """What was given to connect with makes no sense, or names a context that can't be read."""

    finding = Finding.error(
        "settings",
        "The connection settings are wrong",
        "The connection settings make no sense.",
        "What the message says.",
    )


class BadCredentials(ServerError):
    """A creds or nkey file is missing or malformed; its contents are never repeated."""

    finding = Finding.error(
        "credentials",
        "The credentials can't be used",
        "A creds or nkey file is missing or malformed.",
        "Write it anew.",
    )


class Unreachable(ServerError):
    """No server answered, or the connection is down at this moment. Whatever was asked was not sent."""

    finding = Finding.error(
        "unreachable",
        "No NATS server can be reached",
        "No server answers, or the connection is down. What was asked was not sent.",
        "Check the address; `apply --wait 60s` waits for it.",
    )


class AuthenticationFailed(ServerError):
    finding = Finding.error(
        "authentication",
        "The server does not accept these credentials",
        "The server does not accept these credentials.",
        "Check user, creds or token.",
    )


class TLSFailed(ServerError):
    finding = Finding.error(
        "tls",
        "No secure connection can be made",
        "No secure connection can be made.",
        "Check `--tlsca`, `--tlscert`, the server's name.",
    )


class JetStreamOff(ServerError):
    """JetStream does not answer here: off, off for this account, or another domain or prefix."""

    finding = Finding.error(
        "jetstream-off",
        "JetStream does not answer",
        "JetStream does not answer: off, off for the account, or another domain.",
        "What the message says.",
    )


class JetStreamNotReady(JetStreamOff):
    """No server answers, though JetStream is configured or has answered before: it starts, stops, or moves."""

    finding = JetStreamOff.finding.worded("JetStream does not answer yet")


class Garbled(JetStreamOff):
    """An answer that is none of JetStream's: it says nothing of what the request did."""


class NotUnderstood(Garbled):
    """An answer of JetStream's type that is not of its shape, which a repetition does not better."""

    finding = Finding.error(
        "not-understood",
        "Answer of a server that is not understood",
        "An answer has the type that JetStream's has, and another shape. The message names the subject asked and what is wrong.",
        "Look at what answers there: an import of another account, a proxy, a server newer than this program.",
    )

    def __init__(self, subject: str, fault: str) -> None:
        super().__init__(f"{subject}: {fault}.", "Look at what answers there; if it is a nats-server, tell its version.")


class AccountWithoutJetStream(JetStreamOff):
    finding = JetStreamOff.finding.worded("JetStream is not enabled for this account")


class Denied(ServerError):
    """The user may not publish or subscribe to ``subject``; nothing was done."""

    finding = Finding.error(
        "authorization",
        "The server denies this user a permission",
        "The server denies this user a subject; the message names it.",
        "Grant it: [permissions](permissions.md).",
    )

    def __init__(self, subject: str, detail: str, fix: str) -> None:
        super().__init__(detail, fix)
        self.subject = subject


class NoAnswer(ServerError):
    """No answer in time: whether the request took effect is unknown until it is looked up."""

    finding = Finding.error(
        "no-answer",
        "The server did not answer in time",
        "No answer in time. Whether it was carried out is unknown, and looked up before anything is repeated.",
        "Look at the server's health, or `--timeout`.",
    )

    def __init__(self, subject: str, seconds: float) -> None:
        super().__init__(
            f"{subject}: no answer within {seconds:g} s. Whether it was carried out is not known.",
            "Look at the server's health, or allow more time with --timeout.",
        )
        self.subject = subject


class ApiError(ServerError):
    """The server's own refusal. ``status`` is HTTP-like and unreliable: decide by ``err_code``."""

    finding = Finding.error(
        "server-refused",
        "The server refused a request",
        "The server's own refusal, with its `err_code`.",
        "What the message says.",
    )

    def __init__(self, endpoint: str, status: int, err_code: int, description: str) -> None:
        super().__init__(f"{endpoint}: {description} (error {err_code}).", _ADVICE.get(err_code, ""))
        self.endpoint = endpoint
        self.status = status
        self.err_code = err_code
        self.description = description


class TooLarge(ServerError):
    """A request above the server's ``max_payload``; it was not sent."""

    finding = ApiError.finding.worded("The request is too large for the server")


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
    """The ``err_code`` of trouble of the whole server, for which one step waits on behalf of all. 0 for trouble of one object."""
    return error.err_code if isinstance(error, ApiError) and error.err_code in _COMMON else 0


_COMMON = frozenset((10008, 10049, 10077))
_FAULTS: Mapping[int, Fault] = MappingProxyType(
    {
        10004: Fault.TRANSIENT,  # incomplete results
        10007: Fault.TRANSIENT,  # not assigned yet
        10008: Fault.TRANSIENT,  # temporarily unavailable: no quorum
        10009: Fault.TRANSIENT,  # not the leader
        10013: Fault.TRANSIENT,  # deliver subject changes once no client is bound
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
