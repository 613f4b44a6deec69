"""What a server may refuse, forget, or say: a message of its own each time, and nothing claimed that isn't so."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.command import Result, run, started
from tests.raw import raw
from tests.servers import LATEST, UNPACKED, VERSIONS, Servers, free_ports

ServerWith = Callable[[str], EmbeddedServer]

READ = ("INFO", "STREAM.NAMES", "STREAM.LIST", "CONSUMER.LIST.*")
WRITE = (
    "STREAM.INFO.*",
    "STREAM.CREATE.*",
    "STREAM.UPDATE.*",
    "STREAM.DELETE.*",
    "CONSUMER.INFO.*.*",
    "CONSUMER.CREATE.>",
    "CONSUMER.DELETE.*.*",
)
SECRET = "s3cret-never-shown"
LIMITED = {"NATS_USER": "limited", "NATS_PASSWORD": SECRET}
ADMIN = {"NATS_USER": "admin", "NATS_PASSWORD": SECRET}

BEFORE = """
version: 1
name: smith
streams:
  KEPT: {subjects: [kept], consumers: {changed: {ack_wait: 5s}, same: {}, gone: {}}}
  GONE: {subjects: [gone]}
"""
AFTER = """
version: 1
name: smith
streams:
  KEPT: {subjects: [kept], max_age: 1h, consumers: {changed: {ack_wait: 6s}, same: {}, fresh: {}}}
  NEW: {subjects: [new]}
"""
EVERYTHING = ("apply", "--auto-approve", "--allow", "delete", "--max-deletes", 5)


def users(allowed: tuple[str, ...], inbox: str = "_INBOX") -> str:
    subjects = ", ".join(f'"$JS.API.{each}"' for each in allowed)
    return f"""
    authorization {{users: [
      {{user: admin, password: {SECRET}}},
      {{user: limited, password: {SECRET}, permissions: {{
        publish: {{allow: [{subjects}]}}, subscribe: {{allow: ["{inbox}.>"]}}}}}}
    ]}}"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def writing(text: str) -> Path:
        path = tmp_path / "topology.yaml"
        path.write_text(text)
        return path

    return writing


def names(server: EmbeddedServer, **who: str) -> list[str]:
    with raw(server.url, **who) as js:
        return js.request("STREAM.NAMES")["streams"] or []


def without_traceback(result: Result) -> bool:
    return "Traceback" not in result.stdout + result.stderr and SECRET not in result.stdout + result.stderr


# ------------------------------------------------------------------------------------------------ permissions


def test_planning_needs_the_reading_subjects_and_no_others(server_with: ServerWith, write: Callable[[str], Path]) -> None:
    server = server_with(users(READ))
    path = write(BEFORE)
    assert run("apply", "--auto-approve", "-f", path, url=server.url, env=ADMIN).exit_code == 0

    result = run("plan", "--detailed-exitcode", "-f", path, url=server.url, env=LIMITED)

    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("missing", READ)
def test_a_missing_permission_to_read_is_named_and_nothing_is_planned(
    server_with: ServerWith, write: Callable[[str], Path], missing: str
) -> None:
    """The timeout is an hour: only the server's denial can end this."""
    server = server_with(users(tuple(each for each in READ if each != missing)))
    path = write(BEFORE)
    assert run("apply", "--auto-approve", "-f", path, url=server.url, env=ADMIN).exit_code == 0

    result = run("plan", "-f", path, "--timeout", "1h", url=server.url, env=LIMITED)

    assert result.exit_code == 1
    assert f'Grant it publish "$JS.API.{missing}"' in result.stdout + result.stderr
    assert " will be " not in result.stdout
    assert without_traceback(result)


