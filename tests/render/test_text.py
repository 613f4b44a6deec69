from __future__ import annotations

import pytest

from smith_topology.core.model import Action, Role
from smith_topology.render.text import ANSI, PLAIN, Tone, clean, columns, count, counted_roles, paragraph, quoted, spread, tone_of


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\r", r"a\nb\r"),
        ("\x9b31m", r"\x9b31m"),
        ("\x7f\x00", r"\x7f\x00"),
        ("\u202egnp", r"\u202egnp"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\ud800", r"\ud800"),
        ("no\u00a0break", r"no\xa0break"),
        ("Grüße 日本 🎉", "Grüße 日本 🎉"),
    ],
)
def test_what_could_drive_or_fool_a_terminal_is_escaped(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_quoted_text_reads_back_as_one_string() -> None:
    assert quoted('a"b\\c') == r'"a\"b\\c"'


def test_colour_comes_only_when_asked_for() -> None:
    assert PLAIN.paint("x", Tone.ALARM) == "x"
    assert ANSI.paint("x", Tone.ALARM) == "\x1b[1;31mx\x1b[0m"


@pytest.mark.parametrize("action", Action)
def test_every_action_has_a_tone(action: Action) -> None:
    assert tone_of(action) in Tone


@pytest.mark.parametrize(("number", "text"), [(0, "0 messages"), (1, "1 message"), (1_204_331, "1,204,331 messages")])
def test_counts_agree_with_their_noun(number: int, text: str) -> None:
    assert count(number, "message") == text


def test_streams_of_buckets_count_as_buckets() -> None:
    roles = (Role.STREAM, Role.KEY_VALUE, Role.STREAM, Role.OBJECT_STORE, Role.STREAM)

    assert counted_roles(roles) == "3 streams, 1 KV bucket, 1 object bucket"


def test_text_on_the_right_ends_at_the_width_or_two_spaces_after_what_is_too_long() -> None:
    assert spread("left", "right", 12) == "left   right"
    assert spread("rather long", "right", 12) == "rather long  right"
    assert len(spread(ANSI.paint("left", Tone.ADD), "right", 20)) == 20 + len("\x1b[32m\x1b[0m")


def test_a_paragraph_wraps_prose_and_leaves_commands_alone() -> None:
    prose = "word " * 12

    lines = paragraph(f"{prose}\n  smith-topo apply {'x' * 60}", "  ", 50)

    assert lines == ["  " + " ".join(["word"] * 9), "  word word word", f"    smith-topo apply {'x' * 60}"]


def test_columns_align_even_when_coloured() -> None:
    rows = [["a", "1"], [ANSI.paint("long", Tone.ADD), "20"]]

    assert columns(rows, frozenset({1})) == ["a      1", "\x1b[32mlong\x1b[0m  20"]
