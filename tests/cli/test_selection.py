"""``--target`` and ``--exclude``: what is selected is done, what isn't is neither done nor in the way."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from tests.cli.scenario import APPROVED, Shop, empty_streams

DONE, ERROR, DIFFERENT, REFUSED = 0, 1, 2, 3
BILLING = {"ack_policy": "explicit"}
STREAMS: dict[str, dict[str, Any]] = {
    "ORDERS": {"subjects": ["orders.>"], "consumers": {"billing": BILLING, "audit": BILLING}},
    "ORDERS-OLD": {"subjects": ["old.>"]},
    "EVENTS": {"subjects": ["events.>"], "consumers": {"audit": BILLING}},
}
EVERYTHING = {
    "stream.ORDERS",
    "consumer.ORDERS.billing",
    "consumer.ORDERS.audit",
    "stream.ORDERS-OLD",
    "stream.EVENTS",
    "consumer.EVENTS.audit",
}

SELECTIONS = (
    (("--target", "stream.ORDERS"), {"stream.ORDERS"}),
    (("--target", "stream.*"), {"stream.ORDERS", "stream.ORDERS-OLD", "stream.EVENTS"}),
    (("--target", "*.ORDERS*"), {"stream.ORDERS", "consumer.ORDERS.billing", "consumer.ORDERS.audit", "stream.ORDERS-OLD"}),
    (("--target", "stream.EVENTS", "--target", "consumer.EVENTS.*"), {"stream.EVENTS", "consumer.EVENTS.audit"}),
    (("--target", "stream.*", "--exclude", "stream.ORDERS-*"), {"stream.ORDERS", "stream.EVENTS"}),
    (("--exclude", "*.audit"), EVERYTHING - {"consumer.ORDERS.audit", "consumer.EVENTS.audit"}),
    (("--exclude", "*EVENTS*", "--exclude", "consumer.*"), {"stream.ORDERS", "stream.ORDERS-OLD"}),
    (("--target", "stream.**S"), {"stream.ORDERS", "stream.EVENTS"}),
)


@pytest.mark.parametrize(("options", "selected"), SELECTIONS, ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_only_what_is_selected_is_planned_and_applied(shop: Shop, options: tuple[str, ...], selected: set[str]) -> None:
    shop.write(STREAMS)

    assert shop.reasons(*options).keys() == selected
    assert shop.run(*APPROVED, *options).exit_code == DONE
    assert shop.live().keys() == selected
    assert shop.run("plan", "--detailed-exitcode", *options).exit_code == DONE
    shop.apply()
    assert shop.live().keys() == EVERYTHING


@pytest.mark.parametrize("command", [("plan",), APPROVED, ("drift",)], ids=lambda each: each[0])
@pytest.mark.parametrize(
    "options",
    [
        ("--target", "stream.ORDER"),
        ("--target", "orders"),
        ("--target", "stream.[EO]*S"),
        ("--exclude", "stream.ORDERS?OLD"),
        ("--exclude", "stream.NONE*"),
        ("--target", "stream.*", "--target", "kv.*"),
    ],
    ids=" ".join,
)
def test_a_pattern_that_matches_nothing_is_an_error(shop: Shop, options: tuple[str, ...], command: tuple[str, ...]) -> None:
    """Most likely a slip, and never a reason to do everything."""
    shop.write(STREAMS)

    done = shop.run(*command, *options)

    assert done.exit_code == ERROR, done
    assert "no-match" in done.stdout + done.stderr
    assert shop.live() == {}


@pytest.mark.parametrize("command", [("plan",), APPROVED], ids=lambda each: each[0])
def test_a_consumer_without_its_stream_is_an_error_that_names_what_to_add(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write(STREAMS)

    done = shop.run(*command, "--target", "consumer.ORDERS.billing")

    assert done.exit_code == ERROR
    assert "--target stream.ORDERS" in done.stdout
    assert shop.live() == {}


def test_a_consumer_whose_stream_is_there_needs_no_more(shop: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"]}})
    shop.apply()
    shop.write(STREAMS)

    assert shop.run(*APPROVED, "--target", "consumer.ORDERS.billing").exit_code == DONE
    assert shop.live().keys() == {"stream.ORDERS", "consumer.ORDERS.billing"}


def test_what_left_the_file_can_be_selected_and_kept(shop: Shop) -> None:
    shop.write({**STREAMS, **empty_streams("GONE", "GONE-TOO")})
    shop.apply()
    shop.write(STREAMS)

    assert shop.reasons("--target", "stream.GONE*").keys() == {"stream.GONE", "stream.GONE-TOO"}
    assert shop.run(*APPROVED, "--allow", "delete", "--exclude", "stream.GONE-TOO").exit_code == DONE
    assert shop.live().keys() == EVERYTHING | {"stream.GONE-TOO"}


def test_a_refusal_outside_the_selection_is_not_in_the_way(shop: Shop) -> None:
    shop.create("EVENTS")
    shop.write(STREAMS)

    assert shop.run(*APPROVED).exit_code == REFUSED
    assert shop.run(*APPROVED, "--exclude", "*EVENTS*").exit_code == DONE
    assert "stream.ORDERS" in shop.live()


ODD = ("DEV[1]", "Q?", "!X", "[!A]", "A'B", "$HOME", "A-Z", "~;&|")
LOOKALIKES = ("DEV1", "QX", "AX", "B", "AB", "M")
CONSUMERS = {"c[1]": BILLING, "c1": BILLING, "d?": BILLING, "dx": BILLING}


def test_an_address_is_the_one_object_that_is_called_so(shop: Shop) -> None:
    """Only ``*`` stands for something else, in every command that takes addresses."""
    names = {name: {"subjects": [f"s{number}"]} for number, name in enumerate((*ODD, *LOOKALIKES))}
    shop.write({**names, "C": {"consumers": CONSUMERS}})
    shop.apply()
    everything, odd = shop.live().keys(), {*(f"stream.{name}" for name in ODD), "consumer.C.c[1]", "consumer.C.d?"}
    for address in odd:
        assert [each["address"] for each in shop.json("show", address)["objects"]] == [address]
        assert f"{len(everything) - 1} selected" in shop.run("plan", "--exclude", address).stdout

    done = shop.run("destroy", "--auto-approve", "--allow", "delete", *(f"--target={each}" for each in odd))

    assert (done.exit_code, everything - shop.live().keys()) == (DONE, odd), done
    shop.apply()


@pytest.mark.parametrize("name", [*ODD, "A\u00a0B", "ä'\u2003"])
def test_a_printed_command_is_read_by_a_shell_as_the_address_it_is_about(shop: Shop, name: str) -> None:
    shop.write({name: {"subjects": ["s"], "consumers": {"c": BILLING}}})

    hint = hint_after("--target ", shop.run("plan", "--target", f"consumer.{name}.c").stdout)
    shop.create(name, subjects=["s"])
    shown = hint_after("smith-topo show ", shop.run("plan").stdout)

    assert (in_bash(hint), in_bash(shown)) == (f"stream.{name}", f"stream.{name}")


def hint_after(words: str, output: str) -> str:
    return output.partition(words)[2].partition("\n")[0]


def in_bash(words: str) -> str:
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(["bash", "-c", f"printf %s {words}"], capture_output=True, check=True, env=env).stdout.decode()


def test_destroy_takes_a_selection_too(shop: Shop) -> None:
    shop.write(STREAMS)
    shop.apply()

    assert shop.run("destroy", "--auto-approve", "--allow", "delete", "--target", "*EVENTS*").exit_code == DONE
    assert shop.live().keys() == {each for each in EVERYTHING if "EVENTS" not in each}


def test_what_is_finished_can_be_run_again(shop: Shop) -> None:
    """Of a deleted object nothing is left, neither in the file nor in the account; a pipeline that is run again is done."""
    shop.write({**STREAMS, **empty_streams("LEGACY", "GONE")})
    shop.apply()
    shop.write(STREAMS)
    deleting = ("--auto-approve", "--allow", "delete")
    for command in (
        ("apply", *deleting, "--target", "stream.LEGACY"),
        ("destroy", *deleting, "--target", "stream.GONE"),
        ("destroy", *deleting, "--max-deletes", "9", "--target", "*.ORDERS*"),
        ("destroy", *deleting, "--target", "stream.EVENTS", "--target", "consumer.EVENTS.*"),
    ):
        first, again = shop.run(*command), shop.run(*command)
        assert (first.exit_code, again.exit_code) == (DONE, DONE), (first, again)
    assert shop.live() == {}
    for looking in ("plan", "drift"):
        done = shop.run(looking, "--target", "stream.LEGACY")
        assert (done.exit_code, "nothing-left" in done.stdout + done.stderr) == (DONE, True), done


def test_consumers_that_are_not_selected_with_their_stream_are_counted(shop: Shop) -> None:
    """With what adds them, which then selects all of the stream and nothing else."""
    shop.write(STREAMS)

    noted = shop.run("plan", "--target", "stream.ORDERS")
    assert "2 consumers are not selected with stream.ORDERS" in noted.stdout
    assert "--target 'consumer.ORDERS.*'" in noted.stdout
    whole = ("--target", "stream.ORDERS", "--target", "consumer.ORDERS.*")
    assert shop.reasons(*whole).keys() == {"stream.ORDERS", "consumer.ORDERS.billing", "consumer.ORDERS.audit"}
    assert "not selected" not in shop.run("plan", *whole).stdout
    shop.apply()
    assert "not selected" not in shop.run("destroy", "--auto-approve", "--allow", "delete", "--target", "stream.ORDERS").stdout


def test_a_mistyped_address_is_met_with_the_one_that_was_meant(shop: Shop) -> None:
    shop.write(STREAMS)

    done = shop.run("plan", "--target", "stream.ORDRES")

    assert (done.exit_code, "Did you mean stream.ORDERS?" in done.stdout, "xclu" in done.stdout) == (ERROR, True, False), done


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_no_changes_are_claimed_of_the_selected_objects_only(shop: Shop, command: str) -> None:
    shop.write(STREAMS)
    shop.apply()
    options = ("--auto-approve",) if command == "apply" else ()

    selected = shop.run(command, *options, "--target", "stream.EVENTS")
    whole = shop.run(command, *options)

    assert (selected.exit_code, whole.exit_code) == (DONE, DONE)
    assert "No changes in 1 selected object" in selected.stdout
    assert "No changes" in whole.stdout
    assert "selected" not in whole.stdout


def test_excluding_a_stream_excludes_its_consumers(shop: Shop) -> None:
    orders = {"subjects": ["orders.>"], "consumers": {"billing": {"ack_policy": "explicit"}}}
    shop.write({"ORDERS": orders, **empty_streams("KEPT")})
    shop.apply()
    shop.write(empty_streams("KEPT"))

    assert shop.reasons("--exclude", "stream.ORDERS") == {}
    assert shop.reasons().keys() == {"stream.ORDERS", "consumer.ORDERS.billing"}


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_selection_of_nothing_is_an_error_and_no_claim(shop: Shop, command: str) -> None:
    shop.write(empty_streams("KEPT"))

    done = shop.run(command, "--exclude", "stream.*")

    assert (done.exit_code, "Nothing is selected" in done.stdout + done.stderr) == (1, True), done
