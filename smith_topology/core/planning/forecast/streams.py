"""What a stream's change or end costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smith_topology.core.diff.ownership import is_ephemeral_or_internal
from smith_topology.core.kinds import behaviour
from smith_topology.core.model import (
    Amount,
    Bound,
    Change,
    Config,
    Effect,
    Live,
    Measure,
    Observed,
    amounts,
    copied_subjects,
    copies_of,
    filters_of,
)
from smith_topology.core.planning.forecast.interest import World, holds_by_interest, wanted_by_any
from smith_topology.core.planning.forecast.questions import (
    EVERYTHING,
    Answer,
    Answers,
    OlderThan,
    OldestBeyond,
    PerSubjectExcess,
    bytes_of,
    dropped,
    excess,
    lowered,
    messages_of,
    no_longer_taken,
)
from smith_topology.core.subjects import overlaps
from smith_topology.core.times import instant

BECOMES_INTEREST = "DS105"


def stream_deleted(observed: Observed, live: Live) -> Effect:
    consumers = [c for c in live.consumers(observed.address.name) if c.config.get("durable_name")]
    newest = observed.state.get("last_ts", "")[:16].replace("T", " ") if messages_of(observed) else ""
    text = f"everything in it is deleted; last message {newest} UTC" if newest else "it is empty"
    count = max(len(consumers), observed.state.get("consumer_count", 0))
    return Effect("DS101", text, "", _all_of(observed) + amounts(consumers=count, positions=len(consumers)))


def _all_of(observed: Observed, bound: Bound = Bound.EXACT) -> tuple[Amount, ...]:
    return amounts(bound, messages=messages_of(observed), bytes=bytes_of(observed))


def stream_updated(change: Change, observed: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    live = world.live
    before, after = change.before or {}, change.after or {}
    paths = {each.path.partition(".")[0] for each in change.fields}
    yield from _trimmed(observed, before, after, answers, live)
    if "retention" in paths and after.get("retention") == "interest":
        yield _made_interest(observed, world)
    if "subjects" in paths:
        yield from _narrowed(change, observed, answers)
    if "sources" in paths:
        yield from _reingested(before, after, live)
        yield from _pushed_out(change, observed, live)
    if paths & {"sources", "mirror"}:
        yield from taken_from_queues(change, live)
        yield from released_origins(change, live)
    if "allow_msg_ttl" in paths and after.get("allow_msg_ttl"):
        yield from _expiring_by_header(change, observed)
    yield from _forgotten_consumers(change, observed, world)
    yield from _one_way(paths, before, after)


def _forgotten_consumers(change: Change, stream: Observed, world: World) -> Iterator[Effect]:
    """The effect of a shorter ``inactive_threshold`` in ``consumer_limits`` on consumers without one of their own, after the
    server's next start. Consumers that the plan updates get it by their own change.
    """
    old, new = ((config or {}).get("consumer_limits") or {} for config in (change.before, change.after))
    if not lowered("inactive_threshold", old, new):
        return
    durable = [each for each in world.live.consumers(stream.address.name) if not is_ephemeral_or_internal(each)]
    meant = [each for each in durable if each.address not in world.planned and not each.config.get("inactive_threshold")]
    if meant:
        text = "the server deletes them, positions and all, when no client uses them for this long after its next start"
        going = messages_of(stream) if holds_by_interest(stream.config, stream.address, world.live) else 0
        path, count = "consumer_limits", len(meant)
        yield Effect("DS210", text, path, amounts(Bound.UPPER, expiring=going, consumers=count, positions=count))


def _trimmed(observed: Observed, before: Config, after: Config, answers: Answers, live: Live) -> Iterator[Effect]:
    """Limits that drop stored messages at once. All but the last cut from the oldest end, so the deepest cut counts
    and the others cost nothing on top of it.
    """
    name, now = observed.address.name, live.server.now
    cuts: list[Effect] = []
    if above := excess("max_msgs", messages_of(observed), after):
        cuts.append(dropped("DS102", _blamed("max_msgs", before, after), observed, Answer(above)))
    if excess("max_bytes", bytes_of(observed), after):
        answer = answers.get(OldestBeyond(name, after["max_bytes"])) or _everything(observed)
        cuts.append(dropped("DS102", _blamed("max_bytes", before, after), observed, answer))
    if lowered("max_age", before, after) and _older(observed, now, after):
        answer = answers.get(OlderThan(name, now - after["max_age"])) or _everything(observed)
        if before.get("allow_msg_ttl"):  # a message with `Nats-TTL: never` stays
            answer = replace(answer, bound=Bound.UPPER)
        cuts.append(dropped("DS103", "max_age", observed, answer))
    deepest = max(cuts, key=lambda cut: cut.number(Measure.MESSAGES), default=None)
    for cut in cuts:
        yield cut if cut is deepest else replace(cut, amounts=(), text="nothing beyond what another limit drops")
    cut_off = deepest.amount(Measure.MESSAGES) if deepest else Amount(Measure.MESSAGES, 0)
    younger = messages_of(observed) - cut_off.number
    if lowered("max_age", before, after) and younger:
        yield Effect("DS206", "each goes as it reaches this age", "max_age", amounts(cut_off.bound, expiring=younger))
    if lowered("max_msgs_per_subject", before, after):
        answer = answers.get(PerSubjectExcess(name, after["max_msgs_per_subject"])) or _everything(observed)
        if not behaviour.TRIMS_SUBJECTS_AT_ONCE.everywhere(live.versions(observed.address)):
            answer = replace(answer, bound=Bound.UPPER)
        if (effect := dropped("DS104", "max_msgs_per_subject", observed, answer)).number(Measure.MESSAGES):
            yield effect


def _blamed(name: str, before: Config, after: Config) -> str:
    return name if lowered(name, before, after) else "discard"


def _everything(observed: Observed) -> Answer:
    """The answer assumed for a question without one: every message, as an upper bound."""
    return Answer(messages_of(observed), None, Bound.UPPER)


def _older(observed: Observed, now: int, after: Config) -> bool:
    return bool(messages_of(observed)) and instant(observed.state["first_ts"]) < now - after["max_age"]


def _made_interest(observed: Observed, world: World) -> Effect:
    """The effect of a change to interest retention: messages that no consumer wants are dropped. The order of the plan says
    which consumers exist by then.
    """
    total, consumers, versions = messages_of(observed), world.consumers(observed.address), world.live.versions(observed.address)
    if consumers.all_go:
        if not (consumers.leaving or consumers.passing or behaviour.EMPTIES_WITHOUT_CONSUMERS.at(versions)):
            text = "without a consumer, nothing new is kept; what is stored stays until a limit drops it"
            return Effect(BECOMES_INTEREST, text, "retention")
        sure = not consumers.passing and behaviour.EMPTIES_WITHOUT_CONSUMERS.everywhere(versions)
        bound = Bound.EXACT if sure else Bound.UPPER
        return Effect(BECOMES_INTEREST, "no consumer wants them, dropped at once", "retention", _all_of(observed, bound))
    if consumers.keeps_everything:
        return Effect(BECOMES_INTEREST, "kept until every consumer has acknowledged", "retention")
    holding = [each for each in consumers.known if each.address not in consumers.done]
    alone = len(consumers.known) == len(holding) == 1 and not consumers.created and not consumers.passing
    unfiltered = alone and not filters_of(holding[0].config) and holding[0].config.get("max_deliver", -1) < 1
    plain = unfiltered and not world.live.server.is_clustered
    exact = plain and behaviour.DROPS_ALL_ACKNOWLEDGED.everywhere(versions)
    answer = Answer(max(0, total - wanted_by_any(holding)), None, Bound.EXACT if exact else Bound.UPPER)
    return replace(dropped(BECOMES_INTEREST, "retention", observed, answer), text="acknowledged already, dropped at once")


def _narrowed(change: Change, observed: Observed, answers: Answers) -> Iterator[Effect]:
    """The effect on stored messages under subjects that the stream gives up: they stay. Their number is an upper bound where
    transforms or origins store messages under other subjects.
    """
    before, question = change.before or {}, no_longer_taken(change)
    answer = answers.get(question) if question else Answer(0)
    if answer is None:
        answer = _everything(observed)
    if answer.messages:
        exact = answer.bound is Bound.EXACT and not (before.get("subject_transform") or before.get("sources"))
        count = f"{answer.messages:,}" if exact else f"up to {answer.messages:,}"
        yield Effect("DS201", f"{count} stored messages stay readable under subjects the stream no longer takes", "subjects")


def _reingested(before: Config, after: Config, live: Live) -> Iterator[Effect]:
    """A source with another filter or transform is another source, and copies its whole origin (2.10 to 2.15 measured):
    what an earlier one of the same origin, or a mirror, has copied comes twice. Sources that are apart duplicate nothing.
    """
    old = [copy for _, copy in copies_of(before)]
    for source in after.get("sources") or ():
        again = [each for each in old if _place(each) == _place(source) and _overlap(_selected(each), _selected(source))]
        if again and _identity(source) not in [_identity(each) for each in before.get("sources") or ()]:
            origin = live.stream(source["name"]) if not source.get("external") else None
            again_stored = amounts(Bound.UPPER, duplicated=messages_of(origin) if origin else 0)
            yield Effect("DS202", "the origin is copied again from its start", "sources", again_stored)


def _place(source: Config) -> tuple[object, object]:
    return source["name"], source.get("external")


def _identity(source: Config) -> tuple[object, ...]:
    """What the server recognises a source by."""
    return *_place(source), source.get("filter_subject"), source.get("subject_transforms")


def _selected(source: Config) -> tuple[str, ...]:
    return copied_subjects(source) or (EVERYTHING,)


def _overlap(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(overlaps(a, b) for a in some for b in others)


def taken_from_queues(change: Change, live: Live) -> Iterator[Effect]:
    """A copy of a work queue acknowledges what it has copied, and so takes it away from the queue's own consumers; of an
    interest stream it drops what no other consumer wants (from 2.14 on).
    """
    before, after = change.before or {}, change.after or {}
    known = [_identity(copy) for _, copy in copies_of(before)]
    new = (copy["name"] for _, copy in copies_of(after) if not copy.get("external") and _identity(copy) not in known)
    path = "mirror" if after.get("mirror") else "sources"
    for name in dict.fromkeys(new):
        origin = live.stream(name)
        if origin is None or not messages_of(origin):
            continue
        if origin.config.get("retention") == "workqueue":
            text = f"they leave the work queue {name}, whose own consumers won't get them"
            yield Effect("DS205", text, path, amounts(Bound.UPPER, skipped=messages_of(origin)))
        elif behaviour.COPIES_ACKNOWLEDGE.at(live.versions(origin.address)) and (unwanted := _unwanted(origin, live)):
            text = f"no consumer of {name} wants them: they leave it once they are copied"
            yield Effect("DS205", text, path, amounts(Bound.UPPER, messages=unwanted, bytes=bytes_of(origin)))


def released_origins(change: Change, live: Live) -> Iterator[Effect]:
    """A copy that ends no longer holds what it had still to copy: an interest stream, or a copied queue, drops that."""
    kept = [_identity(copy) for _, copy in copies_of(change.after or {})]
    before = [copy for _, copy in copies_of(change.before or {}) if not copy.get("external")]
    for name in dict.fromkeys(copy["name"] for copy in before if _identity(copy) not in kept):
        origin = live.stream(name)
        if origin is None or not messages_of(origin) or not holds_by_interest(origin.config, origin.address, live):
            continue
        if unwanted := _unwanted(origin, live):
            path = "" if change.after is None else "mirror" if (change.before or {}).get("mirror") else "sources"
            text = f"what only this copy still wanted leaves {name}"
            yield Effect("DS208", text, path, amounts(Bound.UPPER, messages=unwanted, bytes=bytes_of(origin)))


def _unwanted(stream: Observed, live: Live) -> int:
    """An upper bound on the messages that none of a stream's own consumers waits for; 0 with limits retention."""
    if stream.config.get("retention", "limits") == "limits":
        return 0
    own = [each for each in live.consumers(stream.address.name) if not is_ephemeral_or_internal(each)]
    return max(0, messages_of(stream) - wanted_by_any(own))


