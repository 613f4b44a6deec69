"""Files → sources: where objects are declared, as their marks say it: ``github.com/acme/shop//topology.yaml``.

Read from ``.git`` without running git. No user, no password and no home directory gets into a source.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from smith_topology.core.model import Sources

VARIABLE = "SMITH_TOPO_SOURCE"
STDIN = "-"
BETWEEN = "//"
"""Between the repository and the path in it."""
LONGEST = 1024
"""Bytes. Longer ones are cut."""
_MOST = 1 << 20
_SECTION = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"(.*)")?\s*\]')
_SETTING = re.compile(r'\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^#;]*))')
_HOMES = re.compile(r"^(/root|(/var|/export)?/(home|Users)/[^/]+)(?=/|$)")
_SSH = re.compile(r"[^/\s@]+@[^/\s:]+:")


def sources_of(files: Iterable[str], named: str = "", allowed: Iterable[str] = ()) -> Sources:
    """The sources of these files, as they were named on the command line; ``named`` takes the place of what is found out.

    ``allowed`` are the sources, or whole repositories, whose objects may be deleted although they were applied from there.
    """
    repository_of = cache(_repository)
    places = {file: _place(file, repository_of) for file in files}
    name = written(named)
    marks = {file: name or place.sources[0] for file, place in places.items()}
    ours = {name, *(each for place in places.values() for each in place.sources)} - {""}
    repositories = {place.repository for place in places.values() if place.repository}

    def is_elsewhere(source: str) -> bool:
        return source not in ours and not any(_lacks(each, source) for each in repositories)

    return Sources(marks, is_elsewhere, tuple(map(written, allowed)))


def written(name: str) -> str:
    """A source that a person has written, as marks have it: the address of a repository without user, password and scheme, a path
    without the home directory.
    """
    scheme, separator, rest = name.strip().rpartition("://")
    repository, between, path = rest.partition(BETWEEN)
    if separator or _SSH.match(repository):
        return _cut(f"{repository_name(scheme + separator + repository)}{between}{path}")
    return _cut(without_home(rest))


def repository_name(url: str) -> str:
    """``github.com/acme/shop`` of the address of a remote: no scheme, user, password, port, query or ``.git``."""
    _, separator, rest = url.strip().rpartition("://")
    host = re.match(r"[^/?#]*", rest)
    if "@" in rest and host and ("@" in host[0] or not re.fullmatch(r"[^:]*(:\d*)?", host[0])):
        rest = rest.rpartition("@")[2]
    if separator:
        rest = re.sub(r"^([^/?#]*?):\d+(?=[/?#]|$)", r"\1", re.split(r"[?#]", rest)[0])
    elif ":" in rest.partition("/")[0]:
        rest = rest.replace(":", "/", 1)  # git@github.com:acme/shop
    host_name, slash, path = rest.rstrip("/").removesuffix(".git").partition("/")
    return f"{host_name.lower()}{slash}{re.sub('/+', '/', path)}" if host_name else without_home(slash + path)


def without_home(path: str) -> str:
    """The path with ``~`` for the home directory: of this user, or of any other."""
    own = os.path.expanduser("~")
    for home in (own, os.path.realpath(own)) if own.startswith("/") else ():
        if len(home) > 1 and (path + "/").startswith(home + "/"):
            return "~" + path[len(home) :]
    return _HOMES.sub("~", path)


@dataclass(frozen=True, slots=True)
class _Repository:
    """A checkout: its directory, and the names of its remotes, ``origin`` first. A ``sparse`` one lacks files that exist."""

    root: str
    names: tuple[str, ...]
    sparse: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """``sources`` name one file: by each name of its repository, or by its path, which is spelt otherwise where HOME is another.
    The first is what marks say.
    """

    sources: tuple[str, ...]
    repository: _Repository | None = field(default=None)


def _place(file: str, repository_of: Callable[[str], _Repository | None]) -> _Place:
    """Links are followed to the directory of a file and no further: a mounted ConfigMap is one of links that change."""
    directory = _directory(file)
    path, repository = os.path.join(directory, os.path.basename(file)), repository_of(directory)
    if repository and repository.names:
        inside = STDIN if file == STDIN else os.path.relpath(path, repository.root)
        return _Place(tuple(_cut(f"{name}{BETWEEN}{inside}") for name in repository.names), repository)
    return _Place((STDIN,) if file == STDIN else (_cut(without_home(path)), _cut(path)))


def _directory(file: str) -> str:
    """Of standard input, where this process runs: ``""`` if that directory is gone."""
    try:
        return os.path.realpath("." if file == STDIN else os.path.dirname(os.path.abspath(file)))
    except OSError:
        return ""


def _lacks(repository: _Repository, source: str) -> bool:
    """Whether a source is a file of this repository that is no longer there. False where that can't be known."""
    name, _, path = source.partition(BETWEEN)
    known = name in repository.names and path not in ("", STDIN) and not repository.sparse and len(source.encode()) < LONGEST
    return known and not os.path.lexists(os.path.join(repository.root, path))


def _repository(directory: str) -> _Repository | None:
    while not os.path.lexists(os.path.join(directory, ".git")):
        if directory == (directory := os.path.dirname(directory)):
            return None
    git, common = _git_directories(directory)
    settings = [*_settings(_text(os.path.join(common, "config"))), *_settings(_text(os.path.join(git, "config.worktree")))]
    remotes = {name: url for (section, name, key), url in reversed(settings) if (section, key) == ("remote", "url")}
    ordered = sorted(remotes, key=lambda name: (name != "origin", name))
    sparse = any(key == ("core", "", "sparsecheckout") and value.lower() == "true" for key, value in settings)
    return _Repository(directory, tuple(dict.fromkeys(repository_name(remotes[name]) for name in ordered)), sparse)


def _git_directories(root: str) -> tuple[str, str]:
    """The directory of a checkout's own state, and that of its configuration, which the worktrees of a repository share."""
    git = os.path.join(root, ".git")
    if not os.path.isdir(git):
        git = os.path.join(root, _text(git).removeprefix("gitdir:").strip())
    return git, os.path.join(git, _text(os.path.join(git, "commondir")).strip())


def _settings(text: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Section, subsection and key, each with its value."""
    section, subsection = "", ""
    for line in text.splitlines():
        if found := _SECTION.match(line):
            section, subsection = found[1].lower(), found[2] or ""
        elif found := _SETTING.match(line):
            yield (section, subsection, found[1].lower()), (found[2] or found[3] or "").strip()


def _text(path: str) -> str:
    """The content of a regular file, ``""`` where there is none or it can't be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except (OSError, ValueError):
        return ""


def _cut(source: str) -> str:
    return source.encode(errors="replace")[:LONGEST].decode(errors="ignore")
