"""The lowest versions of the packages that the ranges in pyproject.toml allow: with these, too, a plan is made and applied."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.command import ROOT

PYTHON = ROOT / ".lowest" / "bin" / "python"
INSTALLED = "import json, sys; from importlib.metadata import version; print(json.dumps({n: version(n) for n in sys.argv[1:]}))"
DIFFERENCES = 2


@pytest.fixture(autouse=True)
def _installed() -> None:
    if PYTHON.exists():
        return
    if os.environ.get("SMITH_TOPO_ALL_SERVERS"):
        pytest.fail("the lowest versions are not installed: make .lowest/stamp")
    pytest.skip("the lowest versions are not installed: make .lowest/stamp")


def lowest() -> dict[str, str]:
    """The lower end of each dependency's range, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = (re.fullmatch(r"([a-z-]+)(?:\[\w+\])?>=([\d.]+),.*", each) for each in project["dependencies"])
    return {match[1]: match[2] for match in found if match}


def call(*args: str, url: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NATS_URL": url, "COLUMNS": "100"}
    return subprocess.run([str(PYTHON), *args], capture_output=True, text=True, env=env, cwd=cwd, timeout=60, check=False)


def smith_topo(*args: str, server: EmbeddedServer | None = None, cwd: Path | None = None) -> Any:
    return call("-m", "smith_topology", *args, url=server.url if server else "", cwd=cwd)


def test_each_dependency_is_there_in_its_lowest_version() -> None:
    expected = lowest()

    installed = json.loads(call("-c", INSTALLED, *expected).stdout)

    assert len(expected) >= 8
    assert {name: padded(text) for name, text in installed.items()} == {name: padded(text) for name, text in expected.items()}


def padded(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.split(".")]
    return (*parts, *[0] * (3 - len(parts)))


def test_a_plan_is_made_and_applied(server: EmbeddedServer) -> None:
    file = ("-f", str(ROOT / "topology.yaml"))

    planned = smith_topo("plan", "--detailed-exitcode", *file, server=server)
    applied = smith_topo("apply", "--auto-approve", *file, server=server)

    assert (planned.returncode, applied.returncode) == (DIFFERENCES, 0), planned.stderr + applied.stderr
    assert smith_topo("plan", "--detailed-exitcode", *file, server=server).returncode == 0
    assert smith_topo("drift", *file, server=server).returncode == 0


def test_a_change_is_shown_and_made(server: EmbeddedServer, tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text("version: 1\nname: shop\nstreams: {ORDERS: {subjects: [orders.>], placement: {tags: []}, max_msgs: 10}}\n")
    assert smith_topo("apply", "--auto-approve", server=server, cwd=tmp_path).returncode == 0
    file.write_text(file.read_text().replace("max_msgs: 10", "max_msgs: 20, metadata: {team: a}"))

    planned = smith_topo("plan", "-o", "json", server=server, cwd=tmp_path)

    assert "max_msgs" in planned.stdout, planned.stderr
    assert "team" in planned.stdout
    assert smith_topo("apply", "--auto-approve", server=server, cwd=tmp_path).returncode == 0
    assert smith_topo("plan", "--detailed-exitcode", server=server, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("args", [("--help",), ("plan", "--help"), ("apply", "--help"), ("schema",), ("--version",)])
def test_what_needs_no_server_is_printed(args: tuple[str, ...]) -> None:
    done = smith_topo(*args)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 1


def test_a_wrong_command_line_is_a_usage_error() -> None:
    wrong = [smith_topo(), smith_topo("plan", "--nope"), smith_topo("plan", "-o", "nope")]

    assert [each.returncode for each in wrong] == [64, 64, 64]
    assert all(each.stderr.startswith("Usage: smith-topo") for each in wrong)
