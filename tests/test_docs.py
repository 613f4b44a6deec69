"""The pages in ``docs/`` say what the program does: generated parts are current, and nothing it knows is left out."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from smith_topology.cli.app import COMMANDS
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import walk

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md")

SPEAKERS = frozenset({"Diagnostic", "Effect", "error", "refusal", "warning"})
"""What is called with a code as its first argument."""
CHECK_CODE = re.compile(r"[A-Z]{2}\d{3}")
WORD_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "smith_topology").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def codes_in(tree: ast.Module) -> Iterator[str]:
    """Every code a module can print: first arguments of speakers, and whatever looks like ``SB101``."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if CHECK_CODE.fullmatch(text):
                yield text
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name, value=ast.Name(id="Finding")),
                args=[ast.Constant(value=str(text)), *_],
            ) if name in SPEAKERS:
                if WORD_CODE.fullmatch(text):
                    yield text


CODES = sorted({code for _, tree in modules() for code in codes_in(tree)})


def test_generated_parts_are_current() -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    check = [sys.executable, str(ROOT / "scripts" / "docs.py"), "--check"]
    done = subprocess.run(check, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"## {command}\n" in page("commands.md")
    assert f"`{command}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", RULES)
def test_every_field_is_in_the_reference(kind: str) -> None:
    named = set(re.findall(r"^\| `([a-z_.]+)` \|", page("reference.md"), re.MULTILINE))

    assert {path for path, _ in walk(RULES[kind].fields)} <= named  # type: ignore[index]


def test_every_code_the_program_can_print_is_explained_once() -> None:
    explained = re.findall(r"^\| ([\w-]+) \|", page("diagnostics.md"), re.MULTILINE)
    table_heads = {"code"}

    assert len(CODES) > 100
    assert set(CODES) - set(explained) == set()
    assert sorted(set(explained) - table_heads) == sorted(each for each in explained if each not in table_heads)


def test_every_diagnostic_is_made_by_a_finding_that_is_declared_once() -> None:
    """What is declared is explained: `scripts/docs.py` writes a row for it."""
    made = {
        path.removeprefix("smith_topology/")
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Diagnostic"
    }

    assert made == {"core/model/diagnostics.py"}


def test_no_check_code_has_two_meanings() -> None:
    """A code is searched for; two findings under one would send half of the readers to the wrong page."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, tree in modules():
        for code in set(codes_in(tree)):
            homes[code].add(path)
    shared = {code: sorted(paths) for code, paths in homes.items() if CHECK_CODE.fullmatch(code) and len(paths) > 1}

    assert not shared


LISTED_BY_FILE = ("core", "core/planning", "jetstream", "jetstream/apply", "cli")


def listing() -> dict[str, set[str]]:
    """The names that the architecture page lists in each folder, a folder's own with a ``/`` at the end."""
    (block,) = re.findall(r"^```\nsmith_topology/\n(.*?)^```", page("architecture.md"), re.MULTILINE | re.DOTALL)
    folders, inside = defaultdict[str, set[str]](set), list[str]()
    for indent, names in re.findall(r"^([│ ]*)[├└]── ((?:\w+(?:\.py|/) *)+)", block, re.MULTILINE):
        depth = len(indent) // 4
        folders["/".join(inside[:depth])].update(names.split())
        inside[depth:] = [names.split()[0].removesuffix("/")]
    return folders


@pytest.mark.parametrize("folder", LISTED_BY_FILE)
def test_the_architecture_page_lists_what_is_there(folder: str) -> None:
    """In both directions: a file without a line, and a line without a file."""
    entries = [each for each in (ROOT / "smith_topology" / folder).iterdir() if not each.name.startswith("__")]

    assert listing()[folder] == {f"{each.name}/" if each.is_dir() else each.name for each in entries}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]

    assert [target for target in local if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_pages_name_exist(path: Path) -> None:
    named = re.findall(r"`((?:smith_topology|tests|scripts|docs|schemas)/[\w/.]+)`", path.read_text(encoding="utf-8"))

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("script", ["words.py", "docstrings.py"])
def test_the_scripts_about_words_and_docstrings_find_nothing(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / script)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


RETIRED = {
    "a docstring": '"""For whoever asks."""',
    "a comment": "# nobody reads it",
    "a message": 'message = f"{name} lets it go"',
    "a function": "def tell() -> None: ...",
    "a test": "def test_what_is_told() -> None: ...",
    "a class": "class FullIntent: ...",
}


@pytest.mark.parametrize("text", RETIRED.values(), ids=RETIRED)
def test_a_retired_word_is_found_once(text: str) -> None:
    hits = runpy.run_path(str(ROOT / "scripts" / "words.py"))["hits"]

    assert len(list(hits("smith_topology/core/units.py", text))) == 1
    assert list(hits("smith_topology/core/units.py", '"""Reports what a person changed by hand."""')) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("def wait(seconds: float) -> None: ...", "the unit of seconds"),
        ('def size_of(text: str) -> int:\n    """Bytes."""', ""),
        ('def check(text: str) -> None:\n    """Check."""\n    raise ValueError(text)', "what it raises"),
        ('def check(text: str) -> None:\n    """Raises ValueError."""\n    raise ValueError(text)', ""),
    ],
)
def test_a_docstring_without_a_unit_or_an_error_is_found(text: str, missing: str) -> None:
    findings = runpy.run_path(str(ROOT / "scripts" / "docstrings.py"))["findings"]

    assert [missing in each for each in findings("smith_topology/core/units.py", ast.parse(text))] == ([True] if missing else [])
