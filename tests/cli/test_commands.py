"""Every command and every exit code; what people see, and what machines read. Nothing a user can cause is a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from smith_topology import __version__
from smith_topology.cli.app import COMMANDS
from smith_topology.core.file.encoding import MAX_BYTES
from tests.cli.scenario import APPROVED, UNREACHABLE, Shop, Streams
from tests.command import ROOT, TIMEOUT, run, spawn, started
from tests.documents import assert_described

SECRET = "correct-horse"
DONE, ERROR, DIFFERENT, REFUSED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 64, 130, 143
EVERYTHING = ("--auto-approve", "--allow", "delete,data-loss")
CONNECTING = (("plan",), APPROVED, ("drift",), ("destroy", "--auto-approve"), ("show",))
STREAMS: dict[str, dict[str, Any]] = {
    "ORDERS": {"subjects": ["orders.>"], "max_msgs": 100, "consumers": {"billing": {"ack_policy": "explicit"}}},
    "EVENTS": {"subjects": ["events.>"]},
}


@pytest.fixture
def applied(shop: Shop) -> Shop:
    shop.write(STREAMS)
    shop.apply()
    return shop


# ------------------------------------------------------------------------------------------- the program


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")

    assert done.exit_code == DONE
    assert done.stdout.startswith(f"Usage: smith-topo {command}")
    assert done.stderr == ""


def test_the_help_lists_every_command() -> None:
    done = run("--help")

    assert done.exit_code == DONE
    listed = done.stdout.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.strip().splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("args", [("--version",), ("--version", "plan"), ("plan", "--version")], ids=" ".join)
def test_the_version_is_asked_before_the_command(args: tuple[str, ...]) -> None:
    done = run(*args)

    if args[0] == "--version":
        assert (done.exit_code, done.stdout) == (DONE, f"smith-topo {__version__}\n")
    else:
        assert done.exit_code == USAGE


WRONG = (
    (),
    ("frobnicate",),
    ("--frobnicate",),
    *((command, "--frobnicate") for command in COMMANDS),
    ("plan", "stray"),
    ("plan", "--output", "yaml"),
    ("plan", "--output", "metrics"),
    ("plan", "-f"),
    ("apply", "--auto-approve", "--parallelism", "0"),
    ("apply", "--auto-approve", "--parallelism", "many"),
    ("apply", "--auto-approve", "--wait", "5"),
    ("apply", "--auto-approve", "--wait", "soon"),
    ("dev", "--port", "70000"),
    ("dev", "--port", "-1"),
    ("completion",),
    ("completion", "tcsh"),
    ("show", "stream.A", "stream.B"),
)


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_a_wrong_command_line_is_a_usage_error(args: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*args, url=UNREACHABLE, cwd=tmp_path)

    assert done.exit_code == USAGE, done
    assert "Usage: smith-topo" in done.stderr or "Error: Option" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", CONNECTING, ids=lambda each: each[0])
def test_an_unreachable_server_is_an_error_with_advice(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write(STREAMS)

    done = shop.run(*command, url=UNREACHABLE)

    assert done.exit_code == ERROR
    assert "[unreachable]" in done.stderr
    assert "127.0.0.1:1" in done.stderr


@pytest.mark.parametrize("command", CONNECTING, ids=lambda each: each[0])
def test_an_unreachable_server_has_its_code_on_stdout_for_machines(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write(STREAMS)

    done = shop.run(*command, "--output", "json", url=UNREACHABLE)

    assert done.exit_code == ERROR
    assert [each["code"] for each in json.loads(done.stdout)["diagnostics"]] == ["unreachable"]


@pytest.mark.parametrize("command", CONNECTING, ids=lambda each: each[0])
def test_an_empty_server_option_is_an_error_and_not_the_environments_server(shop: Shop, command: tuple[str, ...]) -> None:
    """Most likely a variable of a script that isn't set."""
    shop.write(STREAMS)

    done = shop.run(*command, "-s", "")

    assert done.exit_code == ERROR
    assert "--server is given and empty" in done.stderr
    assert shop.live() == {}


