"""The entries of ``mirror`` and ``sources``, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from smith_topology.core.checks.subjects import indexed
from smith_topology.core.model import Config, Diagnostic, Finding, Resource, Topology, copies_of, origins
from smith_topology.core.subjects import REST, SubjectIndex, is_literal, overlaps, problem

NAME = Finding.error(
    "RF104",
    "Invalid name of an origin",
    "The name of an origin can't be a stream's [10141, 10142].",
    "Correct it.",
)
PREPARED = Finding.error(
    "RF106",
    "Invalid consumer of an origin",
    "A `consumer` made beforehand, without a usable name or subject, used twice, or with a start or filter beside it [10213, "
    "10215, 10216].",
    "Set filter and start on that consumer.",
)
PREFIX = Finding.error(
    "RF107",
    "Invalid prefix of an external origin",
    "A prefix under `external` with wildcards, the account's own API, or deliveries that an origin would store [10021, 10022, "
    "10024, 10052].",
    "Choose another prefix.",
)
DUPLICATE = Finding.error(
    "RF108",
    "The same source twice",
    "The same origin twice with the same filter and transforms; another start makes no difference [10140].",
    "Drop one.",
)

API = "$JS.API"
_NOT_IN_NAMES = frozenset(" \t\r\n\f.*>\\/")


def _is_name(text: str) -> bool:
    return bool(text) and _NOT_IN_NAMES.isdisjoint(text)


def fields(topology: Topology) -> Iterator[Diagnostic]:
    """An origin is named as streams are; only a mirror's external origin goes unchecked by the server."""
    for stream in topology.streams():
        for path, copy in copies_of(dict(stream.config)):
            name = copy.get("name") or ""
            if not _is_name(name) and not (path == "mirror" and copy.get("external")):
                fix = "Name a stream: no dots, wildcards, slashes or spaces."
                yield NAME.at(stream, f"{path}.name", f'"{name}" can\'t be a stream.', fix)


def prepared_consumers(topology: Topology) -> Iterator[Diagnostic]:
    """A consumer made beforehand brings its own filter and start."""
    for stream in topology.streams():
        used: set[tuple[str, str, str]] = set()
        for path, copy in copies_of(dict(stream.config)):
            if consumer := copy.get("consumer"):
                yield from _prepared(stream, path, copy, consumer)
                key = (copy.get("name", ""), (copy.get("external") or {}).get("api", ""), consumer.get("name", ""))
                if key in used:
                    detail = f"Consumer {key[2]} of {key[0]} already serves another source of this stream."
                    yield PREPARED.at(stream, f"{path}.consumer.name", detail, "Make a consumer for each source.")
                used.add(key)


def _prepared(stream: Resource, path: str, copy: Config, consumer: Config) -> Iterator[Diagnostic]:
    target = consumer.get("deliver_subject") or ""
    if not _is_name(consumer.get("name") or "") or problem(target) or not is_literal(target):
        detail = "It needs the name of a durable consumer, and the one subject that it delivers to."
        yield PREPARED.at(stream, f"{path}.consumer", detail, "Set `name` and a `deliver_subject` without wildcards.")
    for field in ("opt_start_seq", "opt_start_time", "filter_subject"):
        if copy.get(field):
            detail = f"The consumer made beforehand decides what is copied, so `{field}` has no place."
            yield PREPARED.at(stream, f"{path}.{field}", detail, f"Leave `{field}` out, and set it on that consumer.")


def external_prefixes(topology: Topology) -> Iterator[Diagnostic]:
    streams = {stream.address.name: stream for stream in topology.streams()}
    for stream in streams.values():
        copies = list(copies_of(dict(stream.config)))
        delivering = any((copy.get("external") or {}).get("deliver") for _, copy in copies)
        listening = indexed(_listened_to(stream, streams) if delivering else ())
        for path, copy in copies:
            external = copy.get("external") or {}
            yield from _api(stream, f"{path}.external.api", external.get("api") or "")
            yield from _deliver(stream, f"{path}.external.deliver", external.get("deliver") or "", listening)


def _listened_to(stream: Resource, streams: Mapping[str, Resource]) -> Iterator[str]:
    """The known subjects of every origin in the same account."""
    for name in dict.fromkeys(origins(dict(stream.config))):
        if name in streams:
            yield from dict(streams[name].config).get("subjects") or ()


def _api(stream: Resource, path: str, prefix: str) -> Iterator[Diagnostic]:
    fix = "Write such as `$JS.hub.API` for a domain, or the prefix that the account imports."
    if prefix and (problem(prefix) or not is_literal(prefix)):
        yield PREFIX.at(stream, path, f'"{prefix}" is not a subject without wildcards.', fix)
    elif prefix == API:
        yield PREFIX.at(stream, path, f"`{API}` is this account's own.", fix)


def _deliver(stream: Resource, path: str, prefix: str, listening: SubjectIndex[int]) -> Iterator[Diagnostic]:
    if not prefix:
        return
    if problem(prefix) or not is_literal(prefix):
        detail = f'"{prefix}" is not a subject without wildcards.'
        yield PREFIX.at(stream, path, detail, "Write a plain subject, such as `deliver.hub`.")
        return
    below = (each for each, _ in listening.meeting(f"{prefix}.{REST}"))
    if captured := next((each for each in below if overlaps(each, f"{prefix}.{each}")), None):
        detail = f'What is delivered below "{prefix}" would be stored again by an origin that listens to "{captured}".'
        yield PREFIX.at(stream, path, detail, "Choose another prefix.")


def duplicate_sources(topology: Topology) -> Iterator[Diagnostic]:
    """The server knows sources by origin, filter and transforms; another start does not make another source."""
    for stream in topology.streams():
        seen: set[object] = set()
        for position, source in enumerate(dict(stream.config).get("sources") or ()):
            if (identity := _identity(source)) in seen:
                detail = f"Stream {source.get('name')} is copied twice with the same filter, so every message would come twice."
                yield DUPLICATE.at(stream, f"sources.{position}", detail, "Drop one, or give them different filters.")
            seen.add(identity)


def _identity(source: Config) -> object:
    transforms = source.get("subject_transforms")
    pairs = [(each.get("src") or REST, each.get("dest") or REST) for each in transforms or ()]
    return (
        source.get("name"),
        (source.get("external") or {}).get("api"),
        (source.get("consumer") or {}).get("name"),
        tuple(pairs) if transforms else ((source.get("filter_subject") or REST, REST),),
    )
