"""A plan for people: what will happen to each object, why, and what it costs in data. Destroys come last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from smith_topology.core.model import Action, Address, Change, Diagnostic, Permission, Plan, Reason, Server, Severity
from smith_topology.core.planning.approval import Approval, too_many_deletes
from smith_topology.render import diagnostics as boxes
from smith_topology.render.amounts import NO_LOSS, NO_STORED_LOSS, disturbance, loss_sentence, total
from smith_topology.render.fields import Row, changed, created
from smith_topology.render.interruptions import now, tally
from smith_topology.render.layout import comment, place, rows_with_effects
from smith_topology.render.text import (
    Look,
    Style,
    Tone,
    clean,
    count,
    counted_roles,
    named,
    paragraph,
    placed,
    quoted,
    spread,
    tone_of,
    visible,
)

INDENT = " " * 6
MOST_COPIES = 10


def no_changes(plan: Plan) -> str:
    """That there is nothing to do, and of how much that is said."""
    if plan.partial:
        return f"No changes in {count(len(plan.changes), 'selected object')}; the others were not looked at."
    name = account(plan.server)
    return f"No changes. {name[0].upper()}{name[1:]} holds what the file declares."


def render(plan: Plan, look: Look) -> str:
    """The whole plan as text. It ends with the command that carries it out."""
    style = look.style
    blocking = [each for each in plan.diagnostics if is_blocking(each)]
    in_place = _by_address(blocking)
    elsewhere = [each for each in plan.diagnostics if not (each.address and is_blocking(each))]
    sections = [
        style.paint(now(plan.without_stream), Tone.ALARM),
        headline(plan, style),
        "\n".join(_changes(plan, in_place, style)),
        boxes.render(elsewhere, look) if elsewhere else "",
        "\n".join(_conclusion(plan, style)),
        _next(plan, len(blocking), look.verb, style),
    ]
    return "\n\n".join(section for section in sections if section)


def is_blocking(diagnostic: Diagnostic) -> bool:
    """Whether a plan that carries this diagnostic can't be applied."""
    return diagnostic.severity in (Severity.ERROR, Severity.REFUSAL)


def headline(plan: Plan, style: Style) -> str:
    if plan.is_empty and plan.can_apply:
        return style.paint(no_changes(plan), Tone.STRONG)
    if plan.is_empty:
        return style.paint(f"Nothing can be done on {where(plan.server)}:", Tone.STRONG)
    if not plan.can_apply:
        text = f"smith-topo would perform these actions on {where(plan.server)}, if nothing stood in the way:"
    else:
        text = f"smith-topo will perform these actions on {where(plan.server)}:"
    return style.paint(text, Tone.STRONG)


def where(server: Server) -> str:
    """``account SMITH @ prod-eu (server 2.15.1)``"""
    domain = f"domain {clean(server.domain)}, " if server.domain else ""
    return f"{account(server)} ({domain}server {clean(server.version_text)})"


def account(server: Server) -> str:
    """``account SMITH @ prod-eu``, or the URL where there is no cluster: whatever of it is known."""
    name, place = f"account {clean(server.account)}" if server.account else "this account", server.cluster or server.url
    return f"{name} @ {clean(place)}" if place else name


def _by_address(diagnostics: Iterable[Diagnostic]) -> dict[Address, list[Diagnostic]]:
    found: dict[Address, list[Diagnostic]] = {}
    for each in diagnostics:
        if each.address:
            found.setdefault(each.address, []).append(each)
    return found


def _changes(plan: Plan, blocked: Mapping[Address, Sequence[Diagnostic]], style: Style) -> Iterator[str]:
    """Every change with what stands in its way, destroys after all others, then what is blocked without a change."""
    kept = [each for each in plan.changes if each.action not in (Action.NO_OP, Action.DELETE)]
    shown = (*kept, *plan.of(Action.DELETE))
    for change in shown:
        yield from change_lines(change, plan.topology, style)
        yield from _blocked(blocked.get(change.address, ()), style, INDENT)
    addresses = {change.address for change in shown}
    yield from _blocked((each for address, found in blocked.items() if address not in addresses for each in found), style, "  ")


def change_lines(change: Change, owner: str, style: Style) -> Iterator[str]:
    """Header, reason, costs of the whole, fields."""
    rows = field_rows(change)
    effects = place(rows, change.effects)
    glyph = style.paint(f"{change.action.glyph:>3}", tone_of(change.action))
    header = f"{glyph} {style.paint(named(change.address), Tone.STRONG)} {will(change.action)}"
    yield spread(header, style.paint(placed(change.span), Tone.FAINT), style.width)
    if reason := because(change.reason, owner):
        applied = f"; applied from {clean(change.source)}" if change.source else ""
        yield INDENT + style.paint(f"# {reason}{applied}", Tone.FAINT)
    for effect in effects.whole:
        yield from comment(effect, change.address, style, INDENT)
    yield from rows_with_effects(change.address, rows, effects, style, INDENT)


def field_rows(change: Change) -> tuple[Row, ...]:
    """What a reader needs to see of the configuration: all that is set of a new object, else what differs."""
    match change.action:
        case Action.CREATE:
            return created(change.address, change.after or {})
        case Action.UPDATE | Action.REPLACE:
            return changed(change.address, change.fields)
        case Action.DELETE | Action.FORGET | Action.NO_OP:
            return ()


