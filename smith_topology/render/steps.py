"""The steps of a plan for people: the requests, waits and hand-overs in their order, with the reason of each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from smith_topology.core.model import Call, Plan, Step, Verb
from smith_topology.render.text import Look, Style, Tone, clean, count, named, paragraph

NOTHING = "There is no step to take."


def render(plan: Plan, look: Look) -> str:
    """A line for each step, numbered as the steps behind it name it."""
    return "\n".join(_lines(plan, look.style)) if plan.steps else NOTHING


def _lines(plan: Plan, style: Style) -> Iterator[str]:
    calls = sum(isinstance(each, Call) for each in plan.steps)
    groups = len({each.group for each in plan.steps if each.group})
    numbers = ((calls, "request"), (len(plan.steps) - calls, "wait"), (groups, "hand-over"))
    yield style.paint(f"Steps: {', '.join(count(number, noun) for number, noun in numbers if number)}.", Tone.STRONG)
    width = len(str(len(plan.steps)))
    for group, steps in groupby(plan.steps, key=lambda step: step.group):
        if group:
            yield style.paint(f"  Hand-over {group}: the next steps are sent one right behind the other.", Tone.CHANGE)
        for step in steps:
            yield _head(step, width, style)
            for reason in _reasons(step):
                yield from paragraph(clean(reason), " " * (width + 4), style.width)


def _head(step: Step, width: int, style: Style) -> str:
    verb, endpoint = (step.verb.value, f"  {step.endpoint}") if isinstance(step, Call) else ("wait", "")
    name = style.paint(named(step.address), Tone.STRONG)
    return f"  {step.id:>{width}}  {style.paint(f'{verb:<7}', Tone.FAINT)} {name}{style.paint(clean(endpoint), Tone.FAINT)}"


def _reasons(step: Step) -> Iterator[str]:
    """Why the step is taken, what it waits for, and what becomes of what it gives up."""
    if isinstance(step, Call) and step.stage.why:
        yield step.stage.why
    yield from (f"after {each.step}: {each.why}" for each in step.after)
    if isinstance(step, Call) and step.verb is not Verb.DELETE:
        yield from (f'takes "{each.subject}" back if {each.taker.address} can not take it' for each in step.gives)
