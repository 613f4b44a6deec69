"""An account on a real server, planned and applied through the command line, judged by what its streams really hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.command import Result, run
from tests.documents import assert_described
from tests.raw import Message, Raw, Refused, raw
from tests.topologies import Document, text

ALLOW_ALL = ("--auto-approve", "--allow", "delete,data-loss,resume", "--max-deletes", 99)
STORE_RACE = 10049
"""Right after an account's last stream is gone, 2.15 may fail to make the next one's directory; once more, it can."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as a machine reads it, with the exit code it came with."""

    exit_code: int
    document: Mapping[str, Any]

    @property
    def codes(self) -> set[str]:
        return {each["code"] for each in self.document["smith_topo"]["diagnostics"]}

    @property
    def actions(self) -> dict[str, str]:
        """By address, without what stays as it is."""
        return {address: change["action"] for address, change in self.document["smith_topo"]["changes"].items()}

    def effects(self, address: str) -> list[dict[str, Any]]:
        change = self.document["smith_topo"]["changes"].get(address)
        return list(change["effects"]) if change else []

    def effect(self, address: str, code: str) -> dict[str, Any]:
        """The one effect with this code."""
        (found,) = [each for each in self.effects(address) if each["code"] == code]
        return found

    @property
    def replacements(self) -> list[tuple[str, str, Any]]:
        """Address, field and new value of everything that is said not to change in place."""
        return [
            (each["address"], path[0], (each["change"]["after"] or {}).get(path[0]))
            for each in self.document["resource_changes"]
            for path in each["change"].get("replace_paths", ())
        ]

    def losses(self, stream: str) -> list[dict[str, Any]]:
        """Every announced effect that takes messages out of this stream, its consumers' included."""
        addresses = [a for a in self.actions if a == f"stream.{stream}" or a.startswith(f"consumer.{stream}.")]
        return [effect for address in addresses for effect in self.effects(address) if effect["messages"]]


@dataclass(frozen=True, slots=True)
class Account:
    """Made by ``account_on``. Documents are what the file holds; ``streams`` alone is enough. ``always`` goes with every plan
    and apply.
    """

    url: str
    js: Raw
    always: tuple[str, ...] = ()

    def validate(self, streams: Document) -> Result:
        return run("validate", "-f", "-", stdin=text(whole(streams)))

    def plan(self, streams: Document, *flags: object) -> Planned:
        done = run("plan", "-f", "-", "--output", "json", *self.always, *flags, url=self.url, stdin=text(whole(streams)))
        assert done.stdout, done.stderr
        document = json.loads(done.stdout)
        assert_described(document)
        return Planned(done.exit_code, document)

    def apply(self, streams: Document, *flags: object) -> Result:
        return run("apply", "-f", "-", *self.always, *(flags or ALLOW_ALL), url=self.url, stdin=text(whole(streams)))

    def converge(self, streams: Document, *flags: object) -> None:
        """Apply, and find nothing left to do."""
        done = self.apply(streams, *flags)
        assert done.exit_code == 0, done.stdout + done.stderr
        left = run("plan", "-f", "-", "--detailed-exitcode", *self.always, url=self.url, stdin=text(whole(streams)))
        assert left.exit_code == 0, left.stdout + left.stderr

    def messages(self, stream: str) -> list[Message]:
        return self.js.messages(stream)

    def publish(self, subject: str, count: int, *, label: str = "", size: int = 0) -> None:
        """Store so many messages, each with a payload of its own."""
        for number in range(count):
            self.js.publish(subject, f"{label or subject}-{number}".encode().ljust(size, b"."))

    def names(self) -> list[str]:
        return self.js.request("STREAM.NAMES", {"offset": 0})["streams"] or []

    def config(self, stream: str) -> dict[str, Any]:
        found: dict[str, Any] = self.js.request(f"STREAM.INFO.{stream}")["config"]
        return found

    def state(self, stream: str) -> dict[str, Any]:
        found: dict[str, Any] = self.js.request(f"STREAM.INFO.{stream}")["state"]
        return found

    def consumer(self, stream: str, name: str) -> dict[str, Any]:
        return self.js.request(f"CONSUMER.INFO.{stream}.{name}")

    def unwanted(self, stream: str) -> int:
        """How many messages of an interest stream every consumer has done with, at most; none of other streams."""
        if self.config(stream)["retention"] != "interest":
            return 0
        listed = self.js.request(f"CONSUMER.LIST.{stream}", {"offset": 0})["consumers"] or []
        most = max((each["num_pending"] + each["num_ack_pending"] for each in listed), default=0)
        return max(0, int(self.state(stream)["messages"]) - most)

    def consumers(self, stream: str) -> dict[str, Any]:
        """The consumers' configurations, by name; without those the server makes for copies, which come and go."""
        listed = self.js.request(f"CONSUMER.LIST.{stream}", {"offset": 0})["consumers"] or []
        return {each["name"]: each["config"] for each in listed if each["config"].get("durable_name") and not _is_internal(each)}

    def configurations(self) -> dict[str, Any]:
        """Everything the account holds."""
        return {name: (self.config(name), self.consumers(name)) for name in self.names()}

    def update(self, address: str, name: str, value: Any) -> int:
        """Change one field by hand and leave the rest as it is: the error code, or 0."""
        kind, *path = address.split(".")
        live = self.js.request(".".join((kind.upper(), "INFO", *path)))["config"]
        config = {**{key: each for key, each in live.items() if key != name}, **({} if value is None else {name: value})}
        if kind == "stream":
            return refused(self.js, f"STREAM.UPDATE.{path[0]}", config)
        body = {"stream_name": path[0], "action": "update", "config": config}
        return refused(self.js, f"CONSUMER.CREATE.{path[0]}.{path[1]}", body)

    def wipe(self) -> None:
        for name in self.names():
            self.js.request(f"STREAM.DELETE.{name}")


@contextmanager
def account_on(url: str, *always: str) -> Iterator[Account]:
    with raw(url) as js:
        yield Account(url, js, always)


def _is_internal(consumer: Mapping[str, Any]) -> bool:
    return bool(consumer["name"].startswith("JS_") or consumer["config"].get("sourcing") or consumer["config"].get("direct"))


def whole(streams: Document) -> Document:
    return streams if "streams" in streams else {"version": 1, "name": "smith", "streams": streams}


def gone(before: Iterable[Message], after: Iterable[Message]) -> Counter[bytes]:
    """The payloads that are no longer stored."""
    return Counter(each.payload for each in before) - Counter(each.payload for each in after)


def refused(js: Raw, endpoint: str, payload: Mapping[str, Any]) -> int:
    """The error code the server answers with, 0 when it takes the request."""
    try:
        js.request(endpoint, payload)
    except Refused as error:
        return error.err_code
    return 0
