"""Metadata by owner: the user's, this program's (``smith-topo.``), the server's (``_nats.``); and the mark of a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smith_topology.core.model import LIMITS, OWN_METADATA, Config, Observed

PROTECTED = "protect"
OWNED_BY = "owner"
UNFINISHED = "unfinished"
PSEUDO_FIELDS = (PROTECTED, OWNED_BY, UNFINISHED)
"""Shown and compared like fields, kept in metadata on the wire."""

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


def kept(observed: Observed) -> dict[str, str]:
    """Foreign ``_nats.`` keys of a live object, known limits, and marks of a newer version of this program: carried along."""
    rewritten = {*OWN_METADATA} - {LIMITS}
    ours = {key: value for key, value in observed.marks.items() if key.startswith(OURS) and key not in rewritten}
    servers = {key: value for key, value in observed.metadata.items() if key.startswith(SERVERS) and key not in REWRITTEN}
    return {**ours, **servers}


def without_server_metadata(config: Config) -> dict[str, Any]:
    """A raw configuration without the keys that differ between a list and an info of the same object."""
    metadata = config.get("metadata") or {}
    rest = {key: value for key, value in metadata.items() if key not in REWRITTEN}
    return {**config, "metadata": rest}


LONGEST_MARK = 4096
"""Characters. An object may have 128 KiB of metadata in all (2.10 to 2.15)."""
_MARK = re.compile(r"plan (\w*), stage (\d+) of (\d+)")
_GAVE, _TAKES = re.compile(r"; gave (\S+) to (\S+?)(?=; |\Z)"), re.compile(r"; takes (\S+?)(?=; |\Z)")


@dataclass(frozen=True, slots=True)
class StageMark:
    """What ``smith-topo.stage`` says on an object between two of its stages. Its text is for people too.

    ``gave`` maps subjects that the object has given up to the addresses that take them; ``takes`` are subjects that it is
    still to take. Subjects and addresses hold no white space, so ``parse`` is the inverse of ``str``, which leaves out what
    would make the text longer than ``LONGEST_MARK``.
    """

    plan: str
    number: int
    of: int
    gave: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"plan {self.plan}, stage {self.number} of {self.of}"
        gave = (f"; gave {subject} to {taker}" for subject, taker in self.gave.items())
        for part in (*gave, *(f"; takes {subject}" for subject in self.takes)):
            if len(text) + len(part) <= LONGEST_MARK:
                text += part
        return text

    @classmethod
    def parse(cls, text: str) -> StageMark:
        """The mark that a text holds. Of a mark that a later version has written, only that the object is unfinished."""
        found = _MARK.match(text)
        plan, number, of = (found[1], int(found[2]), int(found[3])) if found else ("", 0, 0)
        return cls(plan, number, of, dict(_GAVE.findall(text)), tuple(_TAKES.findall(text)))
