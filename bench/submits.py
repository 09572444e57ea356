"""Answered submits a second, end to end over loopback: server and miners on cores of their own."""

from functools import partial

from bench.load import Load, built
from bench.measure import alternate, show
from bench.serving import Opening, serving

SHAPES = ((100, 16), (1_000, 8), (1_000, 1), (10_000, 1))
"""Connections, and how many submits each leaves unanswered at a time."""
ROUNDS = 3
SECONDS = 3.0

BASELINE = "streams, hashlib"
POOL = "pithead pool"


def run() -> None:
    with built() as load:
        if load is None:
            return
        for connections, outstanding in SHAPES:
            candidates = {
                name: partial(answered_per_second, load, opening, connections, outstanding)
                for name, opening in CANDIDATES.items()
            }
            results = alternate(candidates, ROUNDS)
            title = f"submits answered, {connections:,} connections x {outstanding} outstanding"
            show(title, "1/s on one core", results, BASELINE)


CANDIDATES: dict[str, Opening] = {
    BASELINE: partial(serving, "baseline"),
    POOL: partial(serving, "pool"),
}


def answered_per_second(load: Load, opening: Opening, connections: int, outstanding: int) -> float:
    """A fresh pool a round; every answer must say that the share was accepted."""
    with opening() as server:
        answered = load.submit(server.port, connections, outstanding, SECONDS)
    if answered.rejected:
        raise RuntimeError(f"{answered.rejected} shares of {answered.accepted} were rejected")
    return answered.per_second
