"""Whose is what: adopted, pruned, protected, or never touched. Through the command line, in both directions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nats
import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import ADDRESS, APPLIED, APPROVED, OWNER, PROTECT, SOURCE, Shop, empty_streams, wait_for
from tests.cli.terminal import ENTER, on_terminal

DONE, ERROR, DIFFERENT, REFUSED, STALE = 0, 1, 2, 3, 4
EVERYTHING = ("--allow", "delete,replace,data-loss", "--max-deletes", "100")
BILLING = {"ack_policy": "explicit"}
ORDERS = {"ORDERS": {"subjects": ["orders.>"], "consumers": {"billing": BILLING}}}
KEPT = empty_streams("KEPT")


@pytest.fixture
def other(server: EmbeddedServer, tmp_path: Path) -> Shop:
    """Another team with a topology of its own on the same account."""
    directory = tmp_path / "other"
    directory.mkdir()
    return Shop(server.url, directory)


# ------------------------------------------------------------------------------------------- adoption


def test_what_has_no_owner_is_taken_over_only_with_adopt(shop: Shop) -> None:
    shop.create("ORDERS", max_msgs=7)
    shop.consume("ORDERS", "billing")
    shop.fill("orders.a", 3)
    before = shop.live()
    shop.write(ORDERS)

    refused = shop.run(*APPROVED)

    assert refused.exit_code == REFUSED
    assert refused.stdout.count("OW101") == 2
    assert "--adopt" in refused.stdout
    assert shop.live() == before
    shop.apply("--adopt")
    after = shop.live()
    assert {each["config"]["metadata"][OWNER] for each in after.values()} == {"shop"}
    assert after["stream.ORDERS"]["messages"] == 3
    assert [after[name]["created"] for name in before] == [before[name]["created"] for name in before]
    assert after["stream.ORDERS"]["config"]["max_msgs"] == -1


def test_adopting_what_is_as_declared_only_marks_it(shop: Shop) -> None:
    shop.create("KEPT")
    shop.write(KEPT)

    plan = shop.json("plan", "--adopt")

    fields = plan["smith_topo"]["changes"]["stream.KEPT"]["fields"]
    assert fields == [{"path": "owner", "before": None, "after": "shop"}]
    shop.apply("--adopt")


@pytest.mark.parametrize("adopt", [(), ("--adopt",)], ids=["plain", "adopt"])
def test_what_another_topology_owns_is_always_refused(shop: Shop, other: Shop, adopt: tuple[str, ...]) -> None:
    other.write(ORDERS, name="billing-team")
    other.apply()
    before = shop.live()
    shop.write({"ORDERS": {"subjects": ["orders.>"], "max_msgs": 5}, **KEPT})

    for command in (("plan",), (*APPROVED, *EVERYTHING)):
        done = shop.run(*command, *adopt)

        assert done.exit_code == REFUSED
        assert "OW102" in done.stdout
        assert "billing-team" in done.stdout
    assert shop.live() == before


def test_owners_side_by_side_do_not_see_each_others_objects_as_theirs(shop: Shop, other: Shop) -> None:
    other.write(ORDERS, name="billing-team")
    other.apply()
    theirs = other.live()
    shop.write(KEPT)
    shop.apply()
    shop.write(empty_streams("NEW"))

    shop.apply(*EVERYTHING)

    assert shop.live().keys() == {*theirs, "stream.NEW"}
    assert theirs.items() <= shop.live().items()
    assert other.run("drift").exit_code == DONE


# ------------------------------------------------------------------------------------------- removal


def test_what_leaves_the_file_is_deleted_if_owned(shop: Shop) -> None:
    shop.create("THEIRS")
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    shop.write(KEPT)

    assert shop.reasons() == {"stream.ORDERS": "removed", "consumer.ORDERS.billing": "removed"}
    shop.apply(*EVERYTHING)
    assert shop.live().keys() == {"stream.KEPT", "stream.THEIRS"}


def test_a_consumer_that_leaves_the_file_is_deleted_alone(shop: Shop) -> None:
    shop.write(ORDERS)
    shop.apply()
    shop.consume("ORDERS", "by-hand")
    shop.fill("orders.a", 3)
    shop.write({"ORDERS": {"subjects": ["orders.>"]}})

    shop.apply(*EVERYTHING)

    assert shop.live().keys() == {"stream.ORDERS", "consumer.ORDERS.by-hand"}
    assert shop.live()["stream.ORDERS"]["messages"] == 3


def test_a_stream_with_another_owners_consumer_is_not_deleted(shop: Shop, other: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"]}, **KEPT})
    shop.apply()
    shop.consume("ORDERS", "audit", metadata={OWNER: "billing-team"})
    before = shop.live()
    shop.write(KEPT)

    done = shop.run(*APPROVED, *EVERYTHING)

    assert done.exit_code == REFUSED
    assert "OW104" in done.stdout
    assert "billing-team" in done.stdout
    assert shop.live() == before


def test_a_stream_with_a_consumer_that_has_no_owner_is_not_deleted(shop: Shop) -> None:
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    shop.consume("ORDERS", "by-hand")
    before = shop.live()
    shop.write(KEPT)

    done = shop.run(*APPROVED, *EVERYTHING)

    assert done.exit_code == REFUSED
    assert "OW104" in done.stdout
    assert "consumer.ORDERS.by-hand has no owner and would go with it" in " ".join(done.stdout.split())
    assert shop.live() == before
    shop.delete("consumer.ORDERS.by-hand")
    shop.apply(*EVERYTHING)
    assert shop.live().keys() == {"stream.KEPT"}


def test_an_ephemeral_consumer_does_not_keep_its_stream(shop: Shop) -> None:
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    _make_ephemeral(shop, "ORDERS")
    shop.write(KEPT)

    shop.apply(*EVERYTHING)

    assert shop.live().keys() == {"stream.KEPT"}


def test_an_excluded_consumer_keeps_its_stream(shop: Shop) -> None:
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    before = shop.live()
    shop.write(KEPT)

    done = shop.run(*APPROVED, *EVERYTHING, "--exclude", "consumer.ORDERS.billing")

    assert done.exit_code == REFUSED
    assert "OW104" in done.stdout
    assert "--exclude stream.ORDERS" in " ".join(done.stdout.split())
    assert shop.live() == before


def test_a_removed_stream_that_is_selected_takes_its_own_consumers_along(shop: Shop) -> None:
    shop.write({**ORDERS, **KEPT, **empty_streams("GONE")})
    shop.apply()
    shop.write(KEPT)

    assert shop.reasons("--target", "stream.ORDERS") == dict.fromkeys(("stream.ORDERS", "consumer.ORDERS.billing"), "removed")
    assert shop.run(*APPROVED, *EVERYTHING, "--target", "stream.ORDERS").exit_code == DONE
    assert shop.live().keys() == {"stream.KEPT", "stream.GONE"}


@pytest.mark.parametrize("metadata", [{OWNER: "billing-team"}, {}], ids=["another's", "no owner's"])
def test_a_stream_is_not_deleted_with_a_consumer_that_came_while_the_prompt_waited(shop: Shop, metadata: dict[str, str]) -> None:
    shop.write({**empty_streams("EVENTS"), **KEPT})
    shop.apply()
    shop.write(KEPT)

    with on_terminal("apply", *EVERYTHING, url=shop.url, cwd=shop.directory) as terminal:
        terminal.see("'yes'")
        shop.consume("EVENTS", "late", metadata=metadata)
        before = shop.live()
        terminal.answer("'yes'", f"yes{ENTER}")
        exit_code = terminal.end()

    assert (exit_code, "AP108" in terminal.screen) == (STALE, True), terminal.screen
    assert shop.live() == before


def test_an_ephemeral_consumer_that_comes_while_the_prompt_waits_does_not_keep_the_stream(shop: Shop) -> None:
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    shop.write(KEPT)

    with on_terminal("apply", *EVERYTHING, url=shop.url, cwd=shop.directory) as terminal:
        terminal.see("'yes'")
        _make_ephemeral(shop, "ORDERS")
        terminal.answer("'yes'", f"yes{ENTER}")
        assert terminal.end() == DONE, terminal.screen

    assert shop.live().keys() == {"stream.KEPT"}


def _make_ephemeral(shop: Shop, stream: str) -> None:
    ephemeral = {"ack_policy": "none", "inactive_threshold": 3_600_000_000_000}
    with shop.raw() as js:
        js.request(f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": ephemeral})


# ------------------------------------------------------------------------------------------- consumers on others' streams


@pytest.mark.parametrize("adopt", [(), ("--adopt",)], ids=["plain", "adopt"])
def test_a_consumer_is_not_selected_alone_onto_a_stream_that_is_not_owned(shop: Shop, adopt: tuple[str, ...]) -> None:
    shop.create("ORDERS")
    before = shop.live()
    shop.write({**ORDERS, **KEPT})

    done = shop.run(*APPROVED, *adopt, "--target", "consumer.ORDERS.*")

    assert done.exit_code == REFUSED
    assert "OW106" in done.stdout
    assert shop.live() == before


def test_a_consumer_selected_with_its_unowned_stream_is_created_when_that_is_adopted(shop: Shop) -> None:
    shop.create("ORDERS")
    shop.write({**ORDERS, **KEPT})
    both = ("--target", "consumer.ORDERS.*", "--target", "stream.ORDERS")

    assert shop.run(*APPROVED, *both).exit_code == REFUSED
    assert shop.run(*APPROVED, "--adopt", *both).exit_code == DONE
    assert {name: each["config"]["metadata"][OWNER] for name, each in shop.live().items()} == {
        "stream.ORDERS": "shop",
        "consumer.ORDERS.billing": "shop",
    }


# ------------------------------------------------------------------------------------------- protection

PROTECTED = {"ORDERS": {"subjects": ["orders.>"], "protect": True}, **KEPT}
UNPROTECTED = {"ORDERS": {"subjects": ["orders.>"]}, **KEPT}


@pytest.mark.parametrize("command", [("plan",), (*APPROVED, *EVERYTHING)], ids=lambda each: each[0])
def test_a_protected_stream_survives_its_removal_from_the_file(shop: Shop, command: tuple[str, ...]) -> None:
    shop.write(PROTECTED)
    shop.apply()
    before = shop.live()
    shop.write({**KEPT, **empty_streams("NEW")})

    done = shop.run(*command)

    assert done.exit_code == REFUSED
    assert "stream.ORDERS is protected: not destroyed" in done.stdout
    assert "NEW" in done.stdout
    assert shop.live() == before


def test_protection_is_taken_off_by_a_change_of_its_own(shop: Shop) -> None:
    shop.write(PROTECTED)
    shop.apply()
    shop.write(UNPROTECTED)

    change = shop.json("plan")["smith_topo"]["changes"]["stream.ORDERS"]

    assert change["fields"] == [{"path": "protect", "before": True, "after": None}]
    shop.apply()
    assert PROTECT not in shop.config("stream.ORDERS")["metadata"]
    shop.write(KEPT)
    shop.apply(*EVERYTHING)
    assert shop.live().keys() == {"stream.KEPT"}


def test_protection_does_not_stop_updates_and_keeps_its_day(shop: Shop) -> None:
    shop.write(PROTECTED)
    shop.apply()
    shop.edit("ORDERS", metadata={OWNER: "shop", APPLIED: "x", PROTECT: "2020-02-02"})
    shop.write({**PROTECTED, "ORDERS": {**PROTECTED["ORDERS"], "max_msgs": 9}})

    shop.apply()

    assert shop.config("stream.ORDERS")["max_msgs"] == 9
    assert shop.config("stream.ORDERS")["metadata"][PROTECT] == "2020-02-02"


@pytest.mark.parametrize("options", [(), ("--exclude", "consumer.ORDERS.billing")], ids=["whole", "excluded"])
def test_a_protected_consumer_keeps_its_stream(shop: Shop, options: tuple[str, ...]) -> None:
    """Also when the run is not about the consumer: it would go with the stream."""
    shop.write({"ORDERS": {"subjects": ["orders.>"], "consumers": {"billing": {**BILLING, "protect": True}}}, **KEPT})
    shop.apply()
    before = shop.live()
    shop.write(KEPT)

    done = shop.run(*APPROVED, *EVERYTHING, *options)

    assert done.exit_code == REFUSED
    assert "stream.ORDERS can't be destroyed: consumer.ORDERS.billing is protected" in " ".join(done.stdout.split())
    assert shop.live() == before


def test_the_rest_goes_on_without_what_is_protected(shop: Shop) -> None:
    shop.write(PROTECTED)
    shop.apply()
    shop.write(empty_streams("NEW"))

    done = shop.run(*APPROVED, *EVERYTHING, "--exclude", "stream.ORDERS")

    assert done.exit_code == DONE, done
    assert shop.live().keys() == {"stream.NEW", "stream.ORDERS"}


# ------------------------------------------------------------------------------------------- unmanaged


async def _buckets(url: str) -> None:
    client = await nats.connect(url)
    js = client.jetstream()
    sessions = await js.create_key_value(bucket="SESSIONS", history=5)
    await sessions.put("ada", b"in")
    blobs = await js.create_object_store(bucket="BLOBS")
    await blobs.put("logo", b"png")
    await client.close()


def test_what_others_made_is_counted_and_never_touched(shop: Shop) -> None:
    """Streams, buckets and durable consumers are listed; ephemerals and the server's own are not even counted."""
    asyncio.run(_buckets(shop.url))
    shop.create("THEIRS")
    shop.write({**ORDERS, **KEPT})
    shop.apply()
    shop.consume("ORDERS", "by-hand")
    _make_ephemeral(shop, "ORDERS")
    shop.create("COPY", subjects=[], sources=[{"name": "ORDERS"}])
    before = shop.live()

    plan = shop.json("plan")

    assert sorted(plan["smith_topo"]["unmanaged"]) == [
        "consumer.ORDERS.by-hand",
        "stream.COPY",
        "stream.KV_SESSIONS",
        "stream.OBJ_BLOBS",
        "stream.THEIRS",
    ]
    assert "Unmanaged, left alone: 2 streams, 1 consumer, 1 KV bucket, 1 object bucket." in shop.run("plan").stdout
    assert shop.run("drift").exit_code == DONE
    shop.write({**ORDERS, **KEPT, **empty_streams("NEW")})
    shop.apply()
    assert before.items() <= shop.live().items()


