"""Durations and sizes as people write them, both ways and exact: integers throughout, never floats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Self

INT64_MAX = 2**63 - 1

DURATION_UNITS: Mapping[str, int] = {
    "y": 31_536_000_000_000_000,
    "M": 2_592_000_000_000_000,
    "w": 604_800_000_000_000,
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
"""A year is 365 days and a month 30, as the ``nats`` CLI counts them."""
SHOWN_UNITS = {unit: scale for unit, scale in DURATION_UNITS.items() if scale <= DURATION_UNITS["d"]}
"""Days are what people write, so durations are not shown in weeks: `7d` stays `7d`."""
SIZE_UNITS: Mapping[str, int] = {
    "TiB": 2**40,
    "TB": 10**12,
    "GiB": 2**30,
    "GB": 10**9,
    "MiB": 2**20,
    "MB": 10**6,
    "KiB": 2**10,
    "KB": 10**3,
    "B": 1,
}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
DURATION_PATTERN = r"^(?:0|-1|(?=[0-9])" + "".join(f"(?:{_NUMBER}{unit})?" for unit in DURATION_UNITS) + r")$"
"""What ``parse_duration`` reads, as a regular expression that JSON Schema understands too: larger units first."""
SIZE_PATTERN = rf"^(?:-1|[0-9]+|{_NUMBER}(?:{'|'.join(SIZE_UNITS)}))$"

_DURATION = re.compile(DURATION_PATTERN[:-1] + r"\Z")
_SIZE = re.compile(SIZE_PATTERN[:-1] + r"\Z")
_PART = re.compile(rf"({_NUMBER})([a-zA-Z]*)")
_CLOCK = re.compile(r"([0-9]{1,3}):([0-9]{1,2})\Z")
_LOOSE = re.compile(rf"({_NUMBER})([a-zµμ]+)")
_SPELLINGS = {
    "y": "year years yr yrs",
    "M": "month months mo",
    "w": "week weeks wk wks",
    "d": "day days",
    "h": "hour hours hr hrs",
    "m": "min mins minute minutes",
    "s": "sec secs second seconds",
    "ms": "msec msecs millis millisecond milliseconds",
    "us": "µs μs usec usecs micros microsecond microseconds",
    "ns": "nsec nsecs nanos nanosecond nanoseconds",
}
_MEANT = {word: unit for unit, words in _SPELLINGS.items() for word in (unit, *words.split()) if word != "M"}
_MEANT_SIZE = {
    **{unit.lower(): unit for unit in SIZE_UNITS},
    **{unit[0].lower(): unit for unit in ("KB", "MB", "GB", "TB")},
    **{unit[:2].lower(): unit for unit in ("KiB", "MiB", "GiB", "TiB")},
    "byte": "B",
    "bytes": "B",
}
_NANOSECONDS_LIKELY = 1_000_000
_LONGEST = 80
"""Of a text with any sense to it; int() would take quadratic time over longer ones."""


class UnitError(ValueError):
    """Not a duration, or not a size; the text says what to write instead."""


class AsWritten(int):
    """A number that was read from text, and is shown as that text. Whatever is computed with it is a plain number."""

    text: str

    def __new__(cls, value: int, text: str) -> Self:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        """What ``copy`` and ``pickle`` make it from."""
        return int(self), self.text

    def __deepcopy__(self, _memo: object) -> Self:
        """Itself: requests are deep copies of thousands of configurations."""
        return self


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> int:
    """Nanoseconds of ``250ms``, ``1h30m``, ``1.5s``; ``0`` and ``-1`` stand for themselves. It is shown as this text.

    Raises UnitError for anything else, for parts of a nanosecond, and for more than 2**63-1 ns (292 years).
    """
    if text in ("0", "-1"):
        return int(text)
    if len(text) > _LONGEST or not _DURATION.match(text):
        raise UnitError(_duration_advice(text))
    total = sum(_exact(number, DURATION_UNITS[unit], "a nanosecond") for number, unit in _PART.findall(text))
    if total > INT64_MAX:
        raise UnitError("Write at most `15250w`, which is 292 years.")
    return AsWritten(total, text)


def format_duration(ns: int) -> str:
    """The text the number was read from, else the shortest of ``90s``, ``1h30m`` and ``1.5s`` that reads back as exactly as many
    nanoseconds.
    """
    if isinstance(ns, AsWritten):
        return ns.text
    if ns <= 0:
        return str(ns) if ns in (0, -1) else f"-{format_duration(-ns)}"
    return min(_duration_texts(ns), key=len)


@lru_cache(maxsize=1024)
def parse_size(text: str) -> int:
    """Bytes of ``500MiB``, ``2MB``, ``1.5GiB`` or a bare whole number; ``-1`` stands for itself. It is shown as this text.

    Raises UnitError for anything else, for parts of a byte, and for more than 2**63-1 bytes.
    """
    if len(text) > _LONGEST or not _SIZE.match(text):
        raise UnitError(_size_advice(text))
    if text == "-1":
        return -1
    [(number, unit)] = _PART.findall(text)
    total = _exact(number, SIZE_UNITS[unit or "B"], "a byte")
    if total > INT64_MAX:
        raise UnitError("Write at most `8388607TiB`.")
    return AsWritten(total, text)


def format_size(n: int) -> str:
    """The text the number was read from, else the shortest with a unit that reads back as exactly as many bytes; ``0`` and ``-1``
    have none.
    """
    if isinstance(n, AsWritten):
        return n.text
    if n <= 0:
        return str(n) if n in (0, -1) else f"-{format_size(-n)}"
    return min((f"{number}{unit}" for unit, scale in SIZE_UNITS.items() if (number := _quotient(n, scale))), key=len)


def _exact(number: str, scale: int, least: str) -> int:
    whole, _, fraction = number.partition(".")
    parts = 10 ** len(fraction)
    value, rest = divmod(int(whole + fraction) * scale, int(parts))
    if rest:
        raise UnitError(f"Write a whole number of a smaller unit; `{number}` of this one leaves part of {least}.")
    return value


def _quotient(value: int, scale: int) -> str:
    """``value / scale`` as an exact decimal of at most three digits after the point; ``""`` if there is none from 1 up."""
    thousandths, rest = divmod(value * 1000, scale)
    if rest or thousandths < 1000:
        return ""
    whole, fraction = divmod(thousandths, 1000)
    return f"{whole}.{fraction:03}".rstrip("0") if fraction else str(whole)


def _duration_texts(ns: int) -> Iterator[str]:
    """Candidates, the one to prefer among equally long ones first."""
    for unit, scale in SHOWN_UNITS.items():
        if ns % scale == 0:
            yield f"{ns // scale}{unit}"
    yield _mixed(ns)
    for unit in ("s", "ms", "us"):
        if number := _quotient(ns, DURATION_UNITS[unit]):
            yield f"{number}{unit}"


def _mixed(ns: int) -> str:
    parts = []
    for unit, scale in SHOWN_UNITS.items():
        count, ns = divmod(ns, scale)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def _duration_advice(text: str) -> str:
    if clock := _CLOCK.match(text):
        return f"Write `{clock[1]}h{clock[2]}m` or `{clock[1]}m{clock[2]}s`."
    if len(text) <= _LONGEST and re.fullmatch(_NUMBER, text):
        return _unit_advice(text)
    if meant := _respelled(text):
        return f"Write `{meant}`."
    return "Write a number and a unit, such as `250ms`, `30s`, `1h30m`, `2d` or `1w`; larger units first."


def _unit_advice(number: str) -> str:
    if number.isdigit() and _NANOSECONDS_LIKELY <= int(number) <= INT64_MAX:
        return f"Write the unit; if these are nanoseconds, write `{format_duration(int(number))}`."
    return f"Write the unit: `{number}s` for seconds, `{number}m` for minutes, `{number}h` for hours."


def _respelled(text: str) -> str:
    """The duration that ``30 sec`` or ``1h 30min`` was meant to be, as text such as ``30s``; ``""`` when that is not clear."""
    if re.search(r"[0-9]\s*M(?![a-z])", text):
        return ""  # a month, or a minute? A guess could cost a month of messages
    squeezed = re.sub(r"\s+", "", text[:_LONGEST]).lower()
    parts = _LOOSE.findall(squeezed)
    if "".join(number + word for number, word in parts) != squeezed:
        return ""
    meant = "".join(number + _MEANT.get(word, "?") for number, word in parts)
    return meant if _DURATION.match(meant) and meant not in ("", "0", "-1") else ""


def _size_advice(text: str) -> str:
    found = re.fullmatch(rf"({_NUMBER})\s*([A-Za-z]*)", text[:_LONGEST].strip())
    meant = found[1] + _MEANT_SIZE.get(found[2].lower(), "?") if found else ""
    if _SIZE.match(meant):
        return f"Write `{meant}`."
    return "Write a whole number of bytes, or a number and a unit: `KB` `MB` `GB` `TB` (1000s), `KiB` `MiB` `GiB` `TiB` (1024s)."
