"""Paths → Topology on real files, directories, pipes and standard input."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from smith_topology.core.file.encoding import MAX_BYTES
from smith_topology.core.model import Diagnostic, Severity, Topology
from smith_topology.load import load

HEAD = "version: 1\nname: smith\n"
Loaded = tuple[Topology | None, tuple[Diagnostic, ...]]


def no_stdin(_most: int) -> bytes:
    raise AssertionError("standard input was not asked for")


def loaded(*paths: Path | str, stdin: Callable[[int], bytes] = no_stdin) -> Loaded:
    return load([str(path) for path in paths], stdin)


def names(result: Loaded) -> list[str]:
    topology, found = result
    assert not found
    assert topology is not None
    return [str(address) for address in topology.resources]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, stream: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}streams: {{{stream}: }}\n", encoding="utf-8")
    return path


def test_a_file_is_shown_as_it_was_named(here: Path) -> None:
    write(here / "x.yaml", "A")

    topology, _ = loaded("./x.yaml")

    assert topology is not None
    assert topology.files == ("./x.yaml",)
    assert {str(resource.span) for resource in topology.resources.values()} == {"./x.yaml:3:11"}


def test_a_directory_means_its_yaml_files_in_order(here: Path) -> None:
    """Those of the directories in it too; nothing that is hidden, and nothing else that lies there."""
    files = {"b.yaml": "B", "a.yml": "A", "c.yaml": "C", ".hidden.yaml": "H", "b/z.yaml": "Z", "b/deep/d.yml": "D"}
    files |= {".git/g.yaml": "G"}
    for name, stream in files.items():
        write(here / "top" / name, stream)
    (here / "top" / "b" / "around").symlink_to("..")
    (here / "top" / "notes.txt").write_text("not YAML: [", encoding="utf-8")
    (here / "top" / "dir.yaml").mkdir()

    topology, found = loaded("./top")

    assert not found
    assert topology is not None
    assert topology.files == ("./top/a.yml", "./top/b/deep/d.yml", "./top/b/z.yaml", "./top/b.yaml", "./top/c.yaml")
    assert names((topology, found)) == ["stream.A", "stream.D", "stream.Z", "stream.B", "stream.C"]


def test_several_paths_make_one_topology_in_their_order(here: Path) -> None:
    write(here / "z.yaml", "Z")
    write(here / "d" / "a.yaml", "A")

    assert names(loaded("z.yaml", "d")) == ["stream.Z", "stream.A"]


def test_a_file_named_twice_is_read_once(here: Path) -> None:
    write(here / "d" / "a.yaml", "A")

    assert names(loaded("d/a.yaml", "d", "./d/../d/a.yaml")) == ["stream.A"]


def test_a_dash_reads_standard_input_once() -> None:
    reads: list[int] = []

    def stdin(_most: int) -> bytes:
        reads.append(1)
        return f"{HEAD}streams: {{A: }}".encode()

    topology, found = loaded("-", "-", stdin=stdin)

    assert names((topology, found)) == ["stream.A"]
    assert topology is not None
    assert (topology.files, reads) == (("-",), [1])


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _kernel(path: Path) -> None:
    path.symlink_to("/proc/kmsg")


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50 * 2**20)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _empty_directory(path: Path) -> None:
    path.mkdir()


def _empty_file(path: Path) -> None:
    path.touch()


def _nothing(_path: Path) -> None:
    """Nothing is there."""


ADVICE = "Name another with -f, or write a first one: smith-topo init"
SPLIT = "Split it into several files, and name them or their directory with `-f`."


@pytest.mark.parametrize(
    ("make", "severity", "message"),
    [
        (_nothing, Severity.REFUSAL, ("no-file", "No file", "There is no x.yaml.", ADVICE)),
        (_dangling, Severity.REFUSAL, ("no-file", "No file", "There is no x.yaml.", ADVICE)),
        (
            _empty_directory,
            Severity.REFUSAL,
            ("no-file", "No file", "The directory x.yaml holds no `*.yaml` and no `*.yml`.", ADVICE),
        ),
        (
            _loop,
            Severity.ERROR,
            (
                "unreadable",
                "File can't be read",
                "x.yaml: Too many levels of symbolic links.",
                "Let this user read it.",
            ),
        ),
        (
            _fifo,
            Severity.ERROR,
            (
                "not-a-file",
                "Not a regular file",
                "Pipes, sockets, devices and files of the kernel are not opened: they may have no end.",
                "Send it to standard input, and write `-f -`.",
            ),
        ),
        (
            _kernel,
            Severity.ERROR,
            (
                "not-a-file",
                "Not a regular file",
                "Pipes, sockets, devices and files of the kernel are not opened: they may have no end.",
                "Send it to standard input, and write `-f -`.",
            ),
        ),
        (
            _large,
            Severity.ERROR,
            ("too-large", "The file is too large", f"It has 52428800 bytes; at most {MAX_BYTES} (16 MiB) are read.", SPLIT),
        ),
        (
            _empty_file,
            Severity.REFUSAL,
            (
                "empty-file",
                "The file is empty",
                "A file that declares nothing would mean: delete everything that it declared before.",
                "Write `version: 1`, `name:` and `streams:`; to delete everything it has: put the file back as it was, "
                "then smith-topo destroy",
            ),
        ),
    ],
)
def test_what_can_not_be_read_is_reported_and_never_taken_for_nothing(
    here: Path, make: Callable[[Path], None], severity: Severity, message: tuple[str, ...]
) -> None:
    make(here / "x.yaml")
    write(here / "other.yaml", "A")

    topology, [found] = loaded("x.yaml", "other.yaml")

    assert topology is None
    assert str(found.span) == "x.yaml:1:1"
    assert (found.severity, (found.code, found.summary, found.detail, found.fix)) == (severity, message)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize(("closed", "name"), [("d/a.yaml", "d/a.yaml"), ("d/a.yaml", "d"), ("d", "d"), ("d", "d/a.yaml")])
def test_a_file_or_directory_without_permission_is_an_error(here: Path, closed: str, name: str) -> None:
    write(here / "d" / "a.yaml", "A")
    (here / closed).chmod(0)
    try:
        topology, [found] = loaded(name)
    finally:
        (here / closed).chmod(0o700)

    assert topology is None
    assert (found.code, found.severity) == ("unreadable", Severity.ERROR)
    assert found.detail.endswith(": Permission denied.")


def test_a_broken_link_in_a_directory_is_not_passed_over(here: Path) -> None:
    """Its streams would count as removed."""
    write(here / "d" / "a.yaml", "A")
    (here / "d" / "b.yaml").symlink_to("nowhere")

    topology, [found] = loaded("d")

    assert topology is None
    assert (found.code, str(found.span)) == ("no-file", "d/b.yaml:1:1")


def test_a_missing_file_does_not_hide_the_errors_of_the_others(here: Path) -> None:
    (here / "x.yaml").write_text("version: 1\nstreams: {A: {max_age: 5}}\n", encoding="utf-8")

    _, found = loaded("gone.yaml", "x.yaml")

    assert [each.code for each in found] == ["no-file", "bad-value"]


def test_standard_input_that_can_not_be_read_is_an_error() -> None:
    def closed(_most: int) -> bytes:
        raise OSError(9, "Bad file descriptor")

    topology, [found] = loaded("-", stdin=closed)

    assert topology is None
    assert (found.code, found.detail) == ("unreadable", "-: Bad file descriptor.")


def test_loading_leaves_the_garbage_collector_as_it_was(here: Path) -> None:
    write(here / "x.yaml", "A")

    loaded("x.yaml")

    assert gc.isenabled()
