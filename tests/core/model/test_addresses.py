"""Addresses as text, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smith_topology.core.model import Address, Kind, consumer_address, is_name, stream_address

NAMES = st.text("aZ0_-$[]!?~:,'\"#{}\x80\xa0äß🙂", min_size=1, max_size=9)
ADDRESSES = st.one_of(
    st.builds(lambda kind, name: Address(kind, (name,)), st.sampled_from([k for k in Kind if k is not Kind.CONSUMER]), NAMES),
    st.builds(consumer_address, NAMES, NAMES),
)
TEXTS = st.lists(st.sampled_from([*Kind, "", ".", "A", "b c", "*", "KV_x", "stream ", "\x00"]), max_size=4).map(".".join)


@settings(max_examples=20, deadline=None)
@given(ADDRESSES)
def test_an_address_is_read_back_from_its_text(address: Address) -> None:
    assert all(map(is_name, address.path))
    assert Address.parse(str(address)) == address


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_text_that_is_read_as_an_address_is_the_text_of_that_address(text: str) -> None:
    try:
        address = Address.parse(text)
    except ValueError:
        return

    assert str(address) == text
    assert len(address.path) == (2 if address.kind is Kind.CONSUMER else 1)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("stream.ORDERS", stream_address("ORDERS")),
        ("consumer.ORDERS.billing", consumer_address("ORDERS", "billing")),
        ("kv.SESSIONS", Address(Kind.KEY_VALUE, ("SESSIONS",))),
        ("object.BLOBS", Address(Kind.OBJECT_STORE, ("BLOBS",))),
        ("stream.ä-[1]?", stream_address("ä-[1]?")),
    ],
)
def test_each_kind_has_its_form(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stream",
        "stream.",
        "streams.A",
        "STREAM.A",
        "stream.A.b",
        "consumer.A",
        "consumer.A.",
        "consumer..b",
        "consumer.A.b.c",
        *(f"stream.a{character}" for character in " .*>/\\\t\n\x00\x7f"),
    ],
)
def test_anything_else_is_refused_with_the_form_that_addresses_have(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.* is not an address; addresses look like stream.ORDERS or consumer.ORDERS.billing$"):
        Address.parse(text)
