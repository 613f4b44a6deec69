"""A guard for the tests on values: one that starts a process, or opens a connection, fails.

A folder's ``conftest.py`` turns it on by importing the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

FORBIDDEN = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "socket.bind", "socket.connect"})
_guarding = False


def _guard(event: str, _args: object) -> None:
    if _guarding and event in FORBIDDEN:
        raise RuntimeError(f"a test on values may start no server and connect to none: {event}")


sys.addaudithook(_guard)  # for good: an audit hook can't be taken away


@pytest.fixture(autouse=True)
def no_server() -> Iterator[None]:
    """Guard one test. A hook of ``conftest.py`` would guard those of other folders too."""
    global _guarding  # noqa: PLW0603 — the audit hook is one for the process
    _guarding = True
    try:
        yield
    finally:
        _guarding = False
