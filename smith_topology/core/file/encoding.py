"""Bytes of a file → text that YAML can hold, or the position of the first byte or character that it can't."""

from __future__ import annotations

import codecs
import re

from smith_topology.core.file import findings
from smith_topology.core.file.report import Fault, Stop
from smith_topology.core.model import Span

MAX_BYTES = 16 * 2**20

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that YAML forbids, and line breaks of YAML 1.1 that editors do not count: line numbers would differ."""


def decode(data: bytes, file: str) -> str:
    """The text without its byte order mark. Raises Stop for more than ``MAX_BYTES``, other encodings and control characters."""
    if len(data) > MAX_BYTES:
        raise Stop(Span(file, 1, 1), too_large(len(data)))
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Stop(_end_of(file, data[: error.start].decode()), _not_utf8(data[error.start])) from None
    if found := _UNSEEN.search(text):
        raise Stop(_end_of(file, text[: found.start()]), _unseen(found[0]))
    return text


def too_large(size: int) -> Fault:
    """The fault of a file of ``size`` bytes."""
    return Fault(
        findings.TOO_LARGE,
        f"It has {size} bytes; at most {MAX_BYTES} (16 MiB) are read.",
        "Split it into several files, and name them or their directory with `-f`.",
    )


def _not_utf8(byte: int) -> Fault:
    return Fault(findings.BAD_ENCODING, f"The byte 0x{byte:02x} can't stand here.", "Save the file as UTF-8.")


def _unseen(character: str) -> Fault:
    return Fault(
        findings.CONTROL_CHARACTER,
        f"The character U+{ord(character):04X} can't be seen, and YAML forbids it or counts lines by it.",
        f'Delete it, or write it as "\\u{ord(character):04x}" in double quotes.',
    )


def _end_of(file: str, before: str) -> Span:
    """The position of the character that comes after this text."""
    lines = re.split(r"\r\n|\r|\n", before)
    return Span(file, len(lines), len(lines[-1]) + 1)