def will(action: Action) -> str:
    match action:
        case Action.CREATE:
            return "will be created"
        case Action.UPDATE:
            return "will be updated in place"
        case Action.REPLACE:
            return "must be replaced"
        case Action.DELETE:
            return "will be destroyed"
        case Action.FORGET:
            return "will no longer be managed, and stays as it is"
        case Action.NO_OP:
            return "stays as it is"


def because(reason: Reason, owner: str) -> str:
    """The reason, where the header and the fields don't say it already."""
    match reason:
        case Reason.NEW | Reason.PENDING | Reason.SAME:
            return ""
        case Reason.REMOVED:
            return f"owned by {quoted(owner)}, and no longer in the file"
        case Reason.DESTROY:
            return f"owned by {quoted(owner)}, and to be destroyed"
        case _:
            return str(reason.value)


def _blocked(diagnostics: Iterable[Diagnostic], style: Style, indent: str) -> Iterator[str]:
    """``! stream.AUDIT is protected: not destroyed``, then what to do about it."""
    for each in diagnostics:
        text = f"{_sentence(each)}   [{each.code}] {placed(each.span)}".rstrip()
        first, *rest = paragraph(text, indent + "  ", style.width)
        yield f"{indent}{style.paint('!', Tone.ALARM)} {first.lstrip()}"
        yield from rest
        yield from paragraph(each.fix, indent + "  ", style.width) if each.fix else ()


def _sentence(diagnostic: Diagnostic) -> str:
    """What is wrong, with the object named once."""
    name = str(diagnostic.address)
    if diagnostic.detail.startswith(name):
        return diagnostic.detail
    return f"{name}: {diagnostic.summary}" + (f". {diagnostic.detail}" if diagnostic.detail else "")


def counts(plan: Plan) -> str:
    """``1 to add, 1 to change, 1 to replace, 1 to destroy``"""
    words = {Action.CREATE: "add", Action.UPDATE: "change", Action.REPLACE: "replace", Action.DELETE: "destroy"}
    numbers = [f"{len(plan.of(action))} to {word}" for action, word in words.items()]
    forgotten = len(plan.of(Action.FORGET))
    return ", ".join([*numbers, *([f"{forgotten} to forget"] if forgotten else [])])


def _conclusion(plan: Plan, style: Style) -> Iterator[str]:
    if not plan.is_empty:
        loss = total(plan.changes)
        numbers = style.paint(f"Plan: {counts(plan)}.", Tone.STRONG)
        sentence = style.paint(verdict(plan), Tone.ALARM if loss.alarms or plan.without_stream else Tone.ADD)
        fits = visible(numbers) + visible(sentence) < style.width
        yield (numbers + (" " if fits else "\n") + sentence).rstrip()
        if also := disturbance(loss):
            yield also
    if plan.unmanaged:
        yield f"Unmanaged, left alone: {counted_roles(plan.unmanaged.values())}."
    if plan.copies:
        yield copies(plan)


def copies(plan: Plan) -> str:
    """``Copies of other objects, unmanaged: stream.BACKUP (of stream.ORDERS).``"""
    texts = [f"{named(address)} (of {clean(original)})" for address, original in plan.copies.items()]
    more = f" and {len(texts) - MOST_COPIES} more" if len(texts) > MOST_COPIES else ""
    return f"Copies of other objects, unmanaged: {', '.join(texts[:MOST_COPIES])}{more}."


def verdict(plan: Plan) -> str:
    """What the plan loses and interrupts, and what is interrupted now; a replacement has no verdict, as it can't be made yet."""
    loss = total(plan.changes)
    if plan.of(Action.REPLACE) and not loss.any:
        return tally(loss.interruptions)
    line = loss_sentence(loss)
    return f"{now(plan.without_stream)} {line.replace(NO_LOSS, NO_STORED_LOSS)}" if plan.without_stream else line


def _next(plan: Plan, blocking: int, verb: str, style: Style) -> str:
    """What to do now: put right what blocks, or the command. It is not named with what would keep it from asking."""
    if blocking:
        text = f"This plan can't be applied: {count(blocking, 'problem')}, marked `!` or listed above. Nothing was changed."
        return style.paint(text, Tone.ALARM)
    if plan.is_empty or not verb:
        return ""
    lines = ["Nothing was changed yet. To carry it out:", f"    smith-topo {clean(verb)}{_deletes(plan)}"]
    if _deletes(plan):
        lines.append(f"Before that: is `name: {clean(plan.topology)}` used by another file too? Then these may be its objects.")
    if plan.required:
        lines.append(f"It asks for what is destroyed or lost, by name. Where nobody can answer: --auto-approve{_allow(plan)}")
    return "\n".join(lines)


def permissions(plan: Plan) -> str:
    """`` --allow delete,data-loss --max-deletes 5``, as much of it as the gates ask for, or nothing."""
    return _allow(plan) + _deletes(plan)


def _allow(plan: Plan) -> str:
    return " --allow " + ",".join(required(plan)) if plan.required else ""


def _deletes(plan: Plan) -> str:
    return f" --max-deletes {len(plan.of(Action.DELETE))}" if too_many_deletes(plan, Approval()) else ""


def required(plan: Plan) -> list[str]:
    """The permissions in the order they are always named in."""
    return [permission.value for permission in Permission if permission in plan.required]
