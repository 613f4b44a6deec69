"""A copy made by hand carries its original's marks, and has no owner: `stream copy`, `consumer copy`, a restore, a script."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.scenario import ADDRESS, APPLIED, APPROVED, OWNER, PROTECT, Shop, empty_streams

DONE, REFUSED = 0, 3
EVERYTHING = ("--allow", "delete,replace,data-loss", "--max-deletes", "100")
BILLING = {"ack_policy": "explicit"}
STREAM: dict[str, Any] = {"subjects": ["orders.>"], "protect": True, "consumers": {"billing": BILLING}}
BACKUP, CONSUMER = "stream.ORDERS_BACKUP", "consumer.ORDERS.billing2"


def copied(shop: Shop) -> None:
    """Copy the stream with its consumer, and the consumer beside itself, as the nats CLI does: with all metadata."""
    stream, consumer = shop.config("stream.ORDERS"), shop.config("consumer.ORDERS.billing")
    consumer = {key: value for key, value in consumer.items() if key not in ("name", "durable_name")}
    shop.create("ORDERS_BACKUP", **{**stream, "name": "ORDERS_BACKUP", "subjects": ["backup.>"]})
    shop.consume("ORDERS_BACKUP", "billing", **consumer)
    shop.consume("ORDERS", "billing2", **consumer)
    shop.fill("backup.a", 3)


@pytest.fixture
def copy(shop: Shop) -> Shop:
    """An applied file, and hand-made copies of a protected stream and its consumer."""
    shop.write({"ORDERS": STREAM, **empty_streams("KEPT")})
    shop.apply()
    copied(shop)
    return shop


def test_a_copy_is_listed_as_one_and_is_no_difference(copy: Shop) -> None:
    expected = {CONSUMER: "consumer.ORDERS.billing", BACKUP: "stream.ORDERS"}

    copy.assert_settled()
    assert copy.json("plan")["smith_topo"]["copies"] == expected
    assert copy.json("drift")["copies"] == expected
    for command in ("plan", "drift"):
        assert f"{BACKUP} (of stream.ORDERS)" in copy.run(command).stdout
    (shown,) = copy.json("show", BACKUP)["objects"]
    assert (shown["owner"], shown["copy_of"], shown["protected"]) == ("", "stream.ORDERS", "")
    assert "none: a copy of stream.ORDERS" in copy.run("show", BACKUP).stdout
    assert "none: a copy of consumer.ORDERS.billing" in copy.run("show", "*").stdout


def test_a_copy_is_never_deleted(copy: Shop) -> None:
    before = copy.live()
    copy.write({"ORDERS": {**STREAM, "protect": False}, **empty_streams("NEW")})
    copy.apply(*EVERYTHING)
    kept = {address: before[address] for address in (BACKUP, "consumer.ORDERS_BACKUP.billing", CONSUMER)}
    assert kept.items() <= copy.live().items()

    refused = copy.run("destroy", "--auto-approve", *EVERYTHING)

    assert (refused.exit_code, "OW104" in refused.stdout) == (REFUSED, True)
    assert f"{CONSUMER} is a copy of consumer.ORDERS.billing and would go with it" in " ".join(refused.stdout.split())
    copy.delete(CONSUMER)
    assert copy.run("destroy", "--auto-approve", *EVERYTHING).exit_code == DONE
    assert copy.live().keys() == kept.keys() - {CONSUMER}
    assert copy.live()[BACKUP] == before[BACKUP]


def test_a_copy_that_the_file_declares_later_is_adopted_like_anything_without_an_owner(copy: Shop) -> None:
    """Its protection, which is not declared for it, goes; its consumer is left alone until it is declared too."""
    before, backup = copy.live(), {"subjects": ["backup.>"]}
    copy.write({"ORDERS": STREAM, **empty_streams("KEPT"), "ORDERS_BACKUP": backup})

    refused = copy.run(*APPROVED)

    assert (refused.exit_code, "OW101" in refused.stdout, copy.live()) == (REFUSED, True, before)
    assert "carries the marks of stream.ORDERS" in " ".join(refused.stdout.split())
    assert copy.reasons("--adopt") == {BACKUP: "adopt"}
    copy.apply("--adopt")
    live = copy.live()
    marks = live[BACKUP]["config"]["metadata"]
    assert (marks[OWNER], marks[ADDRESS], PROTECT in marks, live[BACKUP]["messages"]) == ("shop", BACKUP, False, 3)
    assert live["consumer.ORDERS_BACKUP.billing"] == before["consumer.ORDERS_BACKUP.billing"]
    assert "consumer.ORDERS_BACKUP.billing" in copy.json("plan")["smith_topo"]["copies"]
    copy.write({"ORDERS": STREAM, **empty_streams("KEPT"), "ORDERS_BACKUP": {**backup, "consumers": {"billing": BILLING}}})
    copy.apply("--adopt")


def test_a_copy_of_an_object_between_two_stages_is_not_unfinished(copy: Shop) -> None:
    marks = copy.config(BACKUP)["metadata"]
    copy.edit("ORDERS_BACKUP", metadata={**marks, "smith-topo.stage": "plan abc, stage 1 of 2; takes kept.>"})

    copy.assert_settled()
    assert copy.run("drift").exit_code == DONE


def test_marks_of_the_old_form_hold_and_get_their_address_at_the_next_write(shop: Shop) -> None:
    """Without an address nothing tells a copy from what the file once declared (docs/ownership.md)."""
    shop.write(empty_streams("ORDERS", "KEPT"))
    shop.apply()
    for name in ("ORDERS", "KEPT"):
        shop.edit(name, metadata=_without_address(shop, name))
    shop.assert_settled()
    shop.write({"ORDERS": {"subjects": ["orders.>"], "max_msgs": 9}})

    assert shop.reasons() == {"stream.ORDERS": "pending", "stream.KEPT": "removed"}
    shop.apply(*EVERYTHING)
    assert shop.config("stream.ORDERS")["metadata"][ADDRESS] == "stream.ORDERS"
    assert APPLIED in shop.config("stream.ORDERS")["metadata"]
    shop.create("ORDERS_BACKUP", metadata=_without_address(shop, "ORDERS"))
    assert shop.reasons() == {BACKUP: "removed"}


def _without_address(shop: Shop, stream: str) -> dict[str, str]:
    return {key: value for key, value in shop.config(f"stream.{stream}")["metadata"].items() if key != ADDRESS}
