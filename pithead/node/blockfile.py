"""The embedded chain's own journal of blocks: what is in it survives the process.

The consensus library keeps its state in memory until it is closed in order, so every block is
written here first, and handed to the library again after a crash. One frame per block:

    length u32 | crc32 u32 | block work, 32 bytes | arrival in ms of farm time, i64 | block
    (little-endian; length and checksum are of what follows them)

A frame that was being written when the machine stopped is cut off at the next start.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from pithead.bitcoin.block import MAX_BLOCK_SIZE

log = structlog.get_logger(__name__)

_FRAME = struct.Struct("<II")
_RECORD = struct.Struct("<32sq")
_MOST_BYTES = MAX_BLOCK_SIZE + _RECORD.size


class BlockFileDamaged(Exception):
    """A frame inside the file is not what was written; the message says where."""


@dataclass(frozen=True, slots=True)
class BlockRecord:
    block: bytes
    block_work: int
    """Expected hashes of the target that was in force for it."""
    arrived_ms: int


class BlockFile:
    """An append-only file of blocks, open for the life of the chain."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def records(self) -> Iterator[BlockRecord]:
        """Every block, oldest first. Cuts off a frame that was never finished.

        Raises BlockFileDamaged for one that was, but does not match its checksum.
        """
        size = os.fstat(self._descriptor).st_size
        with self._path.open("rb") as file:
            offset = 0
            while offset < size:
                head = file.read(_FRAME.size)
                length, checksum = _FRAME.unpack(head) if len(head) == _FRAME.size else (0, 0)
                end = offset + _FRAME.size + length
                if len(head) < _FRAME.size or end > size:
                    self._cut(offset, size)
                    return
                if not _RECORD.size < length <= _MOST_BYTES:
                    raise BlockFileDamaged(f"{self._path}: no block at byte {offset}")
                payload = file.read(length)
                if zlib.crc32(payload) != checksum:
                    if end == size:
                        self._cut(offset, size)
                        return
                    raise BlockFileDamaged(f"{self._path}: a damaged block at byte {offset}")
                work, arrived = _RECORD.unpack_from(payload)
                yield BlockRecord(payload[_RECORD.size :], int.from_bytes(work, "little"), arrived)
                offset = end

    def append(self, record: BlockRecord) -> None:
        """Write one block; it is in the file when this returns, even if the process is killed."""
        payload = _RECORD.pack(record.block_work.to_bytes(32, "little"), record.arrived_ms)
        payload += record.block
        frame = memoryview(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]

    def sync(self) -> None:
        """Have the disk keep what was written, against a power cut too."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)

    def _cut(self, offset: int, size: int) -> None:
        log.warning(
            "an unfinished block at the end of the journal is cut off",
            file=str(self._path), offset=offset, bytes=size - offset,
        )  # fmt: skip
        os.ftruncate(self._descriptor, offset)
