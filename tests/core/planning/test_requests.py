"""The request of a stage: what is sent, and what of the live object goes along unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smith_topology.core.kinds import RULES
from smith_topology.core.kinds.fields import by_name
from smith_topology.core.kinds.marks import PROTECTED, UNFINISHED
from smith_topology.core.model import (
    ADDRESS,
    APPLIED,
    EXTRA,
    OWNER,
    PROTECT,
    STAGE,
    Config,
    Kind,
    Observed,
    Resource,
    Stage,
    Topology,
    Verb,
)
from smith_topology.core.planning.requests import NOT_YET, Request, fingerprint, request_of
from tests.core.make import NAME, consumer, declared, server, stream, there

S, C = stream("S"), consumer("S", "c")
OWNED = Topology(NAME, {}, ())


def sent(stage: Stage, observed: Observed | None = None, resource: Resource | None = None) -> Request:
    return request_of(stage, resource or declared(stage.address), observed, OWNED, server())


# ------------------------------------------------------------------------------------------------- endpoints

ENDPOINTS: dict[str, tuple[Stage, Verb, str]] = {
    "a new stream": (Stage(S, None, {}), Verb.CREATE, "STREAM.CREATE.S"),
    "a stream": (Stage(S, {}, {"max_msgs": 1}), Verb.UPDATE, "STREAM.UPDATE.S"),
    "a stream that ends": (Stage(S, {}, None), Verb.DELETE, "STREAM.DELETE.S"),
    "a new consumer": (Stage(C, None, {}), Verb.CREATE, "CONSUMER.CREATE.S.c"),
    "a consumer": (Stage(C, {}, {"max_deliver": 1}), Verb.UPDATE, "CONSUMER.CREATE.S.c"),
    "a consumer that ends": (Stage(C, {}, None), Verb.DELETE, "CONSUMER.DELETE.S.c"),
    "a pause": (Stage(C, {}, {"pause_until": "2027"}), Verb.PAUSE, "CONSUMER.PAUSE.S.c"),
}


@pytest.mark.parametrize(("stage", "verb", "endpoint"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_each_stage_has_its_request(stage: Stage, verb: Verb, endpoint: str) -> None:
    request = sent(stage, there(stage.address, stage.before) if stage.before is not None else None)

    assert (request.verb, request.endpoint) == (verb, endpoint)


def test_a_deletion_says_nothing_more() -> None:
    assert sent(Stage(S, {}, None), there(S)).payload == {}


@pytest.mark.parametrize(("after", "payload"), [({"pause_until": "2027"}, {"pause_until": "2027"}), ({}, {})])
def test_a_pause_is_sent_alone_and_without_a_time_to_end_it(after: Config, payload: Config) -> None:
    assert sent(Stage(C, {"pause_until": "2026"}, after), there(C)).payload == payload


def test_a_consumer_is_sent_inside_its_action_so_that_a_lost_answer_can_be_resolved() -> None:
    payload = sent(Stage(C, {}, {"max_deliver": 1}), there(C)).payload

    assert (payload["stream_name"], payload["action"]) == ("S", "update")
    assert {"name": "c", "durable_name": "c", "max_deliver": 1}.items() <= payload["config"].items()


# ------------------------------------------------------------------------------------------------- what goes along

UNKNOWN = st.dictionaries(
    st.sampled_from(["later", "newer", "x_y", "zone"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    max_size=4,
)


@pytest.mark.parametrize("address", [S, C], ids=str)
@settings(max_examples=15, deadline=None)
@given(unknown=UNKNOWN)
def test_an_update_carries_the_live_fields_that_this_program_does_not_know(address: Any, unknown: dict[str, Any]) -> None:
    request = sent(Stage(address, {}, {"description": "x"}), there(address, unknown, owner=NAME))
    config = request.payload["config"] if address.kind is Kind.CONSUMER else request.payload

    assert not unknown.keys() & by_name(RULES[address.kind].fields).keys()
    assert unknown.items() <= config.items()


def test_an_update_carries_unknown_members_of_known_blocks() -> None:
    observed = there(S, {"placement": {"cluster": "C3", "later": 1}})
    request = sent(Stage(S, {}, {"placement": {"cluster": "C5"}}), observed)

    assert request.payload["placement"] == {"cluster": "C5", "later": 1}


def test_an_update_does_not_carry_a_known_field_that_is_no_longer_declared() -> None:
    assert "max_msgs" not in sent(Stage(S, {"max_msgs": 5}, {}), there(S, {"max_msgs": 5})).payload


def test_a_field_that_ends_is_not_carried() -> None:
    assert sent(Stage(S, {"later": 5}, {"later": None}), there(S, {"later": 5})).payload.get("later", 0) == 0


def test_what_is_sent_shares_nothing_with_what_is_live_or_declared() -> None:
    after = {"subjects": ["a"], "placement": {"tags": ["x"]}}
    payload = sent(Stage(S, {}, after), there(S)).payload
    payload["placement"]["tags"].append("y")

    assert after["placement"] == {"tags": ["x"]}


# ------------------------------------------------------------------------------------------------- marks


def metadata(after: Config, observed: Observed | None = None, resource: Resource | None = None) -> dict[str, str]:
    found: dict[str, str] = sent(Stage(S, None if observed is None else {}, after), observed, resource).payload["metadata"]
    return found


def test_what_is_written_is_owned_and_remembers_what_was_applied() -> None:
    found = metadata({"metadata": {"team": "a"}})

    assert (found[OWNER], found["team"]) == (NAME, "a")
    assert len(found[APPLIED]) == 64
    assert found.keys() == {OWNER, ADDRESS, APPLIED, "team"}


def test_pseudo_fields_are_marks_and_no_fields() -> None:
    payload = sent(Stage(S, None, {PROTECTED: True, "owner": NAME, "max_msgs": 1})).payload

    assert payload.keys() == {"name", "max_msgs", "metadata"}
    assert payload["metadata"][PROTECT] == "2026-01-02"


def test_protection_keeps_the_day_it_was_set() -> None:
    assert metadata({PROTECTED: True}, there(S, {"metadata": {PROTECT: "2020-02-02"}}))[PROTECT] == "2020-02-02"


def test_protection_goes_with_the_field() -> None:
    assert PROTECT not in metadata({}, there(S, {"metadata": {PROTECT: "2020-02-02"}}))


def test_metadata_that_is_no_longer_declared_goes_and_the_servers_own_stays() -> None:
    found = metadata({}, there(S, {"metadata": {"team": "a", "_nats.other": "1", "_nats.ver": "2.15"}}))

    assert ("team" in found, found["_nats.other"], "_nats.ver" in found) == (False, "1", False)


def test_the_names_of_extra_fields_are_remembered() -> None:
    extra = replace(declared(S), extra={"b": 1, "a": True, "gone": None})

    assert metadata({"a": True, "b": 1}, resource=extra)[EXTRA] == "a,b"


def test_between_two_stages_the_marks_of_the_last_apply_stay() -> None:
    observed = there(S, {"metadata": {APPLIED: "then", EXTRA: "x"}}, owner=NAME)

    assert metadata({UNFINISHED: "plan abc, stage 1 of 2"}, observed) == {
        OWNER: NAME, ADDRESS: str(S), APPLIED: "then", EXTRA: "x", STAGE: "plan abc, stage 1 of 2",
    }  # fmt: skip
    assert metadata({UNFINISHED: "m"}) == {OWNER: NAME, ADDRESS: str(S), STAGE: "m"}


def test_what_is_written_once_more_after_it_left_the_file_remembers_nothing_as_applied() -> None:
    request = request_of(Stage(S, {"subjects": ["a"]}, {"subjects": ["b"]}), None, there(S), OWNED, server())

    assert request.payload["metadata"] == {OWNER: NAME, ADDRESS: str(S)}


# ------------------------------------------------------------------------------------------------- fingerprints


def test_what_does_not_exist_has_an_empty_fingerprint() -> None:
    assert fingerprint(None) == NOT_YET == ""


DIFFERENT: dict[str, Observed] = {
    "made again": there(S, {"max_msgs": 1}, created="later"),
    "another value": there(S, {"max_msgs": 2}),
    "one field more": there(S, {"max_msgs": 1, "later": 1}),
    "another owner": there(S, {"max_msgs": 1}, owner="other"),
}


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_another_object_has_another_fingerprint(other: Observed) -> None:
    assert fingerprint(other) != fingerprint(there(S, {"max_msgs": 1}))


def test_counts_and_what_the_server_rewrites_make_no_difference() -> None:
    listed = there(S, {"max_msgs": 1, "metadata": {"_nats.ver": "2.15"}}, messages=5)

    assert fingerprint(listed) == fingerprint(there(S, {"max_msgs": 1}))
