"""Arguments in; text and an exit code out. A file for each command."""

import gc
import sys

from smith_topology.cli import signals


def main(argv: list[str] | None = None) -> int:
    """Run a command line (``sys.argv`` by default) and return its exit code."""
    from smith_topology.cli.app import main as run

    return run(argv)


def entry() -> None:
    """The ``smith-topo`` script.

    A large account is 100,000s of small objects that live to the end: looking for garbage among them, at the exit too, costs
    a fifth of a plan's time and finds none.
    """
    signals.install()
    gc.disable()
    code = main()
    signals.ignore()
    gc.freeze()
    sys.exit(code)
