"""The README keeps its word: each command in it is run, in order, and prints exactly what is written there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.readme import BLOCK, README, ROOT, Reader, commands_of, prepare_showcase, stable

TEXT = README.read_text(encoding="utf-8")
SHOWCASE, *TOUR = BLOCK.findall(TEXT)


@pytest.fixture
def reader(tmp_path: Path, server: EmbeddedServer) -> Reader:
    return Reader(tmp_path, server)


def test_the_plan_at_the_top_is_what_plan_prints(reader: Reader) -> None:
    prepare_showcase(reader)
    (shown,) = commands_of(SHOWCASE)

    assert stable(str(reader.type(shown.line))) == stable(str(shown))


def test_the_tour_goes_as_the_readme_says(reader: Reader) -> None:
    """One test, because each step starts where the one before it ended. Out of date on purpose? ``make docs``."""
    for shown in (each for block in TOUR for each in commands_of(block)):
        assert stable(str(reader.type(shown.line))) == stable(str(shown))


def test_make_targets_the_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", TEXT, re.MULTILINE))

    assert {"demo", "test"} <= named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
