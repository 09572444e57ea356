"""Beside ckpool, where somebody has built it: shares, memory, new blocks.

Each on the first core with the load on the last. A new block comes to both from the same stand-in
of a bitcoind: ckpool is told as its `notifier` tells it, this pool by ZMQ; both then ask for the
template. ckpool writes shares down only if it is asked to (`-L`); this pool always does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench import ckpool, idle, newblock, submits
from bench.load import Load, built
from bench.measure import alternate, show
from bench.serving import Opening, Server, serving
from bench.standin import StandIn, standing_in

PEER = "ckpool"
LOGGING_PEER = "ckpool -L"
CROWDS = (1_000, 5_000)
"""Clients that hear of a new block."""
ROUNDS = 3


def run() -> None:
    program = ckpool.found()
    if program is None:
        print("\npeers: skipped, there is no ckpool; docs/performance.md says how to build one")
        return
    with built() as load, standing_in() as stand_in:
        if load is None:
            return
        peer: Opening = partial(ckpool.mining, program, stand_in)
        logging: Opening = partial(ckpool.mining, program, stand_in, "-L")
        alone: Opening = partial(serving, "pool")
        fed: Opening = partial(over, stand_in)
        _submits(load, {PEER: peer, LOGGING_PEER: logging, submits.POOL: alone})
        _idle(load, {PEER: peer, submits.POOL: alone})
        for connections in CROWDS:
            candidates = {PEER: peer, submits.POOL: fed}
            newblock.compare(load, candidates, connections, ("median", "p99"), PEER)


def _submits(load: Load, openings: dict[str, Opening]) -> None:
    for connections, outstanding in submits.SHAPES:
        candidates = {
            name: partial(submits.answered_per_second, load, opening, connections, outstanding)
            for name, opening in openings.items()
        }
        title = f"submits answered, {connections:,} connections x {outstanding} outstanding"
        show(title, "1/s on one core", alternate(candidates, ROUNDS), PEER)


def _idle(load: Load, openings: dict[str, Opening]) -> None:
    candidates = {
        name: partial(idle.bytes_a_connection, load, opening) for name, opening in openings.items()
    }
    title = f"memory, {idle.CONNECTIONS:,} idle connections"
    show(title, "bytes a connection", alternate(candidates, ROUNDS), PEER)


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
