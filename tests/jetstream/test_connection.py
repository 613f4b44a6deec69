"""Every way to connect, and every way to fail: each failure has its own message, and none shows a secret."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]
import pytest

from smith_topology.core.model import Server
from smith_topology.jetstream.connecting.connection import Settings, connect, connect_within
from smith_topology.jetstream.connecting.errors import (
    AccountWithoutJetStream,
    AuthenticationFailed,
    BadCredentials,
    BadSettings,
    JetStreamOff,
    ServerError,
    TLSFailed,
    Unreachable,
)
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.jetstream.identities import SIGNS, Authority, Operator, new_key
from tests.servers import LATEST, Servers, free_ports

SECRET = "s3cret-never-shown"
ServerWith = Callable[[str], EmbeddedServer]


def ask(settings: Settings) -> Server:
    async def asking() -> Server:
        async with connect(settings) as api:
            return await api.server()

    return asyncio.run(asking())


def ask_within(settings: Settings, seconds: float) -> Server:
    async def asking() -> Server:
        async with connect_within(settings, seconds) as api:
            return await api.server()

    return asyncio.run(asking())


def to(server: EmbeddedServer, **options: Any) -> Settings:
    return Settings.resolve({"servers": server.url, **options}, {})


def failure(settings: Settings) -> ServerError:
    with pytest.raises(ServerError) as caught:
        ask(settings)
    return caught.value


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path / "ca")


def tls(certificate: tuple[str, str], more: str = "") -> str:
    return f'tls {{cert_file: "{certificate[0]}", key_file: "{certificate[1]}", {more}}}'


@contextmanager
def foreign_service(greeting: bytes | None, received: list[bytes] | None = None) -> Iterator[str]:
    """A listener that is no NATS server: it says ``greeting`` and hangs up, or with None says nothing.

    With ``received`` it listens until the other side hangs up, and puts there what it heard.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with accepted, accepted.makefile("rb") as heard:
                accepted.sendall(greeting or b"")
                if received is not None:
                    received.append(heard.read())
                elif greeting is None:
                    heard.read()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"nats://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


USERS = f'authorization {{user: alice, password: "{SECRET}"}}'


@pytest.mark.parametrize(
    "options",
    [
        {"user": "alice", "password": SECRET},
        {"servers": f"nats://alice:{SECRET}@HOST"},
    ],
)
def test_a_user_with_the_right_password_connects(server_with: ServerWith, options: dict[str, str]) -> None:
    server = server_with(USERS)
    host = server.url.removeprefix("nats://")
    options = {"servers": server.url} | {name: value.replace("HOST", host) for name, value in options.items()}

    assert ask(Settings.resolve(options, {})).version_text == LATEST


def test_a_password_in_a_url_may_be_percent_encoded(server_with: ServerWith) -> None:
    server = server_with('authorization {user: alice, password: "p@ss:w/rd"}')
    url = server.url.replace("nats://", "nats://alice:p%40ss%3Aw%2Frd@")

    assert ask(Settings.resolve({"servers": url}, {})).version_text == LATEST


@pytest.mark.parametrize("options", [{"token": SECRET}, {"user": SECRET}])
def test_a_token_is_given_as_token_or_as_user_without_password(server_with: ServerWith, options: dict[str, str]) -> None:
    assert ask(to(server_with(f'authorization {{token: "{SECRET}"}}'), **options)).version_text == LATEST


def test_an_nkey_file_proves_who_connects(server_with: ServerWith, tmp_path: Path) -> None:
    seed, public = new_key(nkeys.PREFIX_BYTE_USER)
    (tmp_path / "user.nk").write_text(f"{seed}\n")
    server = server_with(f"authorization {{users: [{{nkey: {public}}}]}}")

    assert ask(to(server, nkey=str(tmp_path / "user.nk"))).version_text == LATEST


def test_a_creds_file_proves_who_connects_and_names_the_account(server_with: ServerWith, tmp_path: Path) -> None:
    operator = Operator.make()
    server = server_with(operator.config)

    assert ask(to(server, creds=operator.creds(tmp_path / "user.creds"))).account == "SMITH"


