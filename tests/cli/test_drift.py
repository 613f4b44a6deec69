"""What drift tells apart, how it says so, and that it never writes. That it misses no field is in ``test_hand_edits``."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import APPLIED, APPROVED, UNREACHABLE, Shop, empty_streams

DONE, ERROR, DIFFERENT, REFUSED, USAGE = 0, 1, 2, 3, 64

# ------------------------------------------------------------------------------------------- the sorts of difference

ORDERS: dict[str, Any] = {"subjects": ["orders.>"], "max_msgs": 100}


def _streams(**changed: Any) -> dict[str, dict[str, Any]]:
    return {"ORDERS": {**ORDERS, **changed, "consumers": {"billing": {"ack_policy": "explicit"}}}, **empty_streams("KEPT")}


@pytest.fixture
def applied(shop: Shop) -> Shop:
    shop.write(_streams())
    shop.apply()
    return shop


def _kinds(shop: Shop) -> dict[str, tuple[str, str]]:
    return {each["address"]: (each["kind"], each["reason"]) for each in shop.json("drift", expect=DIFFERENT)["resources"]}


def test_a_file_that_moved_on_is_pending(applied: Shop) -> None:
    applied.write(_streams(max_msgs=50))

    assert _kinds(applied) == {"stream.ORDERS": ("pending", "pending")}
    assert "1 not yet applied" in applied.run("drift").stdout
    applied.apply()


def test_a_live_change_is_drift(applied: Shop) -> None:
    applied.edit("ORDERS", max_msgs=70)

    assert _kinds(applied) == {"stream.ORDERS": ("changed", "drift")}
    assert "1 changed by hand" in applied.run("drift").stdout
    applied.apply()


def test_both_at_once_are_distinguished(applied: Shop) -> None:
    applied.edit("ORDERS", max_bytes=1_000_000)
    applied.write(_streams(max_msgs=50))

    assert _kinds(applied) == {"stream.ORDERS": ("changed", "both")}
    assert "and the file has moved on" in applied.run("drift").stdout
    applied.apply()


def test_a_hand_edit_that_the_file_has_caught_up_with_is_none(applied: Shop) -> None:
    """Only the mark is old; there is nothing to do about that."""
    applied.edit("ORDERS", max_msgs=70)
    applied.write(_streams(max_msgs=70))

    assert applied.run("drift").exit_code == DONE
    applied.assert_settled()


def test_what_a_person_deleted_is_missing(applied: Shop) -> None:
    applied.delete("consumer.ORDERS.billing")
    applied.delete("stream.KEPT")

    assert _kinds(applied) == {"consumer.ORDERS.billing": ("missing", "new"), "stream.KEPT": ("missing", "new")}
    applied.apply()


def test_a_deleted_stream_takes_its_consumers_with_it(applied: Shop) -> None:
    applied.delete("stream.ORDERS")

    assert _kinds(applied).keys() == {"stream.ORDERS", "consumer.ORDERS.billing"}
    applied.apply()


def test_what_is_owned_and_no_longer_declared_is_extra(applied: Shop) -> None:
    applied.write({"ORDERS": {**ORDERS, "consumers": {"billing": {"ack_policy": "explicit"}}}})

    assert _kinds(applied) == {"stream.KEPT": ("extra", "removed")}
    assert "1 owned but not in the file" in applied.run("drift").stdout


def test_what_is_made_again_without_the_marks_is_a_difference_beside_the_others(applied: Shop) -> None:
    applied.delete("stream.KEPT")
    applied.create("KEPT")
    applied.edit("ORDERS", max_msgs=70)

    done = applied.run("drift")

    assert done.exit_code == DIFFERENT
    assert "OW101" in done.stdout
    assert _kinds(applied) == {"stream.ORDERS": ("changed", "drift"), "stream.KEPT": ("unowned", "adopt")}
    assert applied.run(*APPROVED).exit_code == REFUSED
    applied.apply("--adopt")


def test_what_another_topology_owns_is_a_difference_of_its_own_sort(applied: Shop) -> None:
    applied.write(empty_streams("THEIRS"), name="other")
    applied.apply()
    applied.write({**_streams(), **empty_streams("THEIRS")})

    assert _kinds(applied) == {"stream.THEIRS": ("theirs", "theirs")}
    assert "1 owned by another topology" in applied.run("drift").stdout


def test_protection_that_the_file_has_only_now_is_pending(applied: Shop) -> None:
    applied.write(_streams(protect=True))

    assert _kinds(applied) == {"stream.ORDERS": ("pending", "pending")}
    applied.apply()
    applied.write(_streams())
    assert _kinds(applied) == {"stream.ORDERS": ("pending", "pending")}
    applied.apply()


def test_the_record_of_what_was_applied_may_be_lost(applied: Shop) -> None:
    marks = applied.config("stream.ORDERS")["metadata"]
    applied.edit("ORDERS", max_msgs=70, metadata={key: value for key, value in marks.items() if key != APPLIED})

    assert _kinds(applied) == {"stream.ORDERS": ("unknown", "unknown")}
    applied.apply()
    assert APPLIED in applied.config("stream.ORDERS")["metadata"]


def test_protection_taken_off_by_hand_is_drift(shop: Shop) -> None:
    shop.write({"ORDERS": {**ORDERS, "protect": True}})
    shop.apply()
    marks = shop.config("stream.ORDERS")["metadata"]
    shop.edit("ORDERS", metadata={key: value for key, value in marks.items() if "protect" not in key})

    found = shop.json("drift", expect=DIFFERENT)

    assert found["resources"][0]["fields"] == [{"path": "protect", "before": None, "after": True}]
    shop.apply()


def test_what_is_protected_and_no_longer_declared_is_a_difference(shop: Shop) -> None:
    shop.write({"ORDERS": {**ORDERS, "protect": True}, **empty_streams("KEPT")})
    shop.apply()
    shop.write(empty_streams("KEPT"))

    done = shop.run("drift")
    found = shop.json("drift", expect=DIFFERENT)
    counted = shop.run("drift", "--output", "metrics").stdout

    assert done.exit_code == DIFFERENT
    assert "stream.ORDERS is protected" in " ".join(done.stdout.split())
    assert "1 owned but not in the file" in done.stdout
    assert (found["drift"], found["summary"]["extra"]) == (True, 1)
    assert [(each["address"], each["kind"]) for each in found["resources"]] == [("stream.ORDERS", "extra")]
    assert _metric(counted, r'resources\{owner="shop",kind="extra"\}') == 1
    assert "stream.ORDERS" in shop.run("drift", "--output", "ndjson").stdout.splitlines()[1]
    assert "stream.ORDERS" in shop.run("drift", "--output", "markdown").stdout.splitlines()[4]


@pytest.mark.parametrize("key", ["__team", "__", "team"])
def test_a_metadata_key_of_any_spelling_that_was_added_by_hand_is_drift(applied: Shop, key: str) -> None:
    applied.edit("ORDERS", metadata={**applied.config("stream.ORDERS")["metadata"], key: "by hand"})

    assert _kinds(applied) == {"stream.ORDERS": ("changed", "drift")}
    applied.apply()
    assert key not in applied.config("stream.ORDERS")["metadata"]


def test_what_keeps_one_object_from_being_applied_does_not_hide_a_hand_edit_of_another(applied: Shop) -> None:
    applied.create("THEIRS", subjects=["new.*"])
    applied.edit("ORDERS", max_msgs=70)
    applied.write({**_streams(), **empty_streams("NEW")})

    done = applied.run("drift")

    assert done.exit_code == DIFFERENT, done
    assert "SB401" in done.stdout
    assert "max_msgs  live 70, declared 100" in done.stdout
    assert _kinds(applied) == {"stream.ORDERS": ("changed", "drift"), "stream.NEW": ("missing", "new")}


def test_messages_and_positions_are_not_drift(applied: Shop) -> None:
    applied.fill("orders.a", 5)
    with applied.raw() as js:
        js.pull("ORDERS", "billing", 2, ack=True)

    assert applied.run("drift").exit_code == DONE


def test_only_the_selected_objects_are_compared(applied: Shop) -> None:
    applied.edit("ORDERS", max_msgs=70)

    assert applied.run("drift", "--target", "stream.KEPT").exit_code == DONE
    assert applied.run("drift", "--exclude", "stream.ORDERS").exit_code == DONE
    assert applied.run("drift", "--target", "*.ORDERS").exit_code == DIFFERENT


# ------------------------------------------------------------------------------------------- outputs

JSON_KEYS = {
    "format_version",
    "owner",
    "target",
    "drift",
    "summary",
    "unchanged",
    "resources",
    "diagnostics",
    "unmanaged",
    "without_stream",
    "unknown",
    "copies",
    "ephemeral_consumers",
}


def test_the_json_has_the_same_shape_with_and_without_drift(applied: Shop) -> None:
    clean = applied.json("drift")
    applied.edit("ORDERS", max_msgs=70)
    drifted = applied.json("drift", expect=DIFFERENT)

    assert clean.keys() == drifted.keys() == JSON_KEYS
    assert (clean["drift"], drifted["drift"]) == (False, True)
    assert (clean["unchanged"], drifted["unchanged"]) == (3, 2)
    sorts = ("unfinished", "changed", "missing", "not_kept", "pending", "unknown", "unowned", "theirs", "extra")
    assert clean["summary"] == dict.fromkeys(sorts, 0)
    assert drifted["summary"]["changed"] == 1
    (found,) = drifted["resources"]
    assert found["fields"] == [{"path": "max_msgs", "before": 70, "after": 100}]
    assert (found["live"]["max_msgs"], found["declared"]["max_msgs"]) == (70, 100)


@pytest.mark.parametrize("output", ["human", "ndjson", "markdown", "summary", "metrics"])
def test_every_output_names_drift_and_exits_with_two(applied: Shop, output: str) -> None:
    clean = applied.run("drift", "--output", output)
    applied.edit("ORDERS", max_msgs=70)
    drifted = applied.run("drift", "--output", output)

    assert (clean.exit_code, drifted.exit_code) == (DONE, DIFFERENT)
    assert clean.stdout != drifted.stdout
    assert clean.stderr == drifted.stderr == ""


def _metric(text: str, name: str) -> float:
    found = re.search(rf"^smith_topo_drift_{name} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def test_the_metrics_file_counts_beside_any_output(applied: Shop) -> None:
    path = applied.directory / "drift.prom"
    applied.edit("ORDERS", max_msgs=70)

    done = applied.run("drift", "--metrics-file", path)

    assert done.exit_code == DIFFERENT
    assert done.stdout.startswith("Drift on")
    text = path.read_text(encoding="utf-8")
    assert _metric(text, r'check_success\{owner="shop"\}') == 1
    assert _metric(text, r'resources\{owner="shop",kind="changed"\}') == 1
    assert _metric(text, r'resources_in_sync\{owner="shop"\}') == 2


def test_the_metrics_file_says_that_the_check_failed(shop: Shop) -> None:
    path = shop.directory / "drift.prom"
    shop.write(empty_streams("KEPT"))

    assert shop.run("drift", "--metrics-file", path, url=UNREACHABLE).exit_code == ERROR

    text = path.read_text(encoding="utf-8")
    assert _metric(text, r'check_success\{owner="shop"\}') == 0
    assert "resources" not in text


def test_metrics_say_that_the_check_failed_where_the_file_is_broken(applied: Shop) -> None:
    path = applied.directory / "drift.prom"
    assert applied.run("drift", "--metrics-file", path).exit_code == DONE
    (applied.directory / "topology.yaml").write_text("version: 1\nname: shop\nstreams: [")

    done = applied.run("drift", "--metrics-file", path, "--output", "metrics")

    assert done.exit_code == ERROR
    for text in (path.read_text(encoding="utf-8"), done.stdout):
        assert _metric(text, r'check_success\{owner="shop"\}') == 0


@pytest.mark.parametrize("output", ["human", "metrics"])
def test_metrics_do_not_claim_that_what_could_not_be_compared_is_in_order(applied: Shop, output: str) -> None:
    path = applied.directory / "drift.prom"
    applied.write(_streams(), target={"cluster": "OTHER"})

    done = applied.run("drift", "--metrics-file", path, "--output", output)

    assert done.exit_code == REFUSED
    for text in (path.read_text(encoding="utf-8"), *([done.stdout] if output == "metrics" else [])):
        assert _metric(text, r'check_success\{owner="shop"\}') == 0
        assert "resources" not in text


def test_a_metrics_file_that_cannot_be_written_is_reported(applied: Shop) -> None:
    done = applied.run("drift", "--metrics-file", applied.directory / "nowhere" / "drift.prom")

    assert done.exit_code == ERROR
    assert "No such file or directory" in " ".join(done.stderr.split())


def test_an_unreachable_server_is_distinguished_from_drift(shop: Shop) -> None:
    shop.write(empty_streams("KEPT"))

    done = shop.run("drift", "--output", "json", url=UNREACHABLE)

    assert done.exit_code == ERROR
    assert [each["code"] for each in json.loads(done.stdout)["diagnostics"]] == ["unreachable"]


# ------------------------------------------------------------------------------------------- reads, never writes

READ_ONLY = """
authorization { users: [
  { user: admin, password: pw }
  { user: reader, password: pw, permissions: {
      publish: ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO.*",
                "$JS.API.CONSUMER.NAMES.*", "$JS.API.CONSUMER.LIST.*", "$JS.API.CONSUMER.INFO.*.*"]
      subscribe: ["_INBOX.>"] } }
] }
"""


@pytest.fixture
def reader(server_with: Callable[[str], EmbeddedServer], tmp_path: Path) -> tuple[Shop, Shop]:
    """The same directory and account, once with all rights and once with those of a reader."""
    port = server_with(READ_ONLY).port
    admin, reader = (Shop(f"nats://{user}:pw@127.0.0.1:{port}", tmp_path) for user in ("admin", "reader"))
    admin.write(_streams())
    admin.apply()
    return admin, reader


LOOKING = ((("drift",), DIFFERENT), (("plan", "--detailed-exitcode"), DIFFERENT), (("show",), DONE))


@pytest.mark.parametrize(("command", "different"), LOOKING, ids=str)
def test_who_may_only_read_can_look(reader: tuple[Shop, Shop], command: tuple[str, ...], different: int) -> None:
    admin, looking = reader
    admin.fill("orders.a", 60)

    assert looking.run(*command).exit_code == DONE
    admin.edit("ORDERS", max_msgs=200)
    admin.create("THEIRS")
    before = admin.live()
    done = looking.run(*command)
    assert done.exit_code == different, done
    assert done.stderr == ""
    assert admin.live() == before


def test_who_may_only_read_sees_what_a_change_would_cost(reader: tuple[Shop, Shop]) -> None:
    admin, looking = reader
    admin.fill("orders.a", 60)
    admin.write({"ORDERS": {**ORDERS, "max_msgs": 50, "max_age": "1s"}, **empty_streams("KEPT")})

    loss = looking.json("plan")["smith_topo"]["data_loss"]

    assert loss["messages"] >= 10


def test_who_may_only_read_cannot_apply_and_learns_why(reader: tuple[Shop, Shop]) -> None:
    admin, looking = reader
    before = admin.live()
    admin.write(_streams(max_msgs=50))

    done = looking.run(*APPROVED)

    assert done.exit_code == ERROR, done
    assert "$JS.API.STREAM.UPDATE.ORDERS" in done.stdout + done.stderr
    assert admin.live() == before


def test_a_comment_shows_both_values_and_what_is_missing_in_markdown(shop: Shop) -> None:
    shop.write({"KEPT": {"subjects": ["kept"], "max_age": "7d"}})
    shop.apply()
    shop.edit("KEPT", max_age=3_600_000_000_000)
    shop.write({"KEPT": {"subjects": ["kept"], "max_age": "7d"}, "NEW": {"subjects": ["new"], "storage": "memory"}})

    shown = shop.run("drift", "-o", "markdown").stdout
    assert re.search(r"stream.KEPT \| max\\_age: live 1h, declared 7d \|", shown)
    assert 'stream.NEW | missing<br>subjects = \\["new"\\]<br>' in shown
    line = shop.run("drift", "-o", "summary").stdout
    assert 'stream.NEW (missing; subjects = ["new"]; ' in line
    assert "stream.NEW" in (human := shop.run("drift").stdout)
    assert '    subjects         = ["new"]\n' in human


def test_declared_durations_and_sizes_are_shown_as_the_file_writes_them(shop: Shop) -> None:
    shop.write({"KEPT": {"subjects": ["kept"], "max_age": "72h"}})
    shop.apply()
    declared = {"subjects": ["kept"], "max_age": "24h", "max_bytes": "1024MiB", "consumers": {"new": {"max_deliver": 3}}}
    shop.write({"KEPT": declared}, defaults={"consumer": {"backoff": ["60s", "120s"]}})

    planned, comment, drifted = (shop.run(*command).stdout for command in (["plan"], ["plan", "-o", "markdown"], ["drift"]))
    assert all(f"= {each}\n" in planned for each in ("3d -> 24h", "unlimited -> 1024MiB", "[60s, 120s]"))
    assert "= 3d -&gt; 24h\n" in comment
    assert "live 3d, declared 24h\n" in drifted
    (stream,) = [each for each in shop.json("drift", expect=DIFFERENT)["resources"] if each["address"] == "stream.KEPT"]
    assert [(each["path"], each["after"]) for each in stream["fields"]] == [("max_bytes", 2**30), ("max_age", 86_400_000_000_000)]
    shop.apply("--allow", "data-loss")


def test_one_line_says_why_the_place_is_the_wrong_one(shop: Shop) -> None:
    shop.write(empty_streams("ORDERS"), target={"cluster": "OTHER"})

    done = shop.run("drift", "-o", "summary")
    (line,) = done.stdout.splitlines()
    assert done.exit_code != 0
    assert "OTHER" in line


def test_what_is_left_alone_is_listed_and_ephemeral_consumers_are_counted(shop: Shop) -> None:
    shop.write(empty_streams("ORDERS"))
    shop.apply()
    for number in range(22):
        shop.create(f"OTHER{number:02}")
    with shop.raw() as js:
        for _ in range(2):
            js.request("CONSUMER.CREATE.ORDERS", {"stream_name": "ORDERS", "config": {"ack_policy": "explicit"}})

    human, markdown = shop.run("drift"), shop.run("drift", "-o", "markdown")
    assert human.exit_code == markdown.exit_code == 0
    for shown in (human.stdout, markdown.stdout):
        assert "Unmanaged, left alone: 22 streams." in shown
        assert "stream.OTHER00" in shown
        assert "2 more" in shown
        assert "2 ephemeral consumers" in shown
    assert shop.json("drift")["ephemeral_consumers"] == 2


def test_metrics_go_into_a_pipe_which_stays_one(applied: Shop) -> None:
    path = applied.directory / "drift.pipe"
    os.mkfifo(path)

    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_text, encoding="utf-8")
        assert applied.run("drift", "--metrics-file", path).exit_code == DONE
        text = read.result(10)

    assert _metric(text, r'check_success\{owner="shop"\}') == 1
    assert path.is_fifo()


def test_metrics_behind_a_link_are_written_to_where_it_leads(applied: Shop) -> None:
    link, path = applied.directory / "link.prom", applied.directory / "drift.prom"
    link.symlink_to(path)

    assert applied.run("drift", "--metrics-file", link).exit_code == DONE

    assert link.is_symlink()
    assert _metric(path.read_text(encoding="utf-8"), r'check_success\{owner="shop"\}') == 1
