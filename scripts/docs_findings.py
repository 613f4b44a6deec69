"""The tables of ``docs/diagnostics.md``, from the findings where they are declared."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from smith_topology.core.model import Finding

CHECKS = ("SB", "FC", "RF", "RL")
"""The parts of the page that the findings of the offline checks make, by how their codes begin."""
DECLARED = {
    "checks": ("core.checks",),
    "file": ("core.file.findings",),
    "OW": ("core.diff.ownership",),
    "preflight": (
        *("core.diff.selection", "core.diff.unmatched"),
        *("core.planning.plan", "core.planning.preflight", "core.planning.ignored_warnings"),
    ),
    "gates": ("core.planning.approval",),
    "machine": ("cli", "core.model", "jetstream.embedded"),
    "apply": ("core.planning.rollback", "jetstream.apply"),
    "connection": ("jetstream.connecting", "jetstream.read"),
}
"""The other parts, and the modules that declare their findings. What one imports from another counts for the first."""
SECTIONS = (*CHECKS, *list(DECLARED)[1:])


def table(section: str) -> Iterator[str]:
    """A row for each finding of the section, by code."""
    yield "| code | severity | meaning | what to do |\n|---|---|---|---|"
    for code, (home, each) in sorted(catalogue().items()):
        if home == section:
            yield f"| {code} | {each.severity.value} | {each.meaning} | {each.advice} |"


@cache
def catalogue() -> dict[str, tuple[str, Finding]]:
    """Every finding by its code, with its section; of several wordings, the first."""
    found: dict[str, tuple[str, Finding]] = {}
    for section, names in DECLARED.items():
        for module in modules(names):
            for each in declared_in(module):
                found.setdefault(each.code, (each.code[:2] if section == "checks" else section, each))
    return found


def modules(names: tuple[str, ...]) -> Iterator[ModuleType]:
    """These modules; of packages, the modules in them too."""
    for name in names:
        module = import_module(f"smith_topology.{name}")
        yield module
        inside = pkgutil.iter_modules(module.__path__) if hasattr(module, "__path__") else ()
        yield from (import_module(f"{module.__name__}.{each.name}") for each in inside)


def declared_in(module: ModuleType) -> Iterator[Finding]:
    """The constants of a module, and what its errors are reported under."""
    for value in vars(module).values():
        found = vars(value).get("finding") if isinstance(value, type) and value.__module__ == module.__name__ else value
        if isinstance(found, Finding):
            yield found
