"""Files as generators and people with many of them write them, applied to a real server."""

from __future__ import annotations

from pathlib import Path

from tests.cli.account import account_on
from tests.cli.scenario import Shop
from tests.command import run

DAY = 86_400 * 10**9
GENERATED = r"""---
---
version: 1
name: smith
x-limits: &limits {max_age: 1y, x-why: audit}
streams:
  ORDERS: {<<: *limits, description: "caf\u00e9 \ud83d\ude00", x-team: shop, consumers: {billing: {x-a: 1}}}
  SHORT: {duplicate_window: 1m}
---
"""
DEFAULTS = "version: 1\ndefaults: {stream: {max_age: 1M}, consumer: {ack_wait: 5s}}\n"


def test_generated_files_and_defaults_in_another_file_are_applied_as_written(shop: Shop) -> None:
    for name, text in (("a.yaml", GENERATED), ("z.yaml", DEFAULTS)):
        (shop.directory / name).write_text(text)
    applied = run("apply", "-f", shop.directory, "--auto-approve", url=shop.url)
    again = run("plan", "-f", shop.directory, "--detailed-exitcode", url=shop.url)

    assert (applied.exit_code, again.exit_code) == (0, 0), applied.stderr + again.stdout
    with account_on(shop.url) as account:
        assert (account.config("ORDERS")["max_age"], account.config("SHORT")["max_age"]) == (365 * DAY, 30 * DAY)
        assert account.config("SHORT")["duplicate_window"] == 60 * 10**9
        assert account.config("ORDERS")["description"] == "café \U0001f600"
        assert account.consumer("ORDERS", "billing")["config"]["ack_wait"] == 5 * 10**9


def test_files_that_contradict_each_other_in_their_defaults_stop_everything(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(DEFAULTS)
    (tmp_path / "b.yaml").write_text("version: 1\nname: smith\ndefaults: {stream: {max_age: 1m}}\nstreams: {A: }\n")
    done = run("validate", "-f", ".", cwd=tmp_path)

    assert done.exit_code == 1
    assert "on ./b.yaml line 3, column 21" in done.stderr
    assert "./a.yaml:2:21 gives `defaults.stream.max_age` another value" in done.stderr


def test_a_broken_file_says_in_the_metrics_whose_it_is(tmp_path: Path) -> None:
    for text in (GENERATED + "name: x\n", "version: 1\nname: smith\nstreams: {A: {nonsense: 1}}\n", "name: smith\nstreams: [\n"):
        (tmp_path / "topology.yaml").write_text(text)
        done = run("drift", "-o", "metrics", "--metrics-file", "m.prom", cwd=tmp_path, url="nats://127.0.0.1:1")

        assert done.exit_code == 1
        for written in (done.stdout, (tmp_path / "m.prom").read_text()):
            assert 'smith_topo_drift_check_success{owner="smith"} 0' in written
