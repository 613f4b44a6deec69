"""Find public functions that don't say the unit of a number they take or return, or what they raise. ``make check`` runs it.

Decided by names and annotations alone: a number called ``timeout`` has a unit, and a body with ``raise`` raises. What a function
raises by calling another one can't be seen here.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[1]
CODE = ROOT / "smith_topology"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

WORDS = "age|ago|bytes|deadline|delay|durations?|instant|interval|nanoseconds?|ns|patience|seconds?|sizes?|timeout|waits?"
MEASURED = re.compile(rf"(?:^|_)(?:{WORDS})(?:$|_)")
"""Names of numbers that have a unit."""
NUMBER = re.compile(r"\b(?:int|float)\b")
UNIT = re.compile(r"\b(?:nano|milli)?seconds?\b|\bbytes?\b|\bRFC 3339\b|\bloop's clock\b", re.IGNORECASE)
RAISES = re.compile(r"\braises?\b", re.IGNORECASE)


def findings(file: str, tree: ast.Module) -> Iterator[str]:
    """What the docstrings of one module leave out, one line for each."""
    for function in public(tree):
        said, where = ast.get_docstring(function) or "", f"{file}:{function.lineno}: {function.name}"
        if (names := measured(function)) and not UNIT.search(said):
            yield f"{where} does not say the unit of {', '.join(names)}"
        raises = any(isinstance(node, ast.Raise) and node.exc for node in body(function))
        if raises and not RAISES.search(said) and not is_command(file, function):
            yield f"{where} does not say what it raises"


def public(tree: ast.Module) -> Iterator[Function]:
    """Functions and methods without a leading underscore; not the ones inside of functions."""
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for member in members:
            if isinstance(member, Function) and not member.name.startswith("_"):
                yield member


def measured(function: Function) -> list[str]:
    """The numbers with a unit that a function takes, and its own name if it returns one."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs) if _is_number(each.annotation, each.arg)]
    return [*names, *([function.name] if _is_number(function.returns, function.name) else [])]


def body(function: Function) -> Iterator[ast.AST]:
    """Every node of a function, without those of the functions inside of it."""
    inside: list[ast.AST] = list(function.body)
    while inside:
        node = inside.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            inside += ast.iter_child_nodes(node)


def is_command(file: str, function: Function) -> bool:
    """Whether the docstring is the help of a command, which says its exit codes instead."""
    return Path(file).parent.name == "cli" and Path(file).stem == function.name


def _is_number(annotation: ast.expr | None, name: str) -> bool:
    return bool(annotation and NUMBER.search(ast.unparse(annotation)) and MEASURED.search(name))


def main() -> int:
    """Print every finding; 1 if there is one."""
    found = [
        finding
        for path in sorted(CODE.rglob("*.py"))
        for finding in findings(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
