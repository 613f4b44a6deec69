"""Diagnostics for people: what is wrong, where, why it matters, what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from smith_topology.core.model import Diagnostic, Severity
from smith_topology.render.text import Look, Style, Tone, clean, count, named, paragraph


def render(diagnostics: Iterable[Diagnostic], look: Look) -> str:
    """All of them, gravest first; equally grave ones stay in their order."""
    return "\n\n".join("\n".join(_box(each, look.style)) for each in by_gravity(heeded(diagnostics)))


def ignored(diagnostics: Iterable[Diagnostic], look: Look) -> str:
    """Those that the file ignores, each with the reason; the others are left out."""
    return "\n\n".join("\n".join(_box(each, look.style)) for each in diagnostics if each.ignored)


def heeded(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that the file does not ignore."""
    return [each for each in diagnostics if not each.ignored]


def by_gravity(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    order = list(Severity)
    return sorted(diagnostics, key=lambda each: order.index(each.severity))


def word(severity: Severity) -> str:
    match severity:
        case Severity.ERROR:
            return "Error"
        case Severity.REFUSAL:
            return "Refused"
        case Severity.WARNING:
            return "Warning"
        case Severity.NOTE:
            return "Note"


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """``2 errors, 1 warning``; ``""`` without any."""
    numbers: dict[str, int] = {}
    for each in by_gravity(heeded(diagnostics)):
        noun = each.severity.value
        numbers[noun] = numbers.get(noun, 0) + 1
    return ", ".join(count(number, noun) for noun, number in numbers.items())


def sentence_of(diagnostic: Diagnostic) -> str:
    """What is wrong, on one line: ``Account is full [AC101]: stream.ORDERS needs 1 GiB.``"""
    detail = " ".join(diagnostic.detail.split())
    return clean(f"{diagnostic.summary} [{diagnostic.code}]" + (f": {detail}" if detail else "."))


def _tone(severity: Severity) -> Tone:
    match severity:
        case Severity.ERROR | Severity.REFUSAL:
            return Tone.ALARM
        case Severity.WARNING:
            return Tone.CHANGE
        case Severity.NOTE:
            return Tone.FAINT


def _box(diagnostic: Diagnostic, style: Style) -> Iterator[str]:
    grade = Severity.NOTE if diagnostic.ignored else diagnostic.severity
    head = style.paint("Ignored:" if diagnostic.ignored else f"{word(grade)}:", _tone(grade))
    code = style.paint(f"[{clean(diagnostic.code)}]", Tone.FAINT)
    yield f"{head} {style.paint(clean(diagnostic.summary), Tone.STRONG)}  {code}"
    if place := _place(diagnostic):
        yield f"  {place}:"
    if diagnostic.detail:
        yield from paragraph(diagnostic.detail, "  ", style.width)
    if diagnostic.ignored:
        yield from paragraph(f"Reason: {diagnostic.ignored}", "  ", style.width)
    elif diagnostic.fix:
        yield from paragraph(diagnostic.fix, "  ", style.width)


def _place(diagnostic: Diagnostic) -> str:
    """``on topology.yaml line 12, column 5, in stream.ORDERS``"""
    span, address = diagnostic.span, diagnostic.address
    parts = [f"on {clean(span.file)} line {span.line}, column {span.column}"] if span else []
    return ", ".join([*parts, *([f"in {named(address)}"] if address else [])])
