"""Streams that are sealed: made in two requests, sealed with what they hold, or refused for what sealing would make of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer, running
from tests.cli.account import account_on
from tests.raw import Raw, raw
from tests.servers import LATEST, UNPACKED, VERSIONS, binary_of
from tests.topologies import Document

MINUTE = 60_000_000_000
PER_SUBJECT = {"discard": "new", "discard_new_per_subject": True, "max_msgs_per_subject": 3}
SEALED_ALIKE: dict[str, Document] = {
    "alone": {},
    "full per subject": PER_SUBJECT,
    "rollups, which sealing turns off": {"allow_rollup_hdrs": True},
    "an age, which sealing takes away": {"max_age": "1h"},
}
UNSEALABLE: dict[str, tuple[Document, Document]] = {
    "counter": ({"allow_msg_counter": True}, {}),
    "schedules": ({"allow_msg_schedules": True}, {}),
    "markers": ({"subject_delete_marker_ttl": "1m"}, {"subject_delete_marker_ttl": MINUTE}),
}
"""As the file has it, and what of it is otherwise on the wire."""


def archive(**fields: Any) -> Document:
    return {"ARCHIVE": {"subjects": ["archive.>"], **fields}}


@pytest.mark.parametrize("fields", SEALED_ALIKE.values(), ids=SEALED_ALIKE.keys())
@pytest.mark.parametrize("version", VERSIONS)
def test_a_sealed_stream_is_created(server_of: Callable[[str], EmbeddedServer], version: str, fields: Document) -> None:
    with account_on(server_of(version).url) as account:
        account.converge(archive(sealed=True, **fields))

        assert account.config("ARCHIVE")["sealed"]


@pytest.mark.parametrize("fields", SEALED_ALIKE.values(), ids=SEALED_ALIKE.keys())
def test_a_stream_is_sealed_with_what_it_holds(server: EmbeddedServer, fields: Document) -> None:
    with account_on(server.url) as account:
        account.converge(archive(**fields))
        account.publish("archive.a", 3)
        held = account.messages("ARCHIVE")

        account.converge(archive(sealed=True, **fields), "--auto-approve")

        assert account.messages("ARCHIVE") == held


@pytest.mark.parametrize("fields", [declared for declared, _ in UNSEALABLE.values()], ids=UNSEALABLE.keys())
def test_what_a_server_would_not_load_again_is_not_sealed(server: EmbeddedServer, fields: Document) -> None:
    with account_on(server.url) as account:
        account.converge(archive(**fields))

        done = account.apply(archive(sealed=True, **fields))

        assert (done.exit_code, "FC111" in done.stderr) == (1, True), done
        assert not account.config("ARCHIVE")["sealed"]
        account.converge(archive(**fields))


@pytest.mark.parametrize(("declared", "wire"), UNSEALABLE.values(), ids=UNSEALABLE.keys())
@pytest.mark.parametrize("version", [UNPACKED[-2], UNPACKED[-1], LATEST])
def test_a_server_seals_it_and_has_another_stream_or_none_when_it_starts_again(
    tmp_path: Path, version: str, declared: Document, wire: Document
) -> None:
    config = {"name": "ARCHIVE", **declared, **wire}
    with running(store=str(tmp_path), binary=binary_of(version)) as first, raw(first.url) as js:
        js.request("STREAM.CREATE.ARCHIVE", config)
        js.request("STREAM.UPDATE.ARCHIVE", {**config, "sealed": True})
        sealed = _configuration(js)

    with running(store=str(tmp_path), binary=binary_of(version)) as second, raw(second.url) as js:
        assert _configuration(js) != sealed


def _configuration(js: Raw) -> Document | None:
    names = js.request("STREAM.NAMES", {"offset": 0})["streams"] or []
    return dict(js.request("STREAM.INFO.ARCHIVE")["config"]) if names else None
