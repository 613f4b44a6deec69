"""Amounts of data: how much a plan costs, in words that are as exact as the numbers and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from smith_topology.core.model import Action, Address, Bound, Change, Effect, Kind
from smith_topology.render.text import clean, count

Bounds: TypeAlias = frozenset[Bound]

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def approximate_size(size: int) -> str:
    """``3.4 GiB``: rounded for people. Where a size must be read back, use ``core.units.format_size``."""
    value = float(size)
    for unit in UNITS:
        if value < 1023.95 or unit == UNITS[-1]:
            break
        value /= 1024
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


@dataclass(frozen=True, slots=True)
class Loss:
    """What a set of effects costs in all. Each ``…bounds`` says how well the parts of its number are known."""

    messages: int = 0
    bytes: int = 0
    skipped: int = 0
    expiring: int = 0
    positions: int = 0
    redelivered: int = 0
    duplicated: int = 0
    bounds: Bounds = frozenset()
    bytes_bounds: Bounds = frozenset()
    skipped_bounds: Bounds = frozenset()
    expiring_bounds: Bounds = frozenset()
    repeat_bounds: Bounds = frozenset()

    @property
    def any(self) -> bool:
        return bool(self.messages or self.skipped or self.expiring)

    @property
    def exact(self) -> bool:
        return self.bounds | self.bytes_bounds | self.skipped_bounds | self.expiring_bounds <= {Bound.EXACT}


def total(changes: Iterable[Change]) -> Loss:
    """The costs of several changes added up. A consumer destroyed together with its stream counts there, and once."""
    every = list(changes)
    destroyed = {change.address for change in every if change.action is Action.DELETE and change.address.kind is Kind.STREAM}
    counted = [change for change in every if change.address.kind is Kind.STREAM or change.address.parent not in destroyed]
    effects = [effect for change in counted for effect in change.effects]
    return Loss(
        messages=sum(each.messages for each in effects),
        bytes=sum(each.bytes for each in effects),
        skipped=sum(each.skipped for each in effects),
        expiring=sum(each.expiring for each in effects),
        positions=sum(each.positions for each in effects),
        redelivered=sum(each.redelivered for each in effects),
        duplicated=sum(each.duplicated for each in effects),
        bounds=frozenset(each.bound for each in effects if each.messages),
        bytes_bounds=frozenset(each.bytes_bound for each in effects if each.bytes),
        skipped_bounds=frozenset(each.bound for each in effects if each.skipped),
        expiring_bounds=frozenset(each.bound for each in effects if each.expiring),
        repeat_bounds=frozenset(each.bound for each in effects if each.redelivered or each.duplicated),
    )


def bounded(bounds: Bounds, text: str) -> str:
    """``up to about 5 messages``: a sum promises no more than each of its parts does."""
    return " ".join(word for word in (*(b.value for b in (Bound.UPPER, Bound.ABOUT) if b in bounds), text))


def loss_sentence(loss: Loss) -> str:
    """``Data loss: 1,204,343 messages, 3.4 GiB.`` or ``No data is lost.``, bounds included."""
    if not loss.any:
        return "No data is lost."
    parts = []
    if loss.messages:
        parts.append(bounded(loss.bounds, count(loss.messages, "message")) + _bytes(loss))
    if loss.skipped:
        parts.append(bounded(loss.skipped_bounds, count(loss.skipped, "message")) + " never delivered")
    if loss.expiring:
        parts.append(bounded(loss.expiring_bounds, count(loss.expiring, "message")) + " gone sooner")
    return f"Data loss: {'; '.join(parts)}."


def _bytes(loss: Loss) -> str:
    if not loss.bytes:
        return ""
    size = approximate_size(loss.bytes)
    return ", " + (size if loss.bytes_bounds == loss.bounds else bounded(loss.bytes_bounds, size))


def disturbance(loss: Loss) -> str:
    """What else readers will notice, though nothing is lost; ``""`` when they will not."""
    parts = []
    if loss.positions:
        parts.append(f"{count(loss.positions, 'consumer')} {'loses its' if loss.positions == 1 else 'lose their'} position")
    for number, what in ((loss.redelivered, "delivered again"), (loss.duplicated, "stored twice")):
        if number:
            parts.append(f"{bounded(loss.repeat_bounds, count(number, 'message'))} {what}")
    return f"Also: {', '.join(parts)}." if parts else ""


def described(effect: Effect, address: Address) -> str:
    """What one effect of a change to this object says, on one line, the amounts first."""
    amounts = list(_amounts(effect, address))
    return f"{', '.join(amounts)}: {clean(effect.text)}" if amounts else clean(effect.text)


def _amounts(effect: Effect, address: Address) -> Iterator[str]:
    bounds = frozenset({effect.bound})
    if effect.messages:
        yield bounded(bounds, count(effect.messages, "message"))
        if effect.bytes:
            size = approximate_size(effect.bytes)
            yield size if effect.bytes_bound is effect.bound else bounded(frozenset({effect.bytes_bound}), size)
    if effect.consumers and address.kind is not Kind.CONSUMER:
        yield count(effect.consumers, "consumer")
    others = (
        (effect.skipped, "never delivered"),
        (effect.expiring, "gone sooner"),
        (effect.redelivered, "delivered again"),
        (effect.duplicated, "stored twice"),
    )
    yield from (f"{bounded(bounds, count(number, 'message'))} {what}" for number, what in others if number)
