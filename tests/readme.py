"""The README's ``console`` blocks: commands behind ``$``, and under each what it prints.

``$ echo $?`` shows an exit code; a command that no such line follows has to succeed. ``python -m tests.readme`` runs them all
and writes down what they print now.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from smith_topology.core.units import parse_duration
from smith_topology.jetstream.embedded import EmbeddedServer, running
from tests.raw import raw

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```)", re.MULTILINE | re.DOTALL)
LAST_EXIT_CODE = "echo $?"
COLUMNS = "88"
UNSTABLE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "<time>"),
    (re.compile(r"\(\d+\.\d\ds\)"), "(<seconds>)"),
    (re.compile(r"nats://127\.0\.0\.1:\d+ *"), "<url> "),
)

BEFORE = """\
version: 1
name: shop
streams:
  ORDERS:
    subjects: [orders.>]
    consumers:
      billing: {ack_policy: explicit}
  PAYMENTS:
    subjects: [payments.>]
    consumers:
      booking: {ack_policy: explicit}
      fraud: {ack_policy: explicit}
  LEGACY:
    subjects: [legacy.>]
    consumers:
      export: {ack_policy: explicit}
"""
AFTER = """\
version: 1
name: shop

streams:
  ORDERS:
    subjects: [orders.>]
    max_msgs: 2000
    consumers:
      billing: {ack_policy: explicit, ack_wait: 1m}
      shipping: {ack_policy: explicit, filter_subject: orders.paid}
  PAYMENTS:
    subjects: [payments.>]
    consumers:
      booking: {ack_policy: explicit}
      fraud: {ack_policy: explicit}
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A line behind ``$``, what is printed under it, and the exit code it shows."""

    line: str
    output: str
    exit_code: int = 0

    def __str__(self) -> str:
        printed = f"{self.output}\n" if self.output else ""
        shown = f"$ {LAST_EXIT_CODE}\n{self.exit_code}\n" if self.exit_code else ""
        return f"$ {self.line}\n{printed}{shown}"


def commands_of(block: str) -> Iterator[Command]:
    parts = [part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    for place, (line, _, output) in enumerate(parts):
        if line != LAST_EXIT_CODE:
            following = parts[place + 1] if place + 1 < len(parts) else ("", "", "")
            yield Command(line, output.strip(), int(following[2]) if following[0] == LAST_EXIT_CODE else 0)


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who types what the README says, in a directory of their own, with ``smith-topo`` on the PATH."""

    directory: Path
    server: EmbeddedServer

    def type(self, line: str) -> Command:
        """Both outputs as a terminal mixes them, and the exit code."""
        if line.startswith("nats "):
            self._nats(shlex.split(line)[1:])
            return Command(line, "")
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.directory,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return Command(line, done.stdout.strip(), done.returncode)

    def _environ(self) -> dict[str, str]:
        programs = self.directory / ".bin"
        programs.mkdir(exist_ok=True)
        script = programs / "smith-topo"
        script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m smith_topology "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.directory), "NATS_URL": self.server.url, "COLUMNS": COLUMNS}

    def _nats(self, words: list[str]) -> None:
        """What the two commands of the ``nats`` CLI in the README ask of the server; the CLI itself need not be installed."""
        with raw(self.server.url) as js:
            match words:
                case ["pub", subject, body, "--count", count]:
                    js.fill(subject, int(count), body.encode())
                case ["stream", "edit", stream, "--max-age", age, "--force"]:
                    config = js.request(f"STREAM.INFO.{stream}")["config"]
                    js.request(f"STREAM.UPDATE.{stream}", {**config, "max_age": parse_duration(age)})
                case _:
                    raise ValueError(f"the README types something that this can't: nats {shlex.join(words)}")


def prepare_showcase(reader: Reader) -> None:
    """What is live, and what the file says, when the plan at the top of the README is made."""
    file = reader.directory / "topology.yaml"
    file.write_text(BEFORE, encoding="utf-8")
    with raw(reader.server.url) as js:
        js.request("STREAM.CREATE.METRICS", {"name": "METRICS", "subjects": ["metrics.>"]})
        reader.type("smith-topo apply --auto-approve")
        js.fill("orders.paid", 5000, b"x" * 100)
        js.fill("legacy.entry", 12)
    file.write_text(AFTER, encoding="utf-8")


def stable(text: str) -> str:
    """The text without what can't be the same twice: times and durations."""
    for pattern, word in UNSTABLE:
        text = pattern.sub(word, text)
    return text


@contextmanager
def new_reader() -> Iterator[Reader]:
    with running() as server, tempfile.TemporaryDirectory() as directory:
        yield Reader(Path(directory), server)


def rewritten(text: str) -> str:
    """The README with what its commands print now: the first block on a server of its own, the others on one together."""
    with new_reader() as first, new_reader() as second:
        prepare_showcase(first)
        readers = chain([first], repeat(second))
        return BLOCK.sub(lambda block: _retyped(block[0], next(readers)), text)


def _retyped(block: str, reader: Reader) -> str:
    """Like what is there wherever that is still true, times and all."""
    texts = []
    for shown in commands_of(block):
        typed = reader.type(shown.line)
        texts.append(str(shown if stable(str(typed)) == stable(str(shown)) else typed))
    return "\n".join(texts)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