@pytest.mark.parametrize("command", CONNECTING, ids=lambda each: each[0])
def test_a_file_with_an_error_stops_every_command_before_any_connection(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "max_message": 5}})

    done = shop.run(*command, url=UNREACHABLE)

    assert done.exit_code == ERROR
    assert "topology.yaml line 7" in done.stderr
    assert "unreachable" not in done.stderr


def test_the_file_can_come_from_standard_input(shop: Shop) -> None:
    shop.write(STREAMS)
    text = (shop.directory / "topology.yaml").read_text(encoding="utf-8")

    done = shop.run("plan", "-f", "-", stdin=text)

    assert done.exit_code == DONE
    assert "stream.ORDERS will be created" in done.stdout


def test_standard_input_without_an_end_is_read_to_the_limit_and_no_further() -> None:
    with started("validate", "-f", "-") as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write("y" * (MAX_BYTES + 1))
        process.stdin.flush()

        assert process.wait(TIMEOUT) == ERROR
        assert "[too-large]" in process.stderr.read()


# ------------------------------------------------------------------------------------------- plan and apply


def test_plan_says_with_its_exit_code_whether_there_is_something_to_do(shop: Shop) -> None:
    shop.write(STREAMS)

    assert shop.run("plan").exit_code == DONE
    assert shop.run("plan", "--detailed-exitcode").exit_code == DIFFERENT
    assert shop.live() == {}
    shop.apply()
    assert shop.run("plan", "--detailed-exitcode").exit_code == DONE


@pytest.mark.parametrize(
    ("options", "again"),
    [
        (
            ("-s", f"nats://bob:{SECRET}@{{0}},nats://bob:{SECRET}@{{0}}", "--inbox-prefix", "_MINE", "--timeout", "9s"),
            "--server 'nats://…@{0},nats://…@{0}' --inbox-prefix _MINE --timeout 9s",
        ),
        (("--user", "bob", "--password", SECRET, "--target", "stream.*"), "--user bob --password '…' --target 'stream.*'"),
        (("--user", SECRET), "--user '…'"),
        (("--token", SECRET), "--token '…'"),
    ],
)
def test_a_plan_ends_with_the_command_that_applies_it_but_for_its_secrets(
    shop: Shop, options: tuple[str, ...], again: str
) -> None:
    host = shop.url.removeprefix("nats://")
    shop.write(STREAMS)

    done = shop.run("plan", *(each.format(host) for each in options))

    assert done.stdout.splitlines()[-1].strip() == f"smith-topo apply {again.format(host)}"
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("output", ["human", "json", "ndjson", "markdown", "summary"])
def test_every_output_works_with_and_without_changes(shop: Shop, command: str, output: str) -> None:
    options = ("--output", output, *(("--auto-approve",) if command == "apply" else ()))
    shop.write(STREAMS)

    first = shop.run(command, *options)
    shop.apply()
    second = shop.run(command, *options)

    assert (first.exit_code, second.exit_code) == (DONE, DONE)
    assert first.stdout != second.stdout
    if output == "json":
        assert_described(json.loads(first.stdout))
        assert_described(json.loads(second.stdout))
    if output == "ndjson":
        for line in (first.stdout + second.stdout).splitlines():
            assert_described(json.loads(line))


def test_apply_reports_each_object_on_stderr_and_the_result_on_stdout(shop: Shop) -> None:
    shop.write(STREAMS)

    done = shop.apply()

    assert done.stderr.count("created") == 3
    assert "Apply complete! 3 added, 0 changed, 0 destroyed." in done.stdout


# ------------------------------------------------------------------------------------------- init, validate, schema


def test_init_writes_a_file_that_validates_plans_and_applies(shop: Shop) -> None:
    done = shop.run("init", "--name", "shop")

    assert done.exit_code == DONE
    assert {path.name for path in shop.directory.iterdir()} == {"topology.yaml", "topology.schema.json"}
    assert shop.run("validate").exit_code == DONE
    shop.apply()


