"""Text for a terminal without a terminal library: tones, safe strings, counts, alignment."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from smith_topology.core.model import Action, Address, Role, Span
from smith_topology.core.secrets import without_secrets

ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


class Tone(Enum):
    """What a piece of text means; the value is its SGR code."""

    ADD = "32"
    CHANGE = "33"
    REMOVE = "31"
    ALARM = "1;31"
    STRONG = "1"
    FAINT = "2"


@dataclass(frozen=True, slots=True)
class Style:
    """How text is dressed: with or without ANSI colours, and to which width it is laid out. ``terminal`` is the number of columns
    of the terminal that it is for, 0 without one.
    """

    colour: bool = False
    width: int = 100
    terminal: int = 0

    def paint(self, text: str, tone: Tone) -> str:
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Style()
ANSI = Style(colour=True)
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """What every output depends on besides its subject.

    ``now`` is when it is written, in UTC; ``verb`` the command that carries a plan out, ``""`` where the caller is about to ask.
    """

    style: Style = PLAIN
    now: datetime = EPOCH
    verb: str = "apply"

    @property
    def timestamp(self) -> str:
        """RFC 3339, in UTC."""
        return self.now.isoformat().replace("+00:00", "Z")


def tone_of(action: Action) -> Tone:
    match action:
        case Action.CREATE:
            return Tone.ADD
        case Action.UPDATE:
            return Tone.CHANGE
        case Action.REPLACE | Action.DELETE:
            return Tone.REMOVE
        case Action.NO_OP | Action.FORGET:
            return Tone.FAINT


def clean(text: str) -> str:
    """The text with everything unprintable escaped, so that no name or server answer can drive the terminal.

    Covers C0 and C1 controls, line breaks, bidirectional overrides, zero-width and private characters, lone
    surrogates, and spaces other than U+0020, which a reader could not tell apart.
    """
    text = without_secrets(text)  # before a line is broken or escaped, after which it could not be seen
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def quoted(text: str) -> str:
    """The text in double quotes, escaped so that it reads back as one string."""
    return '"' + clean(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def named(address: Address) -> str:
    return clean(str(address))


def listed(addresses: Sequence[Address], most: int = 3) -> str:
    """``stream.A, stream.B, stream.C and 4 more``"""
    more = f" and {len(addresses) - most:,} more" if len(addresses) > most else ""
    return ", ".join(map(named, addresses[:most])) + more


def placed(span: Span | None) -> str:
    """``topology.yaml:12``, or nothing."""
    return f"{clean(span.file)}:{span.line}" if span else ""


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 message``, ``1,204,331 messages``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def counted_roles(roles: Iterable[Role]) -> str:
    """``3 streams, 1 KV bucket``; streams that belong to buckets count as what their users call them."""
    numbers = Counter(roles)
    return ", ".join(count(numbers[role], role.value) for role in Role if numbers[role])


def visible(text: str) -> int:
    """How many columns the text takes, colours not counted."""
    return len(ESCAPE_SEQUENCE.sub("", text))


def padded(text: str, width: int) -> str:
    return text + " " * (width - visible(text))


def spread(left: str, right: str, width: int) -> str:
    """Left and right on one line of this width; two spaces apart where they do not fit."""
    if not right:
        return left
    return padded(left, max(width - visible(right), visible(left) + 2)) + right


def paragraph(text: str, indent: str, width: int) -> list[str]:
    """The text wrapped and indented; lines that start with a space, such as commands, stay as they are."""
    lines: list[str] = []
    for line in text.split("\n"):
        line = clean(line)
        if line.startswith(" ") or not line:
            lines.append((indent + line).rstrip())
        else:
            lines += textwrap.wrap(
                line,
                max(width, len(indent) + 40),
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines


def fitted(text: str, style: Style) -> str:
    """The text with lines that are too long for the terminal broken between words. Without a terminal lines stay whole, and so do
    commands.
    """
    if not style.terminal:
        return text
    return "\n".join(part for line in text.split("\n") for part in _broken(line, style.terminal))


def _broken(line: str, width: int) -> list[str]:
    plain = ESCAPE_SEQUENCE.sub("", line)
    if len(plain) <= width or plain.startswith("    smith-topo "):
        return [line]
    indent = " " * (len(plain) - len(plain.lstrip()) + 4)
    start = line[: len(line) - len(line.lstrip(" "))]
    lines, current = list[str](), start
    for word in line[len(start) :].split(" "):
        if current.strip() and visible(current) + 1 + visible(word) > width:
            lines.append(current.rstrip(" "))
            current = indent + word
        else:
            current += word if current in (start, indent) else f" {word}"
    return [*lines, current]


def columns(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Aligned columns, two spaces apart; ``right`` holds the numbers of the columns that align right."""
    widths = [max(visible(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return ["  ".join(_cell(cell, widths[i], i in right) for i, cell in enumerate(row)).rstrip() for row in rows]


def _cell(text: str, width: int, right: bool) -> str:
    space = " " * (width - visible(text))
    return space + text if right else text + space
