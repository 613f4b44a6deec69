"""Apply as it happens, a line for each step, and at the end what was done and what was not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import assert_never

from smith_topology.core.model import Action, Address, Call, Change, Outcome, Step, Verb, Verdict, Wait
from smith_topology.core.planning.rollback import orphan_diagnostics
from smith_topology.render.diagnostics import render
from smith_topology.render.results import Applied, Result
from smith_topology.render.text import Look, Style, Tone, clean, count, named, paragraph


def progress_line(outcome: Outcome, look: Look) -> str:
    """``+ stream.ORDERS created (0.01s)``, or why it wasn't."""
    style = look.style
    name, seconds = style.paint(named(outcome.step.address), Tone.STRONG), style.paint(f"({outcome.seconds:.2f}s)", Tone.FAINT)
    if outcome.verdict is Verdict.DONE:
        return f"{_glyph(outcome.step, style)} {name} {_past(outcome.step)} {seconds}"
    return f"{style.paint('!', Tone.ALARM)} {name} {trouble(outcome)} {seconds}"


def _glyph(step: Step, style: Style) -> str:
    if isinstance(step, Wait):
        return style.paint(".", Tone.FAINT)
    match step.verb:
        case Verb.CREATE:
            return style.paint("+", Tone.ADD)
        case Verb.UPDATE | Verb.PAUSE:
            return style.paint("~", Tone.CHANGE)
        case Verb.DELETE:
            return style.paint("-", Tone.REMOVE)


def _past(step: Step) -> str:
    if isinstance(step, Wait):
        return "has all its copies"
    if step.rolls_back:
        return f"holds {', '.join(map(clean, step.rolls_back))} again, which no other stream took"
    match step.verb:
        case Verb.CREATE:
            return "created"
        case Verb.UPDATE:
            return "updated"
        case Verb.PAUSE:
            return "paused or resumed"
        case Verb.DELETE:
            return "destroyed"


def trouble(outcome: Outcome) -> str:
    """What happened instead, with the summary and code of the reason."""
    why = f": {clean(outcome.diagnostic.summary)} [{clean(outcome.diagnostic.code)}]" if outcome.diagnostic else ""
    match outcome.verdict:
        case Verdict.REFUSED:
            return f"refused{why}"
        case Verdict.STALE:
            return f"not touched, it changed after the plan was made{why}"
        case Verdict.SKIPPED:
            return f"not attempted{why}"
        case Verdict.ALTERED:
            return f"accepted, but the server holds something else than was sent{why}"
        case Verdict.UNKNOWN:
            return f"not known whether it is done{why}"
        case Verdict.DONE:
            return _past(outcome.step)
        case _:
            assert_never(outcome.verdict)


def report(applied: Applied, look: Look) -> str:
    """The end of an apply. Claims only what an outcome says; a step without one was not attempted."""
    plan, ended, found, style = applied.plan, applied.outcomes, applied.results, look.style
    done = [change for change, result in found if result is Result.DONE]
    if len(done) == len(found):
        return style.paint(f"Apply complete! {tally(done)}.", Tone.ADD)
    wrote = any(isinstance(each.step, Call) and each.verdict.wrote for each in ended)
    head = f"Applied in part: {len(done)} of {count(len(found), 'change')} done." if wrote else "Nothing was applied."
    lost = orphan_diagnostics(plan, ended)
    sections = [style.paint(head, Tone.ALARM), *([render(lost, look)] if lost else []), *_groups(found, ended, style)]
    return "\n\n".join([*sections, "What is not done is still planned. To see it: smith-topo plan, with the same options."])


def tally(done: Sequence[Change]) -> str:
    """``2 added, 1 changed, 0 destroyed``; replacements only where there are any."""
    numbers = {action: sum(change.action is action for change in done) for action in Action}
    replaced = [f"{numbers[Action.REPLACE]} replaced"] if numbers[Action.REPLACE] else []
    return ", ".join(
        [f"{numbers[Action.CREATE]} added", f"{numbers[Action.UPDATE]} changed", *replaced, f"{numbers[Action.DELETE]} destroyed"]
    )


def _groups(found: Sequence[tuple[Change, Result]], ended: Sequence[Outcome], style: Style) -> Iterator[str]:
    """What went wrong first, what was done last."""
    troubles: dict[Address, list[Outcome]] = defaultdict(list)
    for each in ended:
        if each.verdict is not Verdict.DONE or each.rolls_back:
            troubles[each.step.address].append(each)
    for result in reversed(Result):
        changes = [change for change, each in found if each is result]
        if changes:
            title = style.paint(f"{result.words.capitalize()}:", Tone.STRONG)
            lines = (line for change in changes for line in _lines(change, result, troubles[change.address], style))
            yield "\n".join([title, *lines])


def _shown(troubles: Sequence[Outcome]) -> Sequence[Outcome]:
    """The outcomes that say what went wrong. Later steps of the change that were not attempted are left out."""
    return [each for each in troubles if each.verdict is not Verdict.SKIPPED] or troubles[:1]


def _lines(change: Change, result: Result, troubles: Sequence[Outcome], style: Style) -> Iterator[str]:
    """What was not attempted takes one line: there may be thousands, and they are not what went wrong."""
    header = f"{change.action.glyph:>3} {named(change.address)}"
    if result is Result.NOT_ATTEMPTED and troubles and troubles[0].diagnostic:
        yield header + style.paint(f"  # {clean(troubles[0].diagnostic.detail)}", Tone.FAINT)
        return
    yield header
    for each in _shown(troubles) if result is not Result.DONE else ():
        yield f"      {style.paint('!', Tone.ALARM)} {trouble(each)}"
        if each.diagnostic:
            yield from paragraph(each.diagnostic.detail, " " * 8, style.width) if each.diagnostic.detail else ()
            yield from paragraph(each.diagnostic.fix, " " * 8, style.width) if each.diagnostic.fix else ()
