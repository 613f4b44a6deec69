"""Writes the parts of ``docs/`` that the code knows best: help, fields, exit codes, environment, JSON; and all of ``schemas/``.
``--check`` only compares.

Such a part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; everything around it is written by hand.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import docs_findings
import docs_json

from smith_topology.cli.app import COMMANDS
from smith_topology.cli.app import main as smith_topo
from smith_topology.cli.exits import Exit
from smith_topology.core.file import json_schema
from smith_topology.core.file.keys import FILE_KEYS, OWN_KEYS
from smith_topology.core.file.written import written
from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.behaviour import TABLE, Behaviour
from smith_topology.core.kinds.fields import FIRST, Field, Type, walk
from smith_topology.core.kinds.normal_forms import Context, KindRules
from smith_topology.core.model import Kind, Server, Version
from smith_topology.jetstream.connecting.settings import ENVIRONMENT
from smith_topology.render.documents.plan import schema as plan_schema
from smith_topology.render.documents.shape import dumps

DOCS = Path(__file__).parents[1] / "docs"
GENERATED = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

SERVERS = tuple(Version(2, minor, patch) for minor, patch in ((10, 0), (11, 0), (12, 0), (12, 5), (14, 0), (15, 0)))
"""Where what can change in place differs, oldest first."""

MEANING = {
    Exit.DONE: "Done, or nothing to do.",
    Exit.ERROR: "An error: the file, the connection, the server. Nothing was written.",
    Exit.DIFFERENCES: "There are differences: `drift` always, `plan` with `--detailed-exitcode`.",
    Exit.REFUSED: "A safety gate refused. Nothing was written.",
    Exit.STALE: "The account changed after the plan was made. Nothing was written.",
    Exit.LOCKED: "Kept for locks, which come later.",
    Exit.PARTLY: "Applied in part, and the output lists what was done; or applied, and the output could not be written.",
    Exit.DECLINED: "Somebody at the prompt said no. Nothing was written.",
    Exit.USAGE: "The command line is wrong.",
    Exit.INTERRUPTED: "Interrupted (Ctrl-C) before anything was written; `6` if something had been. In its first hundredths of a "
    "second, before this program's first line, Python itself takes a Ctrl-C, and prints a traceback.",
    Exit.TERMINATED: "The same by SIGTERM, or SIGHUP (not under `nohup`).",
}

UNIT = {
    Type.TEXT: "text",
    Type.SUBJECT: "subject",
    Type.BOOLEAN: "`true` or `false`",
    Type.INTEGER: "number",
    Type.SIZE: "size, such as `500MiB`",
    Type.DURATION: "duration, such as `30s`",
    Type.TIME: "time, such as `2026-01-31T12:00:00Z`",
    Type.MAP: "mapping of text to text",
    Type.BLOCK: "block",
}


def help_of_all() -> Iterator[str]:
    yield _help()
    for name in COMMANDS:
        yield f"\n## {name}\n"
        yield _help(name)


def _help(*command: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        smith_topo([*command, "--help"])
    return f"```text\n{shown.getvalue().strip()}\n```"


def exit_codes() -> Iterator[str]:
    yield "| code | meaning |\n|---|---|"
    yield from (f"| {code.value} | {MEANING[code]} |" for code in Exit)


def environment() -> Iterator[str]:
    yield "| option | variable |\n|---|---|"
    yield from (f"| `--{'server' if option == 'servers' else option}` | `{name}` |" for option, name in ENVIRONMENT.items())


def keys_of_file() -> Iterator[str]:
    yield "| key | takes | meaning |\n|---|---|---|"
    for key in FILE_KEYS.values():
        members = walk(key.field.fields, f"{key.field.name}.") if not key.field.takes else ()
        for path, field in ((key.field.name, key.field), *members):
            yield f"| `{path}` | {taken(field)} | {'Required. ' if field.required else ''}{field.doc} |"


def keys_of_resources() -> Iterator[str]:
    yield "| key | of | takes | meaning |\n|---|---|---|---|"
    for name, field in {name: key.field for keys in OWN_KEYS.values() for name, key in keys.items()}.items():
        kinds = ", ".join(f"{kind.value}s" for kind, keys in OWN_KEYS.items() if name in keys)
        yield f"| `{name}` | {kinds} | {taken(field)} | {field.doc} |"


def fields_of(kind: Kind) -> Iterator[str]:
    rules = RULES[kind]
    yield "| field | takes | default | since | changes in place | meaning |\n|---|---|---|---|---|---|"
    for path, field in walk(rules.fields):
        in_place = "with its block" if "." in path else changeable(field, rules)
        since = str(field.since) if field.since > FIRST else ""
        yield f"| `{path}` | {taken(field)} | {default(field)} | {since} | {in_place} | {field.doc} |"


def taken(field: Field) -> str:
    single = field.takes or (choices(field) if field.type is Type.ENUM else UNIT[field.type])
    return f"list of: {single}" if field.many else single


def choices(field: Field) -> str:
    newer = {word: f" ({since})" if since > max(field.since, FIRST) else "" for word, since in field.choices.items()}
    return ", ".join(f"`{word}`{since}" for word, since in newer.items())


def default(field: Field) -> str:
    if field.required:
        return "(required)"
    if field.declared is not None:
        return f"`{written(field, field.declared)}`, always"
    if field.default_text or field.unset or field.default is None:
        return field.default_text or field.unset
    return "unlimited (`-1`)" if field.unlimited else f"`{written(field, field.default)}`"


def changeable(field: Field, rules: KindRules) -> str:
    """Asks the planner's own rule, for every way to change the field, on every server version that matters."""
    refused = {version: list(_refusals(field, rules, version)) for version in SERVERS if version >= field.since}
    newest = refused[SERVERS[-1]]
    if all(newest):
        return "no"
    first = next(version for version, reasons in refused.items() if reasons == newest)
    since = f", since {first}" if first != next(iter(refused)) else ""
    reasons = dict.fromkeys(filter(None, newest))
    return f"in part{since}: {'; '.join(reasons)}" if reasons else f"yes{since}"


