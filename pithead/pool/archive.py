"""The journal's past: for how long it is kept, and what the telling of it begins from.

Once the store has it, a segment is moved to `kept`. Beside the segments stand extracts of the
books, each as of a position, from which what follows can be told again. An extract that is old
enough goes as soon as the next one is, and with it the segments from before the next one.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy import Engine

from pithead.pool.backup import BadBackup, Extract, read_header, write_backup
from pithead.pool.books import BooksSettings
from pithead.pool.durability import SEGMENT_BYTES
from pithead.pool.migrations import HEAD
from pithead.pool.position import Position
from pithead.pool.sharelog import (
    KEPT,
    JournalError,
    ShareLog,
    behind,
    read_segment,
    segments_in,
    start_of,
    tell,
)

log = structlog.get_logger(__name__)

DAY = 86_400
EXTRACT = "books"
LEAST_FREE_BYTES = 4 * SEGMENT_BYTES
"""On a disk with less room than this the past makes way: shares of now need it more."""


class Archive:
    """Of one front end. For the thread that commits: nothing is committed meanwhile."""

    def __init__(
        self,
        log: ShareLog,
        days: float,
        engine: Engine,
        settings: BooksSettings,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """The journal is kept for at least so many `days` of the world; 0 keeps nothing."""
        self._log = log
        self._journal = log.directory
        self._front_end = log.front_end
        self._seconds = days * DAY
        self._engine = engine
        self._settings = settings
        self._wall = wall
        self._next_at = 0.0

    def begin(self, position: Position) -> None:
        """Begin anew where the past does not lead to these books, as with other settings.

        Like `tend`, raises OSError and DBAPIError, and does the rest at the next call.
        """
        for half in (self._journal / KEPT).glob(f".{self._front_end}.*"):
            half.unlink()  # its writer was killed
        kept = extracts(self._journal, self._front_end)
        usable = [each for each in kept if self._is_usable(each, position)]
        if usable != kept or not self._seconds:
            for each in kept:
                each.unlink()
            usable = []
        if not self._seconds:
            self._drop_segments(position)
        if usable:
            self._next_at = usable[-1].stat().st_mtime + self._seconds / 2
        self.tend(position)

    def tend(self, position: Position) -> None:
        """The store is there: let go of segments, write an extract where it is time for one."""
        self._log.forget(position, keep=self._seconds > 0)
        now = self._wall()
        if not self._seconds:
            return
        if shutil.disk_usage(self._journal).free < LEAST_FREE_BYTES:
            self._make_way(position)
            return
        if now < self._next_at <= now + self._seconds:
            return
        path = self._journal / KEPT / _name(self._front_end, position)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            rows = write_backup(self._engine, path, self._settings)
            os.utime(path, (now, now))
            log.info("the journal can be told again from here on", extract=path.name, rows=rows)
        self._next_at = now + self._seconds / 2
        self._drop_old(now)

    def _make_way(self, position: Position) -> None:
        kept = extracts(self._journal, self._front_end)
        for each in kept:
            each.unlink()
        self._drop_segments(position)
        if kept:
            log.warning("the disk is nearly full: the past of the journal is not kept")
        self._next_at = 0.0

    def _is_usable(self, path: Path, position: Position) -> bool:
        try:
            header = read_header(path)
        except BadBackup:
            return False
        extract: Extract | None = header.extract
        return (
            header.version == HEAD
            and extract is not None
            and extract.settings == self._settings
            and position_of(path) <= position
        )

    def _drop_old(self, now: float) -> None:
        kept = extracts(self._journal, self._front_end)
        while len(kept) > 1 and now - kept[1].stat().st_mtime >= self._seconds:
            kept.pop(0).unlink()
        self._drop_segments(position_of(kept[0]))

    def _drop_segments(self, position: Position) -> None:
        """Those that hold nothing later."""
        segments = segments_in(self._journal, self._front_end, with_kept=True)
        for segment in behind(segments, position):
            if segment.parent.name == KEPT:
                segment.unlink()


def leads_on(log: ShareLog, position: Position) -> int:
    """How many events a journal has later than `position`.

    JournalError where it does not have that one, or not all that came later.
    """
    segments = segments_in(log.directory, log.front_end, with_kept=True)
    of_epoch = [each for each in segments if start_of(each).epoch == position.epoch]
    ends = (
        payload.first + len(payload.events) - 1
        for each in of_epoch
        for payload in read_segment(each)
    )
    if max(ends, default=0 if of_epoch else -1) < position.sequence:
        raise JournalError(
            f"{log.directory} does not have event {position.sequence} of epoch {position.epoch}, "
            "where the backup ends: it is not the journal of the same pool, or not all of it"
        )
    return sum(1 for _ in tell(segments, position))


def extracts(journal: Path, front_end: str) -> list[Path]:
    """Oldest first."""
    return sorted((journal / KEPT).glob(f"{front_end}.*.{EXTRACT}"), key=position_of)


def position_of(path: Path) -> Position:
    """As of which an extract is, by its name."""
    _, epoch, sequence, _ = path.name.rsplit(".", 3)
    return Position(int(epoch), int(sequence))


def _name(front_end: str, position: Position) -> str:
    return f"{front_end}.{position.epoch:08}.{position.sequence:016}.{EXTRACT}"
