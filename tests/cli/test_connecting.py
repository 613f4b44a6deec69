"""Every way to say who connects, by options and by the environment: a whole apply each, and no secret in what it prints."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import nkeys  # type: ignore[import-untyped]
import pytest

from tests.command import run
from tests.jetstream.identities import Authority, Operator, new_key
from tests.servers import Servers

SECRET = "s3cret-never-shown"
FILE = "{version: 1, name: smith, streams: {ORDERS: {subjects: [orders.>], consumers: {billing: {ack_policy: explicit}}}}}"


class Way(NamedTuple):
    """A server's configuration, and what a client sends to be let in: options, by their names on the command line."""

    config: str
    options: dict[str, str]
    scheme: str = "nats"


def password(_: Path) -> Way:
    return Way(f'authorization {{user: alice, password: "{SECRET}"}}', {"user": "alice", "password": SECRET})


def token(_: Path) -> Way:
    return Way(f'authorization {{token: "{SECRET}"}}', {"token": SECRET})


def nkey(directory: Path) -> Way:
    seed, public = new_key(nkeys.PREFIX_BYTE_USER)
    (directory / "user.nk").write_text(f"{seed}\n")
    return Way(f"authorization {{users: [{{nkey: {public}}}]}}", {"nkey": str(directory / "user.nk")})


def creds(directory: Path) -> Way:
    operator = Operator.make()
    return Way(operator.config, {"creds": operator.creds(directory / "user.creds")})


def client_certificate(directory: Path) -> Way:
    authority = Authority.make(directory / "ca")
    server, client = authority.issue("server"), authority.issue("client")
    config = f'tls {{cert_file: "{server[0]}", key_file: "{server[1]}", ca_file: "{authority.ca}", verify: true}}'
    return Way(config, {"tlsca": authority.ca, "tlscert": client[0], "tlskey": client[1]}, "tls")


WAYS = (password, token, nkey, creds, client_certificate)


def as_options(options: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    return [word for name, value in options.items() for word in (f"--{name}", value)], {}


def as_environment(options: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    names = {"tlsca": "NATS_CA", "tlscert": "NATS_CERT", "tlskey": "NATS_KEY"}
    return [], {names.get(name, f"NATS_{name.upper()}"): value for name, value in options.items()}


def as_context(options: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """A file of the ``nats`` CLI, whose names for the certificates differ."""
    names = {"tlsca": "ca", "tlscert": "cert", "tlskey": "key"}
    return ["--context", "prod"], {"CONTEXT": json.dumps({names.get(name, name): value for name, value in options.items()})}


@pytest.mark.parametrize("said", [as_options, as_environment, as_context])
@pytest.mark.parametrize("way", WAYS)
def test_an_apply_works_as_any_user_that_may_connect(
    servers: Servers,
    tmp_path: Path,
    way: Callable[[Path], Way],
    said: Callable[[Mapping[str, str]], tuple[list[str], dict[str, str]]],
) -> None:
    config, options, scheme = way(tmp_path)
    url = servers.start(config).url.replace("nats", scheme, 1)
    flags, env = said(options)
    if context := env.pop("CONTEXT", ""):
        (tmp_path / "nats" / "context").mkdir(parents=True)
        (tmp_path / "nats" / "context" / "prod.json").write_text(context)
        env["XDG_CONFIG_HOME"] = str(tmp_path)

    def command(*words: str) -> Any:
        done = run(*words, "-f", "-", *flags, url=url, env=env, stdin=FILE)
        assert SECRET not in done.stdout + done.stderr
        return done

    planned, applied = command("plan", "--detailed-exitcode"), command("apply", "--auto-approve")

    assert (planned.exit_code, applied.exit_code) == (2, 0), planned.stderr + applied.stderr
    assert command("plan", "--detailed-exitcode").exit_code == 0
    assert command("drift").exit_code == 0


def wrong_password(directory: Path) -> tuple[Way, dict[str, str]]:
    return password(directory), {"password": f"not-{SECRET}"}


def wrong_token(directory: Path) -> tuple[Way, dict[str, str]]:
    return token(directory), {"token": f"not-{SECRET}"}


def another_nkey(directory: Path) -> tuple[Way, dict[str, str]]:
    seed, _ = new_key(nkeys.PREFIX_BYTE_USER)
    (directory / "another.nk").write_text(f"{seed}\n")
    return nkey(directory), {"nkey": str(directory / "another.nk")}


def expired_creds(directory: Path) -> tuple[Way, dict[str, str]]:
    operator = Operator.make()
    expired = operator.creds(directory / "old.creds", expires=int(time.time()) - 3600)
    return Way(operator.config, {"creds": expired}), {}


def no_client_certificate(directory: Path) -> tuple[Way, dict[str, str]]:
    config, options, scheme = client_certificate(directory)
    return Way(config, {"tlsca": options["tlsca"]}, scheme), {}


def an_unknown_authority(directory: Path) -> tuple[Way, dict[str, str]]:
    return client_certificate(directory), {"tlsca": Authority.make(directory / "other").ca}


REFUSED = {
    wrong_password: "authentication",
    wrong_token: "authentication",
    another_nkey: "authentication",
    expired_creds: "authentication",
    no_client_certificate: "tls",
    an_unknown_authority: "tls",
}


@pytest.mark.parametrize(("way", "code"), REFUSED.items())
@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_a_user_that_may_not_connect_learns_why_in_every_command(
    servers: Servers, tmp_path: Path, way: Callable[[Path], tuple[Way, dict[str, str]]], code: str, command: str
) -> None:
    (config, options, scheme), wrong = way(tmp_path)
    url = servers.start(config).url.replace("nats", scheme, 1)
    flags, _ = as_options({**options, **wrong})

    approval = ["--auto-approve"] if command == "apply" else []
    done = run(command, "-f", "-", "-o", "json", *approval, *flags, url=url, stdin=FILE)

    assert done.exit_code == 1
    assert [each["code"] for each in json.loads(done.stdout)["diagnostics"]] == [code]
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
