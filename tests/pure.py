"""A guard for the tests on values: one that starts a process, or opens a connection, fails.

A folder's ``conftest.py`` turns it on by importing the hook of pytest.
"""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

FORBIDDEN = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "socket.bind", "socket.connect"})
_guarding = False


def _guard(event: str, _args: object) -> None:
    if _guarding and event in FORBIDDEN:
        raise RuntimeError(f"a test on values may start no server and connect to none: {event}")


sys.addaudithook(_guard)  # for good: an audit hook can't be taken away


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Guard a test with its fixtures, of every scope."""
    global _guarding  # noqa: PLW0603 — the audit hook is one for the process
    _guarding = True
    try:
        return (yield)
    finally:
        _guarding = False
