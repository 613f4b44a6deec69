"""RFC 3339 instants, exact to the nanosecond, as integers since 1970 (UTC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)")


def instant(text: str) -> int:
    """Nanoseconds since 1970; raises ValueError for anything but RFC 3339 with a zone.

    The server keeps fractions and zones as they were sent, so equal instants come in different spellings.
    """
    found = _SHAPE.fullmatch(text)
    if not found:
        raise ValueError(f"not an RFC 3339 time with a zone: {text!r}")
    whole, fraction, zone = found.groups()
    moment = datetime.fromisoformat(whole.upper() + ("+00:00" if zone in "zZ" else zone))
    try:
        return (moment - _EPOCH) // timedelta(seconds=1) * SECOND + int((fraction or "").ljust(9, "0"))
    except OverflowError as error:
        raise ValueError(f"outside the calendar: {text!r}") from error
