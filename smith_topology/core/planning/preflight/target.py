"""Whether anything can be planned: the server is not too old, and is the one that `target` names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from smith_topology.core.kinds.fields import FIRST
from smith_topology.core.model import Diagnostic, Finding, Live, Server, Target

WRONG_TARGET = Finding.refusal(
    "wrong-target",
    "Connected to another place than the file is for",
    "The requests go to another domain, cluster or account than `target` names.",
    "Choose the connection, or correct `target`.",
)
UNKNOWN_TARGET = Finding.refusal(
    "unknown-target",
    "Whether the file is for what this connection leads to can't be known",
    "`target` names a cluster or an account, and no answer tells in which one the requests end.",
    "Name what can be known, such as `domain`, or connect without a detour.",
)
OLD_SERVER = Finding.error(
    "old-server",
    "Server is too old",
    "A server older than 2.10 keeps no metadata, so who owns what can't be known there.",
    "Upgrade it.",
)


Doubt: TypeAlias = tuple[Finding, str, str]
"""Which finding, what stands against it, and what to do."""
CHOOSE = "Choose the connection with --context or --server, or correct `target` in the file."


def unsupported(server: Server) -> Iterator[Diagnostic]:
    """A server older than the oldest supported one, or one in the cluster."""
    if (oldest := server.versions.oldest) < FIRST:
        yield OLD_SERVER.diagnostic(
            f"Server {oldest} keeps no metadata, so who owns what can't be known there.",
            f"Upgrade it to {FIRST} or newer; `show` works with older ones too.",
        )


def wrong_target(target: Target | None, live: Live) -> Iterator[Diagnostic]:
    """The guard against planning the right file in the wrong place: the one where the requests go, whatever is connected to."""
    if target is None:
        return
    server = live.server
    for word, wanted, judge in (
        ("domain", target.domain, _domain),
        ("cluster", target.cluster, _cluster),
        ("account", target.account, _account),
    ):
        if wanted and (doubt := judge(wanted, target, server)):
            finding, detail, fix = doubt
            detail = f'The file is for {word} "{wanted}"; {detail}'
            yield finding.diagnostic(detail, fix, span=target.span)


def _domain(wanted: str, _: Target, server: Server) -> Doubt | None:
    """Every answer names the domain of the server that gives it."""
    if wanted == server.domain:
        return None
    there = f'to domain "{server.domain}".' if server.domain else "to a JetStream without a domain."
    return WRONG_TARGET, f"the requests of this connection go {there}", "Name the domain with --js-domain, or correct `target`."


def _cluster(wanted: str, _: Target, server: Server) -> Doubt | None:
    if server.cluster is None:
        fix = "Connect to a server of that cluster" + (
            f", or write `domain: {server.domain}` instead of `cluster`." if server.domain else "."
        )
        return UNKNOWN_TARGET, f"which cluster answers through {server.api_prefix} can't be known while it holds no stream.", fix
    if wanted == server.cluster:
        return None
    there = f'"{server.cluster}"' if server.cluster else "a server without a cluster"
    return WRONG_TARGET, f"the requests of this connection go to {there}.", CHOOSE


def _account(wanted: str, target: Target, server: Server) -> Doubt | None:
    """The name that is known is the one of the user. The requests may go on into another account: by an import, which the prefix
    shows, and over a leaf node, which joins accounts of different names.
    """
    if not server.is_own_account:
        why = f"the requests go through {server.api_prefix} into an account whose name no answer tells."
        instead = "`domain` or `cluster`" if server.domain else "`cluster`"
        return UNKNOWN_TARGET, why, f"Connect as a user of that account, without the prefix, or write {instead} instead."
    if not server.is_connected_to and server.domain and not target.domain:
        why = f'the requests go on to domain "{server.domain}", where the account may have another name.'
        return UNKNOWN_TARGET, why, f"Name the domain as well: `domain: {server.domain}`."
    if not server.account:
        why = "the name of this connection's account can't be asked for: $SYS.REQ.USER.INFO is not permitted, or not answered."
        return UNKNOWN_TARGET, why, 'Grant this user publish "$SYS.REQ.USER.INFO".'
    if wanted in (server.account, server.account_key):
        return None
    return WRONG_TARGET, f'this connection is to "{server.account}".', CHOOSE
