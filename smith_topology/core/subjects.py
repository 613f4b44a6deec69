"""Subjects and subject patterns: match, overlap, subset, and an index of many.

A pattern is a subject whose tokens may be ``*`` (exactly one token) or, in last place, ``>`` (one token or more).
``*`` and ``>`` inside a longer token are ordinary characters, to the server as here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product, repeat
from typing import Generic, TypeVar

SEPARATOR = "."
ANY = "*"
REST = ">"
WHITESPACE = frozenset(" \t\n\f\r")

Owner = TypeVar("Owner", bound=Hashable)


def problem(subject: str) -> str:
    """Why the server refuses this as a subject or pattern; empty when it accepts it (2.15.1 measured)."""
    tokens = subject.split(SEPARATOR)
    if not subject:
        return "it is empty"
    if "" in tokens:
        return "it has an empty token: it starts or ends with a dot, or has two dots in a row"
    if not WHITESPACE.isdisjoint(subject):
        return "it contains white space"
    if REST in tokens[:-1]:
        return "`>` stands for the rest of the subject and can only be its last token"
    return ""


def is_literal(subject: str) -> bool:
    """Whether it names exactly one subject, and so can be published to."""
    return not {ANY, REST}.intersection(subject.split(SEPARATOR))


def is_subset(inner: str, outer: str) -> bool:
    """Whether every subject that matches ``inner`` matches ``outer``."""
    mine, theirs = inner.split(SEPARATOR), outer.split(SEPARATOR)
    for position, token in enumerate(theirs):
        if position == len(mine):
            return False
        if token == REST:
            return True
        if mine[position] == REST or token not in (ANY, mine[position]):
            return False
    return len(mine) == len(theirs)


def matches(pattern: str, subject: str) -> bool:
    """Whether the literal ``subject`` is one of those that ``pattern`` stands for."""
    return is_subset(subject, pattern)


def overlaps(a: str, b: str) -> bool:
    """Whether some literal subject matches both patterns."""
    mine, theirs = a.split(SEPARATOR), b.split(SEPARATOR)
    for left, right in zip(mine, theirs, strict=False):
        if REST in (left, right):
            return True
        if left != right and ANY not in (left, right):
            return False
    return len(mine) == len(theirs)


def intersection(a: str, b: str) -> str:
    """The one pattern of what two overlapping patterns both match."""
    mine, theirs = a.split(SEPARATOR), b.split(SEPARATOR)
    for position, (left, right) in enumerate(zip(mine, theirs, strict=False)):
        if REST in (left, right):
            longer = theirs if left == REST else mine
            return SEPARATOR.join([*_narrower(mine[:position], theirs[:position]), *longer[position:]])
    return SEPARATOR.join(_narrower(mine, theirs))


def _narrower(mine: list[str], theirs: list[str]) -> Iterator[str]:
    return (right if left == ANY else left for left, right in zip(mine, theirs, strict=True))


Entry = tuple[str, Owner]


@dataclass(slots=True)
class _Node(Generic[Owner]):
    """What continues after the tokens on the way here: literal tokens, ``*``, and the entries that end here or in ``>``.

    Most nodes hold next to nothing and there are tens of thousands, so lists are made only for what is there.
    """

    literal: dict[str, _Node[Owner]] = field(default_factory=dict)
    any: _Node[Owner] | None = None
    here: list[Entry[Owner]] | None = None
    rest: list[Entry[Owner]] | None = None

    def children(self) -> list[_Node[Owner]]:
        return [*self.literal.values(), *([self.any] if self.any else [])]

    def child(self, token: str) -> _Node[Owner]:
        """The node after ``token``, made if need be."""
        known = self.any if token == ANY else self.literal.get(token)
        if known is None:
            known = _Node()
            if token == ANY:
                self.any = known
            else:
                self.literal[token] = known
        return known

    def meeting(self, token: str) -> list[_Node[Owner]]:
        """The children that share a token with this one; none with ``>``, which takes in all that is ``beneath``."""
        if token in (ANY, REST):
            return self.children() if token == ANY else []
        return [node for node in (self.literal.get(token), self.any) if node is not None]

    def beneath(self) -> Iterator[Entry[Owner]]:
        """Every entry with at least one more token, those that end in ``>`` right here left out."""
        pending = self.children()
        while pending:
            node = pending.pop()
            yield from node.here or ()
            yield from node.rest or ()
            pending.extend(node.children())


class SubjectIndex(Generic[Owner]):
    """Many valid patterns, each with an owner, as a trie of tokens.

    Nothing here recurses, so the number of tokens in a subject is not limited by the interpreter's stack.
    """

    def __init__(self, entries: Iterable[Entry[Owner]] = ()) -> None:
        self._root: _Node[Owner] = _Node()
        self._entries: dict[str, list[Entry[Owner]]] = {}
        for subject, owner in entries:
            self.add(subject, owner)

    def add(self, subject: str, owner: Owner) -> None:
        """Enter a valid subject; the same one may be entered more than once."""
        entries = self._entries.get(subject)
        if entries is None:
            entries = self._entries[subject] = self._place(subject)
        entries.append((subject, owner))

    def _place(self, subject: str) -> list[Entry[Owner]]:
        """Where the entries of a new subject are to stand."""
        *front, last = subject.split(SEPARATOR)
        node = self._root
        for token in front:
            node = node.child(token)
        if last == REST:
            node.rest = []
            return node.rest
        node = node.child(last)
        node.here = []
        return node.here

    def covers(self, subject: str) -> bool:
        """Whether one entry alone matches everything ``subject`` stands for; unions of entries are not considered."""
        nodes = [self._root]
        for token in subject.split(SEPARATOR):
            if any(node.rest for node in nodes):
                return True
            if token == REST:
                return False
            nodes = [after for node in nodes for after in (node.literal.get(token), node.any) if after is not None]
        return any(node.here for node in nodes)

    def meeting(self, subject: str) -> Iterator[Entry[Owner]]:
        """The entries that some subject matches as well as this one, each once, in no particular order."""
        nodes = [self._root]
        for token in subject.split(SEPARATOR):
            for node in nodes:
                yield from node.rest or ()
                yield from node.beneath() if token == REST else ()
            nodes = [after for node in nodes for after in node.meeting(token)]
        for node in nodes:
            yield from node.here or ()

    def overlapping(self, steps: Iterable[object] = repeat(None)) -> Iterator[tuple[Entry[Owner], Entry[Owner]]]:
        """Pairs of entries that some subject matches both of, each pair once, in no particular order.

        Every one of them, unless ``steps`` end before: two branches compared take one, and so does a pair. Time grows with
        the entries and the pairs found, but with the square of the entries where wildcards cross in token after token.
        """
        return (pair for _, pair in zip(steps, self._joined(), strict=False) if pair)

    def _joined(self) -> Iterator[tuple[Entry[Owner], Entry[Owner]] | None]:
        """The trie joined with itself, and two different nodes through the one with fewer children; None for each comparison."""
        pending: list[tuple[_Node[Owner], _Node[Owner]]] = [(self._root, self._root)]
        while pending:
            a, b = pending.pop()
            if a is b:
                yield from _pairs_within(a)
                pending += [(child, child) for child in a.children()]
                if a.any is not None:
                    pending += [(a.any, child) for child in a.literal.values()]
            else:
                yield None
                yield from _pairs_between(a, b)
                pending.extend(_continuations(a, b))


def _pairs_within(node: _Node[Owner]) -> Iterator[tuple[Entry[Owner], Entry[Owner]]]:
    if node.here:
        yield from combinations(node.here, 2)
    if node.rest:
        yield from combinations(node.rest, 2)
        yield from product(node.rest, node.beneath())


def _pairs_between(a: _Node[Owner], b: _Node[Owner]) -> Iterator[tuple[Entry[Owner], Entry[Owner]]]:
    if a.here and b.here:
        yield from product(a.here, b.here)
    if a.rest:
        yield from product(a.rest, (*(b.rest or ()), *b.beneath()))
    if b.rest:
        yield from product(b.rest, a.beneath())


def _continuations(a: _Node[Owner], b: _Node[Owner]) -> Iterator[tuple[_Node[Owner], _Node[Owner]]]:
    few, many = sorted((a.literal, b.literal), key=len)
    yield from ((few[token], many[token]) for token in few if token in many)
    if a.any is not None:
        yield from ((a.any, child) for child in b.children())
    if b.any is not None:
        yield from ((b.any, child) for child in a.literal.values())
