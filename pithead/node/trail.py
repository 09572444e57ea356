"""The best chain followed by hash: every block from the last one known to the new tip.

A reader that is told of heights alone cannot tell a block that left the chain from one that stayed.
So each new tip is walked back, header by header, to a block that was told before, and what lies
between is told in order; the first of them replaces whatever was told of its height and above.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pithead.node.node import Tip

MOST_STEPS = 2_000
"""Blocks told at once: two weeks of them. Older ones are past changing."""


@dataclass(frozen=True, slots=True)
class Link:
    """A block in its chain."""

    height: int
    hash_display: str
    parent_display: str
    time: int


class Trail:
    """What one reader has been told. `known` is what it knew before, hashes by height."""

    def __init__(self, known: Mapping[int, str]) -> None:
        self._told = dict(known)
        self._lowest = min(known, default=None)
        self._last: str | None = None

    async def follow(
        self, best: Link, link_of: Callable[[str], Awaitable[Link]]
    ) -> tuple[Tip, ...]:
        """The tips to tell, `best` the last; none where it was told last.

        `link_of` finds a block by its hash, and what it raises leaves everything as it was.
        """
        if best.hash_display == self._last:
            return ()
        path = [best]
        while self._leads_further(path[-1]) and len(path) < MOST_STEPS:
            path.append(await link_of(path[-1].parent_display))
        path.reverse()
        self._take(path)
        return tuple(
            Tip(each.height, each.hash_display, each.time, is_best=each is best) for each in path
        )

    def _leads_further(self, link: Link) -> bool:
        """Whether what is below a block is not what was told."""
        if self._lowest is None or link.height <= self._lowest:
            return False
        if self._told.get(link.height) == link.hash_display:
            return False
        return self._told.get(link.height - 1) != link.parent_display

    def _take(self, path: list[Link]) -> None:
        first, last = path[0].height, path[-1].height
        for height in [each for each in self._told if each >= first or each < last - MOST_STEPS]:
            del self._told[height]
        self._told.update((each.height, each.hash_display) for each in path)
        self._lowest = min(self._told)
        self._last = path[-1].hash_display
