"""Words for messages: what is written, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from smith_topology.core.secrets import without_secrets

_LONGEST = 60


def shown(text: str) -> str:
    """User text for one line of a terminal: without secrets, control characters escaped, the middle left out if it is long."""
    text = without_secrets(text)
    if len(text) > _LONGEST:
        text = f"{text[:40]}…{text[-15:]}"
    return f"`{''.join(c if c.isprintable() else c.encode('unicode_escape').decode() for c in text)}`"


def closest(word: str, known: Iterable[str]) -> str:
    """The most similar known word, ``""`` if none is similar. Long words are not compared: difflib takes quadratic time."""
    if len(word) > _LONGEST:
        return ""
    spelled = {each.replace("_", "").lower(): each for each in known}
    plain = word.replace("_", "").replace("-", "").lower()
    found = difflib.get_close_matches(plain, spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else ""


def choices(words: Iterable[str]) -> str:
    """All the words in a sentence: `a`, `b` or `c`."""
    *rest, last = [f"`{word}`" for word in words]
    return f"{', '.join(rest)} or {last}" if rest else last


def meant(word: str, known: Iterable[str]) -> str:
    """The advice for a word that is not known: the most similar one, or all there are."""
    words = list(known)
    match = closest(word, words)
    return f"Did you mean `{match}`?" if match else f"Write {choices(words)}."
