"""Amounts of data: how much a plan costs, in words that are as exact as the numbers and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from smith_topology.core.model import Action, Address, Amount, Bound, Change, Effect, Interruption, Kind, Measure
from smith_topology.core.model.effects import LOSSES
from smith_topology.render.interruptions import meaning, passages, tally
from smith_topology.render.text import clean, count

Bounds: TypeAlias = frozenset[Bound]

WORDS = {
    Measure.SKIPPED: "never delivered",
    Measure.EXPIRING: "gone sooner",
    Measure.REDELIVERED: "delivered again",
    Measure.DUPLICATED: "stored twice",
}
"""What happens to messages that are not lost at once."""

NO_LOSS, NO_STORED_LOSS = "No data is lost.", "No stored data is lost."

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def approximate_size(size: int) -> str:
    """A number of bytes, rounded for people: ``3.4 GiB``. Where a size must be read back, use ``core.units.format_size``."""
    value = float(size)
    for unit in UNITS:
        if value < 1023.95 or unit == UNITS[-1]:
            break
        value /= 1024
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of one measure added up. ``bounds`` says how well the parts are known; a part of zero has no say."""

    number: int = 0
    bounds: Bounds = frozenset()

    def plus(self, amount: Amount) -> Sum:
        return Sum(self.number + amount.number, self.bounds | {amount.bound}) if amount.number else self


@dataclass(frozen=True, slots=True)
class Loss:
    """What a set of effects costs in all: a sum for each measure, and each interruption once."""

    sums: Mapping[Measure, Sum]
    interruptions: tuple[Interruption, ...] = ()

    def __getitem__(self, measure: Measure) -> Sum:
        return self.sums.get(measure, Sum())

    @property
    def any(self) -> bool:
        """Whether stored messages are lost, or not delivered."""
        return any(self[measure].number for measure in LOSSES)

    @property
    def alarms(self) -> bool:
        """Whether a reader has to be warned: of stored messages that are lost, or of messages published meanwhile."""
        return self.any or bool(self.interruptions)

    @property
    def exact(self) -> bool:
        return all(self[measure].bounds <= {Bound.EXACT} for measure in (*LOSSES, Measure.BYTES))


def total(changes: Iterable[Change]) -> Loss:
    """The costs of several changes added up. A consumer destroyed together with its stream counts there, and once."""
    every = list(changes)
    destroyed = {change.address for change in every if change.action is Action.DELETE and change.address.kind is Kind.STREAM}
    counted = [change for change in every if change.address.kind is Kind.STREAM or change.address.parent not in destroyed]
    sums: dict[Measure, Sum] = {}
    interruptions = [each for change in every for effect in change.effects for each in effect.interruptions]
    for amount in (each for change in counted for effect in change.effects for each in effect.amounts):
        if isinstance(amount, Amount):
            sums[amount.measure] = sums.get(amount.measure, Sum()).plus(amount)
    return Loss(sums, tuple(dict.fromkeys(interruptions)))


def bounded(bounds: Bounds, text: str) -> str:
    """``up to about 5 messages``: a sum is no more exact than its parts."""
    return " ".join(word for word in (*(b.value for b in (Bound.UPPER, Bound.ABOUT) if b in bounds), text))


def loss_sentence(loss: Loss) -> str:
    """``Data loss: 1,204,343 messages, 3.4 GiB.`` or ``No data is lost.``, bounds included, and the interruptions counted."""
    return " ".join(filter(None, (_stored(loss), tally(loss.interruptions))))


def _stored(loss: Loss) -> str:
    """What is lost of what is stored. With an interruption, messages that are published meanwhile may be lost as well."""
    if not loss.any:
        return NO_STORED_LOSS if loss.interruptions else NO_LOSS
    parts = []
    if loss[Measure.MESSAGES].number:
        parts.append(messages(loss[Measure.MESSAGES]) + _bytes(loss))
    later = (Measure.SKIPPED, Measure.EXPIRING)
    parts += [f"{messages(loss[measure])} {WORDS[measure]}" for measure in later if loss[measure].number]
    return f"Data loss: {'; '.join(parts)}."


def messages(known: Sum | Amount) -> str:
    """``up to 5 messages``"""
    return bounded(known.bounds if isinstance(known, Sum) else frozenset({known.bound}), count(known.number, "message"))


def _bytes(loss: Loss) -> str:
    size = loss[Measure.BYTES]
    if not size.number:
        return ""
    text = approximate_size(size.number)
    return ", " + (text if size.bounds == loss[Measure.MESSAGES].bounds else bounded(size.bounds, text))


def disturbance(loss: Loss) -> str:
    """What else readers will notice, though nothing is lost; ``""`` when they will not."""
    parts, positions = [], loss[Measure.POSITIONS].number
    if positions:
        parts.append(f"{count(positions, 'consumer')} {'loses its' if positions == 1 else 'lose their'} position")
    repeated = (Measure.REDELIVERED, Measure.DUPLICATED)
    parts += [f"{messages(loss[measure])} {WORDS[measure]}" for measure in repeated if loss[measure].number]
    return f"Also: {', '.join(parts)}." if parts else ""


def described(effect: Effect, address: Address) -> str:
    """What one effect of a change to this object says, on one line, the amounts first."""
    known = [text for text in (_amount(effect, measure, address) for measure in Measure) if text]
    known += ["; ".join(passages(effect.interruptions))] if effect.interruptions else []
    text = clean(text_of(effect))
    return f"{', '.join(known)}: {text}" if known else text


def text_of(effect: Effect) -> str:
    """The effect's own text; where an interruption has none, what it means for publishers."""
    return effect.text or (meaning(effect.interruptions) if effect.interruptions else "")


def _amount(effect: Effect, measure: Measure, address: Address) -> str:
    """One amount in words; ``""`` where it says nothing: none, or what the change itself says already."""
    amount = effect.amount(measure)
    if not amount.number:
        return ""
    match measure:
        case Measure.MESSAGES:
            return messages(amount)
        case Measure.BYTES:
            return _size(amount, effect.amount(Measure.MESSAGES))
        case Measure.CONSUMERS:
            return count(amount.number, "consumer") if address.kind is not Kind.CONSUMER else ""
        case Measure.POSITIONS:
            return ""
        case Measure.SKIPPED | Measure.EXPIRING | Measure.REDELIVERED | Measure.DUPLICATED:
            return f"{messages(amount)} {WORDS[measure]}"


def _size(amount: Amount, of: Amount) -> str:
    """The size of these messages, with its bound where it is another one than theirs."""
    size = approximate_size(amount.number)
    return size if amount.bound is of.bound else bounded(frozenset({amount.bound}), size)
