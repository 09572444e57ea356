"""The logs of one machine: bounded files, written off the loop; without a place, in memory.

Each log is at most two files: the one that grows, and the one before it.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from pithead.miner.chronicle import LogKind

LARGEST_FILE = 128 * 1024
"""Bytes; a thousand machines with all their logs full have 1.5 GB."""
LONGEST_LINE = 2_000
MOST_WAITING = 64 * 1024
"""Bytes of lines not yet written, of all logs; what comes on top is lost."""


class LogBook:
    def __init__(self, directory: Path | None = None, largest_file: int = LARGEST_FILE) -> None:
        self._directory = directory
        self._largest = largest_file
        self._waiting: dict[LogKind, list[bytes]] = {}
        self._size = 0
        self._memory: dict[LogKind, bytes] = {}
        self._task: asyncio.Task[None] | None = None

    def write(self, kind: LogKind, line: str) -> None:
        """Add a line; it is in the file soon after."""
        data = line[:LONGEST_LINE].replace("\n", " ").encode(errors="replace") + b"\n"
        if self._directory is None:
            self._memory[kind] = (self._memory.get(kind, b"") + data)[-self._largest :]
            return
        if self._size + len(data) > MOST_WAITING:
            return
        self._size += len(data)
        self._waiting.setdefault(kind, []).append(data)
        self._start_writing()

    async def read(self, kind: LogKind) -> bytes:
        """The whole log, the oldest line first."""
        if self._directory is None:
            return self._memory.get(kind, b"")
        await self.settled()
        return await asyncio.to_thread(self._read_files, kind)

    async def settled(self) -> None:
        """Return once everything written so far is in the files."""
        if self._waiting:
            self._start_writing()
        if self._task is not None:
            await asyncio.shield(self._task)

    def flush(self) -> None:
        """Write what waits, now: for those who have no event loop."""
        self._append(self._take())

    def _read_files(self, kind: LogKind) -> bytes:
        content = b""
        for path in (self._before(kind), self._file(kind)):
            with contextlib.suppress(OSError):
                content += path.read_bytes()
        return content

    def _start_writing(self) -> None:
        if self._task is not None and not self._task.done():
            return
        with contextlib.suppress(RuntimeError):  # no loop runs: `flush` or the next line will do
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while lines := self._take():
            await asyncio.to_thread(self._append, lines)

    def _take(self) -> Mapping[LogKind, bytes]:
        lines = {kind: b"".join(parts) for kind, parts in self._waiting.items()}
        self._waiting, self._size = {}, 0
        return lines

    def _append(self, lines: Mapping[LogKind, bytes]) -> None:
        """A disk that is full costs lines, nothing else."""
        for kind, data in lines.items():
            with contextlib.suppress(OSError):
                path = self._file(kind)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("ab") as file:
                    file.write(data)
                    is_full = file.tell() >= self._largest
                if is_full:
                    os.replace(path, self._before(kind))

    def _file(self, kind: LogKind) -> Path:
        assert self._directory is not None
        return self._directory / f"{kind}.log"

    def _before(self, kind: LogKind) -> Path:
        return self._file(kind).with_suffix(".log.1")
