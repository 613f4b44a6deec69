"""``extra``: fields of a server that this program does not know.

Of those that real servers have, ``sourcing`` of a consumer (2.14, 2.15) is fixed at creation, and ``template_owner`` of a stream
(up to 2.12) takes nothing but an empty text; one that comes and goes is tested on values, in
``tests/core/diff/test_unknown_fields.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.scenario import APPROVED, Shop, Streams
from tests.servers import LATEST, Servers

ERROR = 1
EXTRA = "smith-topo.extra"
NEWEST = ("2.14.6", LATEST)


def _consumer(**fields: object) -> Streams:
    return {"ORDERS": {"subjects": ["orders.>"], "consumers": {"billing": {"ack_policy": "explicit", **fields}}}}


@pytest.fixture(params=NEWEST)
def newest(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> Shop:
    """An account on each server that has ``sourcing``."""
    return Shop(servers.start(version=request.param).url, tmp_path)


def test_a_field_of_the_server_is_set_and_survives_other_changes(newest: Shop) -> None:
    newest.write(_consumer(extra={"sourcing": True}))
    newest.apply()
    newest.write(_consumer(extra={"sourcing": True}, max_deliver=7))
    newest.apply()

    config = newest.config("consumer.ORDERS.billing")
    assert (config["sourcing"], config["max_deliver"], config["metadata"][EXTRA]) == (True, 7, "sourcing")
    assert newest.run("drift").exit_code == 0


def test_a_field_that_is_no_longer_written_is_taken_away_or_the_server_says_why_not(newest: Shop) -> None:
    newest.write(_consumer(extra={"sourcing": True}))
    newest.apply()
    newest.write(_consumer())

    planned = newest.run("plan")
    done = newest.run(*APPROVED)

    assert "- sourcing" in planned.stdout
    assert (done.exit_code, "sourcing can not be updated" in done.stdout) == (ERROR, True), done
    assert newest.config("consumer.ORDERS.billing")["sourcing"] is True


def test_false_is_as_good_as_left_out_by_the_server(newest: Shop) -> None:
    newest.write(_consumer(extra={"sourcing": False}))
    newest.apply()

    config = newest.config("consumer.ORDERS.billing")
    assert ("sourcing" in config, config["metadata"][EXTRA]) == (False, "sourcing")


def test_a_field_that_another_client_set_is_carried_along(newest: Shop) -> None:
    newest.create("ORDERS")
    newest.consume("ORDERS", "billing", sourcing=True)
    newest.write(_consumer(max_deliver=7))
    newest.apply("--adopt")

    config = newest.config("consumer.ORDERS.billing")
    assert (config["sourcing"], config["max_deliver"], EXTRA in config["metadata"]) == (True, 7, False)


def test_an_empty_text_is_as_good_as_left_out_by_the_server(servers: Servers, tmp_path: Path) -> None:
    shop = Shop(servers.start(version="2.12.8").url, tmp_path)
    shop.write({"ORDERS": {"subjects": ["orders.>"], "extra": {"template_owner": ""}}})
    shop.apply()

    config = shop.config("stream.ORDERS")
    assert ("template_owner" in config, config["metadata"][EXTRA]) == (False, "template_owner")


def test_an_extra_field_is_sent_and_the_servers_refusal_is_reported(shop: Shop) -> None:
    """Servers since 2.12 refuse a field they don't know; an older one would drop it and say OK."""
    shop.write({"ORDERS": {"subjects": ["orders.>"], "extra": {"from_the_future": 1}}})

    planned = shop.run("plan")
    done = shop.run(*APPROVED)

    assert "from_the_future" in planned.stdout
    assert done.exit_code == ERROR, done
    assert "from_the_future" in done.stdout + done.stderr
    assert shop.live() == {}


def test_an_extra_field_that_is_known_is_an_error(shop: Shop) -> None:
    shop.write({"ORDERS": {"subjects": ["orders.>"], "extra": {"max_msgs": 1}}})

    done = shop.run("validate")

    assert done.exit_code == ERROR
    assert "known-extra" in done.stderr
