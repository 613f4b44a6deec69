"""Random change sets of a few streams and their consumers, small enough to meet in every way."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from smith_topology.core.model import (
    Address,
    Change,
    Config,
    Live,
    Observed,
    Server,
    Version,
    consumer_address,
    stream_address,
)
from tests.core.make import change

SUBJECTS = ("a", "b", "c", "d", "e")
VERSIONS = ("2.10.26", "2.11.11", "2.12.8", "2.14.6", "2.15.1")


@dataclass(frozen=True, slots=True)
class Case:
    """What is live, and what changes."""

    live: Live
    changes: tuple[Change, ...]


def case(random: Random) -> Case:
    """One account before and after: each subject has at most one stream, a work queue's filters don't overlap."""
    names = [f"S{number}" for number in range(random.randint(1, 4))]
    kept = {name: random.choice(("limits", "limits", "interest", "interest", "workqueue")) for name in names}
    before, after = _account(random, names, kept), _account(random, names, kept)
    version = random.choice(VERSIONS)
    limits = {"max_streams": random.choice((0, 0, len(names)))}
    cluster, time = random.choice(("", "C3")), "2026-01-02T00:00:00Z"
    server = Server(Version.parse(version), version, cluster=cluster, limits=limits, time=time)
    state = {"messages": 10, "bytes": 100, "first_seq": 1, "last_seq": 10, "num_pending": 5, "first_ts": "2026-01-01T00:00:00Z"}
    observed = {address: Observed(address, config, "then", state) for address, config in before.items()}
    addresses = [*before, *(address for address in after if address not in before)]
    random.shuffle(addresses)
    changes = (change(address, before.get(address), after.get(address)) for address in addresses)
    return Case(Live(server, observed), tuple(changes))


def _account(random: Random, names: list[str], kept: dict[str, str]) -> dict[Address, Config]:
    free = list(SUBJECTS)
    random.shuffle(free)
    found: dict[Address, Config] = {}
    for name in names:
        subjects = [free.pop() for _ in range(random.randint(1, 2)) if free]
        if subjects and random.random() < 0.8:
            found |= _stream(random, name, sorted(subjects), kept[name])
    return found


def _stream(random: Random, name: str, subjects: list[str], retention: str) -> dict[Address, Config]:
    if retention != "workqueue" and random.random() < 0.3:
        retention = random.choice(("limits", "interest"))
    config: dict[str, object] = {"subjects": subjects, "retention": retention, "description": random.choice("xy")}
    if random.random() < 0.2:
        config["consumer_limits"] = {"max_ack_pending": random.choice((100, 1000))}
    if random.random() < 0.2:
        config["num_replicas"] = 3
    found: dict[Address, Config] = {stream_address(name): {key: each for key, each in config.items() if each != "limits"}}
    free = list(subjects)
    for number in range(random.randint(0, 3)):
        wanted = [free.pop()] if retention == "workqueue" and free else random.sample(subjects, random.randint(0, len(subjects)))
        if retention == "workqueue" and (not wanted or number >= len(subjects)):
            break
        found[consumer_address(name, f"c{number}")] = _consumer(random, sorted(wanted))
    return found


def _consumer(random: Random, filters: list[str]) -> Config:
    config: dict[str, object] = {"ack_policy": "explicit", "max_ack_pending": random.choice((50, 100, 1000)), "durable_name": "c"}
    match filters:
        case [one]:
            config["filter_subject"] = one
        case []:
            pass
        case _:
            config["filter_subjects"] = filters
    return config
