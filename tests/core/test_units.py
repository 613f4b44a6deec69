"""Durations and sizes: what is read, what is refused with which advice, and that writing reads back the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smith_topology.core.units import INT64_MAX, UnitError, format_duration, format_size, parse_duration, parse_size

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("250ms", 250_000_000),
        ("30s", 30 * SECOND),
        ("6h", 6 * 3600 * SECOND),
        ("2d", 2 * 86400 * SECOND),
        ("1w", 7 * 86400 * SECOND),
        ("1y", 365 * 86400 * SECOND),
        ("1M", 30 * 86400 * SECOND),
        ("1m", 60 * SECOND),
        ("1y1M1w1d1h1m", (365 + 30 + 7 + 1) * 86400 * SECOND + 3660 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("1w2d3h4m5s6ms7us8ns", 788_645_006_007_008),
        ("1.5s", 1_500_000_000),
        ("0.1ms", 100_000),
        ("1.001s", 1_001_000_000),
        ("9223372036854775807ns", INT64_MAX),
        ("0", 0),
        ("0s", 0),
        ("-1", -1),
    ],
)
def test_a_duration_is_read_exactly(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


_UNITS = "Write a number and a unit, such as `250ms`, `30s`, `1h30m`, `2d` or `1w`; larger units first."


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("30", "Write the unit: `30s` for seconds, `30m` for minutes, `30h` for hours."),
        ("1.5", "Write the unit: `1.5s` for seconds, `1.5m` for minutes, `1.5h` for hours."),
        ("30000000000", "Write the unit; if these are nanoseconds, write `30s`."),
        ("1:30", "Write `1h30m` or `1m30s`."),
        ("30 sec", "Write `30s`."),
        ("1h 30min", "Write `1h30m`."),
        ("2 Days", "Write `2d`."),
        ("1µs", "Write `1us`."),
        ("30m1h", _UNITS),
        ("1m1m", _UNITS),
        ("-5s", _UNITS),
        ("", _UNITS),
        ("soon", _UNITS),
        (".5s", _UNITS),
        ("30s\n", "Write `30s`."),
        ("٣s", _UNITS),
        ("9" * 5000, _UNITS),
        ("0.5ns", "Write a whole number of a smaller unit; `0.5` of this one leaves part of a nanosecond."),
        ("300y", "Write at most `15250w`, which is 292 years."),
        ("1 year", "Write `1y`."),
        ("6 months", "Write `6M`."),
        ("1 M", _UNITS),
        ("1M1y", _UNITS),
        ("15251w", "Write at most `15250w`, which is 292 years."),
    ],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_duration(text)

    assert str(refused.value) == advice


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0"),
        (-1, "-1"),
        (1, "1ns"),
        (250_000_000, "250ms"),
        (100_000_000, "100ms"),
        (1_500_000_000, "1.5s"),
        (90 * SECOND, "90s"),
        (120 * SECOND, "2m"),
        (5400 * SECOND, "90m"),
        (86400 * SECOND, "1d"),
        (7 * 86400 * SECOND, "7d"),
        (14 * 86400 * SECOND, "14d"),
        (365 * 86400 * SECOND, "365d"),
        (86400 * SECOND + 1, "1d1ns"),
    ],
)
def test_a_duration_is_written_short(ns: int, text: str) -> None:
    assert format_duration(ns) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MiB", 500 * 2**20),
        ("2MB", 2_000_000),
        ("1GiB", 2**30),
        ("1.5GiB", 3 * 2**29),
        ("1TB", 10**12),
        ("1TiB", 2**40),
        ("5KB", 5000),
        ("7B", 7),
        ("1024", 1024),
        ("0", 0),
        ("-1", -1),
    ],
)
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert parse_size(text) == size


_SIZES = "Write a whole number of bytes, or a number and a unit: `KB` `MB` `GB` `TB` (1000s), `KiB` `MiB` `GiB` `TiB` (1024s)."


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("5M", "Write `5MB`."),
        ("5Mi", "Write `5MiB`."),
        ("500mb", "Write `500MB`."),
        ("10 MiB", "Write `10MiB`."),
        ("5 bytes", "Write `5B`."),
        ("1.5", _SIZES),
        ("-5", _SIZES),
        ("", _SIZES),
        ("big", _SIZES),
        ("9" * 5000, _SIZES),
        ("1.0001KB", "Write a whole number of a smaller unit; `1.0001` of this one leaves part of a byte."),
        ("8388608TiB", "Write at most `8388607TiB`."),
    ],
)
def test_what_is_no_size_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_size(text)

    assert str(refused.value) == advice


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (-1, "-1"),
        (1, "1B"),
        (512, "512B"),
        (1000, "1KB"),
        (1024, "1KiB"),
        (3 * 2**29, "1.5GiB"),
        (500 * 2**20, "500MiB"),
    ],
)
def test_a_size_is_written_short(size: int, text: str) -> None:
    assert format_size(size) == text


@settings(max_examples=40, deadline=None)
@given(st.integers(-1, INT64_MAX) | st.integers(-1, 10**12))
def test_what_is_written_reads_back_as_the_same_number(number: int) -> None:
    assert parse_duration(format_duration(number)) == number
    assert parse_size(format_size(number)) == number