def test_expired_creds_are_said_to_have_expired(server_with: ServerWith, tmp_path: Path) -> None:
    operator = Operator.make()
    creds = operator.creds(tmp_path / "user.creds", expires=int(time.time()) - 3600)

    error = failure(to(server_with(operator.config), creds=creds))

    assert isinstance(error, AuthenticationFailed)
    assert "expired" in error.detail


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "wants to know who connects, and no credentials were given"),
        ({"user": "alice", "password": f"not-{SECRET}"}, "refused user 'alice' with the password given"),
        ({"token": f"not-{SECRET}"}, "refused the token given"),
    ],
)
def test_refused_credentials_are_named_without_the_secret(
    server_with: ServerWith, options: dict[str, str], expected: str
) -> None:
    error = failure(to(server_with(USERS), **options))

    assert error.diagnostic.code == "authentication"
    assert expected in error.diagnostic.detail
    assert SECRET not in str(error) + repr(error)


@pytest.mark.parametrize("option", ["creds", "nkey"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "does not exist"),
        (f"{SECRET}\n", "holds no "),
        ("", "holds no "),
        (f"-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n{SECRET}\nSU{'B' * 56}\n", "no valid user seed"),
    ],
)
def test_a_missing_or_malformed_credentials_file_is_reported_before_connecting(
    tmp_path: Path, option: str, content: str | None, expected: str
) -> None:
    path = tmp_path / "who"
    if content is not None:
        path.write_text(content)

    error = failure(Settings.resolve({option: str(path)}, {}))

    assert isinstance(error, BadCredentials)
    assert expected in error.detail
    assert str(path) in error.detail
    assert SECRET not in str(error)


def test_a_server_with_a_certificate_of_our_authority_is_reached(servers: Servers, authority: Authority) -> None:
    server = servers.start(tls(authority.issue("server")))

    assert ask(to(server, tlsca=authority.ca)).version_text == LATEST


def test_a_server_that_wants_tls_first_is_reached_by_tlsfirst(servers: Servers, authority: Authority) -> None:
    server = servers.start(tls(authority.issue("server"), "handshake_first: true"))

    assert ask(to(server, tlsca=authority.ca, tlsfirst=True)).version_text == LATEST


def test_a_client_certificate_is_sent(servers: Servers, authority: Authority) -> None:
    server = servers.start(tls(authority.issue("server"), f'ca_file: "{authority.ca}", verify: true'))
    certificate, key = authority.issue("client")

    assert ask(to(server, tlsca=authority.ca, tlscert=certificate, tlskey=key)).version_text == LATEST


def test_tls_that_a_server_only_offers_is_used_when_asked_for(servers: Servers, authority: Authority) -> None:
    server = servers.start(tls(authority.issue("server", "subjectAltName=DNS:elsewhere")) + "\nallow_non_tls: true")

    assert isinstance(failure(to(server, tlsca=authority.ca)), TLSFailed)


@pytest.mark.parametrize(
    ("config", "names", "options", "expected"),
    [
        ("", "IP:127.0.0.1", {}, "signed by an authority that this system does not know"),
        ("", "IP:127.0.0.1", {"tlsca": "OTHER"}, "does not know"),
        ("", "DNS:elsewhere.example", {"tlsca": "CA"}, "is for another name"),
        ("", "IP:127.0.0.1", {"tlsca": "CA", "tlsfirst": True, "timeout": 0.5}, "does not speak TLS first"),
        ("verify: true", "IP:127.0.0.1", {"tlsca": "CA"}, "wants a client certificate"),
        ("", "IP:127.0.0.1", {"tlsca": "/nowhere/ca.pem"}, "CA file /nowhere/ca.pem does not exist"),
    ],
)
def test_each_tls_failure_has_its_own_message(
    servers: Servers, authority: Authority, tmp_path: Path, *, config: str, names: str, options: dict[str, Any], expected: str
) -> None:
    files = {"CA": authority.ca, "OTHER": Authority.make(tmp_path / "other").ca}
    verify = f'ca_file: "{authority.ca}", {config}' if config else ""
    server = servers.start(tls(authority.issue("server", f"subjectAltName={names}"), verify))

    error = failure(to(server, **{name: files.get(value, value) for name, value in options.items()}))

    assert error.diagnostic.code == "tls"
    assert expected in error.diagnostic.detail
    assert error.diagnostic.fix