def test_init_names_the_owner_after_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "my shop (new)"
    directory.mkdir()

    assert run("init", cwd=directory).exit_code == DONE
    assert "name: my-shop--new " in (directory / "topology.yaml").read_text(encoding="utf-8")
    assert run("validate", cwd=directory).exit_code == DONE


@pytest.mark.parametrize("name", ["a b", "", "ümläut", "x" * 65, "a: b", "yes", "1.0", "0x10", "null", "a #b", "a: {b: 1}"])
def test_init_writes_nothing_that_does_not_validate(tmp_path: Path, name: str) -> None:
    done = run("init", "--name", name, cwd=tmp_path)

    if done.exit_code == DONE:
        assert run("validate", cwd=tmp_path).exit_code == DONE
        assert f"name: {name}" in (tmp_path / "topology.yaml").read_text(encoding="utf-8")
    else:
        assert done.exit_code == USAGE
        assert list(tmp_path.iterdir()) == []


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "topology.yaml").write_text("mine", encoding="utf-8")

    done = run("init", cwd=tmp_path)

    assert done.exit_code == ERROR
    assert "exists already" in done.stderr
    assert (tmp_path / "topology.yaml").read_text(encoding="utf-8") == "mine"
    assert run("init", "other.yaml", cwd=tmp_path).exit_code == DONE


def test_init_leaves_a_schema_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "topology.schema.json").write_text("{}", encoding="utf-8")

    assert run("init", cwd=tmp_path).exit_code == DONE
    assert (tmp_path / "topology.schema.json").read_text(encoding="utf-8") == "{}"


def test_init_where_nothing_can_be_written_is_an_error(tmp_path: Path) -> None:
    done = run("init", "nowhere/topology.yaml", cwd=tmp_path)

    assert done.exit_code == ERROR
    assert "No such file or directory" in done.stderr


def test_validate_counts_what_is_declared(shop: Shop) -> None:
    shop.write(STREAMS)

    done = shop.run("validate", url=UNREACHABLE)

    assert done == type(done)(DONE, "topology.yaml: valid (2 streams, 1 consumer).\n", "")


@pytest.mark.parametrize("command", [("validate", "-f"), ("init",)])
def test_a_file_name_does_not_drive_the_terminal(tmp_path: Path, command: tuple[str, ...]) -> None:
    name = "a\x1b]0;owned\x07.yaml"
    if command[0] == "validate":
        (tmp_path / name).write_text("version: 1\nname: shop\nstreams: {A: }\n", encoding="utf-8")

    done = run(*command, name, cwd=tmp_path)

    assert done.exit_code == DONE
    assert "\x1b" not in done.stdout + done.stderr


def test_validate_finds_every_error_at_once(shop: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "max_age": 5}, "EVENTS": {"retentoin": "limits", "storage": "disk"}})

    human, machine = shop.run("validate"), shop.run("validate", "--output", "json")

    assert (human.exit_code, machine.exit_code) == (ERROR, ERROR)
    assert human.stderr.count("Error:") == 3
    assert "`retention`" in human.stderr
    document = json.loads(machine.stdout)
    assert (document["valid"], document["error_count"]) == (False, 3)
    assert {each["range"]["filename"] for each in document["diagnostics"]} == {"topology.yaml"}


OVERLAPPING: Streams = {"A": {"subjects": ["a.>"]}, "B": {"subjects": ["a.b"]}}


def test_what_reads_well_is_judged_beside_what_does_not(shop: Shop) -> None:
    """Not what a mistake is in: there the rules would guess."""
    flawed: Streams = {"C": {"subjects": ["a.c"], "max_age": 5}, "D": {"consumers": {"d": {"ack_wait": "x"}}}}
    shop.write({**OVERLAPPING, **flawed}, verison=1)

    found = json.loads(shop.run("validate", "--output", "json").stdout)["diagnostics"]

    assert [each["code"] for each in found] == ["unknown-key", "bad-value", "bad-value", "SB101"]


def test_with_a_mistake_in_the_defaults_nothing_is_judged_by_them(shop: Shop) -> None:
    shop.write(OVERLAPPING, defaults={"stream": {"max_age": 5}})

    found = json.loads(shop.run("validate", "--output", "json").stdout)["diagnostics"]

    assert [each["code"] for each in found] == ["bad-value"]


