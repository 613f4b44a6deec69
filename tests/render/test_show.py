from __future__ import annotations

from textwrap import dedent

from smith_topology.core.model import OWNER, PROTECT, Observed, consumer_address, stream_address
from smith_topology.render import show
from smith_topology.render.show import Shown
from smith_topology.render.text import PLAIN, Look
from tests.render.plans import HOUR, SECOND

STREAM = Observed(
    stream_address("ORDERS"),
    {
        "name": "ORDERS",
        "subjects": ["orders.>"],
        "max_age": 24 * HOUR,
        "max_msgs": -1,
        "discard": "old",
        "from_the_future": 7,
        "metadata": {OWNER: "smith", PROTECT: "2026-03-01", "team": "billing"},
    },
    "2026-01-01T00:00:00Z",
    {"messages": 12_345, "bytes": 3_650_722_201, "first_ts": "2026-02-01T00:00:00Z", "consumer_count": 1},
)
CONSUMER = Observed(
    consumer_address("ORDERS", "billing"),
    {"ack_wait": 5 * SECOND},
    "2026-01-02T00:00:00Z",
    {"num_pending": 3, "num_ack_pending": 1},
)


def test_a_table_has_each_consumer_below_its_stream_and_numbers_aligned() -> None:
    other = Observed(stream_address("A"), {}, "", {"messages": 0, "bytes": 0, "consumer_count": 0})

    assert show.render(Shown([CONSUMER, STREAM, other]), Look()) + "\n" == dedent("""\
        ADDRESS                  MESSAGES    BYTES  CONSUMERS  PENDING  UN-ACKED  OWNER  PROTECTED
        stream.A                        0      0 B          0                     -      -
        stream.ORDERS              12,345  3.4 GiB          1                     smith  2026-03-01
        consumer.ORDERS.billing                                      3         1  -      -
        """)


def test_an_empty_account_says_so() -> None:
    assert show.render(Shown([]), Look()) == "Nothing of what the file declares is there, and nothing that this topology owns."


def test_one_object_shows_what_is_set_and_what_it_holds() -> None:
    assert show.detail(STREAM, PLAIN) + "\n" == dedent("""\
        stream.ORDERS
          created    2026-01-01T00:00:00Z
          owner      smith
          protected  since 2026-03-01

        Configuration
          subjects        = ["orders.>"]
          max_age         = 1d
          metadata
              team = "billing"
          from_the_future = 7

        State
          messages        12,345
          bytes           3,650,722,201
          first_ts        2026-02-01T00:00:00Z
          consumer_count  1
        """)


def test_what_the_server_adds_to_metadata_and_times_that_never_were_are_no_news() -> None:
    metadata = {"_nats.req.level": "0", "_nats.ver": "2.15.1"}
    empty = Observed(stream_address("A"), {"metadata": metadata}, "", {"first_ts": "0001-01-01T00:00:00Z"})
    shown = show.detail(empty, PLAIN)

    assert "_nats" not in shown
    assert "  first_ts  -" in shown
