"""From a new block to the miners: when the first, the median, the 99th and the last hear of it."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from bench.load import Arrivals, Load, built
from bench.measure import Result, show
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


def run() -> None:
    with built() as load:
        if load is not None:
            compare(load, CANDIDATES, CONNECTIONS, tuple(MOMENTS), BASELINE)


def compare(
    load: Load,
    candidates: Mapping[str, Opening],
    connections: int,
    moments: Sequence[str],
    baseline: str,
) -> None:
    """Candidates in alternation; prints some of the moments."""
    rounds = [
        {name: heard(load, opening, connections) for name, opening in candidates.items()}
        for _ in range(ROUNDS)
    ]
    for moment in moments:
        results = [
            Result(name, tuple(each[name][moment] for each in rounds)) for name in candidates
        ]
        show(f"a new block, {connections:,} clients, {moment}", "ms", results, baseline)


def heard(load: Load, opening: Opening, connections: int) -> dict[str, float]:
    """Milliseconds from the node's word to each moment, the median of some blocks."""
    blocks: list[dict[str, float]] = []
    with opening() as server, load.hold(server.port, connections, reports=True) as held:
        for _ in range(BLOCKS):
            told = server.block()
            arrivals = held.arrivals()
            blocks.append({name: 1e3 * (at(arrivals) - told) for name, at in MOMENTS.items()})
    return {name: median(block[name] for block in blocks) for name in MOMENTS}
