"""What to connect to and as whom: options over environment over a ``nats`` CLI context."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from smith_topology.core.secrets import looks_secret
from smith_topology.core.units import UnitError, parse_duration
from smith_topology.jetstream.connecting import contexts
from smith_topology.jetstream.connecting.errors import BadSettings

DEFAULT_SERVER = "nats://127.0.0.1:4222"

ENVIRONMENT: Mapping[str, str] = {
    "servers": "NATS_URL",
    "context": "NATS_CONTEXT",
    "creds": "NATS_CREDS",
    "nkey": "NATS_NKEY",
    "user": "NATS_USER",
    "password": "NATS_PASSWORD",
    "token": "NATS_TOKEN",
    "tlsca": "NATS_CA",
    "tlscert": "NATS_CERT",
    "tlskey": "NATS_KEY",
    "timeout": "NATS_TIMEOUT",
}
"""Each setting's variable, by the ``nats`` CLI's name; what has none there has none here."""

_WHO = ("user", "creds", "nkey", "token")
_SCHEMES = ("nats", "tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a connection needs. ``creds``, ``nkey`` and the ``tls*`` are paths. ``timeout`` is in seconds, for one
    request; ``patience`` too, for one with all its repeats.

    ``resolve`` takes userinfo out of the URLs, so ``servers`` can be shown; ``repr`` hides password and token.
    Raises BadSettings when a value can't be meant.
    """

    servers: tuple[str, ...] = (DEFAULT_SERVER,)
    context: str = ""
    creds: str = ""
    nkey: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    tlsca: str = ""
    tlscert: str = ""
    tlskey: str = ""
    tlsfirst: bool = False
    js_domain: str = ""
    js_api_prefix: str = ""
    inbox_prefix: str = ""
    timeout: float = 5.0
    patience: float = 20.0
    name: str = "smith-topo"

    def __post_init__(self) -> None:
        if not self.servers:
            raise BadSettings("No server is named.", f"Name one: --server {DEFAULT_SERVER}")
        for server in self.servers:
            split_url(server)
        for option in ("js_domain", "js_api_prefix", "inbox_prefix"):
            _check_subject(option, getattr(self, option))
        if self.js_domain and self.js_api_prefix:
            raise BadSettings("Both a JetStream domain and an API prefix are given.", "Give --js-domain or --js-api-prefix.")
        if bool(self.tlscert) != bool(self.tlskey):
            raise BadSettings("A client certificate needs its key, and a key its certificate.", "Give --tlscert and --tlskey.")
        if not self.timeout > 0:
            raise BadSettings(f"A timeout of {self.timeout:g} s leaves no time to answer.", "Write --timeout 5s")

    @classmethod
    def resolve(cls, options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
        """Options (by field name; None and empty are unset) win over the environment, which wins over the context.

        The selected context counts only when no server and no context is named. Who to be is decided as a whole by the
        first of the three that says so; only a password may come from a later one, and never from the context.
        Reads the context's file and nothing else. Raises BadSettings.
        """
        if options.get("servers") == "":
            raise BadSettings("--server is given and empty.", f"Name a server, or leave it out: --server {DEFAULT_SERVER}")
        given = _layer(options)
        around = _layer(_elsewhere({name: environ.get(variable) for name, variable in ENVIRONMENT.items()}, given))
        context = given.get("context") or around.get("context") or ""
        if not (context or "servers" in given or "servers" in around):
            context = contexts.selected(environ)
        remembered = _layer(_elsewhere(contexts.read(context, environ), {**around, **given})) if context else {}

        merged = {**remembered, **around, **given, **_who(given, around, remembered), "context": context}
        return cls(**{each.name: merged[each.name] for each in fields(cls) if each.name in merged})

    @property
    def api_prefix(self) -> str:
        """What every JetStream request's subject starts with."""
        return self.js_api_prefix or (f"$JS.{self.js_domain}.API" if self.js_domain else "$JS.API")

    @property
    def wants_tls(self) -> bool:
        """Whether a connection without TLS must be refused."""
        return bool(self.tlsca or self.tlscert or self.tlsfirst) or any(
            split_url(server).scheme == "tls" for server in self.servers
        )

    @property
    def identifies(self) -> bool:
        """Whether a user, a token or credentials are sent to the server."""
        return bool(self.user or self.creds or self.nkey or self.token)


def split_url(server: str) -> SplitResult:
    """A server's URL; scheme ``nats`` and port 4222 when left out. Raises BadSettings, without repeating userinfo."""
    try:
        parts = urlsplit(server if "://" in server else f"nats://{server}")
        port = parts.port or 4222
    except ValueError as error:  # what stands in the port's place may be a password whose `@` is missing
        host = redacted(server).removeprefix("nats://").partition(":")[0]
        raise BadSettings(f"What follows {host!r} is not the number of a port.", f"Write it so: {DEFAULT_SERVER}") from error
    if parts.scheme not in _SCHEMES:
        raise BadSettings(f"smith-topo does not speak {parts.scheme}://.", f"Write it so: {DEFAULT_SERVER}, or tls://…")
    if not parts.hostname or re.search(r"\s", server) or looks_secret(redacted(server)):
        raise BadSettings(f"{redacted(server)!r} names no host.", f"Write it so: {DEFAULT_SERVER}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    userinfo, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{userinfo}{at}{host}:{port}", path="")


_USERINFO = re.compile(r"((?:[a-z]+://)?)(.*@)?(.*)", re.DOTALL)


def redacted(server: str, instead: str = "") -> str:
    """The URL with its userinfo, if it has any, replaced by ``instead``. Userinfo ends at the last `@`, whatever it holds."""
    scheme, userinfo, rest = _USERINFO.fullmatch(server).groups()  # type: ignore[union-attr]  # it matches every text
    return f"{scheme}{instead if userinfo else ''}{rest}"


def _elsewhere(raw: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    """One source's settings without URLs that a stronger source replaces: their userinfo must not go to another server."""
    return {name: value for name, value in raw.items() if name != "servers" or "servers" not in stronger}


def _layer(raw: Mapping[str, Any]) -> dict[str, Any]:
    """One source's settings in one shape: unset ones gone, seconds a number, URLs a tuple without userinfo."""
    layer = {name: value for name, value in raw.items() if value not in (None, "", (), [], False)}
    if "timeout" in layer:
        layer["timeout"] = _seconds(layer["timeout"])
    if "servers" in layer:
        split = [split_url(url) for url in urls(layer["servers"])]
        layer["servers"] = tuple(redacted(url.geturl()) for url in split)
        if not layer.keys() & set(_WHO):
            layer |= _userinfo(split)
    return layer


def urls(servers: str | Sequence[str]) -> list[str]:
    """The parts of a comma-separated list. Raises BadSettings where one may be the rest of a password with a comma in it."""
    joined = servers if isinstance(servers, str) else ",".join(servers)
    first, *others = parts = [part.strip() for part in joined.split(",") if part.strip()] or [""]
    if "://" in first and any("@" in other and "://" not in other for other in others):
        raise BadSettings(
            "The list of servers can be read in two ways, since a comma ends a URL.",
            "Write a comma in a user's name or password as %2C, and begin every URL with nats:// or tls://.",
        )
    return [part for part in parts if part]


def _userinfo(urls: Sequence[SplitResult]) -> dict[str, str]:
    """The user and password, or the token alone, that the first URL with userinfo holds."""
    for url in urls:
        if url.username and url.password is not None:
            return {"user": unquote(url.username), "password": unquote(url.password)}
        if url.username:
            return {"token": unquote(url.username)}
    return {}


def _who(given: Mapping[str, Any], around: Mapping[str, Any], remembered: Mapping[str, Any]) -> dict[str, str]:
    """The identity as a whole, from the first source that names any; a user without a password is a token."""
    chosen = next((layer for layer in (given, around, remembered) if layer.keys() & set(_WHO)), {})
    anonymous = dict.fromkeys((*_WHO, "password"), "")
    if "user" not in chosen:
        return anonymous | {name: chosen[name] for name in _WHO if name in chosen}
    password = next((layer["password"] for layer in (given, around, chosen) if "password" in layer), "")
    if password:
        return anonymous | {"user": chosen["user"], "password": password}
    return anonymous | {"token": chosen.get("token") or chosen["user"]}


def _seconds(value: float | str) -> float:
    """A number of seconds, or a duration as text."""
    if not isinstance(value, str):
        return float(value)
    try:
        return parse_duration(value) / 1e9
    except UnitError as error:
        raise BadSettings(f"{value!r} is not a timeout.", str(error)) from error


def _check_subject(option: str, value: str) -> None:
    if value and not all(re.fullmatch(r"[^\s*>]+", token) for token in value.split(".")):
        flag = f"--{option.replace('_', '-')}"
        raise BadSettings(f"{flag} {value!r} can't start a subject.", "Use words joined by dots, without spaces or wildcards.")
