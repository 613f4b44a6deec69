"""A plan for a pull request: the verdict first, then a table, the details folded away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from smith_topology.core.model import Action, Change, Diagnostic, Plan
from smith_topology.render.amounts import described, disturbance, total
from smith_topology.render.diagnostics import by_gravity, heeded, word
from smith_topology.render.drift import headline, left_alone, phrases
from smith_topology.render.outcome import report
from smith_topology.render.plan import account, change_lines, copies, counts, no_changes, permissions, verdict
from smith_topology.render.results import Applied
from smith_topology.render.text import PLAIN, Look, clean, count, counted_roles, placed

SPECIAL = re.compile(r"([\\`*_\[\]#|~]|:(?=//))")
"""What Markdown reads as markup in the middle of a line."""
LIMIT = 60_000
"""Characters. GitHub refuses comments above 65,536; the details are cut, never the verdict."""


def plan(plan: Plan, _look: Look) -> str:
    """The whole comment. Ends inside the limit of a GitHub comment, however large the plan."""
    head = "\n\n".join(_fitting(_head(plan), LIMIT))
    details = _details(plan, LIMIT - len(head)) if not plan.is_empty else ""
    return "\n\n".join(part for part in (head, details) if part)


def drift(plan: Plan, _look: Look) -> str:
    """The verdict of a comparison, and what differs."""
    lines = [f"### smith-topo: {escaped(headline(plan))}"]
    if plan.differs:
        lines.append("\n".join(_compared([*plan.changes, *plan.held])))
    if heeded(plan.diagnostics):
        lines.append("\n".join(_diagnostics(plan.diagnostics)))
    if alone := "<br>".join(map(escaped, left_alone(plan))):
        lines.append(alone)
    return "\n\n".join(_fitting(lines, LIMIT))


def _fitting(parts: Iterable[str], room: int) -> Iterator[str]:
    """The parts from the top, the longest cut at the end of a line: the first ones are the verdict, and short."""
    for part in parts:
        cut = part if len(part) <= room else part[: max(0, room - len(CUT))].rpartition("\n")[0] + CUT
        room = max(0, room - len(cut) - 2)
        yield cut


def outcome(applied: Applied, _look: Look) -> str:
    """How an apply ended: its first line as the verdict, the rest in a block."""
    verdict, *rest = report(applied, Look()).splitlines()
    head = f"### smith-topo: {escaped(account(applied.plan.server))}\n\n**{escaped(verdict)}**"
    inside, size = [], len(head)
    for line in map(html.escape, rest):
        size += len(line) + 1
        if size > LIMIT:
            inside.append("… cut here")
            break
        inside.append(line)
    body = "\n".join(inside).strip("\n")
    return f"{head}\n\n<pre>\n{body}\n</pre>" if body else head


def _head(plan: Plan) -> Iterator[str]:
    yield f"### smith-topo: {escaped(account(plan.server))}"
    yield _verdict(plan)
    if not plan.is_empty:
        if also := disturbance(total(plan.changes)):
            yield also
        yield "\n".join(_table(plan.changes))
    if heeded(plan.diagnostics):
        yield "\n".join(_diagnostics(plan.diagnostics))
    if plan.required and plan.can_apply:
        yield f"Needs `{permissions(plan).strip()}`."
    if plan.unmanaged:
        yield f"Unmanaged, left alone: {counted_roles(plan.unmanaged.values())}."
    if plan.copies:
        yield escaped(copies(plan))


def _verdict(plan: Plan) -> str:
    if plan.is_empty:
        return escaped(no_changes(plan)) if plan.can_apply else "**Nothing can be done**, see below."
    alarms = total(plan.changes).alarms or plan.without_stream
    sentence = f"**{escaped(verdict(plan))}**" if alarms else escaped(verdict(plan))
    return f"**Plan:** {counts(plan)}. {sentence}".rstrip() + ("" if plan.can_apply else " **It can't be applied**, see below.")


CUT = "\n\n… cut here; run smith-topo to see the rest"
ROWS = 200


def _table(changes: Sequence[Change]) -> Iterator[str]:
    """Destroys first, so that a reader of only the first rows sees them."""
    yield "| | Object | Change | Cost |"
    yield "|---|---|---|---|"
    gravest = (Action.DELETE, Action.REPLACE, Action.UPDATE, Action.CREATE, Action.FORGET)
    ordered = [change for action in gravest for change in changes if change.action is action]
    for change in ordered[:ROWS]:
        yield f"| `{change.action.glyph}` | {escaped(str(change.address))} | {_what(change)} | {_cost(change)} |"
    if len(ordered) > ROWS:
        yield f"| | and {count(len(ordered) - ROWS, 'other')} | | |"


def _compared(changes: Sequence[Change]) -> Iterator[str]:
    """What differs, with the values of both sides."""
    yield "| | Object | Live and declared | Cost |"
    yield "|---|---|---|---|"
    differing = [change for change in changes if change.action is not Action.NO_OP]
    for change in differing[:ROWS]:
        values = "<br>".join(map(escaped, phrases(change)))
        yield f"| `{change.action.glyph}` | {escaped(str(change.address))} | {values} | {_cost(change)} |"
    if len(differing) > ROWS:
        yield f"| | and {count(len(differing) - ROWS, 'other')} | | |"


def _what(change: Change) -> str:
    match change.action:
        case Action.CREATE:
            return "create"
        case Action.UPDATE:
            return "change " + ", ".join(escaped(each.path) for each in change.fields)
        case Action.REPLACE:
            return "**replace** for " + ", ".join(escaped(each.path) for each in change.fields)
        case Action.DELETE:
            return "**destroy**"
        case Action.FORGET:
            return "stop managing"
        case Action.NO_OP:
            return ""


def _cost(change: Change) -> str:
    costs = []
    for effect in change.effects:
        text = escaped(described(effect, change.address))
        costs.append(f"**{text}**" if effect.loses_data or effect.interruptions else text)
    return "<br>".join(costs)


def _diagnostics(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    for each in by_gravity(heeded(diagnostics)):
        where = f" ({escaped(placed(each.span))})" if each.span else ""
        head = f"- **{word(each.severity)}: {escaped(each.summary)}** \\[{escaped(each.code)}\\]{where}"
        yield "<br>".join([head, *(escaped(part) for part in (each.detail, each.fix) if part)])


def _details(plan: Plan, room: int) -> str:
    """The plan as the terminal shows it, in a block that no name can close: it is HTML, and escaped as such."""
    lines, used = [], 0
    for change in plan.changes:
        if change.action is Action.NO_OP:
            continue
        block = [html.escape(line, quote=False) for line in change_lines(change, plan.topology, PLAIN)]
        used += sum(len(line) + 1 for line in block)
        if used > room - 200:
            lines.append("… cut here; run smith-topo plan to see the rest")
            break
        lines += block
    inside = "\n".join(lines)
    return f"<details><summary>Details</summary>\n\n<pre>\n{inside}\n</pre>\n\n</details>"


def escaped(text: str) -> str:
    """The text as it is, in Markdown, in a table cell or outside. A name can't mention a person: the ``@`` stands alone."""
    return SPECIAL.sub(r"\\\1", html.escape(clean(text), quote=False)).replace("@", "<span>@</span>")
