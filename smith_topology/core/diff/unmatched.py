"""What a selection leaves open: patterns that match nothing, and consumers that stay behind when their streams are selected."""

from __future__ import annotations

import difflib
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator

from smith_topology.core.diff.selection import NO_MATCH, WILDCARD, Selection, matcher
from smith_topology.core.model import Address, Diagnostic, Finding, Kind, Live, Topology

NOTHING_LEFT = Finding.warning(
    "nothing-left",
    "Address of nothing that is there",
    "`--target` names an object that is neither declared nor there: it was removed before, or the address is wrong.",
    "Take it out, or correct the address.",
)
CONSUMERS_LEFT = Finding.note(
    "consumers-left",
    "Consumers of selected streams are not selected",
    "`--target` names streams, and not their consumers: these are neither compared nor changed.",
    "`--target 'consumer.STREAM.*'`.",
)
FORMS = "Addresses look like stream.ORDERS or consumer.ORDERS.billing; `*` stands for anything, as in 'consumer.ORDERS.*'."
ALIKE = 0.8
"""How similar a name is to one that was mistyped: `ORDRES` to `ORDERS`, and not `ORDERS_OLD` to `ORDERS`."""
LONGEST_NAME = 60
MOST_STREAMS = 3


def unmatched(selection: Selection, topology: Topology, live: Live, known: Collection[Address]) -> Iterator[Diagnostic]:
    """An error for what is most likely a slip, which is never a reason to do everything. An address that names nothing, and looks
    like nothing there is, is a warning: where an earlier run has deleted the object, nothing is left to do.
    """
    texts = [str(address) for address in known] if selection.targets or selection.excludes else []
    for pattern in selection.targets:
        if not any(map(matcher(pattern), texts)):
            yield _untargeted(pattern, topology, live, known)
    for pattern in selection.excludes:
        if not any(map(matcher(pattern), texts)):
            yield _no_match(pattern, known)
    targeted = [address for address in known if address in Selection(selection.targets)] if texts else []
    if targeted and not any(address in selection for address in targeted):
        detail = "The exclusions leave nothing of what is targeted, so nothing was looked at."
        yield NO_MATCH.worded("Nothing is selected").diagnostic(detail, "Exclude less.")


def _untargeted(pattern: str, topology: Topology, live: Live, known: Collection[Address]) -> Diagnostic:
    if WILDCARD in pattern:
        return _nothing_left(pattern) if topology.withdrawn else _no_match(pattern, known)
    try:
        address = Address.parse(pattern)
    except ValueError:
        return _no_match(pattern, known)
    if address.parent in live.observed:
        detail = f"{pattern!r} is neither declared nor owned by this topology, so it has no say in it."
        if address in live.observed or (address.kind is Kind.CONSUMER and address.parent not in known):
            return NO_MATCH.diagnostic(detail, f"Look at it: smith-topo show {address.in_shell}")
    return _no_match(pattern, known) if similar(pattern, known) else _nothing_left(pattern)


def _no_match(pattern: str, known: Collection[Address]) -> Diagnostic:
    meant = similar(pattern, known)
    fix = f"Did you mean {meant.in_shell}?" if meant else FORMS
    return NO_MATCH.diagnostic(f"{pattern!r} matches no declared object and none that this topology owns.", fix)


def _nothing_left(pattern: str) -> Diagnostic:
    return NOTHING_LEFT.diagnostic(
        f"{pattern!r} matches no declared object and none that this topology owns, so nothing is done about it. Either it "
        "was removed before, or the address is wrong.",
        "Take it out, or correct the address.",
    )


def similar(pattern: str, known: Collection[Address]) -> Address | None:
    """The known address that was probably meant: of a mistyped name, or of a name without its kind.

    Names that differ in digits alone, such as `ORDERS-V1` and `ORDERS-V2`, are names of different objects.
    """
    kind, _, rest = pattern.partition(".")
    wanted = rest if kind in tuple(Kind) else pattern
    candidates = {".".join(each.path): each for each in known if kind not in tuple(Kind) or each.kind == kind}
    if len(wanted) > LONGEST_NAME:
        return None
    spelled = {name.lower(): address for name, address in candidates.items() if _letters(name) != _letters(wanted)}
    if exact := candidates.get(wanted):
        return exact
    found = difflib.get_close_matches(wanted.replace(WILDCARD, "").lower(), spelled, n=1, cutoff=ALIKE)
    return spelled[found[0]] if found else None


def _letters(name: str) -> str:
    return re.sub(r"\d+", "", name)


def consumers_left(selection: Selection, known: Collection[Address], changed: Collection[Address]) -> Iterator[Diagnostic]:
    """How many consumers of selected streams are not selected, and how to add them. None that go with their stream, or that are
    excluded by name.
    """
    left = Counter(
        each.path[0]
        for each in (known if selection.targets else ())
        if each.kind is Kind.CONSUMER
        and each.parent in selection
        and each not in selection
        and each not in changed
        and not selection.excludes_by_name(each)
    )
    if not left:
        return
    streams = [f"stream.{name}" for name in left]
    listed = ", ".join(streams[:MOST_STREAMS]) + (f" and {len(left) - MOST_STREAMS:,} more" if len(left) > MOST_STREAMS else "")
    number = left.total()
    said = "1 consumer is" if number == 1 else f"{number:,} consumers are"
    added = " ".join(f"--target {shlex.quote(f'consumer.{name}.*')}" for name in list(left)[:MOST_STREAMS])
    yield CONSUMERS_LEFT.diagnostic(f"{said} not selected with {listed}.", f"To add them: {added}")
