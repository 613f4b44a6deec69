"""The command line as a person has it: in this process (``run``), or in one of its own, even on a terminal (``spawn``)."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
ROOT = Path(__file__).parents[1]
TIMEOUT = 60.0
SOURCE = {"SMITH_TOPO_SOURCE": "tests"}
END_OF_INPUT = "\x04"


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. On a terminal, stdout holds both outputs, with the echo of the input."""

    exit_code: int
    stdout: str
    stderr: str


def run(
    *args: object, url: str | None = None, stdin: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Result:
    """Run a command in this process, in a clean environment; ``url`` goes to NATS_URL."""
    from smith_topology.cli import main  # not at import time: the other speeds of tests don't pay for it

    stdout, stderr = _stream(), _stream()
    with _environment(url, env) as clean, _process_wide(clean, _stream(stdin)), contextlib.chdir(cwd or "."):
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            exit_code = main([str(arg) for arg in args])
    return Result(exit_code, _content(stdout), _content(stderr))


def spawn(
    *args: object,
    url: str | None = None,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    tty: bool = False,
) -> Result:
    """Run a command in a process of its own; with ``tty`` on a terminal where ``stdin`` is typed, then Ctrl-D."""
    with _environment(url, env) as clean:
        if tty:
            return _on_terminal(_command(args), stdin, clean, cwd)
        done = subprocess.run(
            _command(args), input=stdin, capture_output=True, text=True, env=clean, cwd=cwd, timeout=TIMEOUT, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)


@contextmanager
def started(
    *args: object, url: str | None = None, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A command while it runs, to read from and to send signals to; killed at the end if it still runs."""
    with _environment(url, env) as clean:
        pipe = subprocess.PIPE
        with subprocess.Popen(_command(args), stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=clean, cwd=cwd) as process:
            try:
                yield process
            finally:
                process.kill()


def _command(args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "smith_topology", *map(str, args)]


@contextmanager
def _environment(url: str | None, env: Mapping[str, str] | None) -> Iterator[dict[str, str]]:
    """Nothing of the developer's own: no NATS_*, CI or NO_COLOR, and an empty home. All files have one source."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    with tempfile.TemporaryDirectory() as home:
        connection = {"NATS_URL": url} if url else {}
        yield {**kept, "HOME": home, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **SOURCE, **connection, **(env or {})}


@contextmanager
def _process_wide(env: Mapping[str, str], stdin: io.TextIOWrapper) -> Iterator[None]:
    """Let this process have that environment and that input, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - env.keys():
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", stdin)
        yield


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")


def _content(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _on_terminal(command: list[str], typed: str, env: Mapping[str, str], cwd: Path | None) -> Result:
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={"TERM": "xterm", **env}, cwd=cwd)
        os.close(theirs)
        os.write(ours, (typed + END_OF_INPUT).encode())
        seen = _read_to_the_end(ours)
        return Result(process.wait(TIMEOUT), seen.replace("\r\n", "\n"), "")
    finally:
        os.close(ours)


def _read_to_the_end(terminal: int) -> str:
    """Everything written to the terminal; Linux reports its end as an error (EIO)."""
    seen = bytearray()
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65_536):
            seen += chunk
    return seen.decode()
