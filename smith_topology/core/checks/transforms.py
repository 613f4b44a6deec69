"""Subject templates: what they may say, and where the messages they rewrite end up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from smith_topology.core.checks.interface import Conditional, Found, per_stream, steps, subjects_of
from smith_topology.core.checks.subjects import clash
from smith_topology.core.kinds.behaviour import REFUSES_LARGE_NUMBERS, REFUSES_LARGE_PARTITIONS, REFUSES_SPACES
from smith_topology.core.kinds.fields import FIRST
from smith_topology.core.model import Config, Diagnostic, Finding, Resource, Topology, Version, copies_of
from smith_topology.core.subjects import ANY, REST, SEPARATOR, WHITESPACE, is_subset, overlaps

TEMPLATE = Finding.error(
    "SB301",
    "Invalid subject template",
    "A template the server can't map: a wildcard the source doesn't have, an unknown function, `>` on one side only "
    "[10146, 10154, 10156, 10052].",
    "Take wildcards over one by one: `{{wildcard(1)}}`.",
)
LEFT_BEHIND = Finding.error(
    "SB305",
    "A subject template that newer servers refuse",
    "White space in a template, or a number above 2147483647 [10146, 10154, 10156, 10052]. Older servers take them: white space "
    "2.10 (never in `sources`), the number 2.10, as number of partitions 2.11 too.",
    "Leave it out.",
)
OVERLAPPING = Finding.error(
    "SB302",
    "Transforms of one origin overlap",
    "Two transforms of one origin match the same message [10147, 10152].",
    "Make their `src` disjoint.",
)
BOTH_FILTERS = Finding.error(
    "SB303",
    "A filter and transforms on the same origin",
    "`filter_subject` beside `subject_transforms` [10144, 10150].",
    "Drop `filter_subject`; each `src` filters.",
)
REPUBLISHED_BACK = Finding.error(
    "SB304",
    "Messages are republished into the stream they come from",
    "Messages are republished to a subject the stream stores [10052].",
    "Republish outside the stream.",
)

V2_12, V2_15 = Version(2, 12), Version(2, 15)

_CALL = re.compile(r"\{\{\s*([A-Za-z]+)\s*\((.*)\)\s*\}\}", re.ASCII)
_NUMBERED = re.compile(r"\$([+-]?\d+)", re.ASCII)
_INTEGER = re.compile(r" *[+-]?\d+ *", re.ASCII)


@dataclass(frozen=True, slots=True)
class Function:
    """A template function: how many arguments, whether it needs a wildcard to work on, whether it can write several tokens, and
    the first server that takes it everywhere.
    """

    fewest: int
    most: int | None
    indexed: bool = True
    several: bool = False
    since: Version = FIRST


FUNCTIONS: Mapping[str, Function] = {
    "wildcard": Function(1, 1),
    "partition": Function(1, None, indexed=False),
    "random": Function(1, 1, indexed=False, since=V2_12),
    "left": Function(2, 2, since=V2_15),
    "right": Function(2, 2, since=V2_15),
    "split": Function(2, 2, several=True),
    "splitFromLeft": Function(2, 2, several=True),
    "splitFromRight": Function(2, 2, several=True),
    "sliceFromLeft": Function(2, 2, several=True),
    "sliceFromRight": Function(2, 2, several=True),
}
LARGEST = 2**31 - 1
"""Of the numbers in a template."""
_BY_SPELLING = {name.lower(): name for name in FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder of a template. ``indexes`` are the wildcards it reads, counted from 1; ``largest`` its largest number."""

    function: Function
    indexes: tuple[int, ...]
    largest: int = 0

    @property
    def since(self) -> Version:
        """The first server that takes it everywhere; a function of no wildcard is one of 2.12."""
        return self.function.since if self.indexes else max(self.function.since, V2_12)


def placeholder(token: str) -> Placeholder | None:
    """What a token of a template stands for; None when it stands for itself. Raises ValueError saying what is wrong."""
    if numbered := _NUMBERED.fullmatch(token):
        return Placeholder(FUNCTIONS["wildcard"], (int(numbered[1]),))
    if len(token) <= 4 or not (token.startswith("{{") and token.endswith("}}")):
        return None
    call = _CALL.search(token)
    name = _function_name(call[1]) if call else ""
    if not call or not name:
        raise ValueError(f"`{token}` is no function; there are {', '.join(FUNCTIONS)}")
    return _arguments(name, re.split(r",\s*", call[2]), token)