def test_an_unmanaged_stream_counts_as_one_with_all_it_holds(shop: Shop) -> None:
    shop.write(KEPT)
    shop.apply()
    shop.consume("KEPT", "by-hand")
    shop.create("THEIRS")
    shop.consume("THEIRS", "one")
    shop.consume("THEIRS", "other")
    listed = ["consumer.KEPT.by-hand", "stream.THEIRS"]

    assert sorted(shop.json("plan")["smith_topo"]["unmanaged"]) == listed
    assert sorted(shop.json("drift")["unmanaged"]) == listed
    assert "Unmanaged, left alone: 1 stream, 1 consumer." in shop.run("plan").stdout
    assert 'unmanaged{owner="shop"} 2' in shop.run("drift", "--output", "metrics").stdout


def test_the_servers_own_consumers_have_no_owner(shop: Shop) -> None:
    """A copy of a work queue reads through a durable `JS_SRC_…` consumer on its origin."""
    shop.write(
        {
            "JOBS": {"subjects": ["jobs.>"], "retention": "workqueue"},
            "COPY": {"sources": [{"name": "JOBS"}]},
        }
    )
    shop.apply()

    wait_for(lambda: any(".JS_SRC_" in address for address in shop.live()))

    assert shop.json("plan")["smith_topo"]["unmanaged"] == []
    assert shop.run("drift").exit_code == DONE


