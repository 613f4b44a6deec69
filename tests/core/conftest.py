"""No test in this folder starts a server."""

from tests.pure import no_server

__all__ = ["no_server"]
