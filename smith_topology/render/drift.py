"""Drift as text: the first line holds the verdict, then what differs, live beside declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smith_topology.core.model import Action, Change, Config, Plan, Reason, role_of
from smith_topology.render import diagnostics as boxes
from smith_topology.render.amounts import loss_sentence, total
from smith_topology.render.differences import Difference, sorted_out
from smith_topology.render.fields import Mark, Row, changed, created
from smith_topology.render.interruptions import now
from smith_topology.render.layout import plain_rows
from smith_topology.render.plan import account, copies, is_blocking
from smith_topology.render.text import Look, Style, Tone, clean, count, counted_roles, listed, named, placed, spread

INDENT = " " * 4
MOST_NAMED, MOST_UNMANAGED = 3, 20


def render(plan: Plan, look: Look) -> str:
    """The whole report: headline, a group for each sort of difference, diagnostics, what to do."""
    groups, style = sorted_out(plan), look.style
    sections = [
        style.paint(headline(plan), Tone.ALARM if plan.differs else Tone.STRONG),
        *("\n".join(_group(sort, changes, style)) for sort, changes in groups.items() if changes),
        boxes.render(plan.diagnostics, look),
        "\n".join(left_alone(plan)),
        copies(plan) if plan.copies else "",
        _advice(plan) if plan.differs else "",
    ]
    return "\n\n".join(section for section in sections if section)


def headline(plan: Plan) -> str:
    """``Drift on account SMITH @ prod-eu: 2 changed by hand, 1 missing.``; one line, fit for a log or an alert."""
    if plan.differs:
        found = [f"{len(changes)} {sort.words}" for sort, changes in sorted_out(plan).items() if changes]
        blocking = boxes.tally(each for each in plan.diagnostics if is_blocking(each))
        line = f"Drift on {account(plan.server)}: {', '.join([*found, *([blocking] if blocking else [])])}.{_unread(plan)}"
        return f"{now(plan.without_stream)} {line}".lstrip()
    if not plan.can_apply:
        return f"Not known to be free of drift on {account(plan.server)}: {boxes.tally(plan.diagnostics)}.{_unread(plan)}"
    same = counted_roles(role_of(change.address, change.after or {}) for change in plan.of(Action.NO_OP))
    verb = "is" if len(plan.of(Action.NO_OP)) < 2 else "are"
    return f"No drift on {account(plan.server)}: {same or 'all the file declares'} {verb} as declared.{_unread(plan)}"


def _unread(plan: Plan) -> str:
    return f" Not readable: {listed(plan.unknown)}." if plan.unknown else ""


def left_alone(plan: Plan) -> Iterator[str]:
    """What the file has no say in: the names, as many as are read, and how many ephemeral consumers."""
    if plan.unmanaged:
        yield f"Unmanaged, left alone: {counted_roles(plan.unmanaged.values())}."
        yield from (f"  {named(address)}" for address in sorted(plan.unmanaged)[:MOST_UNMANAGED])
        if (more := len(plan.unmanaged) - MOST_UNMANAGED) > 0:
            yield f"  and {more} more: --output json has them all"
    if plan.ephemeral:
        yield f"Not compared: {count(plan.ephemeral, 'ephemeral consumer')}."


def summary(plan: Plan, _look: Look) -> str:
    """The headline, and on the same line what differs: ``stream.ORDERS (max_age: live 1h, declared 1w)``, or what stops it."""
    differing = [change for changes in sorted_out(plan).values() for change in changes]
    named_ones = [f"{named(change.address)}{_in_brackets(change)}" for change in differing[:MOST_NAMED]]
    more = [f"and {len(differing) - MOST_NAMED} more"] if len(differing) > MOST_NAMED else []
    reasons = [boxes.sentence_of(each) for each in plan.diagnostics if is_blocking(each) and not each.address]
    return " ".join([headline(plan), *reasons, *([f"{'; '.join([*named_ones, *more])}."] if differing else [])])


def _in_brackets(change: Change) -> str:
    words = list(phrases(change))
    more = [f"and {len(words) - MOST_NAMED} more fields"] if len(words) > MOST_NAMED else []
    return f" ({'; '.join([*words[:MOST_NAMED], *more])})" if words else ""


def phrases(change: Change) -> Iterator[str]:
    """Each differing field with both values, ``max_age: live 1h, declared 7d``; for an object on one side only, what it is."""
    side = _only_side(change)
    if side is None:
        yield from _differing(changed(change.address, change.fields), "")
    else:
        yield "missing" if change.action is Action.CREATE else "not in the file"
        yield from _values(created(change.address, side), "")


def _only_side(change: Change) -> Config | None:
    """The configuration of an object that is only declared, or only live; None for one that is both."""
    match change.action:
        case Action.CREATE:
            return change.after or {}
        case Action.DELETE | Action.FORGET:
            return change.before or {}
        case _:
            return None


def _differing(rows: Sequence[Row], around: str) -> Iterator[str]:
    for row in rows:
        name = f"{around}{row.label}"
        if row.mark is Mark.CHANGED and row.rows:
            yield from _differing(row.rows, f"{name} ")
        else:
            inside = ", ".join(_values(row.rows, ""))
            yield f"{name}: {_words(row)}" + (f" ({inside})" if inside else "")


def _values(rows: Sequence[Row], around: str) -> Iterator[str]:
    for row in rows:
        name, value = f"{around}{row.label}", row.after if row.after is not None else row.before
        yield from _values(row.rows, f"{name} ") if row.rows else [f"{name} = {value}" if value else name]


def _group(sort: Difference, changes: Sequence[Change], style: Style) -> Iterator[str]:
    yield style.paint(f"{_title(sort)}:", Tone.STRONG)
    for change in changes:
        header = f"  {style.paint(named(change.address), Tone.STRONG)}{_aside(change)}"
        yield spread(header, style.paint(placed(change.span), Tone.FAINT), style.width)
        if change.action in (Action.UPDATE, Action.REPLACE):
            yield from live_and_declared(changed(change.address, change.fields), style, INDENT)
        elif (side := _only_side(change)) is not None:
            yield from plain_rows(created(change.address, side), style, INDENT, glyphs=False)


def _title(sort: Difference) -> str:
    match sort:
        case Difference.UNFINISHED:
            return "An earlier apply stopped before it had finished these"
        case Difference.CHANGED:
            return "Changed by hand since it was applied"
        case Difference.MISSING:
            return "Declared, but not there: deleted, or never applied"
        case Difference.NOT_KEPT:
            return "Applied, but the server keeps something else"
        case Difference.PENDING:
            return "The file has moved on and is not yet applied"
        case Difference.UNKNOWN:
            return "Different; there is no record of what was applied"
        case Difference.THEIRS:
            return "There, but owned by another topology"
        case Difference.UNOWNED:
            return "There, but without an owner"
        case Difference.EXTRA:
            return "Owned, but not in the file"


def _aside(change: Change) -> str:
    if change.source:
        return f"  (applied from {clean(change.source)})"
    if change.resumes:
        return "  (paused by hand)"
    return "  (and the file has moved on)" if change.reason is Reason.BOTH else ""


def live_and_declared(rows: Sequence[Row], style: Style, indent: str) -> Iterator[str]:
    """Rows in words that can't be read the wrong way round, as glyphs could."""
    width = max((len(row.label) for row in rows), default=0)
    for row in rows:
        yield f"{indent}{row.label:<{width}}  {_words(row)}".rstrip()
        if row.mark is Mark.CHANGED:
            yield from live_and_declared(row.rows, style, indent + "    ")
        else:
            yield from plain_rows(row.rows, style, indent + "    ", glyphs=False)


def _words(row: Row) -> str:
    match row.mark:
        case Mark.ADDED:
            return f"declared {row.after}, not there" if row.after else "declared, not there"
        case Mark.REMOVED:
            return f"live {row.before}, not declared" if row.before else "live, not declared"
        case Mark.CHANGED:
            return f"live {row.before}, declared {row.after}" if row.before else ""


def _advice(plan: Plan) -> str:
    """The way on, and what it would cost; drift itself changes nothing."""
    loss = total(plan.changes)
    costs = "Applying the file would cost data" if loss.any else "Applying the file would interrupt publishers"
    cost = f"\n{costs}. {loss_sentence(loss)}" if loss.alarms else ""
    return f"Nothing was changed.{cost}\nTo see what putting it right takes: smith-topo plan, with the same options."