SERVER = "subjectAltName=IP:127.0.0.1"
STRICT = pytest.mark.skipif(sys.version_info < (3, 13), reason="Python checks it from 3.13 on")


@pytest.mark.parametrize(
    ("authority", "certificate", "days", "expected"),
    [
        (SIGNS, SERVER, -1, "or of its authority, has expired"),
        (SIGNS, f"{SERVER}\nextendedKeyUsage=clientAuth", 2, "not accepted: unsuitable certificate purpose"),
        ("keyUsage=critical,digitalSignature", SERVER, 2, "not accepted: invalid CA certificate"),
        ("basicConstraints=critical,CA:FALSE", SERVER, 2, "not accepted: invalid CA certificate"),
        pytest.param("nsComment=plain", SERVER, 2, "not accepted: CA cert does not include key usage extension", marks=STRICT),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    servers: Servers, tmp_path: Path, *, authority: str, certificate: str, days: int, expected: str
) -> None:
    faulty = Authority.make(tmp_path / "ca", authority)
    server = servers.start(tls(faulty.issue("server", certificate, days)))

    error = failure(to(server, tlsca=faulty.ca))

    assert error.diagnostic.code == "tls"
    assert expected in error.diagnostic.detail


@pytest.mark.parametrize(("scheme", "options"), [("tls", {}), ("nats", {"tlsca": "CA"})])
def test_a_password_is_never_sent_in_plaintext_to_a_server_that_was_to_speak_tls(
    authority: Authority, scheme: str, options: dict[str, str]
) -> None:
    received: list[bytes] = []
    with foreign_service(b'INFO {"version": "2.15.1", "auth_required": true}\r\n', received) as url:
        options = dict.fromkeys(options, authority.ca) | {"user": "alice", "password": SECRET}
        error = failure(Settings.resolve({"servers": url.replace("nats", scheme), **options}, {}))

    assert isinstance(error, TLSFailed)
    assert "offers no TLS" in error.detail
    assert received == [b""]


def test_a_plaintext_client_of_a_tls_first_server_learns_of_tlsfirst(servers: Servers, authority: Authority) -> None:
    server = servers.start(tls(authority.issue("server"), "handshake_first: true"))

    error = failure(to(server, timeout=0.5))

    assert isinstance(error, Unreachable)
    assert "--tlsfirst" in error.fix


def test_a_refused_port_is_unreachable() -> None:
    error = failure(Settings(servers=(f"nats://127.0.0.1:{free_ports(1)[0]}",)))

    assert error.diagnostic.code == "unreachable"
    assert "nothing accepts connections" in error.detail


def test_an_unknown_host_is_unreachable() -> None:
    error = failure(Settings(servers=("nats://no-such-host.invalid:4222",)))

    assert isinstance(error, Unreachable)
    assert "no-such-host.invalid" in error.detail


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"INFO {nonsense\r\n", None]
)
def test_a_foreign_service_on_the_port_is_unreachable(greeting: bytes | None) -> None:
    with foreign_service(greeting) as url:
        error = failure(Settings(servers=(url,), timeout=0.5))

    assert isinstance(error, Unreachable)


def test_the_second_server_is_used_when_the_first_is_down(server: EmbeddedServer) -> None:
    assert ask(Settings(servers=(f"nats://127.0.0.1:{free_ports(1)[0]}", server.url))).version_text == LATEST


def test_of_two_failures_the_one_that_says_more_is_reported(server_with: ServerWith) -> None:
    servers = (f"nats://127.0.0.1:{free_ports(1)[0]}", server_with(USERS).url)

    assert isinstance(failure(Settings(servers=servers)), AuthenticationFailed)


