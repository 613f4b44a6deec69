"""Files without an end, texts without a measure, a user without a home: a message in bounded time, and a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT, run

OK = "version: 1\nname: smith\nstreams: {ORDERS: {}}\n"
HEAD = "version: 1\nname: smith\nstreams:\n"
LONG = "x." * 2**20 + "x"
UNREACHABLE = "nats://127.0.0.1:1"

ENDLESS = (
    ("-f", "/proc/kmsg"),
    ("-f", "/dev/zero"),
    ("--creds", "/dev/zero"),
    ("--creds", "/proc/kmsg"),
    ("--nkey", "/dev/zero"),
    ("--tlsca", "/dev/zero"),
    ("--tlscert", "/dev/zero", "--tlskey", "/dev/zero"),
    ("--context", "endless.json"),
    ("--context", "deep.json"),
    ("--creds", "large"),
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "topology.yaml").write_text(OK)
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "large").write_text("x" * 2**21)
    return tmp_path


@pytest.mark.parametrize("args", ENDLESS, ids=" ".join)
def test_what_has_no_end_is_not_read_to_it(here: Path, args: tuple[str, ...]) -> None:
    done = run("plan", *args, url=UNREACHABLE, cwd=here)

    assert done.exit_code == 1
    assert "Unexpected error" not in done.stderr
    assert "unreachable" not in done.stderr


TOO_LONG = (
    f"  A: {{subjects: [{LONG}]}}",
    f"  A: {{subjects: [a], republish: {{src: '>', dest: {LONG}}}}}",
    f"  A: {{subjects: [a.>], consumers: {{c: {{filter_subject: {LONG}}}}}}}",
    f"  A: {{subjects: [a.>], consumers: {{c: {{deliver_subject: {LONG}}}}}}}",
    f"  A: {{sources: [{{name: {LONG}}}]}}",
    f"  A: {{description: {LONG}}}",
    f"  A: {{metadata: {{key: {LONG}}}}}",
    f"  A: {{max_age: {LONG}}}",
    f"  A: {{retention: {LONG}}}",
    f"  ? {LONG}\n  : {{}}",
    f"  A:\n    consumers:\n      ? {LONG}\n      : {{}}",
    f"  A:\n    ? {LONG}\n    : 1",
)


@pytest.mark.parametrize("text", TOO_LONG, ids=lambda text: text.replace(LONG, "…"))
def test_what_is_too_long_is_an_error_that_does_not_repeat_it(text: str) -> None:
    done = run("validate", "-f", "-", stdin=f"{HEAD}{text}\n")

    assert done.exit_code == 1
    assert 0 < len(done.stderr) < 3000


def test_the_longest_subject_is_taken() -> None:
    assert run("validate", "-f", "-", stdin=f"{HEAD}  A: {{subjects: [{'x.' * 2047}xx]}}\n").exit_code == 0
    assert "has 4097 bytes" in run("validate", "-f", "-", stdin=f"{HEAD}  A: {{subjects: [{'x.' * 2048}x]}}\n").stderr


def test_many_long_subjects_are_too_much_together() -> None:
    subjects = ", ".join(f"{'x.' * 2000}y{number}" for number in range(400))
    done = run("validate", "-f", "-", stdin=f"{HEAD}  A: {{subjects: [{subjects}]}}\n")

    assert done.exit_code == 1
    assert "Too many values" in done.stderr


WITHOUT_HOME = """
import pwd, sys

def unknown(uid):
    raise KeyError(uid)

pwd.getpwuid = unknown
from smith_topology.cli import main
sys.exit(main())
"""
"""A process of a user that the system does not know, as containers run them."""


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 1, "127.0.0.1:4222"),
        (("-s", UNREACHABLE), 1, "127.0.0.1:1"),
        (("--context", "prod"), 1, "This user has no home directory"),
        (("--context", "none.json"), 1, "There is no context"),
        (("--creds", "~/user.creds"), 1, "can't be read"),
    ],
)
def test_a_user_without_a_home_has_no_selected_context(here: Path, args: tuple[str, ...], code: int, message: str) -> None:
    command = [sys.executable, "-c", WITHOUT_HOME, "plan", *args]
    done = subprocess.run(command, cwd=here, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert message in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize("args", [("validate",), ("plan",), ("init",), ("drift", "--metrics-file", "m")], ids=" ".join)
def test_a_directory_that_has_been_deleted_holds_no_file(tmp_path: Path, args: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    removing = f"import os; os.rmdir({str(gone)!r}); from smith_topology.cli import main; raise SystemExit(main({list(args)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", removing], cwd=gone, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.returncode in (1, 3)
    assert "bug" not in done.stderr
