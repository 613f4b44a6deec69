"""One request: what comes back, and what each way of not getting an answer is called."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import nats
import pytest

from smith_topology.jetstream.api import Api
from smith_topology.jetstream.connecting.connection import Settings, connect
from smith_topology.jetstream.connecting.errors import (
    ApiError,
    Denied,
    Fault,
    JetStreamNotReady,
    JetStreamOff,
    NoAnswer,
    ServerError,
    TooLarge,
    Unreachable,
    fault_of,
)
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.servers import Cluster, Servers, free_ports

ServerWith = Callable[[str], EmbeddedServer]

RESTRICTED = """
authorization {users: [
  {user: u, password: p, permissions: {
    publish: {allow: ["$JS.API.INFO", "$JS.API.STREAM.INFO.*"]}, subscribe: {allow: ["_MINE.>"]}}}
]}"""


def run(settings: Settings, work: Callable[[Api], Awaitable[Any]]) -> Any:
    async def working() -> Any:
        async with connect(settings) as api:
            return await work(api)

    return asyncio.run(working())


def to(server: EmbeddedServer, **options: Any) -> Settings:
    return Settings.resolve({"servers": server.url, **options}, {})


def restricted(server: EmbeddedServer, **options: Any) -> Settings:
    return to(server, **{"user": "u", "password": "p", "inbox_prefix": "_MINE", "timeout": 3600, **options})


def test_a_request_returns_the_answer_with_all_its_fields(server: EmbeddedServer) -> None:
    config = {"name": "ORDERS", "subjects": ["orders.>"], "description": "Bestellungen ✓", "max_age": 2**53 + 1}

    answer = run(to(server), lambda api: api.request("STREAM.CREATE.ORDERS", config))

    assert answer["config"] == answer["config"] | config


def test_answers_find_their_own_requests(server: EmbeddedServer) -> None:
    async def work(api: Api) -> list[str]:
        names = [f"S{i}" for i in range(100)]
        await asyncio.gather(*(api.request(f"STREAM.CREATE.{name}", {"name": name}) for name in names))
        infos = await asyncio.gather(*(api.request(f"STREAM.INFO.{name}") for name in names))
        return [info["config"]["name"] for info in infos]

    assert run(to(server), work) == [f"S{i}" for i in range(100)]


def test_a_refusal_carries_the_servers_code_and_words(server: EmbeddedServer) -> None:
    with pytest.raises(ApiError) as caught:
        run(to(server), lambda api: api.request("STREAM.INFO.ABSENT"))

    assert (caught.value.err_code, caught.value.diagnostic.code) == (10059, "server-refused")
    assert caught.value.diagnostic.detail == "STREAM.INFO.ABSENT: stream not found (error 10059)."


def test_a_denied_subject_is_reported_at_once_with_the_permission_to_grant(server_with: ServerWith) -> None:
    """The timeout is an hour: only the server's denial can end this."""
    with pytest.raises(Denied) as caught:
        run(restricted(server_with(RESTRICTED)), lambda api: api.request("STREAM.CREATE.Orders", {"name": "Orders"}))

    assert caught.value.subject == "$JS.API.STREAM.CREATE.Orders"
    assert caught.value.diagnostic.code == "authorization"
    assert '"$JS.API.STREAM.CREATE.*"' in caught.value.fix


@pytest.mark.parametrize(
    ("endpoint", "grant"),
    [
        ("STREAM.NAMES", "$JS.API.STREAM.NAMES"),
        ("CONSUMER.CREATE.S.c.filter.subject", "$JS.API.CONSUMER.CREATE.>"),
        ("CONSUMER.DELETE.S.c", "$JS.API.CONSUMER.DELETE.*.*"),
    ],
)
def test_the_permission_to_grant_is_the_least_for_every_object(server_with: ServerWith, endpoint: str, grant: str) -> None:
    with pytest.raises(Denied) as caught:
        run(restricted(server_with(RESTRICTED)), lambda api: api.request(endpoint))

    assert f'"{grant}"' in caught.value.fix


def test_a_denial_leaves_other_requests_alone(server_with: ServerWith) -> None:
    async def work(api: Api) -> Any:
        return await asyncio.gather(api.request("STREAM.NAMES"), api.request("INFO"), return_exceptions=True)

    denied, info = run(restricted(server_with(RESTRICTED)), work)

    assert isinstance(denied, Denied)
    assert "limits" in info


def test_an_inbox_that_may_not_be_used_is_reported_at_once(server_with: ServerWith) -> None:
    async def work(api: Api) -> list[Any]:
        return [(await asyncio.gather(api.request("INFO"), return_exceptions=True))[0] for _ in range(2)]

    errors = run(restricted(server_with(RESTRICTED), inbox_prefix=""), work)

    assert [type(error) for error in errors] == [Denied, Denied]
    assert "--inbox-prefix" in errors[0].fix


def test_who_one_is_may_be_denied_and_stays_empty(server_with: ServerWith) -> None:
    served = run(restricted(server_with(RESTRICTED)), Api.server)

    assert (served.account, served.version_text) == ("", "2.15.1")
    assert served.time.endswith("Z")


def test_the_server_says_what_it_is_and_what_the_account_may(server_with: ServerWith) -> None:
    account = "A {jetstream: {max_streams: 7}, users: [{user: u, password: p}]}"
    server = server_with(f"server_name: alpha\njetstream {{domain: hub}}\naccounts {{{account}}}")

    served = run(to(server, user="u", password="p"), Api.server)

    assert (served.account, served.domain, served.cluster, served.limits["max_streams"]) == ("A", "hub", "", 7)