def test_a_full_server_is_unreachable_and_says_so(servers: Servers) -> None:
    """Its reset may overtake its reason, which is then lost; not every time."""
    server = servers.start("max_connections: 1")

    async def second() -> None:
        async with connect(to(server)), connect(to(server)):
            pass

    expected = ""
    for _ in range(5):
        with pytest.raises(Unreachable) as caught:
            asyncio.run(second())
        expected += caught.value.detail

    assert "takes no more connections" in expected


def test_a_server_without_jetstream_says_so(server_with: ServerWith) -> None:
    error = failure(to(server_with("jetstream: disabled")))

    assert error.diagnostic.code == "jetstream-off"
    assert "runs without JetStream" in error.detail


ACCOUNTS = """
accounts {
  YES {jetstream: enabled, users: [{user: yves, password: pw}]}
  NO {users: [{user: nancy, password: pw}]}
}"""


def test_an_account_without_jetstream_says_so(server_with: ServerWith) -> None:
    assert isinstance(failure(to(server_with(ACCOUNTS), user="nancy", password="pw")), AccountWithoutJetStream)


def test_the_account_is_named(server_with: ServerWith) -> None:
    assert ask(to(server_with(ACCOUNTS), user="yves", password="pw")).account == "YES"


def test_a_domain_is_reached_by_its_name_and_by_its_prefix(server_with: ServerWith) -> None:
    server = server_with("jetstream {domain: hub}")

    assert ask(to(server, js_domain="hub")).domain == "hub"
    assert ask(to(server, js_api_prefix="$JS.hub.API")).domain == "hub"


@pytest.mark.parametrize("options", [{"js_domain": "moon"}, {"js_api_prefix": "JS.mars"}])
def test_a_wrong_domain_or_prefix_names_the_servers_own(server_with: ServerWith, options: dict[str, str]) -> None:
    error = failure(to(server_with("jetstream {domain: hub}"), **options))

    assert isinstance(error, JetStreamOff)
    assert "'hub'" in error.detail


def test_waiting_ends_when_the_server_has_come_up(servers: Servers) -> None:
    (port,) = free_ports(1)
    started = threading.Event()

    async def waiting() -> Server:
        async with connect_within(Settings(servers=(f"nats://127.0.0.1:{port}",)), 30) as api:
            assert started.is_set()
            return await api.server()

    def start() -> None:
        started.set()
        servers.start(port=port)

    async def both() -> Server:
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        await asyncio.to_thread(start)
        return await task

    assert asyncio.run(both()).version_text == LATEST


def test_waiting_for_nothing_ends_at_the_deadline() -> None:
    with pytest.raises(Unreachable):
        ask_within(Settings(servers=(f"nats://127.0.0.1:{free_ports(1)[0]}",)), 0.3)


def test_waiting_for_jetstream_that_stays_off_ends_at_the_deadline(server_with: ServerWith) -> None:
    with pytest.raises(JetStreamOff):
        ask_within(to(server_with("jetstream: disabled")), 0.3)


@pytest.mark.parametrize(
    ("config", "options"),
    [(USERS, {"user": "alice", "password": "wrong"}), (ACCOUNTS, {"user": "nancy", "password": "pw"})],
)
def test_what_waiting_cannot_change_is_reported_at_once(server_with: ServerWith, config: str, options: dict[str, str]) -> None:
    with pytest.raises((AuthenticationFailed, AccountWithoutJetStream)):
        ask_within(to(server_with(config), **options), 3600)


def test_no_failure_writes_to_stderr(server_with: ServerWith, capfd: pytest.CaptureFixture[str]) -> None:
    failure(to(server_with(USERS)))
    failure(Settings(servers=(f"nats://127.0.0.1:{free_ports(1)[0]}",)))

    assert capfd.readouterr() == ("", "")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config" / "nats" / "context").mkdir(parents=True)
    return tmp_path


