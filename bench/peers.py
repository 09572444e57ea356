"""Beside ckpool, where somebody has built it: shares, memory, new blocks.

Each on the first core with the load on the last. A new block comes to both from the same stand-in
of a bitcoind: ckpool is told as its `notifier` tells it, this pool by ZMQ; both then ask for the
template. ckpool writes shares down only if it is asked to (`-L`); this pool always does.

On a busy machine the processor time is what to compare: of a core that others use too, ckpool with
its threads is given several parts, and this pool with its one loop one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench import ckpool, idle, newblock, submits
from bench.load import Load, built
from bench.measure import alternate, alternate_together, show
from bench.serving import Opening, Server, serving
from bench.standin import StandIn, standing_in

PEER = "ckpool"
CROWDS = (1_000, 5_000)
"""Clients that hear of a new block."""
ROUNDS = 3
SHORT_SECONDS, LONG_SECONDS = 1.0, 4.0


def run() -> None:
    program = ckpool.found()
    if program is None:
        print("\npeers: skipped, there is no ckpool; docs/performance.md says how to build one")
        return
    with built() as load, standing_in() as stand_in:
        if load is None:
            return
        peer: Opening = partial(ckpool.mining, program, stand_in)
        writing: Opening = partial(ckpool.mining, program, stand_in, "-L")
        alone: Opening = partial(serving, "pool")
        _compare_shares(load, {PEER: peer, f"{PEER} -L": writing, submits.POOL: alone})
        candidates = {
            name: partial(idle.bytes_a_connection, load, opening)
            for name, opening in ((PEER, peer), (submits.POOL, alone))
        }
        title = f"memory, {idle.CONNECTIONS:,} idle connections"
        show(title, "bytes a connection", alternate(candidates, ROUNDS), PEER)
        fed: Opening = partial(over, stand_in)
        for connections in CROWDS:
            newblock.compare(load, {PEER: peer, submits.POOL: fed}, connections, PEER)


def _compare_shares(load: Load, openings: dict[str, Opening]) -> None:
    for connections, outstanding in submits.SHAPES:
        candidates = {
            name: partial(shares, load, opening, connections, outstanding)
            for name, opening in openings.items()
        }
        title = f"submits answered, {connections:,} connections x {outstanding} outstanding"
        for unit, results in alternate_together(candidates, ROUNDS).items():
            show(title, unit, results, PEER)


def shares(load: Load, opening: Opening, connections: int, outstanding: int) -> dict[str, float]:
    """How many a second, and what one costs: what a longer run costs more than a shorter one."""
    used, accepted, per_second = [], [], 0.0
    with opening() as server:
        for seconds in (SHORT_SECONDS, LONG_SECONDS):
            before = server.processor()
            answered = load.submit(server.port, connections, outstanding, seconds)
            used.append(server.processor() - before)
            accepted.append(answered.accepted)
            if answered.rejected:
                raise RuntimeError(f"{answered.rejected} shares were rejected")
            per_second = answered.per_second
    cost_us = 1e6 * (used[1] - used[0]) / (accepted[1] - accepted[0])
    return {"1/s on one core": per_second, "us of the processor for one": cost_us}


@dataclass(frozen=True, slots=True)
class Fed(Server):
    """This pool as it runs over a bitcoind."""

    stand_in: StandIn

    def block(self) -> float:
        return self.stand_in.grow()


@contextmanager
def over(stand_in: StandIn) -> Iterator[Fed]:
    with serving("pool", "--bitcoind", stand_in.url, stand_in.news) as server:
        yield Fed(server.process, server.port, stand_in)
