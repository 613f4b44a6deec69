"""What a stream's change or end costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    stream_address,
)
from smith_topology.core.planning.forecast.interest import World, holds_by_interest, wanted_by_any
from smith_topology.core.planning.forecast.questions import (
    EVERYTHING,
    Answer,
    Answers,
    about_limits,
    answer_to,
    dropped,
    excess,
    left_out,
    lowered,
)
from smith_topology.core.subjects import overlaps
from smith_topology.core.times import instant

BECOMES_INTEREST = "DS105"


def stream_deleted(observed: Observed, live: Live) -> Effect:
    consumers = [c for c in live.consumers(observed.address.name) if c.config.get("durable_name")]
    newest = observed.state.get("last_ts", "")[:16].replace("T", " ") if observed.messages else ""
    text = f"everything in it is deleted; last message {newest} UTC" if newest else "it is empty"
    count = max(len(consumers), observed.state.get("consumer_count", 0))
    return Effect("DS101", text, "", _all_of(observed) + amounts(consumers=count, positions=len(consumers)))


def _all_of(observed: Observed, bound: Bound = Bound.EXACT) -> tuple[Amount, ...]:
    return amounts(bound, messages=observed.messages, bytes=observed.bytes)


def stream_updated(change: Change, observed: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    live = world.live
    before, after = change.before or {}, change.after or {}
    paths = {each.name for each in change.fields}
    yield from _within(observed, _dropping_its_own(change, observed, world, answers))
    if "subjects" in paths:
        yield from _narrowed(change, observed, answers)
    if "sources" in paths:
        yield from _reingested(before, after, live)
    if paths & {"sources", "mirror"}:
        yield from taken_from_queues(change, live)
        yield from released_origins(change, live)
    if "allow_msg_ttl" in paths and after.get("allow_msg_ttl"):
        yield from _expiring_by_header(change, observed)
    yield from _forgotten_consumers(change, observed, world)
    yield from _one_way(paths, before, after)


def _dropping_its_own(change: Change, observed: Observed, world: World, answers: Answers) -> Iterator[Effect]:
    """The effects that drop messages of the stream itself."""
    paths = {each.name for each in change.fields}
    yield from _trimmed(change, observed, answers, world.live)
    if "retention" in paths and (change.after or {}).get("retention") == "interest":
        yield _made_interest(observed, world)
    if "sources" in paths:
        yield from _pushed_out(change, observed, world)


def _within(observed: Observed, effects: Iterable[Effect]) -> Iterator[Effect]:
    """The effects of one change, each with what those before it leave of the stream at most: together they drop no more than it
    holds.
    """
    left = {Measure.MESSAGES: observed.messages, Measure.BYTES: observed.bytes}
    for effect in effects:
        found = [_at_most(each, left) for each in effect.amounts if isinstance(each, Amount)]
        left.update({each.measure: left[each.measure] - each.number for each in found if each.measure in left})
        yield replace(effect, amounts=tuple(found))


def _at_most(amount: Amount, left: Mapping[Measure, int]) -> Amount:
    return replace(amount, number=min(amount.number, left.get(amount.measure, amount.number)))


def _forgotten_consumers(change: Change, stream: Observed, world: World) -> Iterator[Effect]:
    """The effect of a shorter ``inactive_threshold`` in ``consumer_limits`` on consumers without one of their own, after the
    server's next start. Consumers that the plan updates get it by their own change.
    """
    old, new = ((config or {}).get("consumer_limits") or {} for config in (change.before, change.after))
    if not lowered("inactive_threshold", old, new):
        return
    durable = [each for each in world.live.consumers(stream.address.name) if not is_ephemeral_or_internal(each)]
    meant = [each for each in durable if each.address not in world.planned and not each.config.get("inactive_threshold")]
    if count := len(meant):
        text = "the server deletes them, positions and all, when no client uses them for this long after its next start"
        going = stream.messages if holds_by_interest(stream.config, stream.address, world.live) else 0
        yield Effect("DS210", text, "consumer_limits", amounts(Bound.UPPER, expiring=going, consumers=count, positions=count))


def _trimmed(change: Change, observed: Observed, answers: Answers, live: Live) -> Iterator[Effect]:
    """Limits that drop stored messages at once. All but the last cut from the oldest end, so the deepest cut counts
    and the others cost nothing on top of it.
    """
    asked = about_limits(change, observed, live.server.now)
    beyond = {name: answer_to(question, observed, answers) for name, question in asked.items()}
    cuts = list(_cuts(change, observed, beyond, live.server.now))
    deepest = max(cuts, key=lambda cut: cut.number(Measure.MESSAGES), default=None)
    for cut in cuts:
        yield cut if cut is deepest else replace(cut, amounts=(), text="nothing beyond what another limit drops")
    cut_off = deepest.amount(Measure.MESSAGES) if deepest else Amount(Measure.MESSAGES, 0)
    younger = observed.messages - cut_off.number
    if "max_age" in beyond and younger:
        yield Effect("DS206", "each goes as it reaches this age", "max_age", amounts(cut_off.bound, expiring=younger))
    if answer := beyond.get("max_msgs_per_subject"):
        at_once = behaviour.TRIMS_SUBJECTS_AT_ONCE.everywhere(live.versions(observed.address))
        effect = dropped("DS104", "max_msgs_per_subject", observed, answer if at_once else replace(answer, bound=Bound.UPPER))
        yield from [effect] if effect.number(Measure.MESSAGES) else []


def _cuts(change: Change, observed: Observed, beyond: Mapping[str, Answer], now: int) -> Iterator[Effect]:
    before, after = change.before or {}, change.after or {}
    if above := excess("max_msgs", observed.messages, after):
        yield dropped("DS102", _blamed("max_msgs", before, after), observed, Answer(above))
    if answer := beyond.get("max_bytes"):
        yield dropped("DS102", _blamed("max_bytes", before, after), observed, answer)
    answer = beyond.get("max_age")
    if answer and observed.messages and instant(observed.state["first_ts"]) < now - after["max_age"]:
        some_stay = bool(before.get("allow_msg_ttl"))  # those with `Nats-TTL: never`
        yield dropped("DS103", "max_age", observed, replace(answer, bound=Bound.UPPER) if some_stay else answer)


def _blamed(name: str, before: Config, after: Config) -> str:
    return name if lowered(name, before, after) else "discard"


def _made_interest(observed: Observed, world: World) -> Effect:
    """The effect of a change to interest retention: messages that no consumer wants are dropped. The order of the plan says
    which consumers exist by then.
    """
    consumers, versions = world.consumers(observed.address), world.live.versions(observed.address)
    if consumers.all_go:
        if not (consumers.leaving or consumers.passing or behaviour.EMPTIES_WITHOUT_CONSUMERS.at(versions)):
            text = "without a consumer, nothing new is kept; what is stored stays until a limit drops it"
            return Effect(BECOMES_INTEREST, text, "retention")
        sure = not consumers.passing and behaviour.EMPTIES_WITHOUT_CONSUMERS.everywhere(versions)
        bound = Bound.EXACT if sure else Bound.UPPER
        return Effect(BECOMES_INTEREST, "no consumer wants them, dropped at once", "retention", _all_of(observed, bound))
    if consumers.are_replaced((EVERYTHING,)):
        return Effect(BECOMES_INTEREST, "kept until every consumer has acknowledged", "retention")
    holding = [each for each in consumers.known if each.address not in consumers.done]
    alone = len(consumers.known) == len(holding) == 1 and not consumers.created and not consumers.passing
    unfiltered = alone and not filters_of(holding[0].config) and holding[0].config.get("max_deliver", -1) < 1
    plain = unfiltered and not world.live.server.is_clustered
    exact = plain and behaviour.DROPS_ALL_ACKNOWLEDGED.everywhere(versions)
    answer = Answer(max(0, observed.messages - wanted_by_any(holding)), None, Bound.EXACT if exact else Bound.UPPER)
    return dropped(BECOMES_INTEREST, "retention", observed, answer, "acknowledged already, dropped at once")


def _narrowed(change: Change, observed: Observed, answers: Answers) -> Iterator[Effect]:
    """The effect on stored messages under subjects that the stream gives up: they stay. Their number is an upper bound where
    transforms or origins store messages under other subjects.
    """
    before, question = change.before or {}, left_out(change)
    answer = answer_to(question, observed, answers) if question else Answer(0)
    if answer.messages:
        exact = answer.bound is Bound.EXACT and not (before.get("subject_transform") or before.get("sources"))
        count = f"{answer.messages:,}" if exact else f"up to {answer.messages:,}"
        yield Effect("DS201", f"{count} stored messages stay readable under subjects the stream no longer takes", "subjects")


def _reingested(before: Config, after: Config, live: Live) -> Iterator[Effect]:
    """A source with another filter or transform is another source, and copies its whole origin (2.10 to 2.15 measured):
    what an earlier one of the same origin, or a mirror, has copied comes twice. Sources that are apart duplicate nothing.
    """
    for source in after.get("sources") or ():
        again = any(_copies_the_same(source, copy) for _, copy in copies_of(before))
        if again and _identity(source) not in [_identity(each) for each in before.get("sources") or ()]:
            origin = live.stream(source["name"]) if not source.get("external") else None
            again_stored = amounts(Bound.UPPER, duplicated=origin.messages if origin else 0)
            yield Effect("DS202", "the origin is copied again from its start", "sources", again_stored)


def _place(source: Config) -> tuple[object, object]:
    return source["name"], source.get("external")


def _identity(source: Config) -> tuple[object, ...]:
    """What the server recognises a source by."""
    return *_place(source), source.get("filter_subject"), source.get("subject_transforms")


def _copies_the_same(source: Config, other: Config) -> bool:
    """Whether both copy some subject of the same origin."""
    some, others = (copied_subjects(each) or (EVERYTHING,) for each in (source, other))
    return _place(source) == _place(other) and any(overlaps(a, b) for a in some for b in others)


def _only_in(config: Config | None, other: Config | None) -> list[Config]:
    """The mirror and sources of a configuration that the other one does not have in the same way."""
    known = [_identity(copy) for _, copy in copies_of(other or {})]
    return [copy for _, copy in copies_of(config or {}) if _identity(copy) not in known]


def taken_from_queues(change: Change, live: Live) -> Iterator[Effect]:
    """A copy of a work queue acknowledges what it has copied, and so takes it away from the queue's own consumers; of an
    interest stream it drops what no other consumer wants (from 2.14 on).
    """
    for path, origin in _copied_by_one(change.after, change.before, live):
        if origin.config.get("retention") == "workqueue":
            text = f"they leave the work queue {origin.address.name}, whose own consumers won't get them"
            yield Effect("DS205", text, path, amounts(Bound.UPPER, skipped=origin.messages))
        elif behaviour.COPIES_ACKNOWLEDGE.at(live.versions(origin.address)) and (unwanted := _unwanted(origin, live)):
            text = f"no consumer of {origin.address.name} wants them: they leave it once they are copied"
            yield Effect("DS205", text, path, amounts(Bound.UPPER, messages=unwanted, bytes=origin.bytes))


def released_origins(change: Change, live: Live) -> Iterator[Effect]:
    """A copy that ends no longer holds what it had still to copy: an interest stream, or a copied queue, drops that."""
    for path, origin in _copied_by_one(change.before, change.after, live):
        if holds_by_interest(origin.config, origin.address, live) and (unwanted := _unwanted(origin, live)):
            text = f"what only this copy still wanted leaves {origin.address.name}"
            going = amounts(Bound.UPPER, messages=unwanted, bytes=origin.bytes)
            yield Effect("DS208", text, path if change.after is not None else "", going)


def _copied_by_one(config: Config | None, other: Config | None, live: Live) -> Iterator[tuple[str, Observed]]:
    """The origins with messages that one configuration copies and the other does not, or not in the same way; each with the
    field that does so.
    """
    for name in dict.fromkeys(copy["name"] for copy in _only_in(config, other) if not copy.get("external")):
        if (origin := live.stream(name)) and origin.messages:
            yield "mirror" if (config or {}).get("mirror") else "sources", origin


def _unwanted(stream: Observed, live: Live) -> int:
    """An upper bound on the messages that none of a stream's own consumers waits for; 0 with limits retention."""
    if stream.config.get("retention", "limits") == "limits":
        return 0
    own = [each for each in live.consumers(stream.address.name) if not is_ephemeral_or_internal(each)]
    return max(0, stream.messages - wanted_by_any(own))