@pytest.mark.parametrize("missing", WRITE)
def test_a_missing_permission_to_write_is_named_and_the_rest_is_done(
    server_with: ServerWith, write: Callable[[str], Path], missing: str
) -> None:
    server = server_with(users(tuple(each for each in READ + WRITE if each != missing)))
    assert run("apply", "--auto-approve", "-f", write(BEFORE), url=server.url, env=ADMIN).exit_code == 0

    path = write(AFTER)
    result = run(*EVERYTHING, "-f", path, "--timeout", "1h", url=server.url, env=LIMITED)

    assert result.exit_code == (6 if missing != "STREAM.INFO.*" else 1), result.stderr
    assert f'Grant it publish "$JS.API.{missing}"' in result.stdout.replace("\n", " ")
    assert without_traceback(result)
    assert run(*EVERYTHING, "-f", path, url=server.url, env=ADMIN).exit_code == 0
    assert run("plan", "--detailed-exitcode", "-f", path, url=server.url, env=ADMIN).exit_code == 0


def test_all_of_them_together_are_enough_to_apply(server_with: ServerWith, write: Callable[[str], Path]) -> None:
    server = server_with(users(READ + WRITE))

    assert run(*EVERYTHING, "-f", write(BEFORE), url=server.url, env=LIMITED).exit_code == 0
    assert run(*EVERYTHING, "-f", write(AFTER), url=server.url, env=LIMITED).exit_code == 0
    assert names(server, user="admin", password=SECRET) == ["KEPT", "NEW"]


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--inbox-prefix", "_MINE"), 0)])
def test_a_user_with_an_inbox_of_its_own_names_it(
    server_with: ServerWith, write: Callable[[str], Path], options: tuple[str, ...], code: int
) -> None:
    server = server_with(users(READ, inbox="_MINE"))

    result = run("plan", "-f", write(BEFORE), *options, "--timeout", "1h", url=server.url, env=LIMITED)

    assert result.exit_code == code
    assert ("--inbox-prefix" in result.stderr) == (code == 1)


# ------------------------------------------------------------------------------------------------------ limits

SMALL = "jetstream {max_file_store: 100M}"
"""The server's own limit, which an account can't read; the limits it can read, the plan counts (``test_preflight``)."""


def test_a_limit_of_the_server_stops_what_exceeds_it_and_what_depends_on_that(
    server_with: ServerWith, write: Callable[[str], Path]
) -> None:
    server = server_with(SMALL)
    path = write(
        "version: 1\nname: smith\nstreams:\n  A: {}\n  B: {max_bytes: 200MB, consumers: {x: {}}}\n  C: {consumers: {x: {}}}\n"
    )

    result = run("apply", "--auto-approve", "--parallelism", 1, "-o", "json", "-f", path, url=server.url)

    results = {each["address"]: each["result"] for each in json.loads(result.stdout)["changes"]}
    assert result.exit_code == 6
    assert {address for address, how in results.items() if how != "done"} == {"stream.B", "consumer.B.x"}
    assert "10047" in result.stdout
    assert names(server) == ["A", "C"]


# ------------------------------------------------------------------------------------------------- old servers


FUTURE = "extra: {of_the_future: 7}"
DROPPED = """\
version: 1
name: smith
streams:
  S: {subjects: [s], ignore_changes: [description], FUTURE}
  T: {subjects: [t], consumers: {c: {ack_policy: explicit, FUTURE}}}
"""


def test_a_server_that_drops_a_field_and_answers_ok_is_found_out(servers: Servers, write: Callable[[str], Path]) -> None:
    """A value that the server keeps is no hand edit. Taking the field out of the file then needs no write."""
    server = servers.start(version=UNPACKED[0])
    path = write(DROPPED.replace("FUTURE", FUTURE))

    def kinds() -> dict[str, str]:
        document = json.loads(run("drift", "-f", path, "-o", "json", url=server.url).stdout)
        return {each["address"]: each["kind"] for each in document["resources"]}

    for _ in range(2):
        result = run("apply", "--auto-approve", "-f", path, url=server.url)

        assert result.exit_code == 6
        assert (result.stdout.count("AP102"), "`of_the_future`" in result.stdout) == (2, True)
        assert kinds() == {"stream.S": "not_kept", "consumer.T.c": "not_kept"}
        assert "the server keeps something else than was applied" in run("plan", "-f", path, url=server.url).stdout
        with raw(server.url) as js:
            live = js.request("STREAM.INFO.S")["config"]
            js.request("STREAM.UPDATE.S", {**live, "description": "ignored"})
            assert kinds() == {"stream.S": "not_kept", "consumer.T.c": "not_kept"}
            js.request("STREAM.UPDATE.S", {**live, "max_msgs": 9})
        assert kinds() == {"stream.S": "changed", "consumer.T.c": "not_kept"}
    write(DROPPED.replace(", FUTURE", ""))
    assert kinds() == {"stream.S": "changed"}
    assert run("apply", "--auto-approve", "-f", path, url=server.url).exit_code == 0
    assert run("plan", "--detailed-exitcode", "-f", path, url=server.url).exit_code == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("drift",), ("show",)])
