"""Answered submits a second of one port with one, two and four front ends behind it.

The pool is `pithead pool` as an operator starts it. Every hash is a share, and each connection
leaves one submit unanswered at a time, so all that is offered is answered as fast as the machine
can. The miners have the last core to themselves where others do not want it: on a machine of two
cores the front ends, the books and the node have one and what is left, and more front ends can
win nothing but that. The figure to keep is the ratio on a machine that has a core for each.
"""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from bench.crowd import PITHEAD, free_port, resident_bytes
from bench.load import Load, built
from bench.measure import cores, processor_seconds

COUNTS = (1, 2, 4)
"""Front ends; the first is the baseline, and keeps books and node in its own process."""
CONNECTIONS = 4_000
SECONDS = 2.0
ROUNDS = 2
START_SECONDS = 60.0
MOST_SHARES_PER_MINUTE = 600
"""Far above what a connection comes to, so that no difficulty rises."""
WARM_SECONDS = 1.0

Reading = tuple[float, list[tuple[float, float]]]
"""Answered a second; of each process, the first with the books, its microseconds of the processor
for each share answered, those of all the connecting with it, and its mebibytes."""


def run() -> None:
    with built() as load:
        if load is None:
            return
        readings: dict[int, list[Reading]] = {count: [] for count in COUNTS}
        for _ in range(ROUNDS):
            for count in COUNTS:
                readings[count].append(_measure(load, count))
    print(f"\nfront ends on one port, {CONNECTIONS:,} connections, {len(cores())} cores for all")
    baseline = median(rate for rate, _ in readings[COUNTS[0]])
    for count, of_count in readings.items():
        rates = [rate for rate, _ in of_count]
        spread = (max(rates) - min(rates)) / 2 / median(rates)
        print(f"  {count} front ends{' (baseline)' if count == COUNTS[0] else ''}: "
              f"{median(rates):,.0f} answered a second +- {spread:.0%}, "
              f"{median(rates) / baseline:.2f} times one")  # fmt: skip
        for number, (used, memory) in enumerate(of_count[-1][1]):
            what = f"front end {number}" if number else _first(count)
            print(f"    {what}: {used:.1f} us of the processor a share, {memory:.0f} MiB")


def _first(count: int) -> str:
    return "books, node and API" if count > 1 else "all in one process"


def _measure(load: Load, front_ends: int) -> Reading:
    """A fresh pool. Should a block be found, shares on the old work are answered as stale."""
    with tempfile.TemporaryDirectory() as name, _pool(Path(name), front_ends) as (port, pool):
        load.submit(port, CONNECTIONS, 1, WARM_SECONDS)
        processes = _processes(pool)
        before = [processor_seconds(each) for each in processes]
        answered = load.submit(port, CONNECTIONS, 1, SECONDS)
        after = [processor_seconds(each) for each in processes]
        count = answered.accepted + answered.rejected
        used = [1e6 * (end - start) / count for start, end in zip(before, after, strict=True)]
        memory = [resident_bytes(each) / 2**20 for each in processes]
    return answered.per_second, list(zip(used, memory, strict=True))


@contextmanager
def _pool(directory: Path, count: int) -> Iterator[tuple[int, int]]:
    """The port for miners, and the id of the process."""
    port = free_port()
    settings = {
        "pool.front_ends": count, "pool.stratum_port": port, "pool.api_port": free_port(),
        "admin.port": free_port(), "pool.first_share_work": 1, "pool.least_share_work": 1,
        "pool.work_scale": 1, "pool.shares_per_minute": MOST_SHARES_PER_MINUTE,
        "pool.max_connections": 2 * CONNECTIONS,  # those before them may not be gone yet
        "pool.max_connections_per_address": 2 * CONNECTIONS,
        "pool.max_connections_per_subnet": 2 * CONNECTIONS,
        "pool.bytes_per_second_per_address": 10**9,
        "pool.bytes_per_second_per_subnet": 10**9,
        "pool.block_interval_seconds": 2_592_000,
    }  # fmt: skip
    options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    with (directory / "log").open("w") as log:
        command = [*PITHEAD, "pool", "--data", str(directory), *options]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(process, port, count)
            yield port, process.pid
        except BaseException:
            print((directory / "log").read_text()[-2_000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _wait(process: "subprocess.Popen[bytes]", port: int, count: int) -> None:
    """Until miners can connect, at each of its processes."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            if count == 1 or len(_processes(process.pid)) == count + 1:
                time.sleep(WARM_SECONDS)  # the last of them takes its first work
                return
        time.sleep(0.2)
    raise RuntimeError("the pool does not listen")


def _processes(pool: int) -> list[int]:
    """The one that was started, and those that it started."""
    children = Path(f"/proc/{pool}/task/{pool}/children").read_text()
    return [pool, *map(int, children.split())]
