"""The users that docs/permissions.md describes can do what it says, and could not with a line less."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.command import Result, run
from tests.raw import raw

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
GRANTS = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]
USERS = dict(re.findall(r"^(smith_\w+): (\{.*?^\})", GRANTS, re.MULTILINE | re.DOTALL))
SUBJECT = re.compile(r'"(\$JS\.API\.[^"]+)"')
SPARED = {
    *((user, "$JS.API.CONSUMER.NAMES.*") for user in USERS),  # only a long list needs it: a test of its own
    ("smith_plan", "$JS.API.STREAM.INFO.*"),  # exact costs, and accounts that change while they are read: likewise
}
ENTRIES_A_PAGE = 256

FILE = """\
version: 1
name: shop
streams:
  ORDERS:
    subjects: [orders.>]
    max_msgs: 100
    consumers:
      billing: {ack_policy: explicit, filter_subject: orders.paid}
      idle: {ack_policy: explicit}
"""
CHANGED = FILE.replace("max_msgs: 100", "max_msgs: 50").replace(
    "filter_subject: orders.paid", "filter_subject: orders.due, pause_until: 2099-01-01T00:00:00Z"
)
ADDED = CHANGED + "  RETURNS: {}\n"
REMOVED = FILE.replace("      idle: {ack_policy: explicit}\n", "")


def config(users: dict[str, str]) -> str:
    everyone = {"admin": '{publish: {allow: [">"]}, subscribe: {allow: [">"]}}', **users}
    entries = "\n".join(f"{{user: {name}, password: p, permissions: {grants}}}" for name, grants in everyone.items())
    return f"authorization {{ users: [\n{entries}\n] }}"


def as_user(server: EmbeddedServer, name: str) -> str:
    return server.url.replace("://", f"://{name}:p@")


class Account:
    """A server with these users, and the file in question."""

    def __init__(self, server: EmbeddedServer, directory: Path) -> None:
        self.server, self.file = server, directory / "topology.yaml"

    def run(self, user: str, text: str, *args: str) -> Result:
        self.file.write_text(text, encoding="utf-8")
        return run(*args, "-f", self.file, "--timeout", "2s", url=as_user(self.server, user))

    def holds_the_file(self) -> None:
        assert self.run("admin", FILE, "apply", "--auto-approve").exit_code == 0


def everything_a_user_is_for(account: Account, user: str) -> list[Result]:
    """What the page promises of this user, done in a row."""
    match user:
        case "smith_plan":
            return [account.run(user, FILE, command) for command in ("plan", "drift", "show")]
        case "smith_apply":
            return [account.run(user, text, "apply", "--auto-approve") for text in (CHANGED, ADDED)]
        case _:
            destroy = ("destroy", "--auto-approve", "--allow", "delete")
            return [
                account.run(user, REMOVED, "apply", "--auto-approve", "--allow", "delete", "--max-deletes", "1"),
                account.run(user, FILE, *destroy),
            ]


def without(grants: str, subject: str) -> str:
    return grants.replace(f'"{subject}"\n', "")


LINES = [(user, subject) for user, grants in USERS.items() for subject in SUBJECT.findall(grants)]
NEEDED = [line for line in LINES if line not in SPARED]


def test_the_page_describes_three_users() -> None:
    assert list(USERS) == ["smith_plan", "smith_apply", "smith_prune"]


@pytest.mark.parametrize("user", USERS)
def test_each_user_can_do_what_it_is_for(user: str, server_with: Callable[[str], EmbeddedServer], tmp_path: Path) -> None:
    account = Account(server_with(config(USERS)), tmp_path)
    account.holds_the_file()

    assert [(each.exit_code, each.stderr) for each in everything_a_user_is_for(account, user) if each.exit_code] == []


@pytest.mark.parametrize(("user", "subject"), NEEDED, ids=lambda case: case.removeprefix("$JS.API."))
def test_no_line_can_be_left_out(user: str, subject: str, server_with: Callable[[str], EmbeddedServer], tmp_path: Path) -> None:
    narrower = {**USERS, user: without(USERS[user], subject)}
    account = Account(server_with(config(narrower)), tmp_path)
    account.holds_the_file()
    failed = [each for each in everything_a_user_is_for(account, user) if each.exit_code]

    assert failed
    assert "Grant it publish" in failed[0].stderr + failed[0].stdout


@pytest.mark.parametrize(("names", "exit_code"), [(True, 0), (False, 1)])
def test_names_are_needed_once_the_consumers_of_a_stream_fill_more_than_a_page(
    names: bool, exit_code: int, server_with: Callable[[str], EmbeddedServer], tmp_path: Path
) -> None:
    granted = USERS["smith_plan"] if names else without(USERS["smith_plan"], "$JS.API.CONSUMER.NAMES.*")
    account = Account(server_with(config({**USERS, "smith_plan": granted})), tmp_path)
    account.holds_the_file()
    with raw(as_user(account.server, "admin")) as js:
        for number in range(ENTRIES_A_PAGE):
            config_of_one = {"durable_name": f"c{number}", "ack_policy": "explicit"}
            js.request(f"CONSUMER.CREATE.ORDERS.c{number}", {"stream_name": "ORDERS", "config": config_of_one})

    assert account.run("smith_plan", FILE, "plan").exit_code == exit_code


@pytest.mark.parametrize(("info", "cost"), [(True, "# 2 messages,"), (False, "# up to 4 messages,")])
def test_info_makes_the_costs_of_a_plan_exact(
    info: bool, cost: str, server_with: Callable[[str], EmbeddedServer], tmp_path: Path
) -> None:
    granted = USERS["smith_plan"] if info else without(USERS["smith_plan"], "$JS.API.STREAM.INFO.*")
    account = Account(server_with(config({**USERS, "smith_plan": granted})), tmp_path)
    account.holds_the_file()
    with raw(as_user(account.server, "admin")) as js:
        for subject in ("orders.paid", "orders.due"):
            js.fill(subject, 2)

    assert cost in account.run("smith_plan", FILE.replace("max_msgs: 100", "max_msgs_per_subject: 1"), "plan").stdout


@pytest.mark.parametrize("user", ["smith_plan", "smith_apply"])
def test_users_that_may_not_delete_learn_which_subject_is_missing(
    user: str, server_with: Callable[[str], EmbeddedServer], tmp_path: Path
) -> None:
    account = Account(server_with(config(USERS)), tmp_path)
    account.holds_the_file()
    result = account.run(user, REMOVED, "apply", "--auto-approve", "--allow", "delete", "--max-deletes", "1")

    assert result.exit_code != 0
    with raw(as_user(account.server, "admin")) as js:
        assert js.request("CONSUMER.NAMES.ORDERS")["consumers"] == ["billing", "idle"]
