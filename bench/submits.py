"""Answered submits a second, end to end over loopback: server and miners on cores of their own."""

from functools import partial

from bench.load import Load, built
from bench.measure import alternate, show
from bench.serving import Kind, serving

SHAPES = ((100, 16), (1_000, 8), (1_000, 1))
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
                name: partial(answered_per_second, load, kind, connections, outstanding)
                for name, kind in CANDIDATES.items()
            }
            results = alternate(candidates, ROUNDS)
            title = f"submits answered, {connections:,} connections x {outstanding} outstanding"
            show(title, "1/s on one core", results, BASELINE)


CANDIDATES: dict[str, Kind] = {BASELINE: "baseline", POOL: "pool"}


def answered_per_second(load: Load, kind: Kind, connections: int, outstanding: int) -> float:
    """A fresh pool a round; every answer must say that the share was accepted."""
    with serving(kind) as server:
        answered = load.submit(server.port, connections, outstanding, SECONDS)
    if answered.rejected:
        raise RuntimeError(f"{answered.rejected} shares of {answered.accepted} were rejected")
    return answered.per_second
