"""Settings → an open connection, or the one error that says why there is none."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from nats import errors as nats

from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.credentials import expiry, identity, secure
from smith_topology.jetstream.connecting.errors import (
    AccountWithoutJetStream,
    AuthenticationFailed,
    Fault,
    JetStreamOff,
    ServerError,
    TLSFailed,
    Unreachable,
    fault_of,
)
from smith_topology.jetstream.connecting.link import Link
from smith_topology.jetstream.connecting.settings import Settings, redacted

__all__ = ["Settings", "connect", "connect_within"]

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[Api]:
    """A connection to the first server that accepts it, closed at the end; each server is tried once.

    Raises the ServerError that says most: a refusal by one server rather than the silence of another. Once open, a lost
    connection comes back by itself; requests meanwhile raise Unreachable.
    """
    link = await _first(settings)
    try:
        yield await Api.open(link, settings.api_prefix, settings.timeout, settings.patience)
    finally:
        await link.shut()


@asynccontextmanager
async def connect_within(
    settings: Settings, seconds: float, waiting: Callable[[ServerError], None] = lambda _: None
) -> AsyncIterator[Api]:
    """As ``connect``, but wait up to ``seconds`` until a server accepts and its JetStream answers; ``waiting`` is called
    once with the reason.

    What waiting can't change (credentials, TLS, permissions, an account without JetStream) raises at once.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    link, api = await _ready(settings, deadline, waiting)
    try:
        yield api
    finally:
        await link.shut()


async def _ready(settings: Settings, deadline: float, waiting: Callable[[ServerError], None]) -> tuple[Link, Api]:
    pause = _FIRST_PAUSE
    while True:
        try:
            return await _answering(settings)
        except ServerError as error:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or not _may_pass(error):
                raise
            if pause == _FIRST_PAUSE:
                waiting(error)
        await asyncio.sleep(min(left, pause * random.uniform(0.5, 1)))
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _answering(settings: Settings) -> tuple[Link, Api]:
    link = await _first(settings)
    try:
        api = await Api.open(link, settings.api_prefix, settings.timeout, settings.patience)
        await api.request("INFO")
    except BaseException:
        await link.shut()
        raise
    return link, api


def _may_pass(error: ServerError) -> bool:
    """Whether a server that is starting up could give this answer: a domain of a leaf node may also still be to come."""
    if isinstance(error, JetStreamOff):
        return not isinstance(error, AccountWithoutJetStream)
    return fault_of(error) in (Fault.TRANSIENT, Fault.UNKNOWN)


async def _first(settings: Settings) -> Link:
    options = identity(settings)
    if settings.wants_tls:
        options["tls"] = secure(settings)
    failures: list[ServerError] = []
    for index in range(len(settings.servers)):
        try:
            return await _open(settings, [*settings.servers[index:], *settings.servers[:index]], options)
        except ServerError as error:
            failures.append(error)
    specific = [error for error in failures if not isinstance(error, Unreachable)]
    if specific or len(failures) == 1:
        raise (specific or failures)[0]
    raise Unreachable("\n".join(error.detail for error in failures), failures[0].fix)


async def _open(settings: Settings, servers: list[str], options: dict[str, Any]) -> Link:
    link = Link(wants_tls=settings.wants_tls)
    try:
        await link.open(settings, servers, options)
    except Exception as error:  # report whatever a foreign service on that port makes nats-py raise
        problem = translate(error, settings, redacted(servers[0]), link)
        await link.shut()
        raise problem from error
    except BaseException:
        await link.shut()
        raise
    return link


def translate(error: Exception, settings: Settings, server: str, link: Link) -> ServerError:
    """What nats-py, ssl or the operating system raised while connecting, in this program's words.

    How far the link had come tells apart what raises the same: a server that drops a handshake gives no reason.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return _unverified(error, settings, server)
        case ssl.SSLError() | ConnectionError() | asyncio.TimeoutError() if (
            link.reached and not link.greeting and settings.tlsfirst
        ):
            return TLSFailed(f"{server} does not speak TLS first.", "Leave out --tlsfirst, or set handshake_first on the server.")
        case ssl.SSLError() | ConnectionError() if link.greeting.get("tls_verify"):
            return TLSFailed(
                f"{server} wants a client certificate that it accepts ({settings.tlscert or 'none was given'}){_alert(error)}.",
                "Give one that its authority signed: --tlscert cert.pem --tlskey key.pem",
            )
        case nats.SecureConnWantedError():
            return TLSFailed(
                f"{server} offers no TLS, and a secure connection was asked for; nothing secret was sent.",
                "Enable TLS on the server, or connect without it: nats:// instead of tls://, no --tlsca, --tlscert, --tlsfirst.",
            )
        case ssl.SSLError():
            why = str(error.reason or "the handshake failed").replace("_", " ").lower()
            return TLSFailed(f"{server}: {why}.", "Compare the TLS settings of both sides.")
        case nats.Error() if "nats: '" in str(error):
            return _refused(str(error).removeprefix("nats: ").strip("'").lower(), settings, server)
        case _:
            return _unreachable(error, settings, server, link)


def _alert(error: ssl.SSLError | ConnectionError) -> str:
    """What the server said of the client's certificate before it closed the connection; empty if that did not arrive."""
    _, _, alert = str(getattr(error, "reason", None) or "").partition("_ALERT_")
    return f": {alert.replace('_', ' ').lower()}" if alert else ""


_UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21}
"""OpenSSL's reasons that mean: no certificate of a trusted authority leads to this one (``x509_vfy.h``)."""


def _unverified(error: ssl.SSLCertVerificationError, settings: Settings, server: str) -> TLSFailed:
    match error.verify_code:
        case 62 | 64:  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
            return TLSFailed(
                f"The certificate of {server} is for another name.", "Connect by a name or address that the certificate lists."
            )
        case 10:  # X509_V_ERR_CERT_HAS_EXPIRED
            return TLSFailed(f"The certificate of {server}, or of its authority, has expired.", "Renew it on the server.")
        case code if code in _UNKNOWN_AUTHORITY:
            return TLSFailed(
                f"The certificate of {server} is signed by an authority that {settings.tlsca or 'this system'} does not know.",
                "Name the authority that signed it: --tlsca ca.pem",
            )
        case _:
            return TLSFailed(
                f"The certificate of {server}, or of its authority, is not accepted: {error.verify_message}.",
                "Have it issued anew without this fault. Python 3.13 and later check certificates by RFC 5280, earlier ones less "
                "strictly.",
            )


def _refused(reason: str, settings: Settings, server: str) -> ServerError:
    if "maximum" in reason:
        return Unreachable(f"{server} takes no more connections: {reason}.", "Close some, or raise the limit on the server.")
    if "tls" in reason or "secure connection" in reason:
        return TLSFailed(f"{server}: {reason}.", "Connect with tls://, and --tlsca where the authority is your own.")
    ends = expiry(settings.creds) if settings.creds else None
    if "expired" in reason or (ends and ends < datetime.now(UTC)):
        when = f" on {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
        return AuthenticationFailed(f"{server}: the credentials have expired{when}.", "Get new ones: nsc generate creds")
    if not settings.identifies and not settings.tlscert:
        return AuthenticationFailed(
            f"{server} wants to know who connects, and no credentials were given.",
            "Give some: --creds FILE, --nkey FILE, --user NAME --password …, --token …, or --context NAME.",
        )
    return AuthenticationFailed(
        f"{server} refused {_as_whom(settings)}.", "Check that these credentials belong to this server, and are not revoked."
    )


def _as_whom(settings: Settings) -> str:
    if settings.creds:
        return f"the creds file {settings.creds}"
    if settings.nkey:
        return f"the nkey of {settings.nkey}"
    if settings.user:
        return f"user {settings.user!r} with the password given"
    return "the token given" if settings.token else f"the client certificate {settings.tlscert}"


def _unreachable(error: Exception, settings: Settings, server: str, link: Link) -> Unreachable:
    start = "Start the server, or name another: --server nats://HOST:PORT. `apply` waits for one that is starting: --wait 60s"
    match error:
        case socket.gaierror():
            return Unreachable(f"{server}: this host name is not known.", "Check the name: --server nats://HOST:PORT")
        case asyncio.TimeoutError() if link.reached:
            return Unreachable(
                f"{server} accepts connections, but did not greet within {settings.timeout:g} s.",
                "If it speaks TLS from the first byte: --tlsfirst. Otherwise check that it is a NATS server's client port.",
            )
        case asyncio.TimeoutError():
            return Unreachable(f"{server} did not answer within {settings.timeout:g} s.", "Check address and firewall.")
        case OSError() if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
            return Unreachable(f"{server}: nothing accepts connections there.", start)
        case ConnectionError() | nats.StaleConnectionError():
            return Unreachable(f"{server} closed the connection.", "See the server's log for the reason.")
        case OSError():
            return Unreachable(f"{server}: {(error.strerror or 'no connection').lower()}.", start)
        case _:
            return Unreachable(f"{server} does not greet as a NATS server does.", "Name its client port, 4222 by default.")
