"""How far each front end of its own process was taken into the books."""

from collections.abc import Iterable, Mapping

from pithead.pool.changes import ReachedRow
from pithead.pool.events import Reached
from pithead.pool.position import Position


class Arrivals:
    """By the name of the front end; one that nobody heard of is nowhere."""

    def __init__(self, rows: Iterable[ReachedRow] = ()) -> None:
        self._rows = {row.front_end: row for row in rows}
        self._changed: dict[str, None] = {}

    @property
    def places(self) -> Mapping[str, Position]:
        return {name: Position(row.epoch, row.sequence) for name, row in self._rows.items()}

    @property
    def times_ms(self) -> Mapping[str, int]:
        """Of the last event of each."""
        return {name: row.time_ms for name, row in self._rows.items()}

    def apply(self, event: Reached) -> None:
        name = event.front_end
        self._rows[name] = ReachedRow(name, event.epoch, event.sequence, event.time_ms)
        self._changed[name] = None

    def drain(self) -> list[ReachedRow]:
        """Those that moved since this was last asked."""
        rows = [self._rows[name] for name in self._changed]
        self._changed = {}
        return rows
