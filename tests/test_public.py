"""What other programs may rely on: the exported names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import smith_topology
from smith_topology.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
HEAVY = ("asyncio", "nats", "yaml", "typer", "click", "rich", "deepdiff", "jsonschema")
PURE = tuple(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "smith_topology" / "core").rglob("*.py"))
)


def loaded_by(*modules: str) -> set[str]:
    """Everything a fresh interpreter has loaded after these imports."""
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def names_defined_in(module: Any) -> set[str]:
    return {name for name, value in vars(module).items() if not name.startswith("__") and type(value) is not type(sys)}


def test_what_is_exported_is_exactly_what_all_says() -> None:
    dunders = {name for name in smith_topology.__all__ if name.startswith("__")}

    assert names_defined_in(smith_topology) | dunders == set(smith_topology.__all__)
    assert all(hasattr(smith_topology, name) for name in smith_topology.__all__)


@pytest.mark.parametrize("module", ["smith_topology", "smith_topology.runtime"])
def test_importing_what_services_import_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(module) & set(HEAVY)


def test_the_whole_core_loads_neither_nats_nor_asyncio() -> None:
    assert not loaded_by(*PURE) & {"nats", "asyncio", "rich", "typer", "jsonschema", "deepdiff"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_a_function_in_a_module_of_its_own_name(command: str) -> None:
    assert callable(getattr(import_module(f"smith_topology.cli.{command}"), command))
