"""Whether anything can be planned: the server is not too old, and is the one that `target` names."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.kinds.fields import FIRST
from smith_topology.core.model import Diagnostic, Finding, Live, Server, Target

WRONG_TARGET = Finding.refusal(
    "wrong-target",
    "Connected to another place than the file is for",
    "The connection leads to another cluster or account than `target` names.",
    "Choose the connection, or correct `target`.",
)
OLD_SERVER = Finding.error(
    "old-server",
    "Server is too old",
    "A server older than 2.10 keeps no metadata, so who owns what can't be known there.",
    "Upgrade it.",
)


def unsupported(server: Server) -> Iterator[Diagnostic]:
    """A server older than the oldest supported one, or one in the cluster."""
    if (oldest := server.versions.oldest) < FIRST:
        yield OLD_SERVER.diagnostic(
            f"Server {oldest} keeps no metadata, so who owns what can't be known there.",
            f"Upgrade it to {FIRST} or newer; `show` works with older ones too.",
        )


def wrong_target(target: Target | None, live: Live) -> Iterator[Diagnostic]:
    """The guard against planning the right file in the wrong place."""
    if target is None:
        return
    for word, wanted, found in (
        ("cluster", target.cluster, live.server.cluster or ""),
        ("account", target.account, live.server.account),
    ):
        if wanted and wanted != found:
            yield WRONG_TARGET.diagnostic(
                f'The file is for {word} "{wanted}"; this connection is to ' + (f'"{found}".' if found else f"no known {word}."),
                "Choose the connection with --context or --server, or correct `target` in the file.",
                span=target.span,
            )