def _pushed_out(change: Change, observed: Observed, live: Live) -> Iterator[Effect]:
    """The effect of messages that a new source brings: a full stream drops others for them."""
    before, after = change.before or {}, change.after or {}
    known = [_identity(copy) for _, copy in copies_of(before)]
    new = [copy for _, copy in copies_of(after) if _identity(copy) not in known]
    if not new or not messages_of(observed) or (after.get("discard") == "new" and "max_msgs_per_subject" not in after):
        return
    found = [None if copy.get("external") else live.stream(copy["name"]) for copy in new]
    for name, count in (("max_msgs", messages_of), ("max_bytes", bytes_of), ("max_msgs_per_subject", messages_of)):
        incoming = sum(count(each) if each else after.get(name, 0) for each in found)
        room = after[name] - (0 if name == "max_msgs_per_subject" else count(observed)) if name in after else incoming
        if incoming > room:
            most = min(messages_of(observed), incoming - room) if name == "max_msgs" else messages_of(observed)
            text = f"what comes from the origin pushes them out, above `{name}`"
            yield Effect("DS207", text, "sources", amounts(Bound.UPPER, messages=most, bytes=bytes_of(observed)))
            return


def _expiring_by_header(change: Change, observed: Observed) -> Iterator[Effect]:
    """The effect on copied messages with a ``Nats-TTL`` header, which counts from this update on. (The stream's own have none:
    before it, the server refuses them.)
    """
    copies = next(copies_of(change.before or {}), None) or next(copies_of(change.after or {}), None)
    if copies and messages_of(observed):
        text = "what was copied with a `Nats-TTL` goes when that is over"
        yield Effect("DS209", text, "allow_msg_ttl", amounts(Bound.UPPER, expiring=messages_of(observed)))


def _one_way(paths: set[str], before: Config, after: Config) -> Iterator[Effect]:
    for name in ("sealed", "deny_delete", "deny_purge", "allow_msg_ttl", "allow_msg_schedules"):
        if name in paths and after.get(name):
            yield Effect("IM102", "can't be taken back in place", name)
    if "first_seq" in paths:
        yield Effect("IM103", "counts at creation only: stored, without effect", "first_seq")
    if "num_replicas" in paths and after.get("num_replicas", 1) < before.get("num_replicas", 1):
        yield Effect("DS204", "fewer copies; no message is lost", "num_replicas")
    if "mirror" in paths and "mirror" not in after:
        yield Effect("DS203", "stops copying and becomes a stream of its own; what it holds stays", "mirror")