def add_context(home: Path, name: str, select: bool = False, **values: Any) -> dict[str, str]:
    """Write a context as the ``nats`` CLI does, and return the environment that finds it."""
    folder = home / ".config" / "nats"
    (folder / "context" / f"{name}.json").write_text(json.dumps({"description": "", "url": "", "token": ""} | values))
    if select:
        (folder / "context.txt").write_text(f"{name}\n")
    return {"HOME": str(home)}


def test_a_context_says_where_and_as_whom(server_with: ServerWith, home: Path) -> None:
    server = server_with(USERS)
    environ = add_context(home, "prod", url=server.url, user="alice", password=SECRET)

    assert ask(Settings.resolve({"context": "prod"}, environ)).version_text == LATEST


@pytest.mark.parametrize(
    ("options", "environ", "server"),
    [
        ({}, {}, "nats://selected:4222"),
        ({"context": "other"}, {}, "nats://other:4222"),
        ({}, {"NATS_CONTEXT": "other"}, "nats://other:4222"),
        ({}, {"NATS_URL": "env"}, "nats://env:4222"),
        ({"servers": "option"}, {"NATS_URL": "env"}, "nats://option:4222"),
        ({"servers": "option", "context": "other"}, {}, "nats://option:4222"),
    ],
)
def test_options_win_over_the_environment_and_that_over_the_context(
    home: Path, options: dict[str, str], environ: dict[str, str], server: str
) -> None:
    add_context(home, "selected", select=True, url="nats://selected:4222")
    around = add_context(home, "other", url="nats://other:4222")

    assert Settings.resolve(options, around | environ).servers == (server,)


@pytest.mark.parametrize(
    ("options", "environ", "who"),
    [
        ({}, {}, {"user": "carol", "password": "c"}),
        ({"creds": "me.creds"}, {}, {"creds": "me.creds"}),
        ({}, {"NATS_NKEY": "me.nk"}, {"nkey": "me.nk"}),
        ({"user": "me"}, {"NATS_PASSWORD": "p"}, {"user": "me", "password": "p"}),
        ({"user": "me", "password": "p"}, {"NATS_CREDS": "env.creds"}, {"user": "me", "password": "p"}),
        ({"user": "t0ken"}, {}, {"token": "t0ken"}),
        ({"servers": "nats://me:p@host"}, {"NATS_CREDS": "env.creds"}, {"user": "me", "password": "p"}),
        ({"servers": "nats://t0ken@host"}, {}, {"token": "t0ken"}),
        ({"password": "new"}, {}, {"user": "carol", "password": "new"}),
        ({}, {"NATS_URL": "nats://me:p@host"}, {"user": "me", "password": "p"}),
        ({"servers": "nats://host"}, {"NATS_URL": "nats://me:p@other"}, {"user": "carol", "password": "c"}),
        ({"servers": "nats://host"}, {"NATS_URL": "nats://t0ken@other"}, {"user": "carol", "password": "c"}),
        ({"servers": "nats://you:q@host"}, {"NATS_URL": "nats://me:p@other"}, {"user": "you", "password": "q"}),
        ({"servers": "nats://host"}, {"NATS_URL": "nats://other", "NATS_TOKEN": "t0ken"}, {"token": "t0ken"}),
    ],
)
def test_who_connects_comes_from_one_source_as_a_whole(
    home: Path, options: dict[str, str], environ: dict[str, str], who: dict[str, str]
) -> None:
    around = add_context(home, "prod", url="nats://prod", user="carol", password="c")

    settings = Settings.resolve(options | {"context": "prod"}, around | environ)

    named = {name: getattr(settings, name) for name in ("user", "password", "token", "creds", "nkey")}
    assert {name: value for name, value in named.items() if value} == who


@pytest.mark.parametrize("named", [{"NATS_URL": "URL"}, {"NATS_CONTEXT": "prod"}], ids=["environment", "context"])
def test_a_password_in_a_url_goes_to_that_server_only(server_with: ServerWith, home: Path, named: dict[str, str]) -> None:
    """Both servers take it, so that the one it was not meant for can only refuse because it was not sent."""
    meant, other = server_with(USERS), server_with(USERS)
    url = meant.url.replace("//", f"//alice:{SECRET}@")
    environ = add_context(home, "prod", url=url) | {name: value.replace("URL", url) for name, value in named.items()}

    assert ask(Settings.resolve({}, environ)).version_text == LATEST
    assert isinstance(failure(Settings.resolve({"servers": other.url}, environ)), AuthenticationFailed)