def _function_name(written: str) -> str:
    """The server lets each word of a function's name start in either case, and nothing else."""
    name = _BY_SPELLING.get(written.lower(), "")
    same = all(a == b or b.isupper() or place == 0 for place, (a, b) in enumerate(zip(written, name, strict=False)))
    return name if same else ""


def _arguments(name: str, arguments: list[str], token: str) -> Placeholder:
    function = FUNCTIONS[name]
    if arguments == [""] or len(arguments) < function.fewest or (function.most is not None and len(arguments) > function.most):
        wanted = str(function.fewest) if function.fewest == function.most else f"at least {function.fewest}"
        raise ValueError(f"`{token}` has the wrong number of arguments: `{name}` takes {wanted}")
    numbers = arguments[:1] if name == "split" else arguments
    if wrong := [each for each in numbers if not _INTEGER.fullmatch(each)]:
        raise ValueError(f"`{token}`: {wrong[0]!r} is not a whole number")
    if name == "split" and (" " in arguments[1] or SEPARATOR in arguments[1]):
        raise ValueError(f"`{token}`: the delimiter contains a space")
    values = tuple(map(int, numbers))
    return Placeholder(function, values[1:] if name in ("partition", "random") else values[:1], max(values))


def template_problem(source: str, destination: str, spaces: bool = False) -> str:
    """Why the server refuses to map ``source`` to ``destination``; empty when it takes them.

    An empty source stands for ``>``, an empty destination for no change. ``spaces``: `republish` lets them pass.
    """
    from_tokens, to_tokens = (source or REST).split(SEPARATOR), destination.split(SEPARATOR)
    if not destination:
        return ""
    if "" in from_tokens or "" in to_tokens or REST in from_tokens[:-1] or REST in to_tokens[:-1]:
        return "a token is empty, or `>` is not the last one"
    if ANY in to_tokens:
        return "`*` can't be written to; take a wildcard of the source over with `{{wildcard(1)}}`"
    if (from_tokens[-1] == REST) is not (to_tokens[-1] == REST):
        return "either both end in `>` or neither does"
    try:
        found = [(token, placeholder(token)) for token in to_tokens]
    except ValueError as wrong:
        return str(wrong)
    plain = "".join(token for token, held in found if held is None)
    if not spaces and not WHITESPACE.isdisjoint(plain):
        return "it contains white space"
    return _index_problem(from_tokens, found)


def _index_problem(source: list[str], found: list[tuple[str, Placeholder | None]]) -> str:
    wildcards = source.count(ANY)
    literal = not wildcards and source[-1] != REST
    for token, held in found:
        if held is None:
            continue
        if held.function.indexed if literal else any(index > wildcards for index in held.indexes):
            return f"`{token}` names a wildcard that the source does not have ({wildcards} `*`)"
    return ""


def image(destination: str) -> str:
    """A pattern of everything the template can write, or more: what may be several tokens becomes ``>``."""
    tokens: list[str] = []
    for token in destination.split(SEPARATOR):
        held = placeholder(token)
        if held is not None and held.function.several:
            return SEPARATOR.join((*tokens, REST))
        tokens.append(token if held is None else ANY)
    return SEPARATOR.join(tokens)


def placeholders(destination: str) -> Iterator[tuple[str, Placeholder]]:
    """The tokens of a template that stand for something else, without functions that only a newer server knows."""
    for token in destination.split(SEPARATOR):
        with suppress(ValueError):
            if (held := placeholder(token)) is not None:
                yield token, held


def mappings(config: Config) -> Iterator[tuple[str, Config]]:
    """Every mapping from one subject to another that is known of a stream, with its path."""
    config = dict(config)
    for name in ("subject_transform", "republish"):
        if block := config.get(name):
            yield name, block
    for path, copy in copies_of(config):
        for position, transform in enumerate(copy.get("subject_transforms") or ()):
            yield f"{path}.subject_transforms.{position}", transform


