"""How far each front end of its own process was taken into the books."""

from collections.abc import Iterable, Mapping

from pithead.pool.changes import ReachedRow
from pithead.pool.events import Reached
from pithead.pool.position import Position


class Arrivals:
    """By the name of the front end; one that nobody heard of is nowhere."""

    def __init__(self, rows: Iterable[ReachedRow] = ()) -> None:
        self._places = {row.front_end: Position(row.epoch, row.sequence) for row in rows}
        self._changed: dict[str, None] = {}

    @property
    def places(self) -> Mapping[str, Position]:
        return self._places

    def apply(self, event: Reached) -> None:
        self._places[event.front_end] = Position(event.epoch, event.sequence)
        self._changed[event.front_end] = None

    def drain(self) -> list[ReachedRow]:
        """Those that moved since this was last asked."""
        rows = [ReachedRow(name, *self._places[name]) for name in self._changed]
        self._changed = {}
        return rows
