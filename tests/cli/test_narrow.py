"""What people read on a narrow terminal, in a pipe, and in the help."""

from __future__ import annotations

import re

import pytest

from smith_topology.cli.app import COMMANDS, EXAMPLES
from tests.cli.scenario import Shop, empty_streams
from tests.cli.terminal import on_terminal
from tests.command import run

LONG = {
    "ORDERS_OF_EVERY_KIND": {
        "subjects": ["orders.placed", "orders.paid"],
        "description": "what people order, and what becomes of it until it is with them",
        "consumers": {"billing_and_accounting": {"filter_subject": "orders.paid"}},
    }
}


def seen(shop: Shop, *args: object, answer: str = "") -> list[str]:
    """The lines of a terminal of 60 columns, without colours, and without what was typed."""
    with on_terminal(*args, url=shop.url, cwd=shop.directory, env={"COLUMNS": "60", "NO_COLOR": "1"}) as terminal:
        if answer:
            terminal.answer("for an approval:", f"{answer}\n")
        terminal.end()
        return terminal.screen.splitlines()


@pytest.mark.parametrize("output", ["the plan", "the question", "the table", "one object", "drift"])
def test_no_line_is_broken_inside_a_word_on_a_narrow_terminal(shop: Shop, output: str) -> None:
    """A line that is too long for the terminal would be: only single words may be longer."""
    shop.write(LONG)
    if output in ("the table", "one object"):
        shop.apply()
    commands = {"the plan": ["plan"], "the table": ["show"], "one object": ["show", "stream.ORDERS_OF_EVERY_KIND"]}

    lines = seen(shop, *commands.get(output, ["drift"])) if output != "the question" else seen(shop, "apply", answer="no")
    assert len(lines) > 3
    assert not [line for line in lines if len(line) > 60 and " " in line.strip()]


def test_in_a_pipe_a_line_of_the_table_stays_one_line(shop: Shop) -> None:
    shop.write(LONG)
    shop.apply()

    done = shop.run("show", env={"COLUMNS": "60"})
    head, *rows = done.stdout.splitlines()
    assert head.split()[0] == "ADDRESS"
    assert [row.split()[0] for row in rows] == [
        "stream.ORDERS_OF_EVERY_KIND",
        "consumer.ORDERS_OF_EVERY_KIND.billing_and_accounting",
    ]
    assert all("shop" in row for row in rows)


def test_everything_in_an_empty_account_is_nothing_and_no_error(shop: Shop) -> None:
    for pattern in ("*", "stream.*"):
        done = shop.run("show", pattern)
        assert (done.exit_code, done.stdout) == (0, "There is nothing in this account.\n")
    assert shop.json("show", "*")["objects"] == []
    assert shop.run("show", "stream.ORDERS").exit_code == 1

    shop.write(empty_streams("KEPT"))
    shop.apply()
    assert shop.run("show", "stream.O*").exit_code == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_ends_with_how_to_connect_and_two_examples(command: str) -> None:
    short, long = run(command, "-h"), run(command, "--help")

    assert short == long
    assert short.exit_code == 0
    titles = re.findall(r"^(\w[\w ]*):$", short.stdout, re.MULTILINE)
    assert titles == [each for each in ("Arguments", "Options", "Connection options", "Examples") if each in titles]
    assert titles[-1] == "Examples"
    assert ("Connection options" in titles) is ("--creds" in short.stdout)
    assert "--creds" not in short.stdout.partition("Connection options:")[0]
    examples = short.stdout.partition("Examples:\n")[2].splitlines()
    assert [each.split()[:2] for each in examples] == 2 * [["smith-topo", command]]
    assert len(set(EXAMPLES[command])) == 2


def test_the_help_of_all_has_a_short_option_too() -> None:
    assert run("-h") == run("--help")
