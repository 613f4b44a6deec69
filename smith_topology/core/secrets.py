"""Text that looks like a secret → words in its place. All that a message quotes, and all that is printed, goes through here."""

from __future__ import annotations

import re

LONGEST_MESSAGE = 2000
"""Characters of a detail, a fix or a file's name in a diagnostic; what is longer loses its middle."""

_INSIDE = r"(?:[A-Za-z0-9+/=_.,:;\s]|\\[nrt]|-(?!-))*"
_SHAPES = (
    ("-----BEGIN", rf" [^-\"'`]{{1,60}}-----{_INSIDE}(?:--+END [^-\"'`]{{1,60}}-----+)?", "(a key block, not shown)"),
    ("eyJ", r"[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)*", "(a JWT, not shown)"),
    ("S", r"(?<![A-Z2-7]S)[ACNOUX][A-Z2-7]{38,}", "(an nkey seed, not shown)"),
    ("s", r"(?<![a-z2-7]s)[acnoux][a-z2-7]{54,}", "(an nkey seed, not shown)"),
    ("://", r"(?:(?<=nats://)|(?<=tls://)|(?<=ws://)|(?<=wss://))(?:(?!,[a-z]+://)[^\s\"'`]){1,500}@", "://…@"),
    ("://", r"[^\s\"'`/?#@:]{0,500}:[^\s\"'`/?#@]{0,500}@", "://…@"),
)
"""How each starts, goes on, and what is written in its place. Text without the start is passed over fast (100 MB in 2 s).

A whole seed has 58 characters. Public keys are base32 too, and start with another letter. Host names come in lower case."""
_COMPILED = [(start, re.compile(re.escape(start) + rest), instead) for start, rest, instead in _SHAPES]
_HOST_AND_PORT = r"@(?=[A-Za-z0-9.\[][A-Za-z0-9.:\]-]*:[0-9])"
_BEFORE_HOST = re.compile(_HOST_AND_PORT)
_WITHOUT_SCHEME = re.compile(rf"(?<![^\s\"'`(=,])[^\s\"'`/@:(=,]{{1,100}}:(?!//)[^\s\"'`@]{{1,200}}{_HOST_AND_PORT}")


def without_secrets(text: str) -> str:
    """The text with every nkey seed, JWT, key block and user of a URL replaced by words that say so."""
    for start, shape, instead in _COMPILED:
        if start in text:
            text = shape.sub(instead, text)
    return _WITHOUT_SCHEME.sub("…@", text) if "@" in text and _BEFORE_HOST.search(text) else text


def looks_secret(text: str) -> bool:
    """Whether ``without_secrets`` would change it."""
    return without_secrets(text) != text


def quotable(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The text without secrets, and without its middle where that leaves more than ``longest`` characters."""
    text = without_secrets(text)
    return text if len(text) <= longest else f"{text[: longest * 2 // 3]}…{text[-longest // 4 :]}"
