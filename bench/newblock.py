"""From a new block to the miners: when the first, the median, the 99th and the last hear of it."""

from collections.abc import Callable
from statistics import median

from bench.load import Arrivals, Load, built
from bench.measure import Result, show
from bench.serving import Kind, serving
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


def run() -> None:
    with built() as load:
        if load is None:
            return
        rounds = [
            {name: heard(load, kind) for name, kind in CANDIDATES.items()} for _ in range(ROUNDS)
        ]
        for moment in MOMENTS:
            results = [
                Result(name, tuple(each[name][moment] for each in rounds)) for name in CANDIDATES
            ]
            show(f"a new block, {CONNECTIONS:,} clients, {moment}", "ms", results, BASELINE)


def heard(load: Load, kind: Kind) -> dict[str, float]:
    """Milliseconds from the node's word to each moment, the median of some blocks."""
    blocks: list[dict[str, float]] = []
    with serving(kind) as server, load.hold(server.port, CONNECTIONS, reports=True) as held:
        for _ in range(BLOCKS):
            told = server.block()
            arrivals = held.arrivals()
            blocks.append({name: 1e3 * (at(arrivals) - told) for name, at in MOMENTS.items()})
    return {name: median(block[name] for block in blocks) for name in MOMENTS}
