"""No test in this folder starts a server."""

from tests.pure import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]
