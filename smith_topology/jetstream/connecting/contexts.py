"""The contexts of the ``nats`` CLI: named connection settings in ``$XDG_CONFIG_HOME/nats/context/NAME.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smith_topology.jetstream.connecting.errors import BadSettings
from smith_topology.jetstream.connecting.files import read_small

_NAMES = {
    "url": "servers",
    "user": "user",
    "password": "password",
    "token": "token",
    "creds": "creds",
    "nkey": "nkey",
    "ca": "tlsca",
    "cert": "tlscert",
    "key": "tlskey",
    "tls_first": "tlsfirst",
    "jetstream_domain": "js_domain",
    "jetstream_api_prefix": "js_api_prefix",
    "inbox_prefix": "inbox_prefix",
}
_FILES = ("creds", "nkey", "tlsca", "tlscert", "tlskey")
_UNSUPPORTED = ("nsc", "user_jwt", "user_seed", "socks_proxy")


def selected(environ: Mapping[str, str]) -> str:
    """The context that ``nats context select`` chose, ``""`` when there is none, as where there is no home directory."""
    try:
        return read_small(_home(environ) / "context.txt").decode().strip()
    except (OSError, UnicodeDecodeError, BadSettings):
        return ""


def read(name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a context, under this program's option names; what it leaves empty is absent.

    ``name`` may also be the path of a ``.json`` file, as for the ``nats`` CLI. Raises BadSettings.
    """
    raw = _load(_path(name, environ), name, environ)
    unsupported = [key for key in _UNSUPPORTED if raw.get(key)]
    if unsupported:
        raise BadSettings(
            f"The context {name!r} uses {', '.join(unsupported)}, which smith-topo can't follow.",
            "Give the same credentials as a file: nats context edit, or --creds FILE.",
        )
    for key in _NAMES:
        if raw.get(key) is not None and not isinstance(raw[key], bool if key == "tls_first" else str):
            raise BadSettings(f"The context {name!r} holds no text for {key!r}.", "Write it anew: nats context edit")
    settings = {ours: raw[theirs] for theirs, ours in _NAMES.items() if raw.get(theirs)}
    return settings | {key: _expand(settings[key], environ) for key in _FILES if key in settings}


def known(environ: Mapping[str, str]) -> list[str]:
    """The names of all contexts; none where there is no home directory."""
    try:
        return sorted(path.stem for path in (_home(environ) / "context").glob("*.json"))
    except BadSettings:
        return []


def _home(environ: Mapping[str, str]) -> Path:
    """Where the ``nats`` CLI keeps its settings. Raises BadSettings for a user without a home, as containers have them."""
    try:
        parent = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or Path.home(), ".config")
    except RuntimeError as error:
        what = "This user has no home directory, so there are no contexts of the nats CLI."
        raise BadSettings(what, "Set HOME or XDG_CONFIG_HOME, or name the context's file: --context FILE.json") from error
    return Path(parent, "nats")


def _path(name: str, environ: Mapping[str, str]) -> Path:
    if name.endswith(".json"):
        return Path(name)
    if ".." in name or os.sep in name:
        raise BadSettings(f"{name.rpartition('@')[2]!r} is not a context name.", "List the contexts there are: nats context ls")
    return _home(environ) / "context" / f"{name}.json"


def _load(path: Path, name: str, environ: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        raw = json.loads(read_small(path))
    except FileNotFoundError as error:
        there = ", ".join(known(environ)) or "none"
        raise BadSettings(f"There is no context {name!r} ({path}). Known: {there}.", "List them: nats context ls") from error
    except OSError as error:
        raise BadSettings(f"The context file {path} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadSettings(f"The context file {path} is not JSON.", "Write it anew: nats context edit") from error
    if not isinstance(raw, dict):
        raise BadSettings(f"The context file {path} does not hold a JSON object.", "Write it anew: nats context edit")
    return raw


def _expand(path: str, environ: Mapping[str, str]) -> str:
    """``~`` at the start, as the ``nats`` CLI reads it."""
    home = environ.get("HOME")
    return str(Path(home, path[2:])) if home and path.startswith("~/") else path
