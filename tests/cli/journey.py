"""From one generated topology to another and back, with messages in it, checking at each stop that the plan was right."""

from __future__ import annotations

from contextlib import suppress

import nats.errors
from hypothesis import assume, event, note

from tests.cli.account import Account, Planned, gone
from tests.raw import Message, Refused
from tests.topologies import PAYLOAD_SUBJECTS, Document

TAKEN_AND_IGNORED = "mem_storage"
"""Before 2.14.4 the server takes a consumer's new storage, shows it from then on, and keeps the state where it was."""


def there_and_back(account: Account, first: Document, second: Document, *, leftovers: bool = False) -> None:
    """First, second, first again. What the offline checks refuse is no example; a second one that needs replacements ends it.

    ``leftovers``: the server is one that leaves messages in interest streams which every consumer has acknowledged, and drops
    them some time later.
    """
    assume(_valid(account, first) and _valid(account, second))
    account.wipe()
    _converge(account, first)
    _use(account, first, "first")
    if _change(account, first, second, leftovers):
        _use(account, second, "second")
        _change(account, second, first, leftovers)


def _valid(account: Account, document: Document) -> bool:
    valid = account.validate(document).exit_code == 0
    event("valid" if valid else "not valid")
    return valid


def _change(account: Account, before: Document, after: Document, leftovers: bool) -> bool:
    """Whether it could be made; then the plan was right about it."""
    plan = account.plan(after)
    if plan.exit_code == 3:
        event("needs a replacement")
        _is_rightly_refused(account, plan, after)
        return False
    if in_the_way := plan.codes & {"FC406", "CP104"}:
        event(f"something live is in the way: {in_the_way}")
        return False
    assert plan.exit_code == 0, plan.document["smith_topo"]["diagnostics"]
    surviving = [name for name in before["streams"] if all(_keeps_its_own(each, name) for each in (before, after))]
    held = {name: account.messages(name) for name in surviving}
    unwanted = {name: account.unwanted(name) if leftovers else 0 for name in surviving}
    _converge(account, after)
    for name in surviving:
        _lost_as_announced(plan, name, held[name], account.messages(name), unwanted[name])
    event("went through")
    return True


def _converge(account: Account, document: Document) -> None:
    """A copy that still fills may hold messages by now that its plan did not see: then apply says so, and does it next time."""
    done = account.apply(document)
    if done.exit_code and "stream.COPY" in done.stdout and done.stdout.count("[AP106]") == 1:
        event("a copy was still filling")
        done = account.apply(document)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert account.plan(document, "--detailed-exitcode").exit_code == 0


def _keeps_its_own(document: Document, name: str) -> bool:
    """There, not a copy, and not drained by one in its own time, plan or no plan."""
    if name not in document["streams"] or _copies(document, name):
        return False
    kept = document["streams"][name].get("retention", "limits") == "limits"
    return kept or name != "ALPHA" or "COPY" not in document["streams"]


def _copies(document: Document, name: str) -> bool:
    return bool({"mirror", "sources"} & document["streams"][name].keys())


def _lost_as_announced(plan: Planned, stream: str, before: list[Message], after: list[Message], unwanted: int) -> None:
    lost, losses = gone(before, after).total(), plan.losses(stream)
    announced = sum(each["messages"] for each in losses)
    note(f"{stream}: {lost} of {len(before)} lost, announced: {losses}")
    if lost:
        event("messages lost")
    assert lost <= announced + unwanted
    if not unwanted and all(each["messages_bound"] == "exact" for each in losses):
        assert lost == announced


def _is_rightly_refused(account: Account, plan: Planned, after: Document) -> None:
    """Nothing was written, and the server would not have made the change either: it refuses it, or takes it and ignores it."""
    assert plan.codes >= {"IM101"}
    held = account.configurations()
    assert account.apply(after).exit_code == 3
    for address, name, value in plan.replacements:
        if name == TAKEN_AND_IGNORED:
            continue
        note(f"{address}: {name} -> {value}: {account.update(address, name, value)}")
    assert account.configurations() == held


# ------------------------------------------------------------------------------------------------- messages


def _use(account: Account, document: Document, label: str) -> None:
    """Publish to every stream, and let consumers take some, acknowledge some, and some out of order."""
    for name, body in document["streams"].items():
        if _copies(document, name) or body.get("no_ack"):
            continue
        for number in range(3):
            for subject in PAYLOAD_SUBJECTS:
                payload = f"{label} {name} {subject} {number}".encode().ljust(10 + 40 * number)
                _publish(account, f"{name.lower()}.{subject}", payload)
        for consumer, config in body.get("consumers", {}).items():
            _consume(account, name, consumer, config)


def _publish(account: Account, subject: str, payload: bytes) -> None:
    """The stream may be full, want a counter, or not take the subject: any answer will do."""
    with suppress(Refused, nats.errors.NoRespondersError):
        account.js.publish(subject, payload)


def _consume(account: Account, stream: str, consumer: str, config: Document) -> None:
    """Two are left pending, the two after them are acknowledged; one at a time where no more may be pending.

    A server that counts messages a changed filter no longer matches lets the request wait for them: then there is nothing.
    """
    acknowledges = config.get("ack_policy", "none") != "none"
    if {"deliver_subject", "priority_groups", "pause_until", "max_waiting"} & config.keys():
        return
    with suppress(nats.errors.TimeoutError):
        if config.get("max_ack_pending") == 1:
            account.js.pull(stream, consumer, 1, ack=acknowledges)
        else:
            account.js.pull(stream, consumer, 2)
            account.js.pull(stream, consumer, 2, ack=acknowledges)
