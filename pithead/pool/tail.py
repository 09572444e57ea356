"""Reads a journal behind its writer, frame by frame: what waits is in the file, not in memory."""

import os
from collections.abc import Callable
from pathlib import Path

from pithead.pool.sharelog import FRAME, JournalDamaged, frame_end, segments_in, start_of


class Tail:
    """For the process that writes the journal: what is in the file is whole."""

    def __init__(self, directory: Path, front_end: str, newest: Callable[[], Path]) -> None:
        """Begins with the oldest segment; `newest` is the one that is being written."""
        self._directory = directory
        self._front_end = front_end
        self._newest = newest
        self._file = -1
        self.rewind()

    def rewind(self) -> None:
        """From the oldest frame that is there, once more."""
        self._open(segments_in(self._directory, self._front_end)[0])

    def read(self, most_bytes: int) -> list[bytes]:
        """The next frames, of one segment, without their heads: one in any case, if there is one.

        JournalDamaged where what follows is no whole frame.
        """
        frames = self._frames(most_bytes)
        while not frames and self.segment != self._newest():
            self._open(self._after(self.segment))
            frames = self._frames(most_bytes)
        return frames

    @property
    def unread(self) -> int:
        """Bytes of the present segment that were not read yet."""
        return os.fstat(self._file).st_size - self._offset

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, segment: Path) -> None:
        self.close()
        self._file = os.open(segment, os.O_RDONLY)
        self.segment = segment
        self._offset = 0

    def _after(self, segment: Path) -> Path:
        later = (
            each
            for each in segments_in(self._directory, self._front_end)
            if start_of(each) > start_of(segment)
        )
        return next(later)

    def _frames(self, most_bytes: int) -> list[bytes]:
        data = os.pread(self._file, most_bytes, self._offset)
        if len(data) >= FRAME.size:
            length = FRAME.size + FRAME.unpack_from(data)[0]
            if length > len(data):  # longer than wanted, and alone
                data = os.pread(self._file, length, self._offset)
        frames, offset = [], 0
        while (end := frame_end(data, offset)) is not None:
            frames.append(data[offset + FRAME.size : end])
            offset = end
        if data and not frames:
            raise JournalDamaged(f"{self.segment} is damaged at offset {self._offset}")
        self._offset += offset
        return frames
