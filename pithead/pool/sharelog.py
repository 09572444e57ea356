"""The journal: what was appended survives the death of the process, and is read back once.

A journal is a directory of segments, FRONT_END.EPOCH.SEQUENCE.journal, named after the first
event that each may hold. A segment is a row of frames:

    length  u32 little endian, of the payload
    crc32   u32 little endian, of the payload
    payload msgpack of [epoch, sequence of the first event, [event, ...]]

Every opening begins a new epoch, whose events are numbered from 1. An append is one write(2):
a kill can cut only the very last frame, whose answers had not left, and that is dropped.

    JournalError
        JournalFull     the disk or the operator must help; nothing of the append was kept
        JournalDamaged  bytes in the middle are not what was written
"""

import fcntl
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from struct import Struct

import msgspec
import structlog

from pithead.pool.durability import SEGMENT_BYTES, Durability
from pithead.pool.events import Event, spelled
from pithead.pool.position import START, Position

log = structlog.get_logger(__name__)

LONGEST_PAYLOAD = 64 << 20
"""Sixteen whole blocks, more than any batch can hold; longer ones are taken for damage."""
FRAME = Struct("<II")
ARRAY_OF_THREE = 0x93
"""The first byte of any payload."""


class JournalError(Exception):
    """The journal cannot be used as asked."""


class JournalFull(JournalError):
    """The journal cannot be written to. The events were not recorded."""


class JournalDamaged(JournalError):
    """Says which file and at what offset."""


KEPT = "kept"
"""Where segments are that are in the store and kept all the same: beside those in use."""


class _Payload(msgspec.Struct, array_like=True, frozen=True):
    epoch: int
    first: int
    events: list[Event]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Payload, strict=False).decode
"""Not strict: what `spelled` wrote as text is read as the number it is."""