def _refusals(field: Field, rules: KindRules, version: Version) -> Iterator[str]:
    server = Server(version, str(version))
    context = Context(server, server.versions)
    values = [None, *field.choices] if field.choices else [None, True] if field.type is Type.BOOLEAN else [None, "a", "b"]
    for before in values:
        for after in values:
            if before != after:
                yield rules.immutable(field.name, _with(field, before), _with(field, after), context)


def _with(field: Field, value: object) -> dict[str, object]:
    return {} if value is None else {field.name: value}


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "topology.schema.json": json_schema.schema,
    "plan.schema.json": plan_schema,
}
def behaviours() -> Iterator[str]:
    yield "| servers | what they do | whose version | where they differ | measured on |\n|---|---|---|---|---|"
    for row in TABLE.values():
        yield f"| {_servers(row)} | {row.what} | {row.by.value} | {'yes' if row.worse else 'no'} | {row.measured} |"


def _servers(row: Behaviour) -> str:
    return f"from {row.since} on" if row.since > FIRST else f"before {row.until}"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "help": help_of_all,
    "exit codes": exit_codes,
    "environment": environment,
    **{f"findings {section}": partial(docs_findings.table, section) for section in docs_findings.SECTIONS},
    **{f"json {part}": write for part, write in docs_json.PARTS.items()},
    "behaviours": behaviours,
    "keys of a file": keys_of_file,
    "keys of resources": keys_of_resources,
    "stream": lambda: fields_of(Kind.STREAM),
    "consumer": lambda: fields_of(Kind.CONSUMER),
}


def renewed(text: str) -> str:
    """The page with its generated parts written again."""
    return GENERATED.sub(lambda part: part[1] + "\n".join(PARTS[part[2]]()) + "\n" + part[3], text)


def pages() -> Iterator[tuple[Path, str]]:
    """Every file that is written, in whole or in part, and what it has to hold."""
    for path in sorted(DOCS.glob("*.md")):
        yield path, renewed(path.read_text(encoding="utf-8"))
    for name, schema in SCHEMAS.items():
        yield DOCS.parent / "schemas" / name, dumps(schema()) + "\n"


def main() -> None:
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1"}
    stale = [(path, text) for path, text in pages() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date, run `make docs`: {', '.join(path.name for path, _ in stale)}")
    for path, text in stale:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
