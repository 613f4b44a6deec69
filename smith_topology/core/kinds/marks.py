"""Whose metadata is whose: the user's, this program's (``smith-topo.``), the server's (``_nats.``)."""

from __future__ import annotations

from typing import Any

from smith_topology.core.model import OWN_METADATA, Config

OURS = "smith-topo."
SERVERS = "_nats."
REWRITTEN = ("_nats.ver", "_nats.level", "_nats.req.level")
"""Set by the server in its answers, differently in lists and infos; what a client sends for them is overwritten."""


def with_user_metadata(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with only the user's own metadata left, in place."""
    if metadata := config.pop("metadata", None):
        own = {key: value for key, value in metadata.items() if not key.startswith((OURS, SERVERS))}
        if own:
            config["metadata"] = own
    return config


def kept(config: Config) -> dict[str, str]:
    """Foreign ``_nats.`` keys of a live object, and marks of a newer version of this program: carried along."""
    metadata = config.get("metadata") or {}
    ours = {key: value for key, value in metadata.items() if key.startswith(OURS) and key not in OWN_METADATA}
    return {**ours, **{key: value for key, value in metadata.items() if key.startswith(SERVERS) and key not in REWRITTEN}}


def without_server_metadata(config: Config) -> dict[str, Any]:
    """A raw configuration without the keys that differ between a list and an info of the same object."""
    metadata = config.get("metadata") or {}
    rest = {key: value for key, value in metadata.items() if key not in REWRITTEN}
    return {**config, "metadata": rest}