def test_a_stream_that_answers_in_place_of_jetstream_is_named(
    servers: Servers, write: Callable[[str], Path], version: str, command: tuple[str, ...]
) -> None:
    server = servers.start(version=version)
    with raw(server.url) as js:
        js.request("STREAM.CREATE.GREEDY", {"name": "GREEDY", "subjects": ["hub.>"]})

    result = run(*command, "--js-api-prefix", "hub", "--timeout", "600ms", "-f", write(BEFORE), url=server.url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "[jetstream-off]" in result.stderr
    assert "Stream GREEDY listens to hub." in result.stderr
    assert "--js-api-prefix" in result.stderr


@pytest.mark.parametrize("version", [*UNPACKED, LATEST])
def test_a_disk_that_stays_full_is_waited_for_once_and_not_by_every_stream(
    servers: Servers, write: Callable[[str], Path], tmp_path: Path, version: str
) -> None:
    """A file stands where the server's directory was: it says what it says of a full disk (10049)."""
    server = servers.start(version=version, store=tmp_path / "store")
    (tmp_path / "store" / "jetstream").rename(tmp_path / "away")
    (tmp_path / "store" / "jetstream").touch()
    files = "".join(f"  F{n}: {{subjects: [f{n}]}}\n" for n in range(9))
    path = write(f"version: 1\nname: smith\nstreams:\n{files}  M: {{subjects: [m], storage: memory}}\n")
    with raw(server.url) as js:
        audit = {"subjects": ["$JS.API.STREAM.CREATE.>"], "no_ack": True, "storage": "memory"}
        js.request("STREAM.CREATE.AUDIT", {"name": "AUDIT", **audit})

        done = run("apply", "--auto-approve", "--parallelism", 1, "--timeout", "2s", "-f", path, url=server.url)

        asked = Counter(each.subject.rpartition(".")[2] for each in js.messages("AUDIT"))

    assert (done.exit_code, done.stdout.count("[server-refused]")) == (6, 9), done
    assert "error 10049" in done.stdout
    assert (asked["F0"] > 1, {asked[f"F{n}"] for n in range(1, 9)}, asked["M"]) == (True, {1}, 1)


# ------------------------------------------------------------------------------------------------- no server

PLAIN = "version: 1\nname: smith\nstreams:\n  S: {subjects: [s]}\n"


def test_waiting_for_a_server_that_comes_up_later_works(servers: Servers, write: Callable[[str], Path]) -> None:
    """Until it is there, another program accepts connections at its address and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = stack_of(
            servers, "apply", "--auto-approve", "--wait", "50s", "-f", write(PLAIN), url=f"nats://127.0.0.1:{port}"
        )
        listener.accept()[0].close()
    server = servers.start(port=port)
    _, stderr = process.communicate()

    assert process.returncode == 0, stderr
    assert stderr.count("Waiting at most 50s. No NATS server can be reached") == 1
    assert names(server) == ["S"]


def stack_of(servers: Servers, *args: object, url: str) -> subprocess.Popen[str]:
    """A command that is over when the servers are."""
    return servers.stack.enter_context(started(*args, url=url))


@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--auto-approve"), ("apply", "--auto-approve", "--wait", "300ms"), ("show",)]
)
def test_no_server_there_is_an_error_of_its_own(write: Callable[[str], Path], command: tuple[str, ...]) -> None:
    (port,) = free_ports(1)

    result = run(*command, "-f", write(PLAIN), url=f"nats://127.0.0.1:{port}")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "[unreachable]" in result.stderr
    assert ("Waiting at most 300ms" in result.stderr) is ("--wait" in command)
    assert without_traceback(result)


def test_without_a_wait_for_a_server_nothing_is_said_of_it(server: EmbeddedServer, write: Callable[[str], Path]) -> None:
    result = run("apply", "--auto-approve", "--wait", "30s", "-f", write(PLAIN), url=server.url)

    assert (result.exit_code, "Waiting" in result.stderr) == (0, False)


@pytest.mark.parametrize(
    ("config", "env", "code"),
    [
        (None, {}, "unreachable"),
        (users(READ), {}, "authentication"),
        (users(READ), {**ADMIN, "NATS_PASSWORD": "wrong"}, "authentication"),
        (
            "accounts {A: {users: [{user: u, password: p}]}, B: {jetstream: enabled}}",
            {"NATS_USER": "u", "NATS_PASSWORD": "p"},
            "jetstream-off",
        ),
        (users(("NOTHING",)), LIMITED, "authorization"),
    ],
)
def test_drift_reports_to_a_machine_why_it_could_not_compare(
    server_with: ServerWith, write: Callable[[str], Path], config: str | None, env: dict[str, str], code: str
) -> None:
    url = server_with(config).url if config else f"nats://127.0.0.1:{free_ports(1)[0]}"

    result = run("drift", "-o", "json", "-f", write(PLAIN), url=url, env=env)

    assert result.exit_code == 1
    assert [each["code"] for each in json.loads(result.stdout)["diagnostics"]] == [code]
    assert without_traceback(result)


# --------------------------------------------------------------------------------------------- hostile servers


@pytest.mark.parametrize("command", [("show",), ("show", "stream.EVIL"), ("plan",), ("plan", "-o", "markdown"), ("drift",)])
def test_control_characters_that_another_client_stored_do_not_reach_the_terminal(
    server: EmbeddedServer, write: Callable[[str], Path], command: tuple[str, ...]
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\u202eOK\u200b\x9b31m"
    with raw(server.url) as js:
        owner = {"smith-topo.owner": "smith", "note": evil}
        js.request("STREAM.CREATE.EVIL", {"name": "EVIL", "subjects": ["s"], "description": evil, "metadata": owner})

    result = run(*command, "-f", write(PLAIN.replace("S:", "EVIL:")), url=server.url, env={"FORCE_COLOR": ""})

    assert result.exit_code in (0, 2), result.stderr
    assert not set(result.stdout + result.stderr) & set("\x1b\x07\r\u202e\u200b\x9b")


# ------------------------------------------------------------------------------------------------ in mid-apply


SLOWLY = ("apply", "--auto-approve", "--output", "json", "--parallelism", 2)


def test_credentials_revoked_in_mid_apply_are_reported_as_that_and_exit_6(
    server_with: ServerWith, write: Callable[[str], Path]
) -> None:
    server = server_with(users(READ + WRITE))
    path = write("version: 1\nname: smith\nstreams:\n" + "".join(f"  S{i}: {{}}\n" for i in range(400)))
    with started(*SLOWLY, "-f", path, url=server.url, env=LIMITED) as process:
        assert process.stderr
        for _ in range(20):
            process.stderr.readline()
        config = Path(server.log).with_name("server.conf")
        config.write_text(config.read_text().replace("user: limited", "user: somebody_else"))
        os.kill(server.pid, signal.SIGHUP)
        stdout, stderr = process.communicate()

    report = json.loads(stdout)
    codes = {each["diagnostic"]["code"] for each in report["steps"] if each["verdict"] in ("refused", "unknown")}
    done = sum(each["result"] == "done" for each in report["changes"])
    assert process.returncode == 6
    assert "authentication" in codes
    assert done <= len(names(server, user="admin", password=SECRET)) < 400
    assert "Traceback" not in stderr
    assert run("apply", "--auto-approve", "-f", path, url=server.url, env=ADMIN).exit_code == 0
    assert run("plan", "--detailed-exitcode", "-f", path, url=server.url, env=ADMIN).exit_code == 0
