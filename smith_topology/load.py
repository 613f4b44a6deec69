"""Paths → Topology: reads files, directories and standard input, and gives their bytes to the parser."""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from smith_topology.core.file import findings
from smith_topology.core.file.encoding import MAX_BYTES, too_large
from smith_topology.core.file.report import Fault
from smith_topology.core.file.topology import Rules, no_rules, parse
from smith_topology.core.model import Diagnostic, Span, Topology

STDIN = "-"
SUFFIXES = (".yaml", ".yml")
KERNEL = ("/proc/", "/sys/")
"""Files there look regular; some wait for content, and some have no end."""


def load(
    paths: Sequence[str], stdin: Callable[[int], bytes], rules: Rules = no_rules
) -> tuple[Topology | None, tuple[Diagnostic, ...]]:
    """One topology of what ``read`` reads, judged by ``rules``. None, with every reason, when anything stops it: a file that
    can't be read does not count as empty.
    """
    return judged(read(paths, stdin), rules)


class Texts(NamedTuple):
    """The content of each file by the name to show, and why others could not be read."""

    sources: list[tuple[str, bytes]]
    unread: list[Diagnostic]


def judged(texts: Texts, rules: Rules) -> tuple[Topology | None, tuple[Diagnostic, ...]]:
    """As ``load``, of files that have been read."""
    with _collector_paused():
        topology, found = parse(texts.sources, complete=not texts.unread, rules=rules)
    return (None if texts.unread else topology), (*texts.unread, *found)


def read(paths: Sequence[str], stdin: Callable[[int], bytes]) -> Texts:
    """The files, those of directories (``*.yaml`` and ``*.yml`` in and below them, sorted), and ``-``, standard input.

    ``stdin`` is given the most bytes to read and called at most once; a file named twice is read once.
    """
    names: list[str] = []
    sources: list[tuple[str, bytes]] = []
    unread: list[Diagnostic] = []
    for path in paths:
        try:
            names.extend(_files(path))
        except _Unread as reason:
            unread.append(reason.diagnostic)
    for name in _distinct(names):
        try:
            sources.append((name, _read(name, stdin)))
        except _Unread as reason:
            unread.append(reason.diagnostic)
    return Texts(sources, unread)


class _Unread(Exception):
    def __init__(self, name: str, fault: Fault) -> None:
        super().__init__(name)
        self.diagnostic = fault.at(Span(name, 1, 1))


def _distinct(names: Sequence[str]) -> list[str]:
    """Each file once, under the first of its names."""
    return list({_place(name): name for name in reversed(names)}.values())[::-1]


def _place(name: str) -> str:
    """What a file is known by. Relative names lead nowhere in a directory that has been deleted."""
    try:
        return name if name == STDIN else os.path.realpath(name)
    except OSError:
        return name


def _files(path: str) -> list[str]:
    """The path itself, or the YAML files of a directory and of those below it. What is hidden is left out."""
    if path == STDIN or not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
        return [path]
    shown = list(_below(path, frozenset()))
    if not shown:
        raise _Unread(path, _no_file(f"The directory {path} holds no `*.yaml` and no `*.yml`."))
    return shown


def _below(directory: str, above: frozenset[str]) -> Iterator[str]:
    """The YAML files in a directory and in those below it, by name. A link to one of ``above``, or to itself, is not followed.

    Raises _Unread for one that can't be read: what it declares would count as removed.
    """
    try:
        entries = sorted((each.name, each.path, each.is_dir()) for each in os.scandir(directory) if not each.name.startswith("."))
    except OSError as error:
        raise _unreadable(directory, error) from error
    around = above | {os.path.realpath(directory)}
    for name, path, is_directory in entries:
        if is_directory and os.path.realpath(path) not in around:
            yield from _below(path, around)
        elif name.endswith(SUFFIXES) and not is_directory:
            yield path


def _read(name: str, stdin: Callable[[int], bytes]) -> bytes:
    try:
        return stdin(MAX_BYTES + 1) if name == STDIN else _read_file(name)
    except FileNotFoundError as error:
        raise _Unread(name, _no_file(f"There is no {name}.")) from error
    except OSError as error:
        raise _unreadable(name, error) from error


def _read_file(name: str) -> bytes:
    status = Path(name).stat()
    if not stat.S_ISREG(status.st_mode) or os.path.realpath(name).startswith(KERNEL):
        raise _Unread(name, _NOT_A_FILE)
    if status.st_size > MAX_BYTES:
        raise _Unread(name, too_large(status.st_size))
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _no_file(detail: str) -> Fault:
    return Fault(findings.NO_FILE, detail, "Name another with -f, or write a first one: smith-topo init")


def _unreadable(name: str, error: OSError) -> _Unread:
    why = error.strerror or "it can't be read"
    return _Unread(name, Fault(findings.UNREADABLE, f"{name}: {why}.", "Let this user read it."))


_NOT_A_FILE = Fault(
    findings.NOT_A_FILE,
    "Pipes, sockets, devices and files of the kernel are not opened: they may have no end.",
    "Send it to standard input, and write `-f -`.",
)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Collect no garbage meanwhile: parsing makes a large tree and no cycles, and a third of the time went there (measured)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
