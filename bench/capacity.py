"""How many front ends, brokers and databases a pool of a size needs; a simulation checks it.

The model is arithmetic on what other benchmarks measured (`Costs`; `docs/scaling.md` says by which
command). The simulation draws the moments at which miners send their shares and serves them as a
front end does, everything that has arrived in one turn, so that it also says how long a share
waits: arithmetic says only that there is room.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import ceil

SAMPLE_WORKERS = 219_210
SHARES_PER_MINUTE = 16.0
SIZES = (1, 10, 100)
LOAD = 0.6
"""Of a core: what is planned with. The rest is for blocks, reconnects and the loss of a machine."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a core, bytes and files, as measured; see `docs/scaling.md`."""

    share_seconds: float = 22e-6
    """A share that comes alone, in a front end, with the system's part."""
    books_seconds: float = 6e-6
    """The same share in the books."""
    turn_seconds: float = 60e-6
    """What a turn of a front end's loop costs beside its shares: the journal's write above all."""
    job_seconds: float = 24e-6
    """A connection told of a new block."""
    connection_bytes: float = 12_600.0
    """In a front end and in the system, at the pool's end."""
    connections_per_process: int = 18_500
    shares_per_message: float = 100.0
    messages_per_broker: float = 11_400.0
    """Messages of 4 KB that a cluster of three keeps in a second."""
    rows_per_second: float = 130_000.0
    """Rows that a database takes; a worker that mines costs two a commit."""
    commit_seconds: float = 10.0
    """Between commits at these sizes: each takes a tenth of a core at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    workers: int
    shares_per_second: float
    front_ends: int
    front_end_load: float
    """Of a core, each."""
    books: int
    """Processes that keep books; above one the pool is divided by users."""
    brokers: int
    databases: int
    bytes_for_connections: float
    last_told_seconds: float
    """After a new block, where each front end has a core of its own."""


def plan(workers: int, costs: Costs) -> Plan:
    """For so many workers at the sample's rate."""
    rate = workers * SHARES_PER_MINUTE / 60.0
    front_ends = max(
        ceil(workers / costs.connections_per_process), ceil(rate * costs.share_seconds / LOAD)
    )
    rows = 2.0 * min(workers, rate * costs.commit_seconds) / costs.commit_seconds
    messages = rate / costs.shares_per_message
    return Plan(
        workers=workers,
        shares_per_second=rate,
        front_ends=front_ends,
        front_end_load=rate * costs.share_seconds / front_ends,
        books=ceil(rate * costs.books_seconds / LOAD),
        brokers=3 * ceil(messages / (costs.messages_per_broker * LOAD)),
        databases=ceil(rows / (costs.rows_per_second * LOAD)),
        bytes_for_connections=workers * costs.connection_bytes,
        last_told_seconds=workers / front_ends * costs.job_seconds,
    )


def arrivals(miners: int, seconds: float, chance: random.Random) -> Iterator[float]:
    """Moments of shares: each miner finds them at random, at the sample's rate."""
    mean = 60.0 / SHARES_PER_MINUTE
    due = [chance.expovariate(1.0 / mean) for _ in range(miners)]
    heapify(due)
    while due[0] < seconds:
        yield due[0]
        heapreplace(due, due[0] + chance.expovariate(1.0 / mean))


def waits(miners: int, seconds: float, costs: Costs, block_at: float, seed: int = 7) -> list[float]:
    """Seconds from each share's arrival at a front end to its answer; a new block comes once.

    A turn takes all that has come until it begins, and lets all answers go at its end.
    """
    times, chance = [], random.Random(seed)
    free, waiting, is_told = 0.0, [], False
    for moment in arrivals(miners, seconds, chance):
        while waiting and free <= moment:
            begin = max(free, waiting[0])
            turn = [at for at in waiting if at <= begin]
            waiting = waiting[len(turn) :]
            free = begin + costs.turn_seconds + len(turn) * costs.share_seconds
            if not is_told and free >= block_at:
                is_told = True
                free += miners * costs.job_seconds
            times += [free - at for at in turn]
        waiting.append(moment)
    return times


def run() -> None:
    costs = Costs()
    for size in SIZES:
        made = plan(size * SAMPLE_WORKERS, costs)
        print(
            f"  x{size}: {made.workers:,} workers, {made.shares_per_second:,.0f} shares/s: "
            f"{made.front_ends} front ends at {made.front_end_load:.2f} of a core, "
            f"{made.books} books, {made.brokers} brokers, {made.databases} databases, "
            f"{made.bytes_for_connections / 2**30:.1f} GiB, "
            f"last told {made.last_told_seconds * 1e3:.0f} ms after a block"
        )
    miners = plan(SAMPLE_WORKERS, costs).workers // plan(SAMPLE_WORKERS, costs).front_ends
    for factor in (0.5, 1.0, 2.0, 2.5, 3.0):
        times = sorted(waits(int(miners * factor), 30.0, costs, block_at=15.0))
        busy = len(times) / 30.0 * costs.share_seconds
        print(
            f"  simulated, {int(miners * factor):,} miners on a front end ({busy:.2f} of a core in "
            f"shares): p50 {times[len(times) // 2] * 1e3:.2f} ms, "
            f"p99 {times[int(len(times) * 0.99)] * 1e3:.2f} ms, worst {times[-1] * 1e3:.0f} ms"
        )
