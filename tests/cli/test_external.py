"""Copies of streams that are out of sight: in another account, or in another domain behind a leaf node."""

from __future__ import annotations

from tests.cli.account import ALLOW_ALL, account_on
from tests.cli.scenario import wait_for
from tests.servers import Servers, free_ports
from tests.topologies import Document

ACCOUNTS = """
accounts {
  ORIGIN {
    jetstream: enabled
    users: [{user: origin, password: p}]
    exports: [
      {service: "$JS.API.CONSUMER.>", response_type: "stream"}
      {service: "$JS.FC.>"}, {service: "$JS.ACK.>"}
      {stream: "copies.>"}
    ]
  }
  COPY {
    jetstream: enabled
    users: [{user: copy, password: p}]
    imports: [
      {service: {account: ORIGIN, subject: "$JS.API.CONSUMER.>"}, to: "JS.origin.API.CONSUMER.>"}
      {service: {account: ORIGIN, subject: "$JS.FC.>"}}, {service: {account: ORIGIN, subject: "$JS.ACK.>"}}
      {stream: {account: ORIGIN, subject: "copies.>"}}
    ]
  }
}
"""
EXTERNAL = {"api": "JS.origin.API", "deliver": "copies"}


def test_a_mirror_and_a_source_of_another_account_fill_and_stay_as_declared(servers: Servers) -> None:
    server = servers.start(ACCOUNTS)
    with (
        account_on(server.url.replace("://", "://origin:p@")) as origin,
        account_on(server.url.replace("://", "://copy:p@")) as copy,
    ):
        origin.converge({"ORDERS": {"subjects": ["orders.>"]}})
        origin.publish("orders.new", 5)
        copies: Document = {
            "MIRROR": {"mirror": {"name": "ORDERS", "external": EXTERNAL}},
            "SOURCED": {
                "subjects": ["own"],
                "sources": [{"name": "ORDERS", "filter_subject": "orders.new", "external": EXTERNAL}],
            },
        }

        copy.converge(copies)

        wait_for(lambda: len(copy.messages("MIRROR")) == len(copy.messages("SOURCED")) == 5)
        payloads = [each.payload for each in origin.messages("ORDERS")]
        assert [each.payload for each in copy.messages("MIRROR")] == payloads
        assert [each.payload for each in copy.messages("SOURCED")] == payloads

        copy.converge({**copies, "MIRROR": {**copies["MIRROR"], "description": "changed"}})
        copy.converge({"SOURCED": copies["SOURCED"]}, *ALLOW_ALL)
        assert [each.payload for each in copy.messages("SOURCED")] == payloads
        assert len(origin.messages("ORDERS")) == 5


def test_a_mirror_of_another_domain_fills_and_stays_as_declared(servers: Servers) -> None:
    port = free_ports(1)[0]
    hub = servers.start(f"leafnodes {{host: 127.0.0.1, port: {port}}}\njetstream {{domain: hub}}")
    edge = servers.start(f'leafnodes {{remotes: [{{url: "nats-leaf://127.0.0.1:{port}"}}]}}\njetstream {{domain: edge}}')
    with account_on(hub.url) as origin, account_on(edge.url) as copy:
        origin.converge({"ORDERS": {"subjects": ["orders.>"]}})
        origin.publish("orders.new", 5)

        copy.converge({"MIRROR": {"mirror": {"name": "ORDERS", "external": {"api": "$JS.hub.API"}}}})

        wait_for(lambda: len(copy.messages("MIRROR")) == 5)
        assert copy.messages("MIRROR") == origin.messages("ORDERS")

    with account_on(edge.url, "--js-domain", "hub") as through:
        through.converge({"ORDERS": {"subjects": ["orders.>"], "description": "from the edge"}})
    with account_on(hub.url) as origin:
        assert origin.config("ORDERS")["description"] == "from the edge"
        assert len(origin.messages("ORDERS")) == 5