def test_the_stream_of_a_bucket_or_of_mqtt_can_not_be_declared(shop: Shop) -> None:
    asyncio.run(_buckets(shop.url))
    shop.create("$MQTT_sess", subjects=["$MQTT.sess.>"])
    before = shop.live()
    for streams, exit_code, finding in (
        ({"KV_SESSIONS": {"subjects": ["$KV.SESSIONS.>"]}}, ERROR, "bucket-stream"),
        ({"$MQTT_sess": {"subjects": ["$MQTT.sess.>"]}}, ERROR, "mqtt-stream"),
        ({"$MQTT_new": {"subjects": ["a"]}}, ERROR, "mqtt-stream"),
        ({"OBJ_BLOBS": {"subjects": ["blobs.>"]}}, REFUSED, "OW108"),
    ):
        shop.write(streams)
        done = shop.run(*APPROVED, "--adopt")

        assert (done.exit_code, finding in done.stdout + done.stderr, shop.live()) == (exit_code, True, before), done
    shop.write(KEPT)
    assert "Unmanaged, left alone: 1 KV bucket, 1 object bucket, 1 MQTT stream." in shop.run("plan").stdout


def test_a_plain_stream_that_is_named_like_a_bucket_is_a_stream(shop: Shop) -> None:
    shop.create("OBJ_X", subjects=["objects.>"])
    shop.write(KEPT)
    assert "Unmanaged, left alone: 1 stream." in shop.run("plan").stdout
    shop.write({**KEPT, "OBJ_X": {"subjects": ["objects.>"], "max_msgs": 5}})
    shop.apply("--adopt")

    shop.write(KEPT)
    shop.apply("--allow", "delete", "--max-deletes", 1)

    assert shop.live().keys() == {"stream.KEPT"}


