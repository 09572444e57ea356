"""How to go round all connections of a pool and leave time for what they say meanwhile."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

LEAST_SECONDS = 1.0
"""Of a round, however few there are."""
MOST_SECONDS = 10.0
"""However many there are: `SessionSettings.quiet_seconds` and this stay below 45."""
VISITS_PER_SECOND = 2_000
"""Less than a hundredth of a core; more only where a round would be too long."""
SLICE = 250
"""Visited in a row: less than a millisecond."""

Visited = TypeVar("Visited")


def round_seconds(count: int, most_seconds: float = MOST_SECONDS) -> float:
    """How long a round of so many takes."""
    return min(max(LEAST_SECONDS, count / VISITS_PER_SECOND), most_seconds)


def slices(visited: Sequence[Visited]) -> Iterator[Sequence[Visited]]:
    """Parts of a round, in order; an empty one where nobody is there."""
    for start in range(0, max(1, len(visited)), SLICE):
        yield visited[start : start + SLICE]
