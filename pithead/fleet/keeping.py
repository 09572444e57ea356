"""Keeps what a book knows of the past in a record, and brings it back at the start."""

import asyncio
from collections.abc import Callable

import structlog

from pithead.fleet.book import Book
from pithead.fleet.history import LENGTHS, MINUTE, MINUTES, QUARTER, History, finished
from pithead.fleet.points import Row
from pithead.fleet.recalled import Recalled
from pithead.fleet.record import Record, RecordError

log = structlog.get_logger(__name__)


class Keeping:
    """Belongs to one event loop; the record is asked in threads, one call at a time."""

    def __init__(self, book: Book, record: Record, clock: Callable[[], float]) -> None:
        self._book = book
        self._record = record
        self._clock = clock
        self._written = {step: _begin(step, clock()) for step in LENGTHS}

    async def begin(self) -> None:
        """What was kept is in the book from now on, for machines that will be watched."""
        try:
            histories = await asyncio.to_thread(self._recall, self._clock())
        except RecordError as error:
            log.error("fleet.history_lost", why=str(error))
            return
        self._book.remember(histories)

    async def run(self) -> None:
        """Until it is cancelled. A record that cannot be written is tried again."""
        while True:
            await asyncio.sleep(MINUTE - self._clock() % MINUTE)
            try:
                await self.write()
            except RecordError as error:
                log.error("fleet.history_not_written", why=str(error))

    async def write(self) -> None:
        """All that is over and not written yet. Raises RecordError."""
        now = self._clock()
        for step in LENGTHS:
            for moment in finished(step, self._written[step], now):
                points = self._book.points(step, moment)
                await asyncio.to_thread(self._record.write, step, moment, points)
                self._written[step] = moment

    def close(self) -> None:
        self._record.close()

    def _recall(self, now: float) -> dict[str, History]:
        """By the ids of machines. Of the quarter hours since the last one that was written, there
        are but the minutes."""
        newest = self._record.newest(QUARTER) or 0
        kept = min(max(newest, _begin(QUARTER, now - MINUTES * MINUTE)), _begin(QUARTER, now))
        self._written = {QUARTER: kept, MINUTE: _begin(MINUTE, now) - MINUTE}
        numbers = self._record.numbers()
        recalled = {step: Recalled(step, numbers.values()) for step in LENGTHS}
        since: list[tuple[int, Row]] = []
        for step, of_step in recalled.items():
            for moment, row in self._record.rows(step, now - step * LENGTHS[step]):
                of_step.add(moment, row)
                if step == MINUTE and moment >= kept + QUARTER:
                    since.append((moment, row))
        histories = {
            number: History({step: of_step.ring(number) for step, of_step in recalled.items()})
            for number in numbers.values()
        }
        for moment, row in since:
            for number, values in row.points().items():
                if number in histories:
                    histories[number].recall(QUARTER, moment, values)
        return {name: histories[number] for name, number in numbers.items()}


def _begin(step: int, now: float) -> int:
    """The moment at which the step under way began."""
    return int(now) // step * step
