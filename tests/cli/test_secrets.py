"""A secret in the wrong place is never repeated: not by an error, a usage error, a plan, a document or the metrics."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.account import account_on
from tests.cli.scenario import Shop
from tests.command import run, spawn
from tests.secret_texts import BLOCK, CREDS, JWT, PASSWORD, SEED, leaked

OK = "version: 1\nname: smith\nstreams: {ORDERS: {}}\n"
UNREACHABLE = "nats://127.0.0.1:1"
MISPLACED: tuple[tuple[object, ...], ...] = (
    ("validate", "-f", "user.nk"),
    ("plan", "-f", "user.creds"),
    ("plan", "-f", "token.txt"),
    ("validate", "-f", SEED),
    ("validate", "-f", CREDS, "-o", "json"),
    ("plan", "-f", f"nats://u:{PASSWORD}@127.0.0.1"),
    ("plan", "-f", f"u:{PASSWORD}@127.0.0.1:4222"),
    ("plan", SEED),
    ("plan", "--user", "u", "--password", "the", PASSWORD),
    ("plan", f"--{SEED}"),
    (SEED,),
    ("plan", "-o", SEED),
    ("plan", "--creds", CREDS),
    ("plan", "--creds", SEED),
    ("plan", "--nkey", CREDS),
    ("plan", "--nkey", SEED),
    ("plan", "--context", SEED),
    ("plan", "--context", "user.creds"),
    ("plan", "--context", "./user.creds"),
    ("plan", "--context", "creds.json"),
    ("plan", "--tlsca", BLOCK),
    ("plan", "--tlscert", JWT, "--tlskey", BLOCK),
    ("plan", "--timeout", SEED),
    ("plan", "--js-domain", f"a {JWT}"),
    ("plan", "-s", SEED),
    ("plan", "-s", JWT),
    ("plan", "-s", f"nats://u:{PASSWORD}@127.0.0.1:1"),
    ("plan", "-s", f"nats://{PASSWORD}@127.0.0.1:1", "-o", "ndjson"),
    ("plan", "-s", f"nats://u:{PASSWORD}@127.0.0.1:port", "-o", "json"),
    ("apply", "--auto-approve", "--allow", SEED),
    ("apply", "--auto-approve", "--wait", SEED),
    ("init", "--name", f"{SEED} {JWT}", "x.yaml"),
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, text in (
        ("topology.yaml", OK),
        ("user.nk", SEED),
        ("user.creds", CREDS),
        ("creds.json", CREDS),
        ("token.txt", PASSWORD),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("args", MISPLACED, ids=lambda args: " ".join(args)[:40].replace("\n", " "))
def test_a_secret_in_the_wrong_place_is_not_repeated(here: Path, args: tuple[object, ...]) -> None:
    done = run(*args, url=UNREACHABLE, cwd=here)

    assert done.exit_code != 0
    assert done.stdout + done.stderr
    assert not leaked(done.stdout + done.stderr), done


@pytest.mark.parametrize("variable", ["NATS_URL", "NATS_CREDS", "NATS_NKEY", "NATS_CONTEXT", "NATS_CA", "NATS_TIMEOUT"])
def test_nor_one_in_the_environment(here: Path, variable: str) -> None:
    done = run("plan", cwd=here, env={variable: SEED})

    assert done.exit_code == 1
    assert not leaked(done.stdout + done.stderr), done


IN_THE_FILE = (
    "streams: {%s: {}}",
    "streams: {A: {description: %s}}",
    "streams: {A: {subjects: [%s]}}",
    "streams: {A: {metadata: {key: %s}}}",
    "streams: {A: {metadata: {%s: value}}}",
    "streams: {A: {extra: {new: {deep: [%s]}}}}",
    "streams: {A: {%s: 1}}",
    "streams: {A: {max_age: %s}}",
    "streams: {A: {retention: %s}}",
    "streams: {A: {consumers: {%s: {}}}}",
    "target: {cluster: %s}\nstreams: {A: {}}",
    "%s: 1\nstreams: {A: {}}",
)


@pytest.mark.parametrize("secret", [SEED, JWT, f"'nats://u:{PASSWORD}@host'"], ids=["seed", "JWT", "URL"])
def test_a_secret_in_the_file_is_an_error_and_is_not_repeated(secret: str) -> None:
    for where in IN_THE_FILE:
        done = run("validate", "-f", "-", "-o", "json", stdin=f"version: 1\nname: smith\n{where % secret}\n")

        assert done.exit_code == 1
        assert "secret" in {each["code"] for each in json.loads(done.stdout)["diagnostics"]}, where
        assert not leaked(done.stdout + done.stderr), done


def test_an_owner_that_looks_like_a_seed_is_in_no_metric(tmp_path: Path) -> None:
    text = f"version: 1\nname: {SEED}\nstreams: {{A: {{}}}}\n"
    done = run("drift", "-f", "-", "--metrics-file", tmp_path / "m.prom", "-o", "metrics", url=UNREACHABLE, stdin=text)

    assert done.exit_code == 1
    assert not leaked(done.stdout + done.stderr + (tmp_path / "m.prom").read_text())


def test_a_secret_on_the_server_is_in_no_output(shop: Shop) -> None:
    with account_on(shop.url) as account:
        account.converge({"ORDERS": {}})
        account.update("stream.ORDERS", "description", f"{SEED} nats://u:{PASSWORD}@host {BLOCK}")
        account.js.request(f"STREAM.CREATE.{SEED}", {"name": SEED, "subjects": [JWT.replace(".", "")]})
    for output in ("human", "json", "ndjson", "markdown", "summary"):
        for command in ("plan", "drift"):
            done = run(command, "-f", "-", "-o", output, url=shop.url, stdin=OK)
            assert done.stdout
            assert not leaked(done.stdout + done.stderr), (command, output)
    for output in ("human", "json"):
        done = run("show", "*", "-o", output, url=shop.url)
        assert "stream.ORDERS" in done.stdout
        assert not leaked(done.stdout + done.stderr), output


def test_a_traceback_that_was_asked_for_has_none_either(here: Path) -> None:
    broken = here / "broken.py"
    broken.write_text(
        f"import smith_topology.load as l\ndef f(*_):\n    raise RuntimeError({SEED!r})\nl.read = f\n"
        "from smith_topology.cli import main\nmain(['validate'])\n"
    )
    done = subprocess.run([sys.executable, broken], capture_output=True, text=True, check=False, env={"SMITH_TOPO_DEBUG": "1"})

    assert "RuntimeError: (an nkey seed, not shown)" in done.stderr


def test_a_pasted_file_is_a_usage_error_and_is_not_repeated(here: Path) -> None:
    done = spawn("plan", "-f", "x" * 100_000, cwd=here)

    assert done.exit_code == 64
    assert len(done.stderr) < 200
