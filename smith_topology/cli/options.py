"""The options that several commands share, in groups, so that a name means the same everywhere.

A command takes a group as one parameter; ``expanded`` turns it into the options typer sees.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

import typer

from smith_topology.core.diff.selection import Selection
from smith_topology.core.planning.approval import Approval, grants


class TextOrJson(StrEnum):
    """What goes to stdout, of a command whose result is for people or programs."""

    HUMAN = "human"
    JSON = "json"


class Output(StrEnum):
    """What goes to stdout."""

    HUMAN = "human"
    JSON = "json"
    NDJSON = "ndjson"
    MARKDOWN = "markdown"
    SUMMARY = "summary"


@dataclasses.dataclass(frozen=True, slots=True)
class Files:
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", metavar="PATH", help="File or directory tree, several times; - is stdin.  [default: topology.yaml]"
        ),
    ] = None

    @property
    def paths(self) -> list[str]:
        return self.file or ["topology.yaml"]


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where the files come from, which the objects that are written remember."""

    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Where the files come from, instead of repository and path.  [env: SMITH_TOPO_SOURCE]",
        ),
    ] = None
    from_source: Annotated[
        list[str] | None,
        typer.Option("--from-source", metavar="SOURCE", help="Also delete what was applied from there; several times."),
    ] = None


@dataclasses.dataclass(frozen=True, slots=True)
class Connection:
    """Named as the ``nats`` CLI names them, environment variables included."""

    server: Annotated[
        str | None, typer.Option("--server", "-s", metavar="URL,...", help="Servers to connect to.  [env: NATS_URL]")
    ] = None
    context: Annotated[str | None, typer.Option(metavar="NAME", help="A context of the nats CLI.  [env: NATS_CONTEXT]")] = None
    creds: Annotated[str | None, typer.Option(metavar="FILE", help="Credentials file.  [env: NATS_CREDS]")] = None
    nkey: Annotated[str | None, typer.Option(metavar="FILE", help="File with an nkey seed.  [env: NATS_NKEY]")] = None
    user: Annotated[str | None, typer.Option(metavar="NAME", help="User name, or a token.  [env: NATS_USER]")] = None
    password: Annotated[str | None, typer.Option(metavar="TEXT", help="Better in the environment.  [env: NATS_PASSWORD]")] = None
    token: Annotated[str | None, typer.Option(metavar="TEXT", help="Better in the environment.  [env: NATS_TOKEN]")] = None
    tlsca: Annotated[str | None, typer.Option(metavar="FILE", help="Certificates to trust.  [env: NATS_CA]")] = None
    tlscert: Annotated[str | None, typer.Option(metavar="FILE", help="Client certificate.  [env: NATS_CERT]")] = None
    tlskey: Annotated[str | None, typer.Option(metavar="FILE", help="Its key.  [env: NATS_KEY]")] = None
    tlsfirst: Annotated[bool, typer.Option("--tlsfirst", help="TLS before the server's greeting.")] = False
    js_domain: Annotated[str | None, typer.Option("--js-domain", metavar="NAME", help="JetStream domain.")] = None
    js_api_prefix: Annotated[
        str | None, typer.Option("--js-api-prefix", metavar="SUBJECT", help="Prefix of the JetStream API.")
    ] = None
    inbox_prefix: Annotated[
        str | None, typer.Option("--inbox-prefix", metavar="SUBJECT", help="Prefix of the inboxes for answers.")
    ] = None
    timeout: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="For one request with all its retries.  [env: NATS_TIMEOUT; default: 20s]"),
    ] = None


@dataclasses.dataclass(frozen=True, slots=True)
class Selected:
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="ADDRESS", help="Only these, such as stream.ORDERS or 'consumer.ORDERS.*'."),
    ] = None
    exclude: Annotated[list[str] | None, typer.Option("--exclude", metavar="ADDRESS", help="All but these.")] = None

    @property
    def selection(self) -> Selection:
        return Selection(tuple(self.target or ()), tuple(self.exclude or ()))


@dataclasses.dataclass(frozen=True, slots=True)
class Approving:
    """What a run may do without asking, and how fast."""

    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask: creates and lossless updates only.")] = False
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="WHAT,...",
            help="More than that, by name: delete, data-loss, resume; for one object: delete=stream.OLD.",
        ),
    ] = None
    max_deletes: Annotated[
        int | None,
        typer.Option(
            "--max-deletes",
            min=0,
            metavar="N",
            help="Most deletes in a run.  [default: 3, or 30 % of what is owned if less; no limit for destroy]",
        ),
    ] = None
    parallelism: Annotated[int, typer.Option("--parallelism", min=1, max=256, metavar="N", help="Requests at a time.")] = 10
    wait: Annotated[str | None, typer.Option("--wait", metavar="DURATION", help="Wait this long for the server to come up.")] = (
        None
    )

    @property
    def approval(self) -> Approval:
        """Raises typer.BadParameter for a word that allows nothing, and for what is no address."""
        try:
            return Approval(grants(self.allow or ()), self.max_deletes)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--allow'") from error


Format = Annotated[Output, typer.Option("--output", "-o", help="What to print.")]
Adopt = Annotated[bool, typer.Option("--adopt", help="Take over objects that have no owner.")]


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every parameter that is a group of options replaced by the options in it."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint) and isinstance(hint, type)}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        group = groups.get(parameter.name)
        parameters += _members(group) if group else [parameter.replace(annotation=hints[parameter.name])]

    @functools.wraps(command)
    def flat(**given: Any) -> None:
        taken = {name: group(**{f.name: given.pop(f.name) for f in dataclasses.fields(group)}) for name, group in groups.items()}
        command(**given, **taken)

    ordered = sorted(parameters, key=lambda each: each.default is not inspect.Parameter.empty)
    flat.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    flat.__annotations__ = {each.name: each.annotation for each in ordered}
    return flat


def _members(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [
        inspect.Parameter(each.name, kind, default=each.default, annotation=hints[each.name])
        for each in dataclasses.fields(group)
    ]
