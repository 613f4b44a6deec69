"""Made in the test that needs them: certificates, nkeys, and accounts signed by an operator of our own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]

_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
_SYSTEM = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1}
_JETSTREAM = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}


SIGNS = "keyUsage=critical,keyCertSign,cRLSign"
"""What an authority's certificate has to allow: Python checks it from 3.13 on."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its files in ``directory``."""

    directory: Path

    @classmethod
    def make(cls, directory: Path, extension: str = SIGNS) -> Authority:
        directory.mkdir()
        subject = f"-days 2 -keyout ca.key -out ca.pem -subj /CN=ca -addext {extension}"
        _openssl(directory, f"req -x509 {_NEW_KEY} {subject}")
        return cls(directory)

    @property
    def ca(self) -> str:
        return str(self.directory / "ca.pem")

    def issue(self, name: str, extension: str = "subjectAltName=IP:127.0.0.1", days: int = 2) -> tuple[str, str]:
        """A certificate that ends in so many days, and its key: two paths."""
        (self.directory / "ext").write_text(f"authorityKeyIdentifier=keyid\n{extension}\n")
        _openssl(self.directory, f"req {_NEW_KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}")
        signing = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile ext -out {name}.pem"
        _openssl(self.directory, signing)
        return str(self.directory / f"{name}.pem"), str(self.directory / f"{name}.key")


def _openssl(directory: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=directory, check=True, capture_output=True)


def new_key(kind: int) -> tuple[str, str]:
    """A fresh nkey of a kind (``nkeys.PREFIX_BYTE_USER``): its seed and its public key."""
    seed = nkeys.encode_seed(os.urandom(32), kind)
    return seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode()


@dataclass(frozen=True)
class Operator:
    """Signs one account with JetStream and a system account; ``config`` makes a server trust it."""

    config: str
    account_seed: str

    @classmethod
    def make(cls, limits: Mapping[str, Any] = _JETSTREAM) -> Operator:
        """``limits`` are those of JetStream in the account's JWT; ``tiered_limits`` has them for each number of replicas."""
        seed, public = new_key(nkeys.PREFIX_BYTE_OPERATOR)
        account_seed, account = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        _, system = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        own = sign(seed, public, public, "op", {"type": "operator", "system_account": system})
        accounts = {
            account: sign(seed, public, account, "SMITH", {"type": "account", "limits": {**_SYSTEM, **limits}}),
            system: sign(seed, public, system, "SYS", {"type": "account", "limits": _SYSTEM}),
        }
        preload = "\n".join(f"{key}: {jwt}" for key, jwt in accounts.items())
        return cls(f"operator: {own}\nresolver: MEMORY\nresolver_preload: {{\n{preload}\n}}\n", account_seed)

    def creds(self, path: Path, expires: int | None = None) -> str:
        """Write the creds file of a new user, whose rights end at ``expires`` (Unix seconds)."""
        issuer = nkeys.from_seed(bytearray(self.account_seed.encode())).public_key.decode()
        seed, public = new_key(nkeys.PREFIX_BYTE_USER)
        jwt = sign(
            self.account_seed, issuer, public, "user", {"type": "user", "subs": -1, "data": -1, "payload": -1}, expires=expires
        )
        path.write_text(
            f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
        return str(path)


def sign(seed: str, issuer: str, subject: str, name: str, nats: dict[str, Any], *, expires: int | None = None) -> str:
    """A NATS JWT (version 2)."""
    claims = {"iat": int(time.time()) - 60, "iss": issuer, "sub": subject, "name": name, "nats": nats | {"version": 2}}
    claims |= {"exp": expires} if expires else {}
    claims["jti"] = base64.b32encode(hashlib.sha256(json.dumps(claims).encode()).digest()).decode().rstrip("=")
    unsigned = f"{_part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_part(claims)}"
    signature = nkeys.from_seed(bytearray(seed.encode())).sign(unsigned.encode())
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
