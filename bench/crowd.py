"""The pool of the web API's own sample on one machine: 219,210 workers, 16 shares a minute each.

The pool is `pithead pool` as an operator starts it, with as many front ends as asked for. The
miners (`crowd.c`) have loopback addresses of their own; every hash is a share, so that what is
measured is the pool and the system, not the miners' hashing. Both sides share the processors.
BENCH_WORKERS, BENCH_FRONT_ENDS, BENCH_SHARES_PER_MINUTE and BENCH_SECONDS say how much of it,
BENCH_BLOCK_SECONDS how often all of them together find a block.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

SOURCE = Path(__file__).with_name("crowd.c")
WORKERS = int(os.environ.get("BENCH_WORKERS", "219210"))
FRONT_ENDS = int(os.environ.get("BENCH_FRONT_ENDS", "12"))
SHARES_PER_MINUTE = float(os.environ.get("BENCH_SHARES_PER_MINUTE", "16"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "90"))
BLOCK_SECONDS = float(os.environ.get("BENCH_BLOCK_SECONDS", "60"))
USERS = 2_000
MOST_SHARES_PER_MINUTE = 600
"""What the pool is told to aim at: far above what comes, so that no difficulty rises."""
MOST_PER_PROCESS = 18_500
"""Where a process may have 20,000 files."""
ASK_SECONDS = 0.25
START_SECONDS = 60.0
WARM_SECONDS = 10.0
DRAIN_SECONDS = 10.0
"""Until all of that has been answered."""
ENDPOINTS = ("stats/json/btc", "accounts/profile/json/btc", "accounts/workers/json/btc")
PITHEAD = (sys.executable, "-m", "pithead")


class Crowd:
    """Miners in one process of `crowd.c`."""

    def __init__(self, program: Path, port: int, count: int, first: int) -> None:
        arguments = [str(each) for each in (port, count, SHARES_PER_MINUTE, first, USERS)]
        self.process = subprocess.Popen(
            [str(program), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def told(self, command: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.said()

    def said(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a crowd of miners ended early")
        return json.loads(line)

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Pool:
    """`pithead pool` with trivial shares, its processes, and a token for its web API."""

    def __init__(self, directory: Path) -> None:
        self.stratum_port, self.api_port, admin_port = free_port(), free_port(), free_port()
        settings = {
            "pool.front_ends": FRONT_ENDS,
            "pool.stratum_port": self.stratum_port,
            "pool.api_port": self.api_port,
            "pool.first_share_work": 1,
            "pool.least_share_work": 1,
            "pool.work_scale": 1,
            # A first block takes what a connection finds in this time at the rate aimed at.
            "pool.block_interval_seconds": max(
                1.0, hashes_of_block() * 60 / MOST_SHARES_PER_MINUTE
            ),
            "pool.shares_per_minute": MOST_SHARES_PER_MINUTE,
            "pool.max_connections": MOST_PER_PROCESS + 1_000,
            "pool.api_burst": 10_000,
            "pool.api_refill_per_second": 1_000,
            "admin.port": admin_port,
        }
        options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        data = ["--data", str(directory), *options]
        subprocess.run([*PITHEAD, "account", "create", "u0", *data], check=True)
        token = subprocess.run(
            [*PITHEAD, "token", "create", "u0", *data], check=True, capture_output=True, text=True
        )
        self.token = token.stdout.split()[-1]
        self._log = (directory / "log").open("w")
        self.process = subprocess.Popen(
            [*PITHEAD, "pool", *data], stdout=self._log, stderr=self._log
        )

    def wait(self) -> None:
        """Until miners can connect."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.stratum_port), 1):
                return
            time.sleep(0.2)
        raise RuntimeError("the pool does not listen")

    def processes(self) -> list[int]:
        """Its main process and those that it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=180)
        self._log.close()


def run() -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        print("  skipped: the miners need a C compiler")
        return
    with tempfile.TemporaryDirectory() as name:
        program = Path(name) / "crowd"
        subprocess.run([compiler, "-O2", "-std=gnu11", str(SOURCE), "-o", str(program)], check=True)
        before = available_bytes()
        pool = Pool(Path(name))
        try:
            pool.wait()
            with crowds(program, pool.stratum_port) as miners:
                measure(pool, miners, before)
        finally:
            pool.end()


@contextmanager
def crowds(program: Path, port: int) -> Iterator[list[Crowd]]:
    """All the miners, connected and with work."""
    began, all_of_them, first = time.monotonic(), [], 0
    try:
        while first < WORKERS:
            count = min(MOST_PER_PROCESS, WORKERS - first)
            all_of_them.append(Crowd(program, port, count, first))
            first += count
        ready = sum(each.said()["ready"] for each in all_of_them)
        print(f"  {ready:,} workers connected in {time.monotonic() - began:.1f} s")
        yield all_of_them
    finally:
        for each in all_of_them:
            each.end()


def measure(pool: Pool, miners: list[Crowd], before: int) -> None:
    tell_all(miners, "go")
    time.sleep(WARM_SECONDS)
    tell_all(miners, "hush")
    time.sleep(DRAIN_SECONDS)
    clients = [each.process.pid for each in miners]
    servers = pool.processes()
    started = {pid: processor_seconds(pid) for pid in (*servers, *clients)}
    tell_all(miners, "go")
    began = time.monotonic()
    latencies = ask(pool, SECONDS)
    tell_all(miners, "hush")
    seconds = time.monotonic() - began
    time.sleep(5.0)  # the last answers
    reports = [each.told("report") for each in miners]
    spent = {pid: processor_seconds(pid) - at for pid, at in started.items()}
    sent = sum(each["sent"] for each in reports)
    accepted = sum(each["accepted"] for each in reports)
    rejected = sum(each["rejected"] for each in reports)
    print(f"  {sent / seconds:,.0f} shares a second; {sent:,} sent, {accepted:,} accepted, "
          f"{rejected:,} rejected, {sent - accepted - rejected:,} without an answer")  # fmt: skip
    print(
        f"  answers: p50 {max(each['p50_ms'] for each in reports)} ms, "
        f"p99 {max(each['p99_ms'] for each in reports)} ms (of the slowest process of miners)"
    )
    show_arrivals(sorted(at for each in reports for at in each["notified"] if at))
    for endpoint, times in latencies.items():
        times.sort()
        print(f"  GET {endpoint}: p50 {times[len(times) // 2]:.1f} ms, "
              f"p99 {times[int(len(times) * 0.99)]:.1f} ms, of {len(times)}")  # fmt: skip
    print(f"  processor: pool {sum(spent[pid] for pid in servers) / seconds:.2f} cores "
          f"(books and node {spent[servers[0]] / seconds:.2f}), "
          f"miners {sum(spent[pid] for pid in clients) / seconds:.2f}")  # fmt: skip
    resident = sum(map(resident_bytes, servers)), sum(map(resident_bytes, clients))
    print(
        f"  memory: pool {resident[0] / 2**30:.2f} GiB, miners {resident[1] / 2**30:.2f} GiB, "
        f"everything with the system's {(before - available_bytes()) / 2**30:.2f} GiB"
    )


def tell_all(miners: list[Crowd], command: str) -> None:
    for each in miners:
        each.told(command)


def show_arrivals(arrivals: list[float]) -> None:
    """Of the last new block, from the first miner told to the others."""
    newest = [at for at in arrivals if at > arrivals[-1] - 5.0]
    if newest:
        p50, p99 = (newest[int(len(newest) * part)] for part in (0.5, 0.99))
        print(f"  a new block, after the first of {len(newest):,}: p50 "
              f"{(p50 - newest[0]) * 1e3:.0f} ms, p99 {(p99 - newest[0]) * 1e3:.0f} ms, "
              f"last {(newest[-1] - newest[0]) * 1e3:.0f} ms")  # fmt: skip


def ask(pool: Pool, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer of the web API meanwhile."""
    latencies: dict[str, list[float]] = {endpoint: [] for endpoint in ENDPOINTS}
    headers = {"SlushPool-Auth-Token": pool.token}
    url = f"http://127.0.0.1:{pool.api_port}"
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        while time.monotonic() < until:
            for endpoint, times in latencies.items():
                began = time.monotonic()
                client.get(f"/{endpoint}").raise_for_status()
                times.append((time.monotonic() - began) * 1e3)
                time.sleep(ASK_SECONDS / len(ENDPOINTS))
    return latencies


def hashes_of_block() -> float:
    return WORKERS * SHARES_PER_MINUTE / 60 * BLOCK_SECONDS


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Its own, and its part of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not say")


def available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not say")
