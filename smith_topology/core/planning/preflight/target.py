"""Whether this is the place that the file is for."""

from __future__ import annotations

from collections.abc import Iterator

from smith_topology.core.model import Diagnostic, Finding, Live, Target

WRONG_TARGET = Finding.refusal(
    "wrong-target",
    "Connected to another place than the file is for",
    "The connection leads to another cluster or account than `target` names.",
    "Choose the connection, or correct `target`.",
)


def wrong_target(target: Target | None, live: Live) -> Iterator[Diagnostic]:
    """The guard against planning the right file in the wrong place."""
    if target is None:
        return
    for word, wanted, found in (
        ("cluster", target.cluster, live.server.cluster),
        ("account", target.account, live.server.account),
    ):
        if wanted and wanted != found:
            yield WRONG_TARGET.diagnostic(
                f'The file is for {word} "{wanted}"; this connection is to ' + (f'"{found}".' if found else f"no known {word}."),
                "Choose the connection with --context or --server, or correct `target` in the file.",
                span=target.span,
            )
