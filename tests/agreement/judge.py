"""A real server as the judge of what the offline checks find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from tests.core.checks.declare import Declared, own
from tests.raw import Raw, Refused


def refused_by(server: Raw, declared: Declared) -> int | None:
    """The first error code of a server that is to create all of it in the order written, and then to update every copy
    to what it is already: an origin is looked at only if it is there. None when it takes everything.
    """
    try:
        for endpoint, payload in _requests(declared):
            server.request(endpoint, payload)
    except Refused as refused:
        return refused.err_code
    finally:
        for name in declared:
            with suppress(Refused):
                server.request(f"STREAM.DELETE.{name}")
    return None


def _requests(declared: Declared) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, whole in declared.items():
        yield f"STREAM.CREATE.{name}", {"name": name, **own(whole)}
        for consumer, config in whole.get("consumers", {}).items():
            durable = {"name": consumer, "durable_name": consumer, **config}
            yield f"CONSUMER.CREATE.{name}.{consumer}", {"stream_name": name, "config": durable, "action": "create"}
    for name, whole in declared.items():
        if whole.get("mirror") or whole.get("sources"):
            yield f"STREAM.UPDATE.{name}", {"name": name, **own(whole)}
