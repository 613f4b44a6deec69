"""An apply is stopped between the halves of a hand-over: SIGTERM waits for the second, after SIGKILL the next apply does it."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, account_on, whole
from tests.cli.traffic import topology_file
from tests.command import run, started
from tests.gate import gate
from tests.topologies import Document, text

WRITE = r"(?:STREAM|CONSUMER)\.(?:CREATE|UPDATE|DELETE)\."
BLAME = ("by hand", "somebody")
"""Words of plan and drift for a change that a person made."""


def taking(*subjects: str) -> Document:
    return {"subjects": list(subjects)}


SHAPES = {
    "a split": ({"OLD": taking("oslo", "rome")}, {"OLD": taking("rome"), "NEW": taking("oslo")}),
    "a swap": ({"ONE": taking("oslo"), "TWO": taking("rome")}, {"ONE": taking("rome"), "TWO": taking("oslo")}),
    "a rename": ({"OLD": taking("oslo"), "OTHER": taking("rome")}, {"NEW": taking("oslo"), "OTHER": taking("rome")}),
}


@contextmanager
def applying(url: str, streams: Document) -> Iterator[subprocess.Popen[str]]:
    """An apply that sends one request at a time, so that it can be stopped after each write."""
    with topology_file(streams) as path, started("apply", "-f", path, "--parallelism", 1, *ALLOW_ALL, url=url) as process:
        yield process


def stopped(account: Account, after: Document, writes: int, by: signal.Signals) -> subprocess.Popen[str] | None:
    """The apply that got this signal once the server had done so many writes; None if it ended before."""
    with gate(account.url, WRITE, writes, holds_answer=True) as way, applying(way.url, after) as process:
        if not way.wait(lambda: process.poll() is not None):
            return None
        process.send_signal(by)
        time.sleep(0.05)
        way.open()
        process.wait()
    return process


def bare(account: Account, streams: Document) -> set[str]:
    """The declared subjects that no stream takes."""
    taken = {subject for name in account.names() for subject in account.config(name)["subjects"]}
    return {subject for body in streams.values() for subject in body["subjects"]} - taken


def said(account: Account, command: str, streams: Document) -> list[str]:
    """The sentences that a command prints about this file."""
    done = run(command, "-f", "-", url=account.url, stdin=text(whole(streams)))
    return re.split(r"[.!;:]\s", " ".join((done.stdout + done.stderr).split()))


@pytest.mark.parametrize(("before", "after"), SHAPES.values(), ids=SHAPES.keys())
def test_sigterm_at_any_moment_leaves_every_subject_with_a_stream(
    server: EmbeddedServer, before: Document, after: Document
) -> None:
    with account_on(server.url) as account:
        for writes in count(1):
            account.wipe()
            account.converge(before)

            process = stopped(account, after, writes, signal.SIGTERM)

            assert bare(account, after) == set(), f"after {writes} writes"
            if process is None:
                break
            assert process.returncode in {0, 6, 143}
            account.converge(after)


@pytest.mark.parametrize(("before", "after"), SHAPES.values(), ids=SHAPES.keys())
def test_after_a_kill_at_any_moment_plan_and_drift_say_what_is_unfinished_and_apply_finishes_it(
    server: EmbeddedServer, before: Document, after: Document
) -> None:
    seen = set()
    with account_on(server.url) as account:
        for writes in count(1):
            account.wipe()
            account.converge(before)
            if stopped(account, after, writes, signal.SIGKILL) is None:
                break

            without = bare(account, after)
            seen |= without
            for command in ("plan", "drift"):
                assert_says(said(account, command, after), without)
            account.converge(after)
    assert seen, "no moment without a stream was tried"


def assert_says(sentences: list[str], without: set[str]) -> None:
    """The sentences say that these subjects have no stream and an apply is unfinished, and accuse no person."""
    for subject in without:
        assert any(subject in each and "no stream" in each for each in sentences), sentences
        assert any("unfinished" in each.lower() for each in sentences), sentences
    assert [each for each in sentences if any(words in each.lower() for words in BLAME)] == []


RING = 40


def ring(shift: int) -> Document:
    return {f"S{number}": taking(f"s.{(number + shift) % RING}") for number in range(RING)}


@pytest.mark.soak
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_ring_that_is_stopped_at_a_random_moment(server: EmbeddedServer, by: signal.Signals) -> None:
    """Every stream hands its subject to the next one, with ten requests at a time."""
    with account_on(server.url) as account:
        for turn in range(15):
            account.converge(ring(turn))
            with gate(account.url, WRITE) as way, topology_file(ring(turn + 1)) as path:
                with started("apply", "-f", path, *ALLOW_ALL, url=way.url) as process:
                    way.wait()
                    way.open()
                    time.sleep(random.uniform(0, 0.05))
                    process.send_signal(by)
                    process.wait()
            without = bare(account, ring(turn + 1))

            if by is signal.SIGTERM:
                assert without == set()
            for command in ("plan", "drift"):
                assert_says(said(account, command, ring(turn + 1)), without)
