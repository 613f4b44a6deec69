"""Find retired words, and missing units, in every file of the project: ``make check`` fails while there is one.

The texts of this project use JetStream's and Terraform's words, and plain sentences. A word is retired because it had to be read
twice, or because it stood for something that has a better-known name.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

ACTS = r"(?: else)?(?: has| had)? (?:add|change|create|delete|edit|lower|made|make|raise|remove|set|write|said no|at the prompt)"
"""What may follow "somebody": what a person does to the account, or at the prompt."""

AT_THE_PROMPT = r" (?:is there to approve|can answer)"
"""What may follow "nobody"."""

PROSE = {
    rf"\b(?:nobody|anybody|everybody)(?:'s)?\b(?!{AT_THE_PROMPT})": "name it: no consumer, no owner, no server, no client",
    rf"\bsomebody(?:'s)?\b(?!{ACTS})": "name it: another client, another file, a consumer; or who edited",
    r"\bwhoever\b": "name it: the caller, a reader, a client",
    r"\bsakes?\b": "because of, for",
    r"\b(?:lets?|letting) (?:it |them )?go\b": "drops (a message), gives up (a subject)",
    r"\bcircles?\b": "cycle, as the server says",
    r"\b(?:crowded|stranded|unheld)\b": "full, orphaned, without a stream",
    r"\b(?:in|its|their|own|your|two|both|object's) turns?\b": "one after the other, alternately, pass, time",
    r"\bpric(?:e|es|ed|ing)\b": "cost, effects, forecast",
    r"\bfeasib\w+": "preflight; possible",
    r"\b(?:survey|agenda)\b": "planner, scheduler",
    r"\bstrangers?\b": "foreign, unknown",
    r"\bwishes\b": "what a consumer wants; demand",
    r"\b(?:is|are|be|being) told\b(?! apart)": "says, receives, reports, learns",
    r"(?<!in )\b(?:its|the) place\b(?! of)": "its target, its line, its position",
}
"""In comments, docstrings, messages and pages: what is retired, and what to write instead."""

NAMES = {
    r"nobody|nobodys|somebody|whoever|sake": "what it is: ephemeral, internal, without an owner",
    r"circles?|crowded|stranded|unheld|opened|bearing": "cycles, full_streams, orphaned, …",
    r"told|tells?|talks?|hears?|complain|finish": "to_stdout, to_stderr, report, on_error, expected, sentences",
    r"pric(?:e|es|ed|ing)|promises?": "forecast, effects, approved_loss",
    r"feasib\w+|intent|intents|survey|surveyed|agenda": "preflight, planned, planner, scheduler",
    r"strangers?|strange|turns|wishes|firm": "foreign, unknown, changes_filters, required",
}
"""In identifiers, word by word; file names and test names too."""

MODULES = {
    "peers|agenda|survey|circles?|room|bearing|cost|feasibility|promise|pricing|asked|extra": "see `docs/architecture.md`",
}
"""Of modules and packages, beside the words for identifiers."""

EXCEPTIONS = {
    ("scripts/words.py", ""): "the list itself",
    ("scripts/demo.py", "Your turn"): "said to the reader, at the end of the demonstration",
    ("README.md", "somebody"): "a person edits by hand",
    ("tests/test_docs.py", ""): "tests of this list",
    ("tests/cli/test_unfinished.py", "somebody"): "looks for the word in output",
}
"""File, or folder with ``/``, and what is found there (``""``: anything) → why it may stay."""

PAGES = ("*.md", "docs/*.md")
CODE = ("smith_topology/**/*.py", "scripts/*.py", "tests/**/*.py")


class Hit(NamedTuple):
    file: str
    line: int
    found: str
    instead: str


def hits(file: str, text: str) -> Iterator[Hit]:
    """Every retired word of one file, its own name included, with what to write instead."""
    modules = [part for part in Path(file).with_suffix("").parts if file.startswith("smith_topology/")]
    yield from (hit for part in modules for hit in _matching(file, 1, part, MODULES))
    yield from _named(file, 1, Path(file).stem)
    if not file.endswith(".py"):
        for number, line in enumerate(text.splitlines(), 1):
            yield from _written(file, number, line)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield from _named(file, token.start[0], token.string)
        elif token.type in SENTENCES:
            for number, line in enumerate(token.string.splitlines(), token.start[0]):
                yield from _written(file, number, line)


SENTENCES = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def _written(file: str, number: int, line: str) -> Iterator[Hit]:
    for pattern, instead in PROSE.items():
        yield from (Hit(file, number, match[0], instead) for match in re.finditer(pattern, line, re.IGNORECASE))


def _named(file: str, number: int, name: str) -> Iterator[Hit]:
    for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name):
        yield from _matching(file, number, word.lower(), NAMES)


def _matching(file: str, number: int, word: str, retired: Mapping[str, str]) -> Iterator[Hit]:
    yield from (Hit(file, number, word, instead) for pattern, instead in retired.items() if re.fullmatch(pattern, word))


def excused(hit: Hit) -> bool:
    """Whether the hit is listed among the exceptions."""
    return any(
        (hit.file == file or (file.endswith("/") and hit.file.startswith(file))) and found in ("", hit.found)
        for file, found in EXCEPTIONS
    )


def texts() -> Iterator[tuple[str, str]]:
    """Every page and module, by its path from the root of the project."""
    for path in sorted({path for pattern in (*PAGES, *CODE) for path in ROOT.glob(pattern)}):
        file = path.relative_to(ROOT).as_posix()
        yield file, path.read_text(encoding="utf-8")


def main() -> int:
    """Print every finding; 1 if there is one."""
    found = [hit for file, text in texts() for hit in hits(file, text) if not excused(hit)]
    for hit in found:
        print(f"{hit.file}:{hit.line}: “{hit.found}”: {hit.instead}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