def test_a_subject_that_an_unmanaged_stream_holds_is_an_error_of_plan(shop: Shop) -> None:
    shop.create("THEIRS", subjects=["orders.*"])
    before = shop.live()
    shop.write(ORDERS)

    done = shop.run("plan")

    assert done.exit_code == ERROR
    assert "SB401" in done.stdout
    assert "live and not in this file" in " ".join(done.stdout.split())
    assert shop.live() == before


def test_a_subject_that_a_declared_stream_keeps_is_an_error_that_says_why(shop: Shop) -> None:
    shop.write({"OLD": {"subjects": ["old.>"]}})
    shop.apply()
    shop.edit("OLD", subjects=["new.a"])
    before = shop.live()
    shop.write({"OLD": {"subjects": ["old.>"], "ignore_changes": ["subjects"]}, "NEW": {"subjects": ["new.>"]}})

    kept = shop.run("plan")
    unselected = shop.run("plan", "--target", "stream.NEW")

    assert (kept.exit_code, unselected.exit_code) == (ERROR, ERROR)
    assert "ignore_changes" in kept.stdout
    assert "live and not selected" in " ".join(unselected.stdout.split())
    assert shop.run(*APPROVED).exit_code == ERROR
    assert shop.live() == before
    shop.write({"OLD": {"subjects": ["old.>"]}, "NEW": {"subjects": ["new.>"]}})
    shop.apply()


