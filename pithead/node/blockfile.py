"""The embedded chain's own journal of blocks: what is in it survives the process.

The consensus library keeps its state in memory until it is closed in order, so every block is
written here first, and handed to the library again after a crash. One frame per block:

    length u32 | crc32 u32 | block work, 32 bytes | solve time in ms, i64 | block
    (little-endian; length and checksum are of what follows them)

A frame that was being written when the machine stopped is cut off at the next start. The file is
locked while it is open.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import structlog

from pithead.bitcoin.block import MAX_BLOCK_SIZE
from pithead.node.record import BlockRecord

log = structlog.get_logger(__name__)

_FRAME = struct.Struct("<II")
_RECORD = struct.Struct("<32sq")
_MOST_BYTES = MAX_BLOCK_SIZE + _RECORD.size


class BlockFileDamaged(Exception):
    """A frame inside the file is not what was written; the message says where."""


class BlockFile:
    """An append-only file of blocks, open for the life of the chain.

    Raises BlockingIOError where another process has it open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise
        self._last_offset = self.size

    def records(self, offset: int = 0) -> Iterator[BlockRecord]:
        """Every block from a frame's offset on, oldest first. Cuts off a frame never finished.

        Raises BlockFileDamaged for one that was, but does not match its checksum.
        """
        size = self.size
        with self._path.open("rb") as file:
            file.seek(offset)
            while offset < size:
                head = file.read(_FRAME.size)
                length, checksum = _FRAME.unpack(head) if len(head) == _FRAME.size else (0, 0)
                end = offset + _FRAME.size + length
                payload = file.read(length) if length <= _MOST_BYTES else b""
                if _RECORD.size < len(payload) == length and zlib.crc32(payload) == checksum:
                    yield _record(payload)
                    offset = end
                elif self._is_unfinished(offset, length, end, size):
                    self._cut(offset, size)
                    return
                else:
                    raise BlockFileDamaged(f"{self._path}: a damaged block at byte {offset}")

    def append(self, record: BlockRecord) -> None:
        """Write one block; it is in the file when this returns, even if the process is killed.

        Raises OSError; nothing of the block is in the file then.
        """
        payload = _RECORD.pack(record.block_work.to_bytes(32, "little"), record.solve_ms)
        payload += record.block
        if not _RECORD.size < len(payload) <= _MOST_BYTES:
            raise ValueError(f"{len(record.block)} bytes are no block")
        self._last_offset = self.size
        frame = memoryview(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
        try:
            while frame:
                frame = frame[os.write(self._descriptor, frame) :]
        except OSError:
            self.take_back()
            raise

    def take_back(self) -> None:
        """Remove what `append` wrote last; once only."""
        os.ftruncate(self._descriptor, self._last_offset)

    def sync(self) -> None:
        """Have the disk keep what was written, against a power cut too."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.fsync(self._descriptor)
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """In bytes: the offset of the next block."""
        return os.fstat(self._descriptor).st_size

    def _is_unfinished(self, offset: int, length: int, end: int, size: int) -> bool:
        """Whether a frame that is not whole is the last: cut short, or never filled in.

        After a power cut a file may have its new length and zeros where the bytes should be.
        """
        if length <= _MOST_BYTES and end >= size:
            return True
        with self._path.open("rb") as file:
            file.seek(offset)
            return size - offset <= _MOST_BYTES and not any(file.read(size - offset))

    def _cut(self, offset: int, size: int) -> None:
        log.warning(
            "an unfinished block at the end of the journal is cut off",
            file=str(self._path), offset=offset, bytes=size - offset,
        )  # fmt: skip
        os.ftruncate(self._descriptor, offset)


def _record(payload: bytes) -> BlockRecord:
    work, solve_ms = _RECORD.unpack_from(payload)
    return BlockRecord(payload[_RECORD.size :], int.from_bytes(work, "little"), solve_ms)
