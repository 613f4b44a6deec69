"""The whole story on a real server, as ``make demo`` shows it; fails when a command doesn't end as it should."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats

from smith_topology.jetstream.embedded import running

ROOT = Path(__file__).parents[1]
DONE, DIFFERENT, REFUSED = 0, 2, 3
STRONG, FAINT, PROMPT = "1", "2", "36"
RESULTS = 25


@dataclass(frozen=True, slots=True)
class Shell:
    """A directory with a ``topology.yaml``, and the server that the commands talk to."""

    directory: Path
    url: str

    def topo(self, command: str, expect: int = DONE) -> None:
        """Show a command, run it, and insist on its exit code."""
        show(f"smith-topo {command}")
        program = [sys.executable, "-m", "smith_topology", *shlex.split(command)]
        code = subprocess.run(program, cwd=self.directory, env=self.environ, check=False).returncode
        if code:
            print(painted(FAINT, f"exit code {code}"), flush=True)
        if code != expect:
            sys.exit(f"demo: expected exit code {expect}, not {code}")

    @property
    def environ(self) -> dict[str, str]:
        """Connected to the server of the demo and nothing else, whatever the person at the keyboard has set up."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
        return {**own, "NATS_URL": self.url}

    def write(self, pattern: str, replacement: str) -> None:
        """Edit the file as a person would."""
        path = self.directory / "topology.yaml"
        text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
        if count != 1:
            sys.exit(f"demo: topology.yaml has {count} places like {pattern!r}")
        path.write_text(text, encoding="utf-8")


def say(text: str) -> None:
    print(f"\n{painted(STRONG, text)}", flush=True)


def show(command: str) -> None:
    print(f"\n{painted(PROMPT, '$')} {painted(STRONG, command)}", flush=True)


def painted(tone: str, text: str) -> str:
    """``NO_COLOR`` and pipes are respected, as everywhere."""
    return f"\x1b[{tone}m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


def publish(url: str, subject: str, count: int) -> None:
    """Store messages: ``subject.0``, ``subject.1`` …"""
    asyncio.run(_ask(url, [(f"{subject}.{number}", b"{}") for number in range(count)]))


def edit_by_hand(url: str, stream: str, **fields: object) -> None:
    """Change a live stream behind smith-topo's back, as the nats CLI does it."""
    (info,) = asyncio.run(_ask(url, [(f"$JS.API.STREAM.INFO.{stream}", b"")]))
    changed = json.dumps({**info["config"], **fields}).encode()
    asyncio.run(_ask(url, [(f"$JS.API.STREAM.UPDATE.{stream}", changed)]))


async def _ask(url: str, requests: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    client = await nats.connect(url)
    answers = [json.loads((await client.request(subject, payload)).data) for subject, payload in requests]
    await client.close()
    for answer in answers:
        if "error" in answer:
            sys.exit(f"demo: {answer['error']['description']}")
    return answers


def demonstrate(shell: Shell) -> None:
    plan_and_apply(shell)
    hand_edit(shell)
    costly_change(shell)
    removal(shell)


def plan_and_apply(shell: Shell) -> None:
    say("1. topology.yaml says what the account should hold. Is it sound? That takes no server.")
    shell.topo("validate")
    say("2. What would happen? A plan writes nothing.")
    shell.topo("plan")
    say("3. Do it. Creating loses nothing, so no more than --auto-approve needs saying.")
    shell.topo("apply --auto-approve --output summary")
    say("4. A second plan is empty. That is how one knows that it worked.")
    shell.topo("plan --detailed-exitcode")


def hand_edit(shell: Shell) -> None:
    say(f"5. The services are at work and store {RESULTS} results. Then somebody edits the live stream, past the file.")
    publish(shell.url, "smith.results", RESULTS)
    show("nats stream edit ATOMS_RESULTS --max-age 1h --dupe-window 1m")
    edit_by_hand(shell.url, "ATOMS_RESULTS", max_age=3_600_000_000_000, duplicate_window=60_000_000_000)
    say("6. The drift check that cron runs finds it, and says so with its exit code.")
    shell.topo("drift", DIFFERENT)
    say("7. Put back what the file says, and look again.")
    shell.topo("apply --auto-approve")
    shell.topo("drift")


def costly_change(shell: Shell) -> None:
    say("8. Somebody lowers max_msgs of ATOMS_RESULTS in the file. The plan counts what that costs, and no flag allows it.")
    shell.write("max_msgs: 200000", "max_msgs: 10")
    shell.topo("apply --auto-approve", REFUSED)


def removal(shell: Shell) -> None:
    say("9. Somebody deletes ATOMS_RESULTS from the file. Its results would go with it: refused as well.")
    shell.write(r"\n  ATOMS_RESULTS:\n(    .*\n)+", "\n")
    shell.topo("apply --auto-approve", REFUSED)
    say("10. AUDIT_SECURITY is deleted from the file too. It has `protect: true`, and that is stored on the live stream.")
    shell.write(r"\n  AUDIT_SECURITY:\n(    .*\n)+", "\n")
    shell.topo("apply --auto-approve --allow delete,data-loss --max-deletes 3", REFUSED)
    (info,) = asyncio.run(_ask(shell.url, [("$JS.API.STREAM.INFO.ATOMS_RESULTS", b"")]))
    if info["state"]["messages"] != RESULTS:
        sys.exit("demo: messages were lost")
    say(f"Nothing was written: the server still holds all {RESULTS} results.")


def main() -> None:
    with running() as server, tempfile.TemporaryDirectory() as directory:
        shutil.copy(ROOT / "topology.yaml", directory)
        say(f"A NATS server of our own runs on {server.url}, its data in a temporary directory.")
        demonstrate(Shell(Path(directory), server.url))
    say("The server has stopped, and its data is gone. Your turn: README.md has the tour.")


if __name__ == "__main__":
    main()