# ------------------------------------------------------------------------------------------- fields of others


IGNORED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "an age that caps the window": ("max_age", {}, {"max_age": 50_000_000_000, "duplicate_window": 50_000_000_000}),
    "markers that turn on TTLs": ("subject_delete_marker_ttl", {}, {"subject_delete_marker_ttl": 2_000_000_000}),
    "schedules that turn on rollups": ("allow_msg_schedules", {}, {"allow_msg_schedules": True}),
}


@pytest.mark.parametrize(("name", "declared", "by_hand"), IGNORED.values(), ids=IGNORED.keys())
def test_what_follows_from_an_ignored_field_is_ignored_with_it(
    shop: Shop, name: str, declared: dict[str, Any], by_hand: dict[str, Any]
) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "ignore_changes": [name], **declared}})
    shop.apply()

    shop.edit("ORDERS", **by_hand)

    shop.assert_settled()
    assert shop.run("drift").exit_code == DONE


def test_an_ignored_field_is_left_to_others(shop: Shop) -> None:
    stream = {"subjects": ["orders.>"], "max_msgs": 10, "ignore_changes": ["max_msgs", "metadata"]}
    shop.write({"ORDERS": stream})
    shop.apply()
    assert shop.config("stream.ORDERS")["max_msgs"] == 10
    shop.edit("ORDERS", max_msgs=500)

    assert shop.run("drift").exit_code == DONE
    shop.write({"ORDERS": {**stream, "description": "ours to change"}})
    shop.apply()
    assert shop.config("stream.ORDERS")["max_msgs"] == 500