def _pushed_out(change: Change, observed: Observed, world: World) -> Iterator[Effect]:
    """The effect of messages that a new source brings: a full stream drops others for them."""
    after, new = change.after or {}, _only_in(change.after, change.before)
    if not new or not observed.messages or (after.get("discard") == "new" and "max_msgs_per_subject" not in after):
        return
    found = [_brought(copy, world) for copy in new]
    limits = (("max_msgs", observed.messages), ("max_bytes", observed.bytes), ("max_msgs_per_subject", 0))
    for name, stored, most in ((name, stored, after[name]) for name, stored in limits if name in after):
        incoming = sum(most if each is None else each[name == "max_bytes"] for each in found)
        if stored + incoming > most:
            pushed = min(observed.messages, stored + incoming - most) if name == "max_msgs" else observed.messages
            text = f"what comes from the origin pushes them out, above `{name}`"
            yield Effect("DS207", text, "sources", amounts(Bound.UPPER, messages=pushed, bytes=observed.bytes))
            return


def _brought(copy: Config, world: World, seen: frozenset[str] = frozenset()) -> tuple[int, int] | None:
    """The messages and bytes that a mirror or source finds at its origin. None where the origin can't be seen. One that the plan
    creates is empty, but for what it copies itself; so is what a change makes an origin copy beyond what it has.
    """
    name = copy["name"]
    change, observed = world.planned.get(stream_address(name)), world.live.stream(name)
    if copy.get("external") or (observed is None and change is None):
        return None
    stored = (observed.messages, observed.bytes) if observed else (0, 0)
    further = _only_in(change.after, change.before) if change and name not in seen else []
    copied = [_brought(each, world, seen | {name}) for each in further]
    if None in copied:
        return None
    parts = [stored, *filter(None, copied)]
    return sum(messages for messages, _ in parts), sum(size for _, size in parts)


def _expiring_by_header(change: Change, observed: Observed) -> Iterator[Effect]:
    """The effect on copied messages with a ``Nats-TTL`` header, which counts from this update on. (The stream's own have none:
    before it, the server refuses them.)
    """
    copies = next(copies_of(change.before or {}), None) or next(copies_of(change.after or {}), None)
    if copies and observed.messages:
        text = "what was copied with a `Nats-TTL` goes when that is over"
        yield Effect("DS209", text, "allow_msg_ttl", amounts(Bound.UPPER, expiring=observed.messages))


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
