"""Every supported server version: nothing it does not know is sent, nothing the same differs, nothing is lost unannounced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from smith_topology.core.model import Version
from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.account import ALLOW_ALL, Account, account_on
from tests.cli.journey import there_and_back
from tests.cli.scenario import wait_for
from tests.command import ROOT, run
from tests.servers import UNPACKED
from tests.topologies import Document, known_to, pairs, text

EXPLICIT = {"ack_policy": "explicit"}
SMITH: Document = yaml.safe_load((ROOT / "topology.yaml").read_text(encoding="utf-8"))
STREAM = {"subjects": ["o.>"]}


def stream(**fields: Any) -> Document:
    return {"ORDERS": {**STREAM, **fields}}


def consumer(**fields: Any) -> Document:
    return stream(consumers={"first": {**EXPLICIT, **fields}})


TOO_NEW: dict[str, tuple[Document, str, str]] = {
    "allow_msg_ttl": (stream(allow_msg_ttl=True), "2.11", "allow_msg_ttl"),
    "subject_delete_marker_ttl": (stream(subject_delete_marker_ttl="1m"), "2.11", "subject_delete_marker_ttl"),
    "pause_until": (consumer(pause_until="2099-01-01T00:00:00Z"), "2.11", "pause_until"),
    "priority_groups": (consumer(priority_groups=["g"], priority_policy="overflow"), "2.11", "priority_groups"),
    "allow_msg_counter": (stream(allow_msg_counter=True), "2.12", "allow_msg_counter"),
    "allow_atomic": (stream(allow_atomic=True), "2.12", "allow_atomic"),
    "persist_mode": (stream(persist_mode="async"), "2.12", "persist_mode"),
    "prioritized": (consumer(priority_groups=["g"], priority_policy="prioritized"), "2.12", "priority_policy"),
    "allow_batched": (stream(allow_batched=True), "2.14", "allow_batched"),
    "flow_control": (consumer(ack_policy="flow_control", deliver_subject="to.here"), "2.14", "ack_policy"),
}


CROSSING = ["o.*.a", "o.b.*"]
TRANSFORMED = {"src": "o.*", "dest": "x.{{left(1,2)}}"}


def copying(kind: str, **copy: Any) -> Document:
    """A stream that copies another one of ``o.>``."""
    block = {"name": "ORDERS", **copy}
    return {**stream(), "COPY": {kind: block if kind == "mirror" else [block]}}


def reading_a_copy(subject: str) -> Document:
    return {"mirror": {"name": "ORDERS"}, "consumers": {"first": {**EXPLICIT, "filter_subject": subject}}}


VALUES: dict[str, tuple[Document, str]] = {
    "crossing filters": (consumer(filter_subjects=CROSSING), "2.10 2.11"),
    "filters apart": (consumer(filter_subjects=["o.*.a", "o.*.b"]), ""),
    "random": (stream(republish={"src": "o.*", "dest": "x.{{random(3)}}"}), "2.10 2.11"),
    "partition of nothing": (stream(subject_transform={"src": "o.*", "dest": "o.{{partition(3)}}"}), "2.10 2.11"),
    "partition": (stream(republish={"src": "o.*", "dest": "x.{{partition(3,1)}}"}), ""),
    "left": (stream(subject_transform={"src": "o.*", "dest": "o.{{left(1,2)}}"}), "2.11 2.12 2.14"),
    "left in a republish": (stream(republish=TRANSFORMED), ""),
    "left in a source": (copying("sources", subject_transforms=[TRANSFORMED]), "2.10 2.11 2.12 2.14"),
    "left in a mirror": (copying("mirror", subject_transforms=[TRANSFORMED]), "2.11 2.12 2.14"),
    "a filter outside": (consumer(filter_subject="p.a"), ""),
    "a filter partly outside": (consumer(filter_subject="*.a"), ""),
    "a filter around": (consumer(filter_subject=">"), ""),
    "a filter on a copy": ({**stream(), "COPY": reading_a_copy("o.a")}, ""),
    "a filter outside of a copy": ({**stream(), "COPY": reading_a_copy("p.a")}, ""),
    "a mirror of nothing": (copying("mirror", filter_subject="p.a"), ""),
    "a source of nothing": (copying("sources", filter_subject="p.a"), ""),
    "a source of something": (copying("sources", filter_subject="*.a"), ""),
    "republish outside": (stream(republish={"src": "p.>", "dest": "x.>"}), ""),
    "republish without a wildcard": (stream(republish={"src": "o.*.*", "dest": "x.$1"}), ""),
    "republish with them all": (stream(republish={"src": "o.*.*", "dest": "x.$2.$1"}), ""),
}
"""What a field may hold, and which servers refuse it."""


@pytest.fixture(params=UNPACKED)
def version(request: pytest.FixtureRequest) -> Version:
    return Version.parse(request.param)


@pytest.fixture
def account(version: Version, server_of: Callable[[str], EmbeddedServer]) -> Iterator[Account]:
    with account_on(server_of(_spelled(version)).url) as found:
        yield found


def _spelled(version: Version) -> str:
    return next(each for each in UNPACKED if Version.parse(each) == version)


def drift(account: Account, document: Document) -> int:
    return run("drift", "-f", "-", url=account.url, stdin=text(document)).exit_code


def test_the_smith_topology_is_applied_changed_and_watched(account: Account) -> None:
    changed = {**SMITH, "streams": {**SMITH["streams"], "ATOMS_RESULTS": {**SMITH["streams"]["ATOMS_RESULTS"], "max_age": "24h"}}}

    account.converge(SMITH)
    account.publish("smith.results.1", 3)
    assert drift(account, SMITH) == 0
    account.converge(changed)
    assert (drift(account, changed), drift(account, SMITH)) == (0, 2)

    assert len(account.messages("ATOMS_RESULTS")) == 3


def test_a_hand_edit_is_drift(account: Account) -> None:
    account.converge(SMITH)
    account.js.request("STREAM.UPDATE.ATOMS_RESULTS", {**account.config("ATOMS_RESULTS"), "max_msgs": 77})

    assert drift(account, SMITH) == 2


@pytest.mark.parametrize("case", TOO_NEW.values(), ids=TOO_NEW.keys())
def test_a_field_too_new_is_an_error_that_names_the_version_and_the_line(
    account: Account, version: Version, tmp_path: Path, case: tuple[Document, str, str]
) -> None:
    streams, needed, field = case
    if version >= Version.parse(needed):
        account.converge(streams)
        return
    file = tmp_path / "topology.yaml"
    file.write_text(text({"version": 1, "name": "smith", "streams": streams}), encoding="utf-8")
    line = next(number for number, each in enumerate(file.read_text().splitlines(), 1) if each.strip().startswith(f"{field}:"))

    done = run("apply", "--auto-approve", "--output", "json", url=account.url, cwd=tmp_path)

    assert (done.exit_code, account.names()) == (1, [])
    assert "CP101" in done.stdout
    assert f"needs server {needed}" in done.stdout
    assert f'"line": {line}' in done.stdout


@pytest.mark.parametrize(("document", "refused_by"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_refused_by_the_plan_where_the_server_does_not_take_it(
    account: Account, version: Version, document: Document, refused_by: str
) -> None:
    if f"{version.major}.{version.minor}" not in refused_by.split():
        account.converge(document)
        return
    plan, done = account.plan(document), account.apply(document)

    assert (plan.exit_code, done.exit_code, "CP101" in plan.codes) == (1, 1, True), done
    assert account.names() == []


def test_a_filter_that_the_stream_has_moved_away_from_stays(account: Account) -> None:
    """Nothing is sent for it, so that no server looks at it."""
    first = {"first": {**EXPLICIT, "filter_subject": "o.a"}}
    account.converge({"ORDERS": {"subjects": ["o.>", "p.>"], "consumers": first}})

    account.converge({"ORDERS": {"subjects": ["p.>"], "consumers": first}})


def test_consumers_of_a_work_queue_swap_filters(account: Account) -> None:
    def queue(one: str, two: str) -> Document:
        consumers = {"one": {**EXPLICIT, "filter_subject": one}, "two": {**EXPLICIT, "filter_subject": two}}
        return {"ORDERS": {**STREAM, "retention": "workqueue", "consumers": consumers}}

    account.converge(queue("o.a", "o.b"))
    account.publish("o.a", 3)

    account.converge(queue("o.b", "o.a"))

    assert len(account.js.pull("ORDERS", "two", 9)) == 3


def test_a_work_queue_that_is_copied_gets_its_consumers_before_the_copy_or_not_at_all(account: Account, version: Version) -> None:
    copy, queue = {"sources": [{"name": "ORDERS", "filter_subject": "o.a"}]}, {**STREAM, "retention": "workqueue"}
    wanted = {"COPY": copy, "ORDERS": {**queue, "consumers": {"first": {**EXPLICIT, "filter_subject": "o.>"}}}}
    account.converge(wanted)
    account.wipe()
    account.converge({"COPY": copy, "ORDERS": queue})
    wait_for(lambda: account.js.request("STREAM.INFO.COPY")["sources"][0]["active"] >= 0)

    plan, done = account.plan(wanted), account.apply(wanted)

    if version >= Version(2, 14):
        assert (plan.exit_code, done.exit_code) == (0, 0), done
        account.converge(wanted)
    else:
        assert (plan.exit_code, done.exit_code, "CP104" in plan.codes) == (1, 1, True), done
        assert account.consumers("ORDERS") == {}


@settings(
    max_examples=8,
    derandomize=True,  # chance is for the soak
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(pair=pairs())
def test_generated_topologies_go_there_and_back(account: Account, version: Version, pair: tuple[Document, Document]) -> None:
    first, second = (known_to(version, each) for each in pair)

    there_and_back(account, first, second, leftovers=version < Version(2, 11))


def test_an_ephemeral_consumer_of_an_interest_stream_is_adopted_with_other_filters(account: Account) -> None:
    account.js.request("STREAM.CREATE.ORDERS", {"name": "ORDERS", **STREAM, "retention": "interest"})
    config = {"name": "first", "ack_policy": "explicit", "filter_subject": "o.a", "inactive_threshold": 60_000_000_000}
    account.js.request("CONSUMER.CREATE.ORDERS.first.o.a", {"stream_name": "ORDERS", "config": config})
    account.publish("o.a", 3)
    document = {"ORDERS": {**STREAM, "retention": "interest", "consumers": {"first": {**EXPLICIT, "filter_subject": "o.b"}}}}

    announced = sum(each["messages"] for each in account.plan(document, "--adopt").losses("ORDERS"))
    account.converge(document, *ALLOW_ALL, "--adopt")

    assert announced == 3
    assert account.consumer("ORDERS", "first")["config"]["filter_subject"] == "o.b"


def test_an_ephemeral_consumer_is_adopted_for_good_by_one_apply(account: Account) -> None:
    """It loses the inactivity threshold that ephemeral ones have by default, and keeps its position."""
    account.js.request("STREAM.CREATE.ORDERS", {"name": "ORDERS", **STREAM})
    account.publish("o.a", 3)
    body = {"stream_name": "ORDERS", "config": {"name": "first", "ack_policy": "explicit"}}
    account.js.request("CONSUMER.CREATE.ORDERS.first", body)

    account.converge(consumer(), "--auto-approve", "--adopt")

    config = account.consumer("ORDERS", "first")["config"]
    assert (config["durable_name"], config.get("inactive_threshold", 0)) == ("first", 0)
    assert account.consumer("ORDERS", "first")["num_pending"] == len(account.messages("ORDERS")) == 3
