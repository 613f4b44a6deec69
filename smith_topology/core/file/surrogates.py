r"""Characters that JSON writes as two escapes, ``\ud83d\ude00`` → the one escape that YAML has for them, ``\U0001f600``."""

from __future__ import annotations

import json
import re

import yaml

_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPE = re.compile(rf"\\\\|{_PAIR.pattern}")
"""A backslash that is escaped is matched too, so that it does not count as the start of another escape."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MOST_TEXTS = 100


def with_pairs_joined(text: str) -> str:
    """The text with the pairs in double quotes replaced; others are no escapes. In YAML that is not JSON at most ``_MOST_TEXTS``
    texts in quotes, each found where the parser stops. Columns behind a pair on the same line shrink by two.
    """
    if not _PAIR.search(text):
        return text
    if _is_json(text):
        return _ESCAPE.sub(_joined, text)
    for _ in range(_MOST_TEXTS):
        start = _stopped_at(text)
        quoted = None if start is None else _QUOTED.match(text, start)
        joined = _ESCAPE.sub(_joined, quoted[0]) if quoted else ""
        if not quoted or joined == quoted[0]:
            break
        text = text[: quoted.start()] + joined + text[quoted.end() :]
    return text


def _joined(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    return f"\\U{0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00:08x}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _stopped_at(text: str) -> int | None:
    """The offset of the quoted text that holds an escape which the YAML parser refuses; None if there is none."""
    try:
        for _ in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark
        if mark and "escape" in str(error.problem):
            return _offset(text, mark.line, mark.column)
    return None


def _offset(text: str, line: int, column: int) -> int:
    if not line:
        return column
    breaks = [found.end() for found in _LINE_BREAK.finditer(text)]
    return breaks[line - 1] + column