def test_validate_lets_warnings_pass(shop: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "retention": "interest"}})

    human, machine = shop.run("validate"), shop.run("validate", "--output", "json")

    assert (human.exit_code, machine.exit_code) == (DONE, DONE)
    assert "Warning:" in human.stderr
    assert json.loads(machine.stdout)["warning_count"] == 1


def test_validate_in_json_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run("validate", "--output", "json", cwd=tmp_path)

    assert done.exit_code == REFUSED
    assert json.loads(done.stdout)["valid"] is False


@pytest.mark.parametrize("of", [None, "topology", "plan"])
def test_schema_prints_the_committed_schema(of: str | None) -> None:
    done = run("schema", *(("--of", of) if of else ()))

    assert done.exit_code == DONE
    assert done.stdout == (ROOT / "schemas" / f"{of or 'topology'}.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str) -> None:
    done = spawn("completion", shell)

    assert done.exit_code == DONE
    assert "smith-topo" in done.stdout
    assert done.stderr == ""


def test_completion_completes_commands() -> None:
    done = spawn(env={"_SMITH_TOPO_COMPLETE": "complete_bash", "COMP_WORDS": "smith-topo dr", "COMP_CWORD": "1"})

    assert done.stdout.split() == ["drift"]


# ------------------------------------------------------------------------------------------- show


def test_show_lists_what_is_owned_or_declared_and_no_more(applied: Shop) -> None:
    applied.create("THEIRS")
    applied.fill("orders.a", 3)

    done = applied.run("show")

    assert done.exit_code == DONE
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["ADDRESS", "stream.EVENTS", "stream.ORDERS", "consumer.ORDERS.billing"]
    assert rows[2][1] == "3"


def test_show_of_one_object_shows_everything_once(applied: Shop) -> None:
    done = applied.run("show", "consumer.ORDERS.billing")

    assert done.exit_code == DONE
    assert done.stdout.startswith("consumer.ORDERS.billing\n")
    assert "ack_policy" in done.stdout
    assert done.stdout.count("billing") == 1
    assert done.stdout.count("explicit") == 1
    assert "num_pending" in done.stdout


def test_show_reaches_what_no_file_manages_by_its_address(applied: Shop) -> None:
    applied.create("THEIRS")

    assert re.search(r"owner +none\n", applied.run("show", "stream.THEIRS").stdout)


def test_show_of_an_address_needs_no_file(applied: Shop, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    done = run("show", "*", "-o", "json", url=applied.url, cwd=elsewhere)

    assert done.exit_code == DONE, done.stderr
    assert {each["address"] for each in json.loads(done.stdout)["objects"]} == {
        "stream.ORDERS",
        "consumer.ORDERS.billing",
        "stream.EVENTS",
    }
    assert run("show", url=applied.url, cwd=elsewhere).exit_code == REFUSED


def test_show_reaches_a_consumer_of_a_stream_that_no_file_manages(applied: Shop) -> None:
    applied.create("FOREIGN")
    applied.consume("FOREIGN", "x", description="made by hand")

    done = applied.run("show", "consumer.FOREIGN.x")

    assert done.exit_code == DONE, done
    assert done.stdout.startswith("consumer.FOREIGN.x\n")
    assert "made by hand" in done.stdout


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("stream.*", ["stream.ORDERS", "stream.EVENTS"]),
        ("consumer.ORDERS.*", ["consumer.ORDERS.billing"]),
        ("*", ["stream.ORDERS", "consumer.ORDERS.billing", "stream.EVENTS"]),
        ("stream.ORDERS", ["stream.ORDERS"]),
    ],
)
def test_show_in_json_holds_the_wire_configuration(applied: Shop, address: str, found: list[str]) -> None:
    objects = applied.json("show", address)["objects"]

    assert {each["address"] for each in objects} == set(found)
    assert {each["owner"] for each in objects} == {"shop"}
    for each in objects:
        assert _without_server_marks(each["config"]) == _without_server_marks(applied.config(each["address"]))


