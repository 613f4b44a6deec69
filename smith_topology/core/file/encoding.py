"""Bytes of a file → text that YAML can hold, or the place of the first byte or character that it can't."""

from __future__ import annotations

import codecs
import re

from smith_topology.core.file.report import START, Fault, Place, Stop

MAX_BYTES = 16 * 2**20

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters YAML forbids, and the line breaks only YAML 1.1 counts: lines would be numbered otherwise than in an editor."""


def decode(data: bytes) -> str:
    """The text without its byte order mark; raises Stop for what can't be read."""
    if len(data) > MAX_BYTES:
        raise Stop(START, too_large(len(data)))
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Stop(_place_of(data[: error.start].decode()), _not_utf8(data[error.start])) from None
    if found := _UNSEEN.search(text):
        raise Stop(_place_of(text[: found.start()]), _unseen(found[0]))
    return text


def too_large(size: int) -> Fault:
    """For a file of this many bytes, read or not."""
    return Fault(
        "too-large",
        "The file is too large",
        f"It has {size} bytes; at most {MAX_BYTES} (16 MiB) are read.",
        "Split it into several files, and name them or their directory with `-f`.",
    )


def _not_utf8(byte: int) -> Fault:
    return Fault("bad-encoding", "Not UTF-8", f"The byte 0x{byte:02x} can't stand here.", "Save the file as UTF-8.")


def _unseen(character: str) -> Fault:
    return Fault(
        "control-character",
        "A control character",
        f"The character U+{ord(character):04X} can't be seen, and YAML forbids it or counts lines by it.",
        f'Delete it, or write it as "\\u{ord(character):04x}" in double quotes.',
    )


def _place_of(before: str) -> Place:
    """Where the next character stands."""
    lines = re.split(r"\r\n|\r|\n", before)
    return Place(len(lines), len(lines[-1]) + 1)
