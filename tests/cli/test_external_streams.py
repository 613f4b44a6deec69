"""`external: true`: consumers of one topology on the stream of another, or of none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.account import refused
from tests.cli.scenario import OWNER, Shop

ORDERS = {"ORDERS": {"subjects": ["orders.>"]}}
DELETE = ("--max-deletes", 9, "--allow", "delete")


def _external(**consumers: Any) -> dict[str, Any]:
    return {"ORDERS": {"external": True, "consumers": consumers}}


def _codes(shop: Shop, *args: object, expect: int = 0) -> set[str]:
    return {each["code"] for each in shop.json("plan", *args, expect=expect)["smith_topo"]["diagnostics"]}


def _team(shop: Shop, streams: Any, name: str) -> None:
    shop.write(streams, name=name)
    shop.apply()


def test_consumers_live_on_another_topologys_stream(shop: Shop) -> None:
    """They are made, drift, change and go; the stream is never written, and its owner sees nothing of his own change."""
    _team(shop, {"ORDERS": {"subjects": ["orders.>"], "consumers": {"theirs": {}}}}, "sales")
    theirs = shop.live()
    _team(shop, _external(billing={"filter_subject": "orders.paid"}, audit={}), "billing")

    assert shop.config("consumer.ORDERS.billing")["metadata"][OWNER] == "billing"
    assert {a: each for a, each in shop.live().items() if a in theirs} == theirs
    assert shop.json("plan")["smith_topo"]["unmanaged"] == ["stream.ORDERS"]
    assert "consumer.ORDERS.billing" in shop.run("show").stdout

    with shop.raw() as js:
        edited = {**shop.config("consumer.ORDERS.billing"), "max_deliver": 7}
        js.request("CONSUMER.CREATE.ORDERS.billing", {"stream_name": "ORDERS", "config": edited})
    assert shop.run("drift").exit_code == 2
    shop.edit("ORDERS", max_msgs=5)
    shop.apply()
    assert shop.run("drift").exit_code == 0

    shop.write(_external(billing={"filter_subject": "orders.*"}), name="billing")
    shop.apply(*DELETE)
    assert {a for a in shop.live() if a.startswith("consumer")} == {"consumer.ORDERS.billing", "consumer.ORDERS.theirs"}


def test_destroy_takes_the_consumers_and_leaves_the_stream(shop: Shop) -> None:
    shop.create("ORDERS")
    before = shop.live()
    _team(shop, _external(billing={}), "billing")

    done = shop.run("destroy", "--auto-approve", *DELETE)

    assert (done.exit_code, shop.live()) == (0, before), done


def test_a_target_selects_one_consumer_of_it(shop: Shop) -> None:
    shop.create("ORDERS")
    shop.write(_external(billing={}, audit={}))

    assert shop.run("plan", "--target", "stream.ORDERS", "--detailed-exitcode").exit_code == 0
    assert shop.run("apply", "--auto-approve", "--target", "consumer.ORDERS.audit").exit_code == 0
    assert shop.reasons() == {"consumer.ORDERS.billing": "new"}


def test_an_external_stream_has_to_be_there(shop: Shop) -> None:
    shop.write({**_external(billing={}), "OWN": {"subjects": ["own"]}})

    done = shop.run("apply", "--auto-approve")

    assert (done.exit_code, shop.live()) == (1, {})
    assert "[RF203]" in done.stdout
    assert _codes(shop, expect=1) == {"RF203"}
    assert _codes(shop, "--target", "stream.OWN") == set()


def test_a_stream_that_is_its_own_is_not_external(shop: Shop) -> None:
    """Otherwise nothing would manage it, or, worse, the file would seem to have dropped it."""
    _team(shop, {"ORDERS": {**ORDERS["ORDERS"], "consumers": {"billing": {}}}}, "shop")
    before = shop.live()
    shop.write(_external(billing={}))

    done = shop.run("apply", "--auto-approve", *DELETE)

    assert (done.exit_code, _codes(shop, expect=3), shop.live()) == (3, {"OW107"}, before)


@pytest.mark.parametrize("key", ["subjects", "max_age", "metadata", "protect", "ignore_changes", "extra"])
def test_its_configuration_cannot_be_declared(shop: Shop, key: str) -> None:
    value = {"subjects": ["a"], "max_age": "1h", "protect": True, "ignore_changes": ["subjects"]}.get(key, {"a": "b"})
    shop.write({"ORDERS": {"external": True, key: value, "consumers": {"c": {}}}}, defaults={"stream": {"max_msgs": 5}})

    done = shop.run("validate")

    assert (done.exit_code, done.stderr.count("[external-field]")) == (1, 1)
    assert f"`{key}` is the configuration of stream.ORDERS" in " ".join(done.stderr.split())


def test_the_refusals_of_ownership_name_this_way(shop: Shop) -> None:
    _team(shop, ORDERS, "sales")
    shop.write({"ORDERS": {**ORDERS["ORDERS"], "consumers": {"billing": {}}}}, name="billing")

    whole, one = shop.run("plan"), shop.run("plan", "--target", "consumer.ORDERS.billing")

    assert ("[OW102]" in whole.stdout, "[OW106]" in one.stdout) == (True, True)
    assert whole.stdout.count("`external: true`") == one.stdout.count("`external: true`") == 1


def test_its_consumers_are_judged_by_what_the_stream_is_live(shop: Shop) -> None:
    shop.create("ORDERS", retention="workqueue", max_consumers=1)
    consumers = {"a": {"filter_subject": "orders.a"}, "b": {"filter_subject": "orders.>"}}
    shop.write(_external(**consumers))
    assert shop.run("validate").stderr == ""
    assert _codes(shop, expect=1) == {"SB205", "CP105"}

    shop.write(_external(a={"filter_subject": "elsewhere"}))
    assert _codes(shop) == {"SB201"}
    shop.write({**_external(a={"filter_subject": "orders.a"}), "OTHER": {"subjects": ["orders.x"]}})
    assert _codes(shop, expect=1) == {"SB401"}
    shop.write(_external(a={"filter_subject": "orders.a"}))
    shop.apply()


def test_a_work_queues_other_consumers_are_in_the_way(shop: Shop) -> None:
    """Also of filters that change, and where the other one is no longer there, it is not."""
    shop.create("ORDERS", retention="workqueue")
    shop.consume("ORDERS", "theirs", filter_subject="orders.a")
    _team(shop, _external(mine={"filter_subject": "orders.b"}), "billing")
    for consumers in ({"mine": {"filter_subject": "orders.*"}}, {"mine": {"filter_subject": "orders.b"}, "more": {}}):
        before = shop.live()
        shop.write(_external(**consumers), name="billing")

        done = shop.run("apply", "--auto-approve")

        assert (done.exit_code, "CP115" in done.stdout, shop.live()) == (1, True, before), done
    wider = {**shop.config("consumer.ORDERS.mine"), "filter_subject": "orders.*"}
    with shop.raw() as js:
        assert refused(js, "CONSUMER.CREATE.ORDERS.mine", {"stream_name": "ORDERS", "config": wider}) == 10100
    shop.delete("consumer.ORDERS.theirs")
    shop.write(_external(mine={"filter_subject": "orders.*"}), name="billing")
    shop.apply()


def test_consumers_of_another_topologys_interest_stream_cost_what_they_keep(shop: Shop) -> None:
    shop.create("ORDERS", retention="interest")
    shop.consume("ORDERS", "theirs", filter_subject="orders.a")
    _team(shop, _external(mine={"filter_subject": "orders.b"}), "billing")
    shop.fill("orders.b", 3)
    assert shop.live()["stream.ORDERS"]["messages"] == 3

    shop.write({"ORDERS": {"external": True, "consumers": {"other": {"filter_subject": "orders.a"}}}}, name="billing")
    refused = shop.run("apply", "--auto-approve", *DELETE)
    assert (refused.exit_code, shop.live()["stream.ORDERS"]["messages"]) == (3, 3)
    shop.apply(*DELETE[:2], "--allow", "delete,data-loss")
    assert shop.live()["stream.ORDERS"]["messages"] == 0


def test_a_file_of_external_streams_alone_is_taken_for_an_empty_one(shop: Shop) -> None:
    shop.write(_external())

    assert "[empty-topology]" in shop.run("plan").stderr
