"""A topology file, an account, and the commands a person would type: what the tests of the command line share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import Result, run, spawn
from tests.documents import assert_described
from tests.raw import Raw, raw

Wire = dict[str, Any]
Streams = Mapping[str, Mapping[str, Any]]

UNREACHABLE = "nats://127.0.0.1:1"
APPROVED = ("apply", "--auto-approve")
OWNER, ADDRESS, SOURCE = "smith-topo.owner", "smith-topo.address", "smith-topo.source"
APPLIED, PROTECT = "smith-topo.applied", "smith-topo.protect"


@dataclass(frozen=True, slots=True)
class Shop:
    """The directory that the commands run in, and the server they talk to."""

    url: str
    directory: Path

    def write(self, streams: Streams, *, file: str = "topology.yaml", name: str = "shop", **top: Any) -> None:
        """Write a topology file; ``top`` holds further top-level keys, such as ``target``."""
        document = {"version": 1, "name": name, **top, "streams": streams}
        (self.directory / file).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def run(self, *args: object, url: str | None = None, **options: Any) -> Result:
        return run(*args, url=url or self.url, cwd=self.directory, **options)

    def spawn(self, *args: object, url: str | None = None, **options: Any) -> Result:
        return spawn(*args, url=url or self.url, cwd=self.directory, **options)

    def apply(self, *args: object) -> Result:
        """Apply what the file says; it succeeds, and a second plan is empty."""
        done = self.run(*APPROVED, *args)
        assert done.exit_code == 0, done
        self.assert_settled(*(each for each in args if each == "--adopt"))
        return done

    def assert_settled(self, *args: object) -> None:
        again = self.run("plan", "--detailed-exitcode", *args)
        assert again.exit_code == 0, again

    def json(self, *args: object, expect: int = 0) -> Wire:
        """What a command prints with ``--output json``."""
        done = self.run(*args, "--output", "json")
        assert done.exit_code == expect, done
        document: Wire = json.loads(done.stdout)
        assert_described(document)
        return document

    def reasons(self, *args: object) -> dict[str, str]:
        """The planned changes: ``{"stream.ORDERS": "removed"}``."""
        return {address: each["reason"] for address, each in self.json("plan", *args)["smith_topo"]["changes"].items()}

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        with raw(self.url) as js:
            yield js

    def live(self) -> dict[str, Wire]:
        """Everything the account holds: identity, configuration and number of messages, by address."""
        with self.raw() as js:
            return _everything(js)

    def config(self, address: str) -> Wire:
        config: Wire = self.live()[address]["config"]
        return config

    def create(self, stream: str, **config: Any) -> None:
        """A stream made by hand, as another client would."""
        with self.raw() as js:
            js.request(f"STREAM.CREATE.{stream}", {"name": stream, "subjects": [f"{stream.lower()}.>"], **config})

    def edit(self, stream: str, **fields: Any) -> None:
        """A hand edit: the live configuration with these fields changed."""
        with self.raw() as js:
            config = js.request(f"STREAM.INFO.{stream}")["config"]
            js.request(f"STREAM.UPDATE.{stream}", {**config, **fields})

    def consume(self, stream: str, name: str, **config: Any) -> None:
        """A durable consumer made or changed by hand."""
        with self.raw() as js:
            body = {"durable_name": name, "name": name, "ack_policy": "explicit", **config}
            js.request(f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": body})

    def delete(self, address: str) -> None:
        kind, _, path = address.partition(".")
        with self.raw() as js:
            js.request(f"{kind.upper()}.DELETE.{path}")

    def fill(self, subject: str, count: int) -> None:
        with self.raw() as js:
            js.fill(subject, count)


def _everything(js: Raw) -> dict[str, Wire]:
    found: dict[str, Wire] = {}
    for stream in js.request("STREAM.LIST")["streams"] or ():
        name = stream["config"]["name"]
        found[f"stream.{name}"] = _kept(stream, stream["state"]["messages"])
        for consumer in js.request(f"CONSUMER.LIST.{name}")["consumers"] or ():
            found[f"consumer.{name}.{consumer['name']}"] = _kept(consumer, None)
    return found


def _kept(info: Wire, messages: int | None) -> Wire:
    return {"created": info["created"], "config": info["config"], "messages": messages}


def empty_streams(*names: str) -> dict[str, Wire]:
    """Streams with nothing but subjects of their own."""
    return {name: {"subjects": [f"{name.lower()}.>"]} for name in names}


def wait_for(done: Callable[[], object], seconds: float = 20.0) -> None:
    """Ask again and again until it is true."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            pytest.fail("it did not come about")
        time.sleep(0.02)
