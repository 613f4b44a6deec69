"""Drift finds a hand edit of every single field, and apply puts back what the server lets it put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import walk
from smith_topology.core.model import Kind
from smith_topology.jetstream.embedded import running
from tests.cli.hand_edits import CONSUMERS, ORIGIN, OTHER_ORIGIN, STREAMS, Edit, How
from tests.cli.scenario import APPROVED, Shop, Streams, wait_for
from tests.command import Result
from tests.raw import Raw
from tests.servers import Cluster

DONE, DIFFERENT, REFUSED = 0, 2, 3
HOLDER = "CONSUMERS"
"""The stream of all consumers that are edited."""
EDITS = {f"stream.{each.object}": each for each in STREAMS} | {f"consumer.{HOLDER}.{each.object}": each for each in CONSUMERS}
LOSING = ("--allow", "data-loss,resume")


@dataclass(frozen=True, slots=True)
class Story:
    """All fields of all kinds, edited by hand at once on one server, and what the commands said to it."""

    clean: Result
    drift: Mapping[str, Any]
    human: str
    refused: Result
    after_refusal: Mapping[str, Any]
    repaired: Mapping[str, Any]
    undone: Result


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with running() as server:
        yield _story(Shop(server.url, tmp_path_factory.mktemp("every-field")))


def _story(shop: Shop) -> Story:
    shop.write(_declared())
    shop.apply()
    clean = shop.run("drift")
    original = shop.live()
    with shop.raw() as js:
        for address, edit in EDITS.items():
            _edit_by_hand(js, address, edit, original[address]["config"])
    drift = shop.json("drift", expect=DIFFERENT)
    human = shop.run("drift").stdout
    refused = shop.run(*APPROVED, *LOSING)
    after_refusal = shop.json("drift", expect=DIFFERENT)
    stuck = [address for address, edit in EDITS.items() if edit.how in (How.STUCK, How.RECREATED)]
    assert shop.run(*APPROVED, *LOSING, *(word for address in stuck for word in ("--exclude", address))).exit_code == DONE
    repaired = shop.json("drift", expect=DIFFERENT)
    with shop.raw() as js:
        for address in stuck:
            _recreate(js, address, original[address]["config"])
    return Story(clean, drift, human, refused, after_refusal, repaired, shop.run("drift"))


def _declared() -> Streams:
    streams: dict[str, dict[str, Any]] = {ORIGIN: {"subjects": ["origin.>"]}, OTHER_ORIGIN: {"subjects": ["other.>"]}}
    for edit in STREAMS:
        copies = edit.declared.keys() & {"mirror", "sources"}
        streams[edit.object] = {**({} if copies else {"subjects": [f"{edit.object.lower()}.>"]}), **edit.declared}
    streams[HOLDER] = {"subjects": ["consumers.>"], "consumers": {each.object: dict(each.declared) for each in CONSUMERS}}
    return streams


def _edit_by_hand(js: Raw, address: str, edit: Edit, live: Mapping[str, Any]) -> None:
    match edit.how:
        case How.UPDATED | How.STUCK:
            _write(js, address, edit.over(live), "UPDATE")
        case How.RECREATED:
            _recreate(js, address, edit.over(live))
        case How.PAUSED:
            js.request(f"CONSUMER.PAUSE.{HOLDER}.{edit.object}", dict(edit.by_hand))
        case How.CLUSTERED:
            pass


def _recreate(js: Raw, address: str, config: Mapping[str, Any]) -> None:
    kind, _, path = address.partition(".")
    js.request(f"{kind.upper()}.DELETE.{path}")
    _write(js, address, config, "CREATE")


def _write(js: Raw, address: str, config: Mapping[str, Any], verb: str) -> None:
    kind, _, path = address.partition(".")
    if kind == "stream":
        js.request(f"STREAM.{verb}.{path}", config)
    else:
        js.request(f"CONSUMER.CREATE.{path}", {"stream_name": HOLDER, "config": config})


def _resource(document: Mapping[str, Any], address: str) -> dict[str, Any] | None:
    return next((each for each in document["resources"] if each["address"] == address), None)


FOUND = {address: edit for address, edit in EDITS.items() if edit.how is not How.CLUSTERED}


@pytest.mark.parametrize(("kind", "edits"), [(Kind.STREAM, STREAMS), (Kind.CONSUMER, CONSUMERS)], ids=str)
def test_the_table_of_hand_edits_has_every_field(kind: Kind, edits: tuple[Edit, ...]) -> None:
    assert [each.path for each in edits] == [path for path, _ in walk(RULES[kind].fields)]


def test_before_anybody_edits_there_is_no_drift(story: Story) -> None:
    assert story.clean.exit_code == DONE
    assert story.clean.stdout.startswith("No drift on account $G @ nats://127.0.0.1:")
    assert f": {len(STREAMS) + 3} streams, {len(CONSUMERS)} consumers are as declared.\n" in story.clean.stdout


@pytest.mark.parametrize("address", FOUND)
def test_a_hand_edit_of_this_field_is_drift(story: Story, address: str) -> None:
    found = _resource(story.drift, address)

    assert found is not None
    assert (found["kind"], found["reason"]) == ("changed", "paused" if FOUND[address].how is How.PAUSED else "drift")
    assert FOUND[address].named in [each["path"] for each in found["fields"]]


@pytest.mark.parametrize("address", FOUND)
def test_a_hand_edit_of_this_field_is_shown_to_people(story: Story, address: str) -> None:
    """Below the object, the name of the field and the last part of its path."""
    lines = story.human[story.human.index(f"  {address} ") :].split("\n")[1:]
    section = "\n".join(lines[: next(place for place, line in enumerate(lines) if not line.startswith("   "))])

    assert FOUND[address].named in section
    assert "live" in section or "declared" in section


def test_nothing_that_was_not_edited_is_drift(story: Story) -> None:
    assert {each["address"] for each in story.drift["resources"]} == FOUND.keys()
    assert story.drift["unchanged"] == len(EDITS) + 3 - len(FOUND)


def test_apply_refuses_the_whole_plan_while_a_part_of_it_needs_a_replacement(story: Story) -> None:
    assert story.refused.exit_code == REFUSED
    assert story.after_refusal["resources"] == story.drift["resources"]


@pytest.mark.parametrize("address", [address for address, edit in FOUND.items() if not edit.how.can_be_put_back])
def test_what_is_fixed_at_creation_is_refused_by_name(story: Story, address: str) -> None:
    refusals = [each["address"] for each in story.drift["diagnostics"] if each["code"] == "IM101"]

    assert address in refusals
    assert _resource(story.repaired, address) is not None


@pytest.mark.parametrize("address", [address for address, edit in FOUND.items() if edit.how.can_be_put_back])
def test_apply_puts_this_field_back(story: Story, address: str) -> None:
    assert _resource(story.repaired, address) is None


def test_there_is_no_drift_once_the_hand_has_undone_the_rest(story: Story) -> None:
    assert story.undone.exit_code == DONE


def test_replicas_changed_by_hand_are_drift_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    shop = Shop(cluster.url, tmp_path)
    shop.write({"NUM_REPLICAS": {"subjects": ["a.>"], "consumers": {"NUM_REPLICAS": {}}}})
    shop.apply()
    with shop.raw() as js:
        _write(js, "stream.NUM_REPLICAS", {**shop.config("stream.NUM_REPLICAS"), "num_replicas": 3}, "UPDATE")
    cluster.wait_current("NUM_REPLICAS")

    found = shop.json("drift", expect=DIFFERENT)

    assert [each["fields"] for each in found["resources"]] == [[{"path": "num_replicas", "before": 3, "after": None}]]
    shop.apply()
    wait_for(lambda: shop.run("drift").exit_code == DONE)
