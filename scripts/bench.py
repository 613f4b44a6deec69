"""Run every figure and print a table: what it took, the floor, the ratio, what the project promises.

Machines are shared and noisy, so each figure is the median of several runs, alternating with its floor, and only the
ratio means anything. Nothing here fails: the reader judges.
"""

from __future__ import annotations

import asyncio
import compileall
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import floor
import nats
from nats.aio.client import Client

from smith_topology.core.model import Topology
from smith_topology.jetstream import read
from smith_topology.jetstream.connecting.connection import Settings, connect
from smith_topology.jetstream.embedded import EmbeddedServer, running

ROOT = Path(__file__).parents[1]
RUNS = 7
OWNER = "bench"
IMPORTS = "import nats, typer, yaml, jsonschema"
PLAN_IMPORTS = (
    "import smith_topology.cli.app, smith_topology.cli.plan, smith_topology.load, smith_topology.core.checks, "
    "smith_topology.jetstream.connecting.connection, smith_topology.jetstream.planner, smith_topology.render.plan"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: wall seconds, and peak memory in MiB."""

    seconds: float
    mebibytes: float


def process(*args: str, url: str = "") -> Run:
    """Run this Python with these arguments; the exit code has to be 0."""
    started = time.perf_counter()
    env = {**os.environ, "NATS_URL": url, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _, words = child.communicate() if child.stderr is None else ("", child.stderr.read())
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{args}: exit {child.returncode}\n{words}")
    return Run(time.perf_counter() - started, usage.ru_maxrss / 1024)


def smith_topo(*args: str, url: str = "") -> Run:
    return process("-m", "smith_topology", *args, url=url)


def row(name: str, ours: float, ground: float, target: str) -> None:
    print(f"{name:<58} {ours * 1000:>9.0f} ms {ground * 1000:>9.0f} ms {ours / ground:>7.2f} ×   {target}", flush=True)


def median(measure: Callable[[], float], runs: int = RUNS) -> float:
    return statistics.median(measure() for _ in range(runs))


def topology(directory: Path, streams: int, consumers_each: int) -> Path:
    """A file in the style people write: defaults, then a few fields for each object."""
    lines = ["version: 1", f"name: {OWNER}", "defaults:", "  consumer: {ack_policy: explicit, max_deliver: 5}", "streams:"]
    for s in range(streams):
        lines += [f"  S{s:05d}:", f"    subjects: [s{s}.>]", "    max_age: 7d", "    max_bytes: 64MiB"]
        if consumers_each:
            lines.append("    consumers:")
        lines += [f"      c{c}: {{filter_subject: s{s}.{c}, ack_wait: 10s}}" for c in range(consumers_each)]
    path = directory / f"{streams}-{consumers_each}.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@contextmanager
def filled(path: Path) -> Iterator[EmbeddedServer]:
    """A server that holds what the file declares."""
    with running() as server:
        smith_topo("apply", "--auto-approve", "-o", "summary", "--parallelism", "64", "-f", str(path), url=server.url)
        yield server


async def reading(url: str) -> tuple[list[float], list[float]]:
    """Time our reading and the floor's, alternately, in one process without garbage collection, as the command runs."""
    ours, ground = [], []
    gc.disable()
    nc: Client = await nats.connect(url)
    async with connect(Settings(servers=(url,))) as api:
        for _ in range(RUNS):
            started = time.perf_counter()
            count = await floor.read_everything(nc)
            ground.append(time.perf_counter() - started)
            started = time.perf_counter()
            live = await read.live(api, Topology(OWNER, {}, ()))
            ours.append(time.perf_counter() - started)
            if len(live.observed) != count:
                raise SystemExit(f"read {len(live.observed)} objects where the floor read {count}")
    await nc.close()
    gc.enable()
    return ours, ground


def bare(url: str) -> float:
    """The floor of reading in a process of its own, which holds nothing else."""
    script = [sys.executable, str(ROOT / "scripts" / "floor.py"), url, str(RUNS)]
    return float(subprocess.run(script, capture_output=True, text=True, check=True).stdout)


def no_change(directory: Path, streams: int, consumers_each: int) -> None:
    """A plan that finds nothing to do: reading live, and the whole command."""
    path = topology(directory, streams, consumers_each)
    size = f"{streams:,} streams, {streams * consumers_each:,} consumers"
    with filled(path) as server:
        ours, ground = (statistics.median(each) for each in asyncio.run(reading(server.url)))
        row(f"{size}: reading live", ours, ground, "at most 1.2")
        imports = median(lambda: process("-c", PLAN_IMPORTS).seconds)
        runs = [smith_topo("plan", "-f", str(path), url=server.url) for _ in range(RUNS)]
        whole = statistics.median(each.seconds for each in runs)
        row(f"{size}: plan, less {imports * 1000:.0f} ms of imports", whole - imports, bare(server.url), "at most 3")
        print(f"{size}: peak memory {max(each.mebibytes for each in runs):.0f} MiB")


def creating(directory: Path, streams: int) -> None:
    """An apply of new streams on an empty server, each run on a server of its own."""
    path = topology(directory, streams, 0)
    imports = median(lambda: process("-c", PLAN_IMPORTS).seconds)
    for parallelism in (10, 64):
        ours = median(lambda: _applied(path, parallelism), 3) - imports  # noqa: B023  # called at once
        ground = median(lambda: asyncio.run(_created(streams, parallelism)), 3)  # noqa: B023
        row(f"apply creating {streams:,} streams, {parallelism} at once", ours, ground, "at most 1.3")


def _applied(path: Path, parallelism: int) -> float:
    with running() as server:
        args = ("apply", "--auto-approve", "-o", "summary", "--parallelism", str(parallelism), "-f", str(path))
        return smith_topo(*args, url=server.url).seconds


async def _created(streams: int, parallelism: int) -> float:
    configs: list[dict[str, Any]] = [
        {"name": f"S{s:05d}", "subjects": [f"s{s}.>"], "max_age": 604_800_000_000_000, "max_bytes": 64 << 20}
        for s in range(streams)
    ]
    with running() as server:
        nc: Client = await nats.connect(server.url)
        started = time.perf_counter()
        await floor.create_streams(nc, configs, parallelism)
        taken = time.perf_counter() - started
        await nc.close()
        return taken


def start_up() -> None:
    """What a person waits for before anything happens."""
    path = str(ROOT / "topology.yaml")
    with running() as server:
        smith_topo("apply", "--auto-approve", "-f", path, url=server.url)
        ground = median(lambda: process("-c", IMPORTS).seconds)
        row(
            "plan of the Smith topology, to the imports alone",
            median(lambda: smith_topo("plan", "-f", path, url=server.url).seconds),
            ground,
            "at most 1.5",
        )
        row("--version, to the imports alone", median(lambda: smith_topo("--version").seconds), ground, "at most 0.5")


def main() -> None:
    compileall.compile_dir(ROOT / "smith_topology", quiet=1)  # an installed package has its bytecode: so does this one
    print(f"{'':<58} {'ours':>12} {'floor':>12} {'ratio':>9}   target")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        start_up()
        no_change(directory, 1000, 5)
        creating(directory, 1000)
        if "--small" not in sys.argv:
            no_change(directory, 10_000, 2)


if __name__ == "__main__":
    main()
