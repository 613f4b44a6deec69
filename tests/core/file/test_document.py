"""YAML text → nodes: places, aliases, merges; and every way in which a text is no such document."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import pytest

from smith_topology.core.file.document import MAX_DEPTH, Entry, MappingNode, Node, ScalarNode, SequenceNode, compose
from smith_topology.core.file.encoding import MAX_BYTES
from smith_topology.core.file.report import SHOWN_PER_FILE, Report, span_of
from smith_topology.core.model import Diagnostic


def composed(text: str | bytes) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    report = Report("t.yaml")
    return compose(text if isinstance(text, bytes) else text.encode(), report), report.diagnostics()


def plain(node: Node | None) -> Any:
    """The texts alone."""
    match node:
        case ScalarNode():
            return node.text
        case SequenceNode():
            return [plain(item) for item in node.items]
        case MappingNode():
            return {key: plain(entry.value) for key, entry in node.entries.items()}
        case None:
            return None


def read(text: str | bytes) -> Any:
    node, found = composed(text)
    assert not found
    return plain(node)


def entry(text: str, key: str) -> Entry:
    node, _ = composed(text)
    assert isinstance(node, MappingNode)
    return node.entries[key]


@pytest.mark.parametrize("word", ["on", "no", "1:30", "2026-01-01", "0o17", "017", "1_000", ".inf", "=", "1e3"])
def test_a_scalar_keeps_its_text(word: str) -> None:
    """YAML 1.1 would make something else of each of them."""
    assert read(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("text", "is_plain", "is_null"),
    [
        ("null", True, True),
        ("~", True, True),
        ("", True, True),
        ("'null'", False, False),
        ('""', False, False),
        ("nil", True, False),
    ],
)
def test_quotes_are_remembered(text: str, is_plain: bool, is_null: bool) -> None:
    value = entry(f"a: {text}", "a").value

    assert isinstance(value, ScalarNode)
    assert (value.plain, value.is_null) == (is_plain, is_null)


def test_an_entry_has_the_position_of_its_key_and_an_item_its_own() -> None:
    node, _ = composed("ä: ö\nbé:\n    - x\n    -   y\n")

    assert isinstance(node, MappingNode)
    assert span_of(node.entries["bé"]) == ("t.yaml", 2, 1)
    items = node.entries["bé"].value
    assert isinstance(items, SequenceNode)
    assert [span_of(item) for item in items.items] == [("t.yaml", 3, 7), ("t.yaml", 4, 9)]


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "---\na: 1\nb: 2\n...\n", "%YAML 1.2\n---\n{a: 1, b: 2}"]
)
def test_marks_and_line_ends_of_other_systems_are_fine(text: str) -> None:
    assert read(text) == {"a": "1", "b": "2"}


def test_an_alias_stands_for_its_anchor_and_at_its_own_place() -> None:
    text = "a: &x {b: 1}\nc: [*x, *x]\n"

    assert read(text)["c"] == [{"b": "1"}, {"b": "1"}]
    items = entry(text, "c").value
    assert isinstance(items, SequenceNode)
    assert [(item.line, item.column) for item in items.items] == [(2, 5), (2, 9)]


@pytest.mark.parametrize(
    "text",
    ["---\na: 1\n---\n", "---\n---\na: 1\n", "---\n# c\n--- ~\n---\na: 1\n...\n---\n", "---\n...\n---\na: 1\n---\nnull\n...\n"],
)
def test_empty_documents_around_the_one_that_counts_are_ignored(text: str) -> None:
    assert read(text) == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "x\ud83d\ude00y"}', "x\U0001f600y"),
        (r'a: "x\uD83D\uDE00y \ud83d\ude00"', "x\U0001f600y \U0001f600"),
        (r'a: "\\ud83d\\ude00"', r"\ud83d\ude00"),
        (r'{"a": "\\ud83d\\ude00"}', r"\ud83d\ude00"),
        (r"a: '\ud83d\ude00'", r"\ud83d\ude00"),
        (r"a: \ud83d\ude00", r"\ud83d\ude00"),
        ("# '\"\r\nb: 'x'\r\na: \"\\ud83d\\ude00\"\r\n", "\U0001f600"),
    ],
)
def test_what_json_writes_as_a_pair_of_surrogates_is_one_character(text: str, value: str) -> None:
    assert read(text)["a"] == value


@pytest.mark.parametrize("text", [r'{"a": "\ud83d"}', r'a: "\ude00\ud83d"'])
def test_half_a_pair_is_an_error_that_says_so(text: str) -> None:
    (found,) = composed(text)[1]

    assert (found.code, found.detail) == ("yaml-syntax", "This escape is half a character (a surrogate), or none.")


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ("{<<: *x, a: 0}", {"a": "0", "b": "2"}),
        ("{a: 0, <<: *x}", {"a": "0", "b": "2"}),
        ("{<<: [*y, *x]}", {"a": "9", "b": "2"}),
        ("{<<: *x, <<: *y}", {"a": "1", "b": "2"}),
        ("{<<: {c: 3}}", {"c": "3"}),
        ("{'<<': c}", {"<<": "c"}),
    ],
)
def test_own_keys_win_over_merged_ones_and_earlier_merges_over_later(merge: str, expected: dict[str, str]) -> None:
    assert read(f"x: &x {{a: 1, b: 2}}\ny: &y {{a: 9}}\nz: {merge}\n")["z"] == expected


def test_a_merged_entry_is_where_it_is_written() -> None:
    value = entry("x: &x\n  a: 1\nz: {<<: *x}\n", "z").value

    assert isinstance(value, MappingNode)
    assert span_of(value.entries["a"]) == ("t.yaml", 2, 3)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join([f'*{chr(c)}'] * 10)}]\n" for c in range(ord("a"), ord("q"))
)
MERGE_BOMB = (
    "base: &b {" + ", ".join(f"k{i}: 1" for i in range(2000)) + "}\n" + "".join(f"m{i}: {{<<: *b}}\n" for i in range(1000))
)
ALIAS_LADDER = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300))

SYNTAX = "Not valid YAML"
TOO_MANY = "With its aliases and defaults written out, the file holds more than 750000 values."
TOO_DEEP = "Lists and mappings stand more than 100 deep here."
CLOSE = "Close brackets that are open, and check the indentation."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            (
                3,
                1,
                "duplicate-key",
                "A key written twice",
                "`a` is already written at t.yaml:1:1; only one of the two could count.",
                "Delete one of them, or join them.",
            ),
        ),
        (
            "? [a]\n: b\n",
            (1, 3, "bad-key", "A key that is not text", "A list or mapping stands where a key belongs.", "Write `key: value`."),
        ),
        (
            "a: {<<: 5}\n",
            (1, 9, "bad-merge", "Nothing to merge", "`<<` takes a mapping, or a list of them.", "Write `<<: *name`."),
        ),
        (
            "a: !!python/object x",
            (
                1,
                4,
                "yaml-tag",
                "A YAML tag",
                "`!!python/object` asks for a type; the field decides that here.",
                "Delete the tag.",
            ),
        ),
        (
            "a: !foo [b]",
            (1, 4, "yaml-tag", "A YAML tag", "`!foo` asks for a type; the field decides that here.", "Delete the tag."),
        ),
        (
            "a: *nope",
            (
                1,
                4,
                "unknown-alias",
                "An alias without an anchor",
                "`*nope` stands for what `&nope` names, and nothing above is called that.",
                "Name the anchor first, or put text that starts with `*` in quotes.",
            ),
        ),
        ("&a [*a]", (1, 5, "recursive-alias", "An alias inside its own anchor", "`*a` would never end.", "Write it out.")),
        (
            "a: 1\n---\nb: 2\n",
            (
                2,
                1,
                "several-documents",
                "More than one document",
                "A second document starts here; a file holds one.",
                "Write each document into a file of its own, and name them or their directory with `-f`.",
            ),
        ),
        (
            b"a: 1\nb: \xc3\xa9\xff",
            (2, 5, "bad-encoding", "Not UTF-8", "The byte 0xff can't stand here.", "Save the file as UTF-8."),
        ),
        (b"\xff\xfea\x00", (1, 1, "bad-encoding", "Not UTF-8", "The byte 0xff can't stand here.", "Save the file as UTF-8.")),
        (
            "a: 1\r\nb: \x07",
            (
                2,
                4,
                "control-character",
                "A control character",
                "The character U+0007 can't be seen, and YAML forbids it or counts lines by it.",
                r'Delete it, or write it as "\u0007" in double quotes.',
            ),
        ),
        (
            "a: b\u2028c",
            (
                1,
                5,
                "control-character",
                "A control character",
                "The character U+2028 can't be seen, and YAML forbids it or counts lines by it.",
                r'Delete it, or write it as "\u2028" in double quotes.',
            ),
        ),
        (
            b"a" * (MAX_BYTES + 1),
            (
                1,
                1,
                "too-large",
                "The file is too large",
                "It has 16777217 bytes; at most 16777216 (16 MiB) are read.",
                "Split it into several files, and name them or their directory with `-f`.",
            ),
        ),
        (BOMB, (6, 32, "too-large", "Too many values", TOO_MANY, "Use fewer of them, or split it into several files.")),
        (MERGE_BOMB, (188, 7, "too-large", "Too many values", TOO_MANY, "Use fewer of them, or split it into several files.")),
        ("[" * 10_000, (1, MAX_DEPTH + 1, "too-deep", "Nested too deeply", TOO_DEEP, CLOSE)),
        ("{a: " * 10_000, (1, 4 * MAX_DEPTH + 1, "too-deep", "Nested too deeply", TOO_DEEP, CLOSE)),
        ("- " * 10_000, (1, 2 * MAX_DEPTH + 1, "too-deep", "Nested too deeply", TOO_DEEP, CLOSE)),
        (
            "".join(" " * i + "a:\n" for i in range(3000)),
            (MAX_DEPTH + 1, MAX_DEPTH + 1, "too-deep", "Nested too deeply", TOO_DEEP, CLOSE),
        ),
        (ALIAS_LADDER, (100, 12, "too-deep", "Nested too deeply", TOO_DEEP, CLOSE)),
        ("a:\n\tb: 1\n", (2, 1, "yaml-syntax", SYNTAX, "A tab indents this line; YAML wants spaces there.", "Use spaces.")),
        ("a: 1\n  \tb: 1\n", (2, 3, "yaml-syntax", SYNTAX, "A tab indents this line; YAML wants spaces there.", "Use spaces.")),
        (
            "a: [>, b]\n",
            (
                1,
                5,
                "yaml-syntax",
                SYNTAX,
                "At the start of a value, `>` means something to YAML.",
                "Put text that starts with `>` in quotes, such as `'>'`.",
            ),
        ),
        (
            "a: >\n",
            (
                1,
                4,
                "yaml-syntax",
                SYNTAX,
                "At the start of a value, `>` means something to YAML.",
                "Put text that starts with `>` in quotes, such as `'>'`.",
            ),
        ),
        (
            "a: [*.b]\n",
            (
                1,
                5,
                "yaml-syntax",
                SYNTAX,
                "At the start of a value, `*` means something to YAML.",
                "Put text that starts with `*` in quotes, such as `'*'`.",
            ),
        ),
        (
            "a: b: c\n",
            (
                1,
                5,
                "yaml-syntax",
                SYNTAX,
                "A `:` stands where no key can be.",
                "Check the indentation, and put text that holds `: ` in quotes.",
            ),
        ),
        (
            "a: [1, 2\n",
            (2, 1, "yaml-syntax", SYNTAX, "The `[` of line 1 is not closed.", "Put `,` between the items and `]` behind them."),
        ),
        (
            "a: {b: 1\n",
            (2, 1, "yaml-syntax", SYNTAX, "The `{` of line 1 is not closed.", "Put `,` between the entries and `}` behind them."),
        ),
        ("a: 'x\n", (2, 1, "yaml-syntax", SYNTAX, "The quote of line 1 is not closed.", "Close it.")),
        (
            'a: "\\q"\n',
            (
                1,
                5,
                "yaml-syntax",
                SYNTAX,
                "This escape does not exist.",
                "Write the text in single quotes, where `\\` stands for itself.",
            ),
        ),
        (
            "a: 1\nb\nc: 2\n",
            (3, 1, "yaml-syntax", SYNTAX, "The key of line 2 has no `:`.", "Write `key: value`, with a space behind the colon."),
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            (
                3,
                2,
                "yaml-syntax",
                SYNTAX,
                "This does not fit what starts on line 1.",
                "Check the indentation and the quotes before it.",
            ),
        ),
        (
            "%FOO\n",
            (
                1,
                5,
                "yaml-syntax",
                SYNTAX,
                "The parser says: found unknown directive name.",
                "Check the indentation and the quotes around here.",
            ),
        ),
    ],
    ids=map(str, itertools.count()),
)
def test_every_message_says_where_what_and_what_to_write(
    text: str | bytes, expected: tuple[int, int, str, str, str, str]
) -> None:
    _, [found, *more] = composed(text)

    assert not more
    assert found.span is not None
    assert (found.span.line, found.span.column, found.code, found.summary, found.detail, found.fix) == expected


def test_faults_that_leave_the_rest_readable_are_all_reported() -> None:
    node, found = composed("a: !x 1\na: 2\n? [k]\n: v\nz: {<<: 1}\n")

    assert [each.code for each in found] == ["yaml-tag", "duplicate-key", "bad-key", "bad-merge"]
    assert plain(node) == {"a": "1", "z": {}}


def test_a_flood_of_faults_is_counted_not_listed() -> None:
    _, found = composed("a: 1\n" * (SHOWN_PER_FILE + 51))

    assert len(found) == SHOWN_PER_FILE + 1
    assert (found[-1].code, found[-1].detail) == ("more-errors", "and 50 more; the first of them is here.")
    assert found[-1].span is not None
    assert found[-1].span.line == SHOWN_PER_FILE + 2


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "\ufeff"])
def test_nothing_written_is_no_fault_here(text: str) -> None:
    node, found = composed(text)

    assert not found
    assert node is None or (isinstance(node, ScalarNode) and node.is_null)


def test_shared_nodes_are_not_copied() -> None:
    """A file whose aliases stay below the limit costs what is written, not what it stands for."""
    gc.collect()
    before = len(gc.get_objects())
    node, _ = composed("a: &a [" + "x, " * 1000 + "]\nb: [" + "*a, " * 700 + "]\n")
    grown = len(gc.get_objects()) - before

    assert node is not None
    assert grown < 10_000
