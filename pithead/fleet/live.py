"""Server-sent events: each stream is told once a second which machines changed.

A slow reader costs nothing: a stream remembers only which machines it has not been told of, and
reads them from the book when it is their turn.
"""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import msgspec

from pithead.fleet.book import Book, sums
from pithead.fleet.contract import Fleet, Row

MOST_STREAMS = 64
PACKING = 5
"""Of gzip's nine: a thousand machines take 7 ms and an eighth of their bytes; nine takes 22 ms."""
LEAST_SECONDS = 1.0
"""Between two events of a stream."""
SILENT_SECONDS = 15.0
"""Then a comment says that the stream is still there."""
LONGEST_SECONDS = 3600.0
"""Then a stream ends, and its reader comes back by itself."""


class TooManyStreams(Exception):
    """As many streams are open as there may be."""


def fleet_of(book: Book) -> Fleet:
    rows = book.rows()
    return Fleet(sums=sums(rows), machines=rows, look_seconds=book.look_seconds, whole=True)


class Live:
    """All streams of a fleet; belongs to its loop."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._streams: dict[asyncio.Event, set[str]] = {}

    def changed(self, row: Row) -> None:
        """To be called after every look."""
        for awake, untold in self._streams.items():
            untold.add(row.id)
            awake.set()

    def open(self) -> AsyncGenerator[bytes]:
        """The bytes of one more stream. Raises TooManyStreams."""
        if len(self._streams) >= MOST_STREAMS:
            raise TooManyStreams(f"{MOST_STREAMS} streams are open; close one of them")
        awake = asyncio.Event()
        self._streams[awake] = set()
        return self._events(awake)

    async def _events(self, awake: asyncio.Event) -> AsyncGenerator[bytes]:
        untold = self._streams[awake]
        loop = asyncio.get_running_loop()
        ends = loop.time() + LONGEST_SECONDS
        try:
            yield b"retry: 3000\n\n" + _event(fleet_of(self._book))
            while loop.time() < ends:
                try:
                    async with asyncio.timeout(SILENT_SECONDS):
                        await awake.wait()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                await asyncio.sleep(LEAST_SECONDS)
                awake.clear()
                changed, untold = untold, set()
                self._streams[awake] = untold
                yield _event(self._changes(changed))
        finally:
            self._streams.pop(awake, None)

    def _changes(self, machines: set[str]) -> Fleet:
        rows = self._book.rows()
        return Fleet(
            sums=sums(rows),
            machines=tuple(row for row in rows if row.id in machines),
            look_seconds=self._book.look_seconds,
            whole=False,
        )


async def packed(events: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """As gzip: each event can be read as soon as it is sent."""
    packer = zlib.compressobj(PACKING, wbits=16 + zlib.MAX_WBITS)
    async with aclosing(events):
        async for event in events:
            yield packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


def _event(fleet: Fleet) -> bytes:
    return b"data: " + msgspec.json.encode(fleet) + b"\n\n"
