"""Errors of the YAML parser → what is wrong at which position, and what to write instead."""

from __future__ import annotations

import re

from yaml import MarkedYAMLError

from smith_topology.core.file import findings
from smith_topology.core.file.report import Fault
from smith_topology.core.model import Span

_RESERVED = "*>&@`%!|?"
_QUOTE_OPEN = re.compile("quoted|unexpected end of stream")


def syntax_fault(error: MarkedYAMLError, text: str, file: str) -> tuple[Span, Fault]:
    """Where the text stops being YAML, and why. Understands the messages of libyaml and of pure PyYAML."""
    problem, context = str(error.problem or ""), str(error.context or "")
    line, column = _at(error.problem_mark)
    start = _at(error.context_mark)[0] + 1
    source = _line(text, line)
    if "\t" in source[: len(source) - len(source.lstrip())]:
        at = Span(file, line + 1, source.index("\t") + 1)
        return at, _fault("A tab indents this line; YAML wants spaces there.", "Use spaces.")
    if "alias" in context:
        return Span(file, line + 1, _at(error.context_mark)[1] + 1), misread("*")
    if source[column : column + 1] in _RESERVED and "cannot start any token" in problem:
        return Span(file, line + 1, column + 1), misread(source[column])
    return Span(file, line + 1, column + 1), _explained(problem, context, start)


def misread(mark: str) -> Fault:
    """The fault of text that starts with a character of YAML's own, such as the subject ``>``."""
    return Fault(
        findings.YAML_SYNTAX,
        f"At the start of a value, `{mark}` means something to YAML.",
        f"Put text that starts with `{mark}` in quotes, such as `'{mark}'`.",
    )


def _explained(problem: str, context: str, start: int) -> Fault:
    if "mapping values are not allowed" in problem:
        return _fault("A `:` stands where no key can be.", "Check the indentation, and put text that holds `: ` in quotes.")
    if "flow sequence" in context:
        return _fault(f"The `[` of line {start} is not closed.", "Put `,` between the items and `]` behind them.")
    if "flow mapping" in context:
        return _fault(f"The `{{` of line {start} is not closed.", "Put `,` between the entries and `}` behind them.")
    if "Unicode character escape" in problem:
        return _fault("This escape is half a character (a surrogate), or none.", "Write the character itself.")
    if "escape" in problem:
        return _fault("This escape does not exist.", "Write the text in single quotes, where `\\` stands for itself.")
    if _QUOTE_OPEN.search(context + problem):
        return _fault(f"The quote of line {start} is not closed.", "Close it.")
    if "could not find expected ':'" in problem:
        return _fault(f"The key of line {start} has no `:`.", "Write `key: value`, with a space behind the colon.")
    if "block mapping" in context or "block collection" in context:
        return _fault(f"This does not fit what starts on line {start}.", "Check the indentation and the quotes before it.")
    return _fault(f"The parser says: {problem}.", "Check the indentation and the quotes around here.")


def _fault(detail: str, fix: str) -> Fault:
    return Fault(findings.YAML_SYNTAX, detail, fix)


def _at(mark: object) -> tuple[int, int]:
    """Line and column of a mark, counting from 0."""
    return getattr(mark, "line", 0), getattr(mark, "column", 0)


def _line(text: str, number: int) -> str:
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[number] if number < len(lines) else ""