def test_an_ignored_limit_of_the_stream_is_what_its_consumers_inherit(shop: Shop) -> None:
    stream = {"subjects": ["orders.>"], "ignore_changes": ["consumer_limits"]}
    shop.write({"ORDERS": stream})
    shop.apply()
    shop.edit("ORDERS", consumer_limits={"max_ack_pending": 50})
    shop.write({"ORDERS": {**stream, "consumers": {"billing": BILLING}}})

    shop.apply()

    assert shop.config("stream.ORDERS")["consumer_limits"] == {"max_ack_pending": 50}
    assert shop.config("consumer.ORDERS.billing")["max_ack_pending"] == 50


@pytest.mark.parametrize("live", [True, False])
def test_an_ignored_allow_direct_is_left_beside_a_mirror(shop: Shop, live: bool) -> None:
    origin = {"subjects": ["orders.>"], "ignore_changes": ["allow_direct"]}
    shop.write({"ORDERS": origin})
    shop.apply()
    shop.edit("ORDERS", allow_direct=live)
    shop.write({"ORDERS": origin, "COPY": {"mirror": {"name": "ORDERS"}}})

    shop.apply()

    assert shop.config("stream.ORDERS")["allow_direct"] is live


def test_a_field_that_is_no_longer_ignored_is_put_back(shop: Shop) -> None:
    stream = {"subjects": ["orders.>"], "max_msgs": 10}
    shop.write({"ORDERS": {**stream, "ignore_changes": ["max_msgs"]}})
    shop.apply()
    shop.edit("ORDERS", max_msgs=500)
    shop.write({"ORDERS": stream})

    assert shop.run("drift").exit_code == DIFFERENT
    shop.apply()
    assert shop.config("stream.ORDERS")["max_msgs"] == 10


def test_ignoring_one_field_does_not_hide_another(shop: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "ignore_changes": ["max_msgs"]}})
    shop.apply()
    shop.edit("ORDERS", max_msgs=500, max_bytes=1_000_000)

    found = shop.json("drift", expect=DIFFERENT)

    assert [each["path"] for each in found["resources"][0]["fields"]] == ["max_bytes"]


def test_metadata_that_belongs_to_the_server_survives_an_update(shop: Shop) -> None:
    """The only thing unknown to this program that a 2.15 server lets a client put into a live object."""
    shop.write(ORDERS)
    shop.apply()
    shop.edit("ORDERS", metadata={**shop.config("stream.ORDERS")["metadata"], "_nats.foo": "bar"})
    marks = shop.config("consumer.ORDERS.billing")["metadata"]
    shop.consume("ORDERS", "billing", metadata={**marks, "_nats.foo": "bar"})
    shop.write({"ORDERS": {"subjects": ["orders.>"], "max_msgs": 9, "consumers": {"billing": {**BILLING, "max_deliver": 3}}}})

    shop.apply()

    assert {each["config"]["metadata"]["_nats.foo"] for each in shop.live().values()} == {"bar"}


def test_the_users_own_metadata_is_the_files(shop: Shop) -> None:
    """A key that somebody added by hand is drift like any other, and goes."""
    shop.write({"ORDERS": {"subjects": ["orders.>"], "metadata": {"team": "core"}}})
    shop.apply()
    shop.edit("ORDERS", metadata={**shop.config("stream.ORDERS")["metadata"], "added": "by hand"})

    assert shop.run("drift").exit_code == DIFFERENT
    shop.apply()
    kept = {key for key in shop.config("stream.ORDERS")["metadata"] if not key.startswith("_nats.")}
    assert kept == {"team", OWNER, ADDRESS, APPLIED, SOURCE}