def _without_server_marks(config: dict[str, Any]) -> dict[str, Any]:
    """An info and a list carry different ones."""
    metadata = {key: value for key, value in config["metadata"].items() if not key.startswith("_nats.")}
    return {**config, "metadata": metadata}


@pytest.mark.parametrize("address", ["stream.NONE", "consumer.NONE.x", "consumer.ORDERS.x", "ORDERS", "kv.*", ""])
def test_show_of_what_is_not_there_is_an_error(applied: Shop, address: str) -> None:
    done = applied.run("show", address)

    assert done.exit_code == ERROR
    assert "no-match" in done.stderr


def test_show_does_not_say_that_an_account_is_empty_when_it_is_not(shop: Shop) -> None:
    shop.create("THEIRS")
    shop.write(STREAMS)

    done = shop.run("show")

    assert done.exit_code == DONE
    assert "account" not in done.stdout


# ------------------------------------------------------------------------------------------- destroy


def test_destroy_deletes_what_is_owned_and_nothing_else(applied: Shop) -> None:
    applied.create("THEIRS")
    applied.fill("orders.a", 3)

    done = applied.run("destroy", *EVERYTHING)

    assert done.exit_code == DONE, done
    assert applied.live().keys() == {"stream.THEIRS"}
    assert applied.run("destroy", *EVERYTHING).exit_code == DONE


def test_destroy_leaves_a_stream_with_a_consumer_that_has_no_owner(applied: Shop) -> None:
    applied.consume("EVENTS", "by-hand")
    before = applied.live()

    refused = applied.run("destroy", *EVERYTHING)

    assert refused.exit_code == REFUSED
    assert "consumer.EVENTS.by-hand has no owner and would go with it" in " ".join(refused.stdout.split())
    assert applied.live() == before


@pytest.mark.parametrize("allow", [(), ("--allow", "delete"), ("--allow", "data-loss")], ids=" ".join)
def test_destroy_needs_every_loss_allowed(applied: Shop, allow: tuple[str, ...]) -> None:
    applied.fill("orders.a", 3)
    before = applied.live()

    assert applied.run("destroy", "--auto-approve", *allow).exit_code == REFUSED
    assert applied.live() == before


def test_destroy_keeps_to_max_deletes_when_it_is_given(applied: Shop) -> None:
    assert applied.run("destroy", *EVERYTHING, "--max-deletes", "2").exit_code == REFUSED
    assert len(applied.live()) == 3
    assert applied.run("destroy", *EVERYTHING, "--max-deletes", "3").exit_code == DONE


def test_destroy_stops_at_protection(applied: Shop) -> None:
    applied.write({**STREAMS, "EVENTS": {"subjects": ["events.>"], "protect": True}})
    applied.apply()
    before = applied.live()

    done = applied.run("destroy", *EVERYTHING)

    assert done.exit_code == REFUSED
    assert "stream.EVENTS is protected" in done.stdout
    assert applied.live() == before
    assert applied.run("destroy", *EVERYTHING, "--exclude", "stream.EVENTS").exit_code == DONE
    assert applied.live().keys() == {"stream.EVENTS"}


def test_destroy_stops_at_protection_that_is_declared_and_not_applied_yet(applied: Shop) -> None:
    before = applied.live()
    applied.write({**STREAMS, "EVENTS": {**STREAMS["EVENTS"], "protect": True}})

    done = applied.run("destroy", *EVERYTHING)

    assert (done.exit_code, "declared, not applied yet" in done.stdout) == (REFUSED, True), done
    assert applied.live() == before
    assert applied.run("destroy", *EVERYTHING, "--exclude", "stream.EVENTS").exit_code == DONE
    assert applied.live().keys() == {"stream.EVENTS"}


def test_destroy_keeps_away_from_the_wrong_place(applied: Shop) -> None:
    applied.write(STREAMS, target={"account": "OTHER"})

    assert applied.run("destroy", *EVERYTHING).exit_code == REFUSED
    assert len(applied.live()) == 3
