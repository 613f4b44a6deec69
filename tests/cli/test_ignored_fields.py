"""`ignore_changes` and the rules: silent offline, judged with the live value in a plan."""

from __future__ import annotations

from typing import Any

from tests.cli.scenario import Shop

LEFT = {"ignore_changes": ["filter_subject"]}


def _queue(**consumers: Any) -> dict[str, Any]:
    return {"JOBS": {"subjects": ["jobs.>"], "retention": "workqueue", "consumers": consumers}}


def _codes(shop: Shop, *args: object, expect: int = 0) -> set[str]:
    return {each["code"] for each in shop.json("plan", *args, expect=expect)["smith_topo"]["diagnostics"]}


def test_filters_that_others_manage_are_judged_as_they_are_live(shop: Shop) -> None:
    shop.create("JOBS", retention="workqueue")
    shop.consume("JOBS", "mail", filter_subject="jobs.mail")
    shop.consume("JOBS", "print", filter_subjects=["jobs.print", "jobs.scan"])
    shop.write(_queue(mail=LEFT, print=LEFT))
    assert shop.run("validate").stderr == ""

    shop.apply("--adopt")

    assert shop.config("consumer.JOBS.mail")["filter_subject"] == "jobs.mail"
    shop.write(_queue(mail=LEFT, print=LEFT, all={"filter_subject": "jobs.s*", "filter_subjects": None}))
    shop.apply()
    shop.write(_queue(mail=LEFT, print=LEFT, all={"filter_subject": "jobs.>"}))
    before = shop.live()
    refused = shop.run("apply", "--auto-approve")

    assert (refused.exit_code, shop.live()) == (1, before)
    assert "[SB205]" in refused.stdout
    assert "`filter_subject` of consumer.JOBS." in " ".join(refused.stdout.split())
    assert shop.run("validate").exit_code == 0


def test_a_live_filter_in_the_way_is_found_at_whichever_consumer_comes_first(shop: Shop) -> None:
    """Also where the one that changes is selected alone, and where nothing of the queue changes."""
    shop.write({**_queue(all={"filter_subject": "jobs.print"}, mail={"filter_subject": "jobs.mail"}), "X": {"subjects": ["x"]}})
    shop.apply()
    ours = {**_queue(all={"filter_subject": "jobs.>"}, mail={**LEFT, "filter_subject": "jobs.other"}), "X": {"subjects": ["x"]}}
    shop.write(ours)

    assert _codes(shop, "--target", "consumer.JOBS.all", expect=1) == {"SB205"}
    assert _codes(shop, "--target", "stream.X") == set()


def test_a_push_consumer_whose_subject_others_manage_keeps_its_queue_group(shop: Shop) -> None:
    shop.create("LOG")
    shop.consume("LOG", "tail", deliver_subject="to.here", deliver_group="g", flow_control=True, idle_heartbeat=5_000_000_000)
    tail = {"deliver_group": "g", "flow_control": True, "idle_heartbeat": "5s", "ignore_changes": ["deliver_subject"]}
    shop.write({"LOG": {"subjects": ["log.>"], "consumers": {"tail": tail}}})

    assert shop.run("validate").stderr == ""
    assert _codes(shop, "--adopt") == set()
    shop.apply("--adopt")
    assert shop.config("consumer.LOG.tail")["deliver_group"] == "g"


def test_a_filter_is_held_against_the_subjects_that_others_manage(shop: Shop) -> None:
    consumers = {"c": {"filter_subject": "orders.paid"}}
    shop.create("ORDERS", subjects=["shop.*"])
    shop.write({"ORDERS": {"ignore_changes": ["subjects"], "consumers": consumers}, "OTHER": {"subjects": ["ORDERS"]}})

    assert shop.run("validate").stderr == ""
    assert _codes(shop, "--adopt") == {"SB201"}
    shop.edit("ORDERS", subjects=["orders.*"])
    assert _codes(shop, "--adopt") == set()
    shop.apply("--adopt")
