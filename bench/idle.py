"""What an idle connection costs: resident memory of the server, subscribed and authorised."""

from functools import partial

from bench.load import Load, built
from bench.measure import alternate, show
from bench.serving import Opening
from bench.submits import BASELINE, CANDIDATES

CONNECTIONS = 5_000
ROUNDS = 3


def run() -> None:
    with built() as load:
        if load is None:
            return
        candidates = {
            name: partial(bytes_a_connection, load, opening) for name, opening in CANDIDATES.items()
        }
        results = alternate(candidates, ROUNDS)
        show(f"memory, {CONNECTIONS:,} idle connections", "bytes a connection", results, BASELINE)


def bytes_a_connection(load: Load, opening: Opening, connections: int = CONNECTIONS) -> float:
    """The growth from a first few connections, which load what any connection needs."""
    with opening() as server, load.hold(server.port, 10):
        before = server.memory()
        with load.hold(server.port, connections):
            return (server.memory() - before) / connections
