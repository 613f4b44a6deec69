"""Two files with one `name`: what another file applied is not deleted, unless its source is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import APPROVED, SOURCE, Shop, empty_streams
from tests.command import Result, run

DONE, DIFFERENT, REFUSED, USAGE = 0, 2, 3, 64
EVERYTHING = ("--allow", "delete,data-loss", "--max-deletes", "100")
FIRST, SECOND = "github.com/acme/shop", "github.com/acme/pay"


class Team(Shop):
    """A shop whose files have a source of their own, unlike in other tests."""

    def run(self, *args: object, url: str | None = None, **options: Any) -> Result:
        env = {"SMITH_TOPO_SOURCE": "", **options.pop("env", {})}
        return run(*args, url=url or self.url, cwd=self.directory, env=env, **options)


def team(server: EmbeddedServer, directory: Path, repository: str = "") -> Team:
    """A directory of its own, the checkout of a repository if one is named; the token in its address is a secret."""
    directory.mkdir()
    if repository:
        (directory / ".git").mkdir()
        text = f'[remote "origin"]\n\turl = https://ci:s3cret@{repository}.git\n'
        (directory / ".git" / "config").write_text(text, encoding="utf-8")
    return Team(server.url, directory)


@pytest.fixture
def first(server: EmbeddedServer, tmp_path: Path) -> Shop:
    """A team with a topology called "shop", applied."""
    shop = team(server, tmp_path / "first", FIRST)
    shop.write(empty_streams("A", "B"))
    shop.apply()
    return shop


@pytest.fixture
def second(server: EmbeddedServer, tmp_path: Path) -> Shop:
    """A team whose file was copied, with its name."""
    shop = team(server, tmp_path / "second", SECOND)
    shop.write(empty_streams("C", "D"))
    return shop


def test_a_pipeline_does_not_delete_what_a_file_of_the_same_name_applied(first: Shop, second: Shop) -> None:
    targets = ("--target", "stream.C", "--target", "stream.D")
    assert second.run(*APPROVED, *targets).exit_code == DONE
    assert first.config("stream.C")["metadata"][SOURCE] == f"{SECOND}//topology.yaml"
    before = first.live()
    first.write(empty_streams("A"))

    for command in (("plan",), (*APPROVED, *EVERYTHING), ("destroy", "--auto-approve", *EVERYTHING)):
        done = first.run(*command)

        words = " ".join(done.stdout.split())
        assert (done.exit_code, "OW110" in words, "s3cret" in words) == (REFUSED, True, False), done
        assert f"stream.C, stream.D were applied from {SECOND}//topology.yaml" in words
        assert f"no longer in the file; applied from {SECOND}" in words or command[0] == "destroy"
    assert first.live() == before
    drift = first.json("drift", expect=DIFFERENT)
    assert {each["address"]: each.get("source") for each in drift["resources"]} == {
        "stream.B": None,
        "stream.C": f"{SECOND}//topology.yaml",
        "stream.D": f"{SECOND}//topology.yaml",
    }


def test_what_another_file_applied_is_deleted_where_its_source_is_named(first: Shop, second: Shop) -> None:
    assert second.run(*APPROVED, "--target", "stream.C").exit_code == DONE
    there = f"https://ci:s3cret@{SECOND}.git"

    assert first.run(*APPROVED, *EVERYTHING, "--from-source", "github.com/acme/other").exit_code == REFUSED
    plan = first.run("plan", "--from-source", there)
    assert (plan.exit_code, f"--from-source {SECOND}" in plan.stdout, "s3cret" in plan.stdout) == (DONE, True, False)
    first.apply(*EVERYTHING, "--from-source", there)
    assert first.live().keys() == {"stream.A", "stream.B"}


def test_the_threshold_asks_first_whether_the_name_is_used_twice(first: Shop) -> None:
    first.write(empty_streams("A"))

    refused = first.run(*APPROVED, "--allow", "delete")

    words = " ".join(refused.stderr.split())
    assert (refused.exit_code, "GA101" in words) == (REFUSED, True)
    assert words.index("Is `name: shop` used by another file too?") < words.index("--max-deletes 1")
    plan = first.run("plan").stdout
    assert "is `name: shop` used by another file too?" in plan
    first.apply(*EVERYTHING)
    assert first.live().keys() == {"stream.A"}


def test_a_file_that_is_moved_or_removed_in_its_repository_does_not_matter(first: Shop) -> None:
    (first.directory / "topology.yaml").unlink()
    first.write(empty_streams("A", "B"), file="b.yaml")

    assert first.run("plan", "--detailed-exitcode", "-f", "b.yaml").exit_code == DONE
    first.write(empty_streams("A"), file="b.yaml")
    assert first.run(*APPROVED, *EVERYTHING, "-f", "b.yaml").exit_code == DONE
    assert first.live().keys() == {"stream.A"}


def test_a_file_that_is_there_and_is_left_out_keeps_its_objects(first: Shop) -> None:
    """Also in the same repository; the mark is no difference, and is renewed at the next write."""
    first.write({"C": {"subjects": ["c.>"]}}, file="c.yaml")
    both = ("-f", "topology.yaml", "-f", "c.yaml")
    assert first.run(*APPROVED, *both).exit_code == DONE

    left_out = first.run(*APPROVED, *EVERYTHING)

    assert (left_out.exit_code, f"{FIRST}//c.yaml" in left_out.stdout) == (REFUSED, True)
    first.write(empty_streams("A"))
    first.write({**empty_streams("B"), "C": {"subjects": ["c.>"], "max_msgs": 9}}, file="c.yaml")
    assert first.reasons(*both) == {"stream.C": "pending"}
    assert first.run(*APPROVED, *both).exit_code == DONE
    assert first.config("stream.B")["metadata"][SOURCE] == f"{FIRST}//topology.yaml"
    (first.directory / "topology.yaml").unlink()
    first.write(empty_streams("B"), file="c.yaml")
    assert first.run(*APPROVED, *EVERYTHING, "-f", "c.yaml").exit_code == DONE
    assert first.live().keys() == {"stream.B"}


def test_a_renamed_repository_is_named_and_objects_of_the_old_form_belong_here(first: Shop) -> None:
    metadata = {key: value for key, value in first.config("stream.B")["metadata"].items() if key != SOURCE}
    first.edit("B", metadata=metadata)
    text = (first.directory / ".git" / "config").read_text(encoding="utf-8").replace("acme/shop", "acme/store")
    (first.directory / ".git" / "config").write_text(text, encoding="utf-8")
    first.write(empty_streams("A"))
    first.apply(*EVERYTHING)
    first.write(empty_streams("NEW"))

    assert first.run(*APPROVED, *EVERYTHING).exit_code == REFUSED
    first.apply(*EVERYTHING, "--from-source", FIRST)
    assert first.live().keys() == {"stream.NEW"}


def test_without_a_repository_it_is_the_path_or_what_is_named(server: EmbeddedServer, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    here, there = team(server, tmp_path / "here"), team(server, tmp_path / "there")
    for each, names in ((here, ("A", "B")), (there, ("A", "C"))):
        each.write(empty_streams(*names))
    assert here.run(*APPROVED, env=home).exit_code == DONE
    assert here.config("stream.A")["metadata"][SOURCE] == "~/here/topology.yaml"

    refused = there.run(*APPROVED, *EVERYTHING, env=home)

    assert (refused.exit_code, "--from-source '~/here/topology.yaml'" in " ".join(refused.stdout.split())) == (REFUSED, True)
    assert str(tmp_path) not in refused.stdout
    assert there.run(*APPROVED, *EVERYTHING, "--source", str(tmp_path / "here" / "topology.yaml"), env=home).exit_code == DONE
    assert here.live().keys() == {"stream.A", "stream.C"}
    image = {"SMITH_TOPO_SOURCE": "image/shop"}
    here.write(empty_streams("A", "C", "D"))
    assert here.run(*APPROVED, env=image).exit_code == DONE
    assert here.config("stream.D")["metadata"][SOURCE] == "image/shop"