def test_every_setting_of_a_context_is_read(home: Path) -> None:
    environ = add_context(
        home,
        "full",
        url="a:1, tls://b",
        creds="~/my.creds",
        ca="/ca.pem",
        cert="/cert.pem",
        key="/key.pem",
        tls_first=True,
        jetstream_domain="hub",
        inbox_prefix="_MINE",
    )

    assert Settings.resolve({"context": "full"}, environ) == Settings(
        servers=("nats://a:1", "tls://b:4222"),
        context="full",
        creds=f"{home}/my.creds",
        tlsca="/ca.pem",
        tlscert="/cert.pem",
        tlskey="/key.pem",
        tlsfirst=True,
        js_domain="hub",
        inbox_prefix="_MINE",
    )


def test_without_anything_it_is_the_local_server(tmp_path: Path) -> None:
    assert Settings.resolve({}, {"HOME": str(tmp_path)}) == Settings(servers=("nats://127.0.0.1:4222",), timeout=5)


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("1m30s", 90), ("2s", 2), (7, 7)])
def test_timeouts_are_durations_or_seconds(text: str | int, seconds: float) -> None:
    assert Settings.resolve({"servers": "h", "timeout": text}, {}).timeout == seconds


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"context": "absent"}, "There is no context 'absent'"),
        ({"context": "../prod"}, "is not a context name"),
        ({"context": "broken"}, "is not JSON"),
        ({"context": "nsc"}, "uses nsc"),
        ({"context": "number"}, "holds no text for 'user'"),
        ({"context": "list"}, "does not hold a JSON object"),
        ({"servers": "ws://host"}, "does not speak ws://"),
        ({"servers": f"nats://alice:{SECRET}@host:port"}, "What follows 'host' is not the number of a port"),
        ({"servers": f"nats://alice:{SECRET}"}, "What follows 'alice' is not the number of a port"),
        ({"servers": f"nats://alice:{SECRET}://x@host:port"}, "What follows 'host' is not the number of a port"),
        ({"servers": f"nats://alice:pa,{SECRET}@host"}, "can be read in two ways"),
        ({"servers": f"nats://alice:4222,{SECRET}@host"}, "can be read in two ways"),
        ({"servers": f"nats://h1,alice:{SECRET}@h2"}, "can be read in two ways"),
        ({"servers": "nats://"}, "names no host"),
        ({"servers": "a", "timeout": "5"}, "'5' is not a timeout"),
        ({"servers": "a", "timeout": "0s"}, "leaves no time"),
        ({"servers": "a", "js_domain": "a b"}, "--js-domain 'a b' can't start a subject"),
        ({"servers": "a", "inbox_prefix": "_INBOX.>"}, "--inbox-prefix '_INBOX.>' can't start a subject"),
        ({"servers": "a", "js_domain": "a", "js_api_prefix": "b"}, "Both a JetStream domain and an API prefix"),
        ({"servers": "a", "tlscert": "c.pem"}, "needs its key"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(home: Path, options: dict[str, str], expected: str) -> None:
    environ = add_context(home, "nsc", nsc="nsc://operator/account/user")
    add_context(home, "number", user=7)
    (home / ".config/nats/context/list.json").write_text("[]")
    (home / ".config/nats/context/broken.json").write_text(f"{{{SECRET}")

    with pytest.raises(BadSettings) as caught:
        Settings.resolve(options, environ)

    assert expected in caught.value.detail
    assert caught.value.fix
    assert SECRET not in str(caught.value)


def test_no_secret_shows_in_the_settings() -> None:
    settings = Settings.resolve({"servers": f"nats://alice:{SECRET}@host", "token": SECRET}, {"NATS_PASSWORD": SECRET})

    assert SECRET not in repr(settings)
