"""Where files come from, read from `.git` as git writes it: no secret and no home directory in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from smith_topology.sources import LONGEST, repository_name, sources_of, without_home, written

REMOTES = {
    "https://github.com/acme/shop.git": "github.com/acme/shop",
    "https://github.com/acme/shop/": "github.com/acme/shop",
    "https://ci:s3cret@GitHub.com/Acme/shop.git": "github.com/Acme/shop",
    "https://s3cret@github.com:8443/acme/shop": "github.com/acme/shop",
    "https://ci:s3c@ret@github.com/acme/shop": "github.com/acme/shop",
    "https://ci:s3c/ret?#@github.com/acme/shop": "github.com/acme/shop",
    "https://github.com/acme/shop.git?token=s3cret@x": "github.com/acme/shop",
    "ssh://git@github.com:2222/acme/shop.git": "github.com/acme/shop",
    "git@github.com:acme/shop.git": "github.com/acme/shop",
    "gh:acme/shop": "gh/acme/shop",
    "file:///srv/git/shop.git": "/srv/git/shop",
    "/home/ann/git/shop.git": "~/git/shop",
    "../shop.git": "../shop",
}


@pytest.mark.parametrize(("url", "name"), REMOTES.items(), ids=REMOTES)
def test_a_remote_is_host_and_path(url: str, name: str) -> None:
    assert repository_name(url) == name


def test_a_source_is_read_as_marks_have_it() -> None:
    assert written("https://ci:s3cret@github.com/acme/shop.git//a/b.yaml") == "github.com/acme/shop//a/b.yaml"
    assert written("git@github.com:acme/shop.git") == "github.com/acme/shop"
    assert written("the shop's image") == "the shop's image"
    assert written("/home/ann/topology.yaml") == "~/topology.yaml"
    assert len(written("ä" * LONGEST).encode()) == LONGEST


def test_no_home_directory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/people/ann")

    assert without_home("/srv/people/ann/shop/a.yaml") == "~/shop/a.yaml"
    assert without_home("/srv/people/anna/a.yaml") == "/srv/people/anna/a.yaml"
    assert [without_home(f"{each}/a.yaml") for each in ("/root", "/home/bob", "/Users/bob", "/var/home/bob")] == ["~/a.yaml"] * 4


def checkout(root: Path, *config: str, git: str = ".git") -> Path:
    """A directory that looks like the checkout of a repository."""
    (root / git).mkdir(parents=True)
    (root / git / "config").write_text("\n".join(["[core]", "\tbare = false", *config]), encoding="utf-8")
    return root


ORIGIN = ('[remote "origin"] # ours', "\turl = https://ci:s3cret@github.com/acme/shop.git ; a comment", "\tfetch = +r/*:r/*")
UPSTREAM = ('[Remote "upstream"]', '\tURL = "git@github.com:upstream/shop.git"')


def source(file: Path) -> str:
    return sources_of([str(file)]).marks[str(file)]


def test_a_file_in_a_checkout_is_named_by_repository_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(tmp_path / "a", *UPSTREAM, *ORIGIN)
    monkeypatch.chdir(root)

    found = sources_of(["deploy/topology.yaml", "-"])

    assert found.marks == {"deploy/topology.yaml": "github.com/acme/shop//deploy/topology.yaml", "-": "github.com/acme/shop//-"}
    assert not found.is_elsewhere("github.com/upstream/shop//deploy/topology.yaml")


def test_a_worktree_and_a_submodule_have_the_configuration_elsewhere(tmp_path: Path) -> None:
    root = checkout(tmp_path / "a", *ORIGIN)
    state, tree = root / ".git" / "worktrees" / "b", tmp_path / "b"
    state.mkdir(parents=True)
    (state / "commondir").write_text("../..\n", encoding="utf-8")
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {state}\n", encoding="utf-8")
    checkout(root, *UPSTREAM, git=".git/modules/sub")
    (root / "sub").mkdir()
    (root / "sub" / ".git").write_text("gitdir: ../.git/modules/sub\n", encoding="utf-8")

    assert source(tree / "x.yaml") == "github.com/acme/shop//x.yaml"
    assert source(root / "sub" / "x.yaml") == "github.com/upstream/shop//x.yaml"


def test_elsewhere_a_file_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link is a file like any other: those of a mounted ConfigMap lead to another directory after each change."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "..data").mkdir()
    (tmp_path / "link.yaml").symlink_to("..data/topology.yaml")
    local = checkout(tmp_path / "local")

    assert source(tmp_path / "link.yaml") == "~/link.yaml"
    assert source(local / "x.yaml") == "~/local/x.yaml"
    monkeypatch.chdir(tmp_path)
    assert sources_of(["-"]).marks == {"-": "-"}
    assert not sources_of([str(tmp_path / "link.yaml")]).is_elsewhere(str(tmp_path / "link.yaml"))


def test_what_is_here_is_a_file_of_the_run_or_one_that_its_repository_no_longer_has(tmp_path: Path) -> None:
    root = checkout(tmp_path / "a", *ORIGIN)
    (root / "there.yaml").touch()
    found = sources_of([str(root / "x.yaml")])

    assert not found.is_elsewhere("github.com/acme/shop//x.yaml")
    assert not found.is_elsewhere("github.com/acme/shop//gone.yaml")
    assert found.is_elsewhere("github.com/acme/shop//there.yaml")
    assert found.is_elsewhere("github.com/acme/pay//gone.yaml")
    assert found.is_elsewhere("github.com/acme/shop//-")
    assert found.is_elsewhere("~/gone.yaml")
    assert (found.other(""), found.other("~/gone.yaml")) == ("", "~/gone.yaml")


def test_a_sparse_checkout_does_not_show_what_is_gone(tmp_path: Path) -> None:
    root = checkout(tmp_path / "a", "\tsparseCheckout = true", *ORIGIN)

    assert sources_of([str(root / "x.yaml")]).is_elsewhere("github.com/acme/shop//gone.yaml")


def test_a_name_takes_the_place_of_what_is_found_out(tmp_path: Path) -> None:
    file = str(checkout(tmp_path / "a", *ORIGIN) / "x.yaml")
    found = sources_of([file], "image/shop", ["github.com/acme/old", "~/one.yaml"])

    assert found.marks == {file: "image/shop"}
    assert not any(map(found.is_elsewhere, ("image/shop", "github.com/acme/shop//x.yaml")))
    assert all(map(found.allows, ("github.com/acme/old", "github.com/acme/old//a.yaml", "~/one.yaml")))
    assert not any(map(found.allows, ("github.com/acme/older//a.yaml", "~/two.yaml")))


def test_a_git_directory_that_can_not_be_read_names_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").write_bytes(b"gitdir: \0\xff")

    assert source(tmp_path / "x.yaml").endswith("/x.yaml")
