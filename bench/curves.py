"""How the pool changes with its size, as a chart: `python -m bench.curves` writes it into docs.

Answered submits over connections, the time of an answer over how many are answered a second, and
memory over connections; the pool against the same baseline, in alternation.
"""

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import median

from bench.chart import Panel, Point, Series, draw
from bench.idle import bytes_a_connection
from bench.load import Answered, Load, built
from bench.measure import alternate, machine
from bench.serving import Opening
from bench.submits import CANDIDATES, answered_per_second

PLACE = Path(__file__).parent.parent / "docs" / "images" / "curves.svg"
CONNECTIONS = (100, 300, 1_000, 3_000, 10_000)
OUTSTANDING = (1, 2, 4, 8, 16)
"""On each of so many connections, for the time of an answer under load."""
LOADED = 100
ROUNDS = 2
SECONDS = 1.5
COLOURS = ("#b0b0b0", "#0969da")


def submitted(load: Load, opening: Opening, connections: int, outstanding: int) -> Answered:
    """Of a fresh pool."""
    with opening() as server:
        return load.submit(server.port, connections, outstanding, SECONDS)


def throughput(load: Load, connections: int) -> list[Point]:
    """Thousands of connections and of submits a second, of each candidate."""
    results = alternate(
        {
            name: partial(answered_per_second, load, opening, connections, 1)
            for name, opening in CANDIDATES.items()
        },
        ROUNDS,
    )
    return [(connections / 1e3, each.median / 1e3) for each in results]


def latency(load: Load, opening: Opening, outstanding: int) -> Point:
    """Thousands of submits a second, and the 99th of the answers in milliseconds."""
    rounds = [submitted(load, opening, LOADED, outstanding) for _ in range(ROUNDS)]
    return (
        median(each.per_second for each in rounds) / 1e3,
        median(each.p99_us for each in rounds) / 1e3,
    )


def memory(load: Load, opening: Opening, connections: int) -> Point:
    """Thousands of connections and mebibytes."""
    return connections / 1e3, bytes_a_connection(load, opening, connections) * connections / 2**20


def lines(points: Iterable[Iterable[Point]]) -> list[Series]:
    """Of each candidate in turn."""
    return [
        Series(name, colour, list(each), is_line=True)
        for name, colour, each in zip(CANDIDATES, COLOURS, points, strict=True)
    ]


def panels(load: Load) -> list[Panel]:
    of_sizes = [throughput(load, connections) for connections in CONNECTIONS]
    answers = ([latency(load, each, n) for n in OUTSTANDING] for each in CANDIDATES.values())
    rooms = ([memory(load, each, n) for n in CONNECTIONS] for each in CANDIDATES.values())
    return [
        Panel("Submits, one outstanding on each connection", "thousand connections",
              "thousand answered a second", lines(zip(*of_sizes, strict=True)), has_floor=True),
        Panel(f"Time of an answer, {LOADED} connections", "thousand answered a second",
              "99th of the answers, ms", lines(answers), has_floor=True),
        Panel("Memory of idle connections", "thousand connections", "MiB", lines(rooms),
              has_floor=True),
    ]  # fmt: skip


def main() -> None:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    with built() as load:
        if load is not None:
            found = panels(load)
            place.write_text(draw(f"One process on one core; {machine()}", found))
            for panel in found:
                print(
                    panel.title, *((each.name, *each.points) for each in panel.series), sep="\n  "
                )


if __name__ == "__main__":
    main()
