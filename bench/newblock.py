"""From a new block to the miners: when the first, the median, the 99th and the last hear of it."""

from collections.abc import Callable
from functools import partial
from statistics import median

from bench.load import Arrivals, Load, built
from bench.measure import alternate_together, show
from bench.serving import Opening
from bench.submits import BASELINE, CANDIDATES

CONNECTIONS = 1_000
BLOCKS = 7
ROUNDS = 3

MOMENTS: dict[str, Callable[[Arrivals], float]] = {
    "first": lambda arrivals: arrivals.first,
    "median": lambda arrivals: arrivals.p50,
    "p99": lambda arrivals: arrivals.p99,
    "last": lambda arrivals: arrivals.last,
}
PROCESSOR = "processor time"
"""Of all that a pool does for a block, before and after the miners hear of it."""


def run() -> None:
    with built() as load:
        if load is not None:
            compare(load, CANDIDATES, CONNECTIONS, BASELINE)


def compare(load: Load, openings: dict[str, Opening], connections: int, baseline: str) -> None:
    candidates = {
        name: partial(heard, load, opening, connections) for name, opening in openings.items()
    }
    for reading, results in alternate_together(candidates, ROUNDS).items():
        show(f"a new block, {connections:,} clients, {reading}", "ms", results, baseline)


def heard(load: Load, opening: Opening, connections: int) -> dict[str, float]:
    """Milliseconds from the node's word to each moment, the median of some blocks."""
    blocks: list[dict[str, float]] = []
    with opening() as server, load.hold(server.port, connections, reports=True) as held:
        before = server.processor()
        for _ in range(BLOCKS):
            told = server.block()
            arrivals = held.arrivals()
            blocks.append({name: 1e3 * (at(arrivals) - told) for name, at in MOMENTS.items()})
        used_ms = 1e3 * (server.processor() - before) / BLOCKS
    return {name: median(block[name] for block in blocks) for name in MOMENTS} | {
        PROCESSOR: used_ms
    }
