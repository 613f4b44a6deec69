"""Files that prove who connects, read and checked before the server is asked: creds, nkey seeds, certificates.

nats-py reads a creds file without a JWT for ever, and fails on others with its own assertion; so nothing unread
reaches it. Contents stay out of every message.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.client import RawCredentials

from smith_topology.jetstream.connecting.errors import BadCredentials, TLSFailed
from smith_topology.jetstream.connecting.files import check, read_small
from smith_topology.jetstream.connecting.settings import Settings

_JWT = re.compile(r"BEGIN NATS USER JWT-+\s+([\w-]+\.[\w-]+\.[\w-]+)\s")
_SEED = re.compile(r"\b(SU[A-Z2-7]{56})\b")
_CREDS = "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n-----BEGIN USER NKEY SEED-----\n{seed}\n"


def identity(settings: Settings) -> dict[str, Any]:
    """nats-py's connect options that say who connects. Raises BadCredentials."""
    if settings.creds:
        jwt, seed = _read_creds(settings.creds)
        return {"user_credentials": RawCredentials(_CREDS.format(jwt=jwt, seed=seed))}
    if settings.nkey:
        return {"nkeys_seed_str": _seed(_read(settings.nkey, "nkey"), settings.nkey, "nkey")}
    if settings.user:
        return {"user": settings.user, "password": settings.password}
    return {"token": settings.token} if settings.token else {}


def expiry(path: str) -> datetime | None:
    """When the user JWT of a creds file ends, None if never. Raises BadCredentials."""
    body = _read_creds(path)[0].split(".")[1]
    try:
        ends = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))).get("exp")
        return datetime.fromtimestamp(ends, UTC) if ends else None
    except (ValueError, AttributeError, TypeError, OverflowError, OSError, RecursionError):
        return None


def secure(settings: Settings) -> ssl.SSLContext:
    """A context that verifies the server, by ``tlsca`` or else the system's authorities. Raises TLSFailed."""
    try:
        if settings.tlsca:
            check(settings.tlsca)
        context = ssl.create_default_context(cafile=settings.tlsca or None)
    except (OSError, ssl.SSLError) as error:
        raise TLSFailed(f"The CA file {settings.tlsca} {_why(error)}.", "Give a PEM file: --tlsca ca.pem") from error
    if settings.tlscert:
        _identify(context, settings)
    return context


def _identify(context: ssl.SSLContext, settings: Settings) -> None:
    # Without a password callback, OpenSSL asks for the passphrase of an encrypted key at the terminal.
    try:
        check(settings.tlscert)
        check(settings.tlskey)
        context.load_cert_chain(settings.tlscert, settings.tlskey, password=lambda: "")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise TLSFailed(
            f"The client certificate {settings.tlscert} with the key {settings.tlskey} {_why(error)}.",
            "Give the PEM certificate and its own, unencrypted key: --tlscert cert.pem --tlskey key.pem",
        ) from error


def _read_creds(path: str) -> tuple[str, str]:
    text = _read(path, "creds")
    jwt = _JWT.search(text)
    if not jwt:
        raise BadCredentials(f"The creds file {path} holds no user JWT.", "Make it anew: nsc generate creds")
    return jwt[1], _seed(text, path, "creds")


def _seed(text: str, path: str, kind: str) -> str:
    found = _SEED.search(text)
    if not (found and _is_whole(found[1])):
        raise BadCredentials(
            f"The {kind} file {path} holds no valid user seed.", f"Give a file with a seed that starts with SU: --{kind} FILE"
        )
    return found[1]


def _is_whole(seed: str) -> bool:
    """Whether the checksum at the end is right; nkeys does not look at it, and signs with whatever it is given."""
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


def _read(path: str, kind: str) -> str:
    try:
        return read_small(Path(path).expanduser()).decode("ascii", errors="replace")
    except (OSError, ValueError, RuntimeError) as error:
        raise BadCredentials(f"The {kind} file {path} {_why(error)}.", f"Check the path: --{kind} FILE") from error


def _why(error: Exception) -> str:
    """The reason, without what OpenSSL or the file may add."""
    match error:
        case FileNotFoundError():
            return "does not exist"
        case ssl.SSLError() | ValueError():
            return "can't be understood"
        case OSError(strerror=str() as reason):
            return f"can't be read ({reason.lower()})"
        case _:
            return "can't be read"