def test_a_cluster_says_its_name(cluster: Cluster) -> None:
    assert run(Settings.resolve({"servers": cluster.url}, {}), Api.server).cluster == "C3"


def test_silence_is_an_unknown_outcome(cluster: Cluster) -> None:
    """With two of three gone, the request is taken and no server answers it."""
    config = {"name": "LOST", "num_replicas": 3}

    async def work(api: Api) -> None:
        cluster.nodes[1].kill()
        cluster.nodes[2].kill()
        await api.request("STREAM.CREATE.LOST", config, timeout=0.5)

    with pytest.raises(NoAnswer) as caught:
        run(Settings(servers=(cluster.nodes[0].url,)), work)

    assert fault_of(caught.value) is Fault.UNKNOWN


def test_a_request_above_the_servers_limit_is_not_sent(server_with: ServerWith) -> None:
    async def work(api: Api) -> None:
        await api.request("STREAM.CREATE.BIG", {"name": "BIG", "description": "x" * 4000})

    with pytest.raises(TooLarge, match="max_payload"):
        run(to(server_with("max_payload: 2048")), work)


def test_something_else_at_the_prefix_is_reported(server: EmbeddedServer) -> None:
    async def work(api: Api) -> None:
        other = await connect_bare(server)
        await other.subscribe("OTHER.INFO", cb=echo)
        await other.request("OTHER.INFO")  # a flush may overtake the subscription
        try:
            await api.request("INFO", {"not": "jetstream"})
        finally:
            await other.close()

    async def echo(message: Any) -> None:
        await message.respond(b"hello")

    with pytest.raises(JetStreamOff, match="Something other than JetStream"):
        run(to(server, js_api_prefix="OTHER"), work)


async def connect_bare(server: EmbeddedServer) -> Any:
    return await nats.connect(server.url)


def test_while_the_server_is_away_nothing_is_sent_and_later_it_works_again(servers: Servers, tmp_path: Any) -> None:
    """A request that was refused as unreachable must not arrive when the server is back."""
    (port,) = free_ports(1)

    async def until(api: Api, done: Callable[[ServerError | None], bool]) -> None:
        while True:
            try:
                await api.request("INFO", timeout=0.2)
                error: ServerError | None = None
            except ServerError as raised:
                error = raised
            if done(error):
                return
            await asyncio.sleep(0.01)

    async def work(api: Api) -> list[str]:
        await asyncio.to_thread(servers.stack.close)
        await until(api, lambda error: isinstance(error, Unreachable))
        with pytest.raises(Unreachable):
            await api.request("STREAM.CREATE.LATE", {"name": "LATE"})
        await asyncio.to_thread(servers.start, port=port, store=tmp_path)
        await until(api, lambda error: error is None)
        return list((await api.request("STREAM.NAMES"))["streams"] or [])

    server = servers.start(port=port, store=tmp_path)

    assert run(to(server), work) == []


def test_an_interrupted_request_leaves_the_connection_usable(server: EmbeddedServer) -> None:
    async def work(api: Api) -> dict[str, Any]:
        task = asyncio.create_task(api.request("INFO"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await api.request("INFO")

    assert "limits" in run(to(server), work)


def test_nothing_is_written_to_stderr(server_with: ServerWith, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Denied):
        run(restricted(server_with(RESTRICTED)), lambda api: api.request("STREAM.NAMES"))

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("err_code", "description", "fault"),
    [
        (10008, "JetStream system temporarily unavailable", Fault.TRANSIENT),
        (10049, "error creating store for stream", Fault.TRANSIENT),
        (10124, "stream move already in progress", Fault.TRANSIENT),
        (10005, "no suitable peers for placement, peer offline", Fault.TRANSIENT),
        (10005, "no suitable peers for placement, tags not matched", Fault.FINAL),
        (10058, "stream name already in use with a different configuration", Fault.REREAD),
        (10148, "consumer already exists", Fault.REREAD),
        (10149, "consumer does not exist", Fault.REREAD),
        (10065, "subjects overlap with an existing stream", Fault.FINAL),
        (10052, "stream configuration update can not change storage type", Fault.FINAL),
        (10059, "stream not found", Fault.FINAL),
        (99999, "not known here", Fault.FINAL),
    ],
)
def test_a_refusal_is_classified_by_its_own_code_never_by_the_http_one(err_code: int, description: str, fault: Fault) -> None:
    assert {fault_of(ApiError("X", status, err_code, description)) for status in (400, 404, 500, 503)} == {fault}


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (NoAnswer("$JS.API.INFO", 5), Fault.UNKNOWN),
        (Unreachable("gone"), Fault.TRANSIENT),
        (JetStreamNotReady("gone"), Fault.TRANSIENT),
        (JetStreamOff("off"), Fault.FINAL),
        (Denied("s", "", ""), Fault.FINAL),
        (TooLarge("big"), Fault.FINAL),
    ],
)
def test_other_errors_are_classified_by_what_they_say_of_the_request(error: ServerError, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_an_error_speaks_its_whole_diagnostic() -> None:
    error = NoAnswer("$JS.API.INFO", 5)

    assert str(error) == (
        "The server did not answer in time: $JS.API.INFO: no answer within 5 s. Whether it was carried out is not known. "
        "Look at the server's health, or allow more time with --timeout."
    )