def templates(topology: Topology) -> Found:
    """Templates the server can't map."""
    return per_stream(topology, _templates)


def _templates(stream: Resource) -> Found:
    for path, mapping in mappings(stream.config):
        source, destination = mapping.get("src") or "", mapping.get("dest") or ""
        spaces = not path.startswith("sources")
        if why := template_problem(source, destination, spaces):
            detail = f'From "{source or REST}" to "{destination}": {why}.'
            yield TEMPLATE.at(stream, f"{path}.dest", detail, "Such as `src: orders.*.>`, `dest: archive.{{wildcard(1)}}.>`.")
        else:
            yield from _unsteady(stream, path, destination)


def _unsteady(stream: Resource, path: str, destination: str) -> Found:
    """What only older servers map."""
    plain = "".join(token for token in destination.split(SEPARATOR) if placeholder(token) is None)
    if path != "republish" and not WHITESPACE.isdisjoint(plain):
        detail = f'"{destination}" contains white space.'
        yield Conditional(LEFT_BEHIND.at(stream, f"{path}.dest", detail, "Leave it out."), REFUSES_SPACES)
    for token, held in placeholders(destination):
        if held.largest > LARGEST:
            refuses = REFUSES_LARGE_PARTITIONS if held.function is FUNCTIONS["partition"] else REFUSES_LARGE_NUMBERS
            detail = f"`{token}`: {held.largest} is larger than {LARGEST}."
            yield Conditional(LEFT_BEHIND.at(stream, f"{path}.dest", detail, "Write a smaller number."), refuses)


def of_one_origin(topology: Topology) -> Found:
    """Transforms of a mirror or source that claim the same message, or stand beside a filter."""
    left = steps()

    @cache
    def clashing(sources: tuple[str, ...], meet: Callable[[str, str], bool]) -> tuple[int, int] | None:
        return clash(sources, meet, left)

    def judge(stream: Resource) -> Found:
        for path, copy in copies_of(dict(stream.config)):
            transforms = copy.get("subject_transforms") or ()
            if transforms and copy.get("filter_subject"):
                yield _both_filters(stream, path)
            # The server looks for any overlap within a mirror, within `sources` only for one inside another (2.10, 2.15).
            sources = tuple(each.get("src") or "" for each in transforms)
            if found := clashing(sources, overlaps if path == "mirror" else is_subset):
                yield _clash(stream, path, *(sources[each] for each in found))

    return per_stream(topology, judge)


def _both_filters(stream: Resource, path: str) -> Diagnostic:
    detail = "`filter_subject` and `subject_transforms` both say what to copy, and the server takes one of them."
    fix = "Drop `filter_subject`: the `src` of each transform filters."
    return BOTH_FILTERS.at(stream, f"{path}.filter_subject", detail, fix)


def _clash(stream: Resource, path: str, one: str, other: str) -> Diagnostic:
    detail = f'"{one}" and "{other}" match the same messages.'
    return OVERLAPPING.at(stream, f"{path}.subject_transforms", detail, "Make the `src` of the transforms disjoint.")


def republished_back(topology: Topology) -> Found:
    """The server refuses a destination that the stream itself stores."""
    return per_stream(topology, _republished_back)


def _republished_back(stream: Resource) -> Found:
    destination = _republished_to(stream)
    for subject in subjects_of(stream) if destination else ():
        if overlaps(destination, subject):
            detail = f'"{destination}" overlaps with "{subject}", so each message would come back for ever.'
            yield REPUBLISHED_BACK.at(stream, "republish.dest", detail, "Republish to subjects outside the stream.")
            return


def _republished_to(stream: Resource) -> str:
    block = stream.config["subject_transform"] if transform_republishes(stream) else stream.config.get("republish") or {}
    return str(block.get("dest") or "")


def transform_republishes(stream: Resource) -> bool:
    """Whether `republish` from `>` to `>` means the stream's own transform: where that takes in all that the stream stores."""
    republish = stream.config.get("republish") or {}
    if not (republish and (republish.get("src") or REST) == republish.get("dest") == REST):
        return False
    transform = stream.config.get("subject_transform") or {}
    return bool(transform) and subjects_of(stream) == [transform.get("src")]