class ShareLog:
    """One writer's journal. Not for several threads at once, but `forget` may run in any."""

    def __init__(
        self,
        directory: Path,
        front_end: str,
        durability: Durability = "write",
        segment_bytes: int = SEGMENT_BYTES,
        above: Position | None = None,
    ) -> None:
        """Opens, or begins, the journal of a front end; its epoch is above that of `above`.

        Cuts off a torn tail. JournalFull if another process has it or it cannot be written.
        """
        self.directory = directory
        self.front_end = front_end
        self._durability = durability
        self._segment_bytes = segment_bytes
        self._sequence = 0
        self._broken = ""
        self._file = -1
        self._size = 0
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = self._take_lock()
        try:
            self._begin_epoch(above)
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def position(self) -> Position:
        """Of the last event appended."""
        return Position(self._epoch, self._sequence)

    def append(self, events: Sequence[Event]) -> Position:
        """Keep a batch whole; the position is that of its last event."""
        if self._broken:
            raise JournalFull(self._broken)
        if self._size >= self._segment_bytes:
            self._begin_segment()
        head = self._epoch, self._sequence + 1
        try:
            payload = _encode((*head, events))
        except OverflowError:
            payload = _encode((*head, [spelled(event) for event in events]))
        if len(payload) > LONGEST_PAYLOAD:
            raise JournalFull(f"a batch of {len(payload)} bytes is too long for the journal")
        frame = FRAME.pack(len(payload), zlib.crc32(payload)) + payload
        try:
            self._write(frame)
        except OSError as error:
            self._take_back()
            raise JournalFull(str(error)) from error
        self._size += len(frame)
        self._sequence += len(events)
        return self.position

    def replay(self, after: Position | None) -> Iterator[tuple[Position, Event]]:
        """Everything that was there at the opening and comes later than `after`.

        JournalDamaged where something in between is not there, as when the store was lost or is
        older than what the journal has forgotten.
        """
        segments = segments_in(self.directory, self.front_end, with_kept=True)
        return tell([each for each in segments if start_of(each).epoch < self._epoch], after)

    def forget(self, position: Position, keep: bool = False) -> None:
        """Let go of the segments that hold nothing later; the present one stays in any case.

        They are deleted, or moved aside to `keep` them.
        """
        for segment in behind(self._segments(), position):
            if keep:
                (self.directory / KEPT).mkdir(exist_ok=True)
                segment.rename(self.directory / KEPT / segment.name)
            else:
                segment.unlink(missing_ok=True)

    def forget_before(self, segment: Path) -> None:
        """Delete the segments before that one, whatever they hold."""
        for each in self._segments():
            if start_of(each) < start_of(segment):
                each.unlink(missing_ok=True)

    def close(self) -> None:
        """Everything appended is in the file already."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._broken = "the journal is closed"
            os.close(self._lock)

    # Files

    def _take_lock(self) -> int:
        """Two writers of one journal would cut off each other's frames."""
        lock = os.open(self.directory / f"{self.front_end}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise JournalFull(f"another process writes {self.directory}") from error
        return lock

    def _segments(self) -> list[Path]:
        return segments_in(self.directory, self.front_end)

    def _begin_epoch(self, above: Position | None) -> None:
        segments = self._segments()
        if segments:
            _cut_torn_tail(segments[-1])
        newest = max((start_of(segment).epoch for segment in segments), default=0)
        self._epoch = max(newest, above.epoch if above else 0) + 1
        self._begin_segment()

    def _begin_segment(self) -> None:
        name = f"{self.front_end}.{self._epoch:08}.{self._sequence + 1:016}.journal"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        try:
            file = os.open(self.directory / name, flags, 0o600)
        except OSError as error:
            raise JournalFull(str(error)) from error
        try:
            if self._durability == "group":
                _sync_directory(self.directory)
        except OSError as error:
            os.close(file)
            (self.directory / name).unlink(missing_ok=True)  # its name is needed again
            raise JournalFull(str(error)) from error
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = file, 0
        self.segment = self.directory / name
        """The present one."""

    def _write(self, frame: bytes) -> None:
        written = os.write(self._file, frame)
        while written < len(frame):  # a short write: the rest fits, or says why not
            written += os.write(self._file, frame[written:])
        if self._durability == "group":
            os.fdatasync(self._file)

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            self._broken = f"half a frame could not be taken back: {error}"
            log.error("the journal is unusable until the pool starts again", error=str(error))


def tell(segments: Sequence[Path], after: Position | None) -> Iterator[tuple[Position, Event]]:
    """Everything that segments, in order, hold later than `after`.

    JournalDamaged where something in between is not there.
    """
    last = after or START
    for segment in segments[len(behind(segments, last)) :]:
        for payload in read_segment(_now_at(segment)):
            same = payload.epoch == last.epoch
            following = last.sequence + 1 if same else 1
            if payload.epoch >= last.epoch and payload.first > following:
                raise JournalDamaged(
                    f"{segment} goes on at event {payload.first} of epoch {payload.epoch}, "
                    f"but {following} is missing"
                )
            for number, event in enumerate(payload.events, payload.first):
                position = Position(payload.epoch, number)
                if position > last:
                    yield position, event
                    last = position


def read_segment(path: Path) -> Iterator[_Payload]:
    """All payloads of a segment without a torn tail; JournalDamaged where one is not whole."""
    data = path.read_bytes()
    offset = 0
    while offset < len(data):
        end = frame_end(data, offset)
        if end is None:
            raise JournalDamaged(f"{path} is damaged at offset {offset}")
        try:
            payload = _decode(memoryview(data)[offset + FRAME.size : end])
        except msgspec.MsgspecError as error:
            raise JournalDamaged(f"{path} is damaged at offset {offset}: {error}") from error
        yield payload
        offset = end


def frame_end(data: bytes, offset: int) -> int | None:
    """Where a whole frame that starts at `offset` ends; None where there is none."""
    start = offset + FRAME.size
    if start >= len(data) or data[start] != ARRAY_OF_THREE:
        return None
    length, checksum = FRAME.unpack_from(data, offset)
    end = int(start + length)
    if length > LONGEST_PAYLOAD or end > len(data):
        return None
    return end if zlib.crc32(memoryview(data)[start:end]) == checksum else None


def _cut_torn_tail(path: Path) -> None:
    """A bad frame that whole ones follow is no torn tail: it stays, to be found when read."""
    data = path.read_bytes()
    offset = 0
    while offset < len(data):
        end = frame_end(data, offset)
        if end is None:
            break
        offset = end
    if offset == len(data) or _has_frame(data, offset + 1):
        return
    log.warning("the journal ends in half a frame; cut off", file=str(path), offset=offset)
    with path.open("r+b") as file:
        file.truncate(offset)


def _has_frame(data: bytes, start: int) -> bool:
    found = data.find(ARRAY_OF_THREE, start + FRAME.size)
    while found >= 0:
        if frame_end(data, found - FRAME.size) is not None:
            return True
        found = data.find(ARRAY_OF_THREE, found + 1)
    return False


def segments_in(directory: Path, front_end: str, with_kept: bool = False) -> list[Path]:
    """The segments of a journal in order, if wanted with those that the store has long had."""
    pattern = f"{front_end}.*.journal"
    kept = (directory / KEPT).glob(pattern) if with_kept else ()
    return sorted([*directory.glob(pattern), *kept], key=start_of)


def _now_at(segment: Path) -> Path:
    """A pool that runs may have moved it since it was looked for."""
    return segment if segment.exists() else segment.parent / KEPT / segment.name


def behind(segments: Sequence[Path], position: Position) -> list[Path]:
    """The first of these, in order, that hold nothing later; never the last."""
    end = Position(position.epoch, position.sequence + 1)
    return [each for each, following in pairwise(segments) if start_of(following) <= end]


def start_of(path: Path) -> Position:
    """From a segment's name."""
    _, epoch, sequence, _ = path.name.rsplit(".", 3)
    return Position(int(epoch), int(sequence))


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
