"""Apply as it happens, a line for each step, and at the end what was done and what was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, assert_never

from smith_topology.core.model import Action, Address, Call, Change, Outcome, Step, Verb, Verdict, Wait
from smith_topology.core.planning.rollback import orphan_diagnostics
from smith_topology.render.diagnostics import render
from smith_topology.render.results import Applied, Result
from smith_topology.render.text import Look, Style, Tone, clean, count, named, paragraph

Troubles: TypeAlias = Mapping[Address, Sequence[Outcome]]

MOST_LISTED = 20
MOST_ADVICE = 5


def progress_line(outcome: Outcome, look: Look) -> str:
    """``+ stream.ORDERS created (0.01s)``, or why it wasn't."""
    style = look.style
    name, seconds = style.paint(named(outcome.step.address), Tone.STRONG), style.paint(f"({outcome.seconds:.2f}s)", Tone.FAINT)
    if outcome.was_so:
        return f"{style.paint('.', Tone.FAINT)} {name} was as declared already {seconds}"
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
    """The end of an apply, a line for each object. Claims only what an outcome says; a step without one was not attempted."""
    found, ended, style = applied.results, applied.outcomes, look.style
    done = [change for change, result in found if result is Result.DONE]
    were_so = applied.were_so
    if len(done) == len(found):
        also = f" {count(len(were_so), 'object')} had become so meanwhile, by another client." if were_so else ""
        return style.paint(f"Apply complete! {tally([each for each in done if each.address not in were_so])}.{also}", Tone.ADD)
    wrote = any(isinstance(each.step, Call) and each.wrote for each in ended)
    head = f"Applied in part: {len(done)} of {count(len(found), 'change')} done." if wrote else "Nothing was applied."
    lost = orphan_diagnostics(applied.plan, ended)
    troubles = _troubles(ended)
    sections = [
        style.paint(head, Tone.ALARM),
        *([render(lost, look)] if lost else []),
        *_groups(found, troubles, style),
        "\n".join(_advice(troubles, style)),
        "Plan again to see what is left to do: smith-topo plan, with the same options.",
    ]
    return "\n\n".join(filter(None, sections))


def tally(done: Sequence[Change]) -> str:
    """``2 added, 1 changed, 0 destroyed``; replacements only where there are any."""
    numbers = {action: sum(change.action is action for change in done) for action in Action}
    replaced = [f"{numbers[Action.REPLACE]} replaced"] if numbers[Action.REPLACE] else []
    return ", ".join(
        [f"{numbers[Action.CREATE]} added", f"{numbers[Action.UPDATE]} changed", *replaced, f"{numbers[Action.DELETE]} destroyed"]
    )


def _troubles(ended: Sequence[Outcome]) -> Troubles:
    """What went wrong with each object, and what was taken back of it. Later steps that were not attempted are left out."""
    every: dict[Address, list[Outcome]] = defaultdict(list)
    for each in ended:
        if each.verdict is not Verdict.DONE or each.rolls_back:
            every[each.step.address].append(each)
    return {name: [each for each in found if each.verdict is not Verdict.SKIPPED] or found[:1] for name, found in every.items()}


def _groups(found: Sequence[tuple[Change, Result]], troubles: Troubles, style: Style) -> Iterator[str]:
    """What went wrong first, what was done last."""
    for result in reversed(Result):
        changes = [change for change, each in found if each is result]
        title = result.words.capitalize()
        if changes and result is Result.NOT_ATTEMPTED:
            yield "\n".join(_not_attempted(title, changes, troubles, style))
        elif changes and result is Result.DONE:
            yield "\n".join(_done(title, changes, style))
        elif changes:
            lines = (_line(change, troubles.get(change.address, ())) for change in changes)
            yield "\n".join([style.paint(f"{title}:", Tone.STRONG), *lines])


def _not_attempted(title: str, changes: Sequence[Change], troubles: Troubles, style: Style) -> Iterator[str]:
    """How many, by the reason: there may be thousands, and they are not what went wrong."""
    reasons = Counter(_why(found[0]) if (found := troubles.get(each.address)) else "" for each in changes)
    for why, number in reasons.items():
        yield style.paint(f"{title}:", Tone.STRONG) + f" {count(number, 'change')}{f', as {why}' if why else ''}."


def _done(title: str, changes: Sequence[Change], style: Style) -> Iterator[str]:
    """A line for each, or how many: as they were done, each had a line of the progress."""
    if len(changes) > MOST_LISTED:
        yield style.paint(f"{title}:", Tone.STRONG) + f" {count(len(changes), 'change')}."
        return
    yield style.paint(f"{title}:", Tone.STRONG)
    yield from (_header(change) for change in changes)


def _line(change: Change, troubles: Sequence[Outcome]) -> str:
    said = "; ".join(_why(each) + (f" [{clean(each.diagnostic.code)}]" if each.diagnostic else "") for each in troubles)
    return f"{_header(change)}  {said}".rstrip()


def _header(change: Change) -> str:
    return f"{change.action.glyph:>3} {named(change.address)}"


def _why(outcome: Outcome) -> str:
    """What happened, without the name of the object, which stands beside it."""
    if not outcome.diagnostic:
        return trouble(outcome)
    name, text = str(outcome.step.address), outcome.diagnostic.detail or outcome.diagnostic.summary
    return clean(" ".join(text.removeprefix(name).lstrip(": ").split()))


def _advice(troubles: Troubles, style: Style) -> Iterator[str]:
    """The fixes of these outcomes, each once."""
    every = dict.fromkeys(each.diagnostic.fix for found in troubles.values() for each in found if each.diagnostic)
    fixes = [fix for fix in every if fix and "plan again" not in fix.lower()]
    for fix in fixes[:MOST_ADVICE]:
        yield from paragraph(fix, "", style.width)
    if len(fixes) > MOST_ADVICE:
        yield f"And {len(fixes) - MOST_ADVICE} more of the kind: --output json has them all."
