"""What streams listen to: valid, not the server's own, and no subject in two places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from smith_topology.core.checks.interface import Conditional, Found, each_known, per_stream, steps, subjects_of
from smith_topology.core.kinds.behaviour import REFUSES_SERVER_SUBJECTS
from smith_topology.core.model import Config, Diagnostic, Finding, Kind, Resource, Topology, copies_of
from smith_topology.core.subjects import ANY, REST, SEPARATOR, Entry, SubjectIndex, is_subset, overlaps, problem

TWO_STREAMS = Finding.error(
    "SB101",
    "Two streams store the same subject",
    "Subjects of two streams overlap, the default subject (the stream's name) included: a message belongs to one stream [10065].",
    "Make the subjects disjoint, or copy from the other stream with `sources`.",
)
ONE_STREAM = Finding.error(
    "SB102",
    "Subjects of one stream overlap",
    "Subjects of one stream overlap, or one is there twice [10052].",
    "Keep the wider one.",
)
INVALID = Finding.error(
    "SB103",
    "Invalid subject",
    "Not a subject: an empty token, white space, or a `>` that is not last [10052, 10112, 10139].",
    "Write tokens joined by single dots.",
)
RESERVED = Finding.error(
    "SB104",
    "The subject belongs to the server",
    "The subject is one of `$JS`, `$JSC` or `$SYS`, and the stream acknowledges [10052]. `$JS.EVENT.>` and `$SYS.ACCOUNT.>` "
    "may be stored.",
    "Narrow the subject, or set `no_ack: true` if that is meant.",
)
REACHES = Finding.error(
    "SB108",
    "The subject reaches into the server's own",
    "The subject overlaps with the server's own because it begins with a wildcard, or is one of `$NRG`, and the stream "
    "acknowledges [10052]. Servers of 2.10 take it.",
    "Narrow the subject, or set `no_ack: true` if that is meant.",
)
EVERYTHING_ACKED = Finding.error(
    "SB105",
    "A stream of all subjects needs no_ack and one replica",
    "A stream of `>` that acknowledges, or has replicas [10052].",
    "List the subjects that belong in the stream.",
)
EVERYTHING = Finding.warning(
    "SB106",
    "The stream stores every message of the account",
    "A stream of `>` stores requests, replies and inboxes of the whole account.",
    "List the subjects that belong in the stream.",
)
PARTIAL_WILDCARD = Finding.warning(
    "SB107",
    "A wildcard inside a token is an ordinary character",
    "`*` or `>` inside a longer token is an ordinary character: `orders*` matches only `orders*`.",
    "Make the wildcard a token of its own.",
)

INTERNAL = "$NRG.>"
SERVER_SUBJECTS = (("$JS.>", "$JS.EVENT.>"), ("$JSC.>", ""), (INTERNAL, ""), ("$SYS.>", "$SYS.ACCOUNT.>"))
"""What the server keeps for itself, and the part of it that a stream may store all the same."""

Place = tuple[int, str]
"""A stream by its position in the topology, and the path of one of its subjects."""


def written_subjects(resource: Resource) -> Iterator[tuple[str, str]]:
    """Path and text of every known subject; an empty one counts only in a list, elsewhere it means left out."""
    written = _of_a_consumer if resource.address.kind is Kind.CONSUMER else _of_a_stream
    return written(dict(resource.config))


def _of_a_consumer(config: Config) -> Iterator[tuple[str, str]]:
    yield from _listed("filter_subjects", config)
    for name in ("filter_subject", "deliver_subject"):
        if subject := config.get(name):
            yield name, subject


def _of_a_stream(config: Config) -> Iterator[tuple[str, str]]:
    yield from _listed("subjects", config)
    if source := (config.get("subject_transform") or {}).get("src"):
        yield "subject_transform.src", source
    for path, copy in copies_of(config):
        if subject := copy.get("filter_subject"):
            yield f"{path}.filter_subject", subject
        for position, transform in enumerate(copy.get("subject_transforms") or ()):
            if source := transform.get("src"):
                yield f"{path}.subject_transforms.{position}.src", source


def _listed(name: str, config: Config) -> Iterator[tuple[str, str]]:
    return ((f"{name}.{position}", subject) for position, subject in enumerate(config.get(name) or ()))


def invalid(topology: Topology) -> Iterator[Diagnostic]:
    """Subjects that the server refuses, and those that it reads otherwise than their author."""
    ordinary: set[str] = set()
    for resource in topology.resources.values():
        for path, subject in written_subjects(resource):
            if subject in ordinary:
                continue
            if why := problem(subject):
                fix = "Write tokens joined by single dots, such as `orders.*.created`."
                yield INVALID.at(resource, path, f'"{subject}": {why}.', fix)
            elif literal := _literal_wildcard(subject):
                yield PARTIAL_WILDCARD.at(
                    resource,
                    path,
                    f'In "{subject}", `{literal}` matches only the text {literal} itself: '
                    "`*` and `>` are wildcards only as a whole token.",
                    "Let the wildcard be a token of its own, such as `orders.*`.",
                )
            else:
                ordinary.add(subject)


def _literal_wildcard(subject: str) -> str:
    """The first token that looks like a pattern and is none."""
    if ANY not in subject and REST not in subject:
        return ""
    tokens = (token for token in subject.split(SEPARATOR) if len(token) > 1)
    return next((token for token in tokens if ANY in token or REST in token), "")


def reserved(topology: Topology) -> Found:
    """Subjects that only a stream without acknowledgements may store: an answer would be stored as a message again."""
    space_of = cache(_space)

    def judge(stream: Resource) -> Found:
        for position, subject in enumerate(stream.config.get("subjects") or ()):
            path = f"subjects.{position}"
            if subject == REST:
                yield from _everything(stream, path)
            elif (space := space_of(subject)) and not stream.config.get("no_ack"):
                yield _reserved(stream, path, subject, space)

    return per_stream(topology, judge)


def _reserved(stream: Resource, path: str, subject: str, space: str) -> Diagnostic | Conditional:
    detail = f'"{subject}" overlaps with {space}, which carries the server\'s own requests and answers.'
    fix = "Choose a narrower subject, or set `no_ack: true` if that is meant."
    if space != INTERNAL and is_subset(subject, space):
        return RESERVED.at(stream, path, detail, fix)
    return Conditional(REACHES.at(stream, path, detail, fix), REFUSES_SERVER_SUBJECTS)


def _everything(stream: Resource, path: str) -> Iterator[Diagnostic]:
    detail = "`>` takes in requests, replies and inboxes of all clients of the account."
    yield EVERYTHING.at(stream, path, detail, "List the subjects that belong here.")
    if not stream.config.get("no_ack") or stream.config.get("num_replicas", 1) > 1:
        detail = "The server refuses it: each acknowledgement would be stored as a message again."
        yield EVERYTHING_ACKED.at(stream, path, detail, "List the subjects that belong here.")


def _space(subject: str) -> str:
    """The subjects of the server itself that this one overlaps. Empty if there are none, or if this is not a subject."""
    reached = (
        space for space, allowed in SERVER_SUBJECTS if overlaps(subject, space) and not (allowed and is_subset(subject, allowed))
    )
    return "" if problem(subject) else next(reached, "")


def indexed(subjects: Iterable[str]) -> SubjectIndex[int]:
    """The valid ones, with their positions."""
    index: SubjectIndex[int] = SubjectIndex()
    for position, subject in enumerate(subjects):
        if not problem(subject):
            index.add(subject, position)
    return index


def clash(subjects: Sequence[str], meet: Callable[[str, str], bool], left: Iterable[object]) -> tuple[int, int] | None:
    """The positions of two that meet; ``left`` are the steps that may be spent on it."""
    for pair in indexed(subjects).overlapping(left) if len(subjects) > 1 else ():
        for (one, here), (other, there) in (pair, pair[::-1]):
            if meet(one, other):
                return here, there
    return None


def overlapping(topology: Topology) -> Iterator[Diagnostic]:
    """The server refuses the later of two streams, and a stream that overlaps with itself."""
    streams = topology.streams()
    index: SubjectIndex[Place] = SubjectIndex()
    for number, subjects in each_known(range(len(streams)), lambda number: subjects_of(streams[number])):
        for position, subject in enumerate(subjects):
            if not problem(subject):
                index.add(subject, (number, f"subjects.{position}"))
    reported: set[tuple[int, int]] = set()
    for one, other in index.overlapping(steps()):
        first, later = sorted((one, other), key=lambda entry: _order(entry[1]))
        pair = (first[1][0], later[1][0])
        if pair not in reported:
            reported.add(pair)
            yield _overlap(streams[pair[0]], streams[pair[1]], first, later)


def _order(place: Place) -> tuple[int, int]:
    return place[0], int(place[1].rpartition(SEPARATOR)[2])


def _overlap(first: Resource, later: Resource, one: Entry[Place], other: Entry[Place]) -> Diagnostic:
    path = other[1][1]
    if first is later:
        detail = f'"{other[0]}" overlaps with "{one[0]}": a message would be stored twice.'
        return ONE_STREAM.at(later, path, detail, "Keep the wider one, or make them disjoint.")
    implied = "" if later.config.get("subjects") else ", its name, since it has no `subjects`"
    detail = (
        f'Stream {later.address.name} listens to "{other[0]}"{implied}; '
        f'stream {first.address.name} ({first.where(one[1][1])}) to "{one[0]}". '
        "A message belongs to one stream, so the server refuses the second."
    )
    return TWO_STREAMS.at(later, path, detail, "Make the subjects disjoint, or copy from the other stream with `sources`.")
