"""``ack_policy`` left out is ``explicit``, unlike the server's own default; ``none`` is written."""

from __future__ import annotations

from tests.cli.scenario import Shop, Streams

LEFT_OUT: Streams = {
    "JOBS": {"subjects": ["jobs.>"], "retention": "workqueue", "consumers": {"worker": {}}},
    "LOG": {
        "subjects": ["log.>"],
        "consumers": {
            "tail": {"ack_policy": "none"},
            "pushed": {"deliver_subject": "to.here", "flow_control": True, "idle_heartbeat": "5s", "max_ack_pending": 9},
        },
    },
}


def _policies(shop: Shop) -> dict[str, str]:
    return {address: each["config"]["ack_policy"] for address, each in shop.live().items() if address.startswith("consumer.")}


def test_a_consumer_that_says_nothing_acknowledges_and_the_plan_shows_the_policy_of_each(shop: Shop) -> None:
    shop.write(LEFT_OUT)
    shown = [line.split() for line in shop.run("plan").stdout.splitlines() if "ack_policy" in line]
    changes = {each["address"]: each["change"]["after"] for each in shop.json("plan")["resource_changes"]}

    assert [each[-1] for each in shown] == ["explicit", "none", "explicit"]
    assert (changes["consumer.JOBS.worker"]["ack_policy"], changes["consumer.LOG.tail"]["ack_policy"]) == ("explicit", "none")

    shop.apply()
    assert _policies(shop) == {
        "consumer.JOBS.worker": "explicit",
        "consumer.LOG.tail": "none",
        "consumer.LOG.pushed": "explicit",
    }


def test_defaults_come_before_what_is_left_out(shop: Shop) -> None:
    consumers = {"quiet": {}, "careful": {"ack_policy": "explicit"}, "plain": {"ack_policy": None}}
    shop.write({"LOG": {"subjects": ["log.>"], "consumers": consumers}}, defaults={"consumer": {"ack_policy": "none"}})
    shop.apply()

    assert _policies(shop) == {"consumer.LOG.quiet": "none", "consumer.LOG.careful": "explicit", "consumer.LOG.plain": "explicit"}


def test_a_consumer_applied_without_acknowledgements_is_kept_by_writing_them(shop: Shop) -> None:
    """A file of before left ``ack_policy`` out and meant ``none``. The server can't change it in place."""
    silent = {"LOG": {"subjects": ["log.>"], "consumers": {"tail": {"ack_policy": "none"}}}}
    shop.write(silent)
    shop.apply()
    before = shop.live()

    shop.write({"LOG": {"subjects": ["log.>"], "consumers": {"tail": {}}}})
    done = shop.run("apply", "--auto-approve")

    assert (done.exit_code, shop.live()) == (3, before)
    shown = " ".join(done.stdout.split())
    assert "left out, it means `explicit`" in shown
    assert "`ack_policy: none` keeps it as it is" in shown
    assert shop.json("plan", expect=3)["smith_topo"]["changes"]["consumer.LOG.tail"]["reason"] == "pending"
    shop.write(silent)
    shop.assert_settled()
