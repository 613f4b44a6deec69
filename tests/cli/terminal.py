"""A command on a terminal, met as a person meets it: see the question, then answer it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import ROOT, SOURCE, TIMEOUT

ENTER, END_OF_INPUT, CTRL_C = "\n", "\x04", "\x03"
IN_ITS_OWN_SESSION = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("smith_topology", run_name="__main__")
"""
"""Makes the terminal the process's own before the command starts: only then does a typed Ctrl-C become a signal."""


@dataclass
class Terminal:
    """``screen`` holds everything shown so far, the echo of what was typed included."""

    process: subprocess.Popen[bytes]
    ours: int
    screen: str = ""
    _bytes: bytearray = field(default_factory=bytearray)

    def see(self, text: str) -> None:
        """Wait until this has been shown."""
        while text not in self.screen:
            if not self._read():
                pytest.fail(f"never saw {text!r} in:\n{self.screen}")

    def answer(self, question: str, typed: str) -> None:
        self.see(question)
        os.write(self.ours, typed.encode())

    def end(self) -> int:
        """Everything it still has to say, and its exit code."""
        while self._read():
            pass
        return self.process.wait(TIMEOUT)

    def _read(self) -> bool:
        """Take in what there is; False at the end, which Linux reports as an error (EIO), and when nothing comes."""
        chunk = b""
        if select.select([self.ours], [], [], TIMEOUT)[0]:
            with suppress(OSError):
                chunk = os.read(self.ours, 65_536)
        self._bytes += chunk
        self.screen = self._bytes.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@contextmanager
def on_terminal(*args: object, url: str, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", **SOURCE}
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ITS_OWN_SESSION, *map(str, args)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=cwd,
        env={**clean, "NATS_URL": url, **(env or {})},
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
