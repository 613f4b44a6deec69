"""The commands of ``smith-topo``, and how they end."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import PurePath
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from smith_topology import __version__
from smith_topology.cli import completion, streams
from smith_topology.cli.exits import Exit, ExitWith
from smith_topology.cli.options import Connection, expanded

COMMANDS = ("init", "validate", "plan", "apply", "drift", "show", "destroy", "schema", "dev", "completion")
"""Each is a function of its own name in a module of its own name."""

DEBUG = "SMITH_TOPO_DEBUG"
LIGHTEST = "schema"
USAGE_OF_TYPER = 2
HELP = {"help_option_names": ["-h", "--help"]}
CONNECTION = frozenset(each.name for each in fields(Connection))
EXAMPLES = {
    "init": ("", "infra/topology.yaml --name shop"),
    "validate": ("", "-f infra -o json"),
    "plan": ("", "-f infra --context prod --detailed-exitcode"),
    "apply": ("", "--auto-approve --wait 60s"),
    "drift": ("", "-o summary --metrics-file /var/lib/node_exporter/topology.prom"),
    "show": ("stream.ORDERS", "'*'"),
    "destroy": ("", "--target 'consumer.ORDERS.*'"),
    "schema": ("> topology.schema.json", "--of plan"),
    "dev": ("", "-- smith-topo plan"),
    "completion": ("bash", "fish"),
}
LONGEST_ARGUMENT = 8192
"""Characters; an error may repeat an argument."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (``sys.argv`` by default) and return its exit code; nothing a user can cause raises."""
    streams.prepare()
    code = _run(argv)
    if why := streams.unwritten():
        streams.to_stderr(f"Error: the result could not be written: {why}. What was done is done.")
        return code or Exit.ERROR
    return code


def _run(argv: Sequence[str] | None) -> int:
    completion.prepare()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if any(len(argument) > LONGEST_ARGUMENT for argument in arguments):
        streams.to_stderr(f"Error: an argument has more than {LONGEST_ARGUMENT} characters. Name a file, don't paste its text.")
        return int(Exit.USAGE)
    try:
        command(arguments)(args=arguments, prog_name="smith-topo")
    except ExitWith as end:
        _report(end)
        return int(end.code)
    except SystemExit as end:
        return int(Exit.USAGE if end.code == USAGE_OF_TYPER else end.code or 0)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        _report(_bug(error))
        return int(Exit.ERROR)
    return int(Exit.DONE)


def command(arguments: Sequence[str] = ()) -> Callable[..., Any]:
    """The command line as a callable: only the command that is named is loaded, since each pays for its own imports."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False, context_settings=HELP
    )
    app.callback()(smith_topo)
    named = next((word for word in arguments if not word.startswith("-")), None)
    if named not in COMMANDS and "--version" in arguments:
        named = LIGHTEST
    for name in [named] if named in COMMANDS else COMMANDS:
        app.command(cls=Command, context_settings=HELP)(expanded(getattr(import_module(f"smith_topology.cli.{name}"), name)))
    return typer.main.get_command(app)


class Command(TyperCommand):
    """A command that does not repeat arguments it can't take: they may be the rest of a password with a space in it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True  # without this click's own error repeats them
        over = super().parse_args(ctx, args)
        if over and not ctx.resilient_parsing:
            ctx.fail(f"{len(over)} too many arguments. A file goes after -f; text with spaces needs quotes.")
        return over

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Options of the command itself first; how to connect, which is the same for all, last."""
        titles = dict.fromkeys(CONNECTION, "Connection options")
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Connection options": []}
        for each in self.get_params(ctx):
            title = "Arguments" if each.param_type_name == "argument" else titles.get(each.name or "", "Options")
            sections[title] += filter(None, [each.get_help_record(ctx)])
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Examples"):
            for example in EXAMPLES[self.name or ""]:
                formatter.write(f"{'':{formatter.current_indent}}smith-topo {self.name} {example}".rstrip() + "\n")


def smith_topo(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=lambda asked: _version(asked=asked))
    ] = False,
) -> None:
    """Declare NATS JetStream streams and consumers in a file; see what a change costs before it happens.

    Exit codes: 0 done or nothing to do, 1 error, 2 differences, 3 refused by a safety gate, 4 stale, 6 applied in part,
    7 declined, 64 usage, 130 or 143 interrupted.
    """


def _version(*, asked: bool) -> None:
    if asked:
        streams.to_stdout(f"smith-topo {__version__}")
        raise typer.Exit


def _bug(error: Exception) -> ExitWith:
    """Report a fault of this program as one diagnostic, without a traceback, which a user can't read."""
    from smith_topology.core.model import BUG

    *_, last = traceback.extract_tb(error.__traceback__)
    where = f"{type(error).__name__} in {last.name}, {PurePath(last.filename).name}:{last.lineno}"
    detail = f"{where}. This is a mistake of smith-topo, not of yours; what was done before it is done."
    fix = f"Report it with what this prints: {DEBUG}=1 smith-topo …"
    return ExitWith(Exit.ERROR, (BUG.diagnostic(detail, fix),))


def _report(end: ExitWith) -> None:
    if end.diagnostics:
        from smith_topology.cli.emit import report

        report(end.diagnostics)
