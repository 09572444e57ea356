"""Answers that go on: server-sent events, as many at once as there is room for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from starlette.responses import Response, StreamingResponse

Telling = Callable[[], Awaitable[bytes | None]]
"""Gives one event's JSON; None ends the stream."""

RETRY_MS = 5_000
"""After which a browser comes again once a stream has ended."""


class Full(Exception):
    """Too many streams already, of this address or of all."""

    def __init__(self) -> None:
        super().__init__("too many streams at once; ask without one")


class Streams:
    """All streams of one server. They end when `close` is called."""

    def __init__(self, seconds: float = 2.0, most: int = 256, most_per_address: int = 8) -> None:
        """An event goes out each `seconds`."""
        self._seconds = seconds
        self._most = most
        self._most_per_address = most_per_address
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    @property
    def count(self) -> int:
        return self._open.total()

    def answer(
        self, address: str, tell: Telling, headers: dict[str, str], seconds: float | None = None
    ) -> Response:
        """A stream of what `tell` says, or Full. `address` counts as `address_key` gives it.

        `seconds` is between two events where it is not as often as for others.
        """
        if self.count >= self._most or self._open[address] >= self._most_per_address:
            raise Full
        self._open[address] += 1
        return _Counted(
            self._events(tell, seconds or self._seconds), headers, lambda: self._leave(address)
        )

    def close(self) -> None:
        """End them all, each after the event that it is sending."""
        self._closing.set()

    def _leave(self, address: str) -> None:
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    async def _events(self, tell: Telling, seconds: float) -> AsyncIterator[bytes]:
        yield b"retry: %d\n\n" % RETRY_MS
        while not self._closing.is_set():
            if (event := await tell()) is None:
                return
            yield b"data: %b\n\n" % event
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), seconds)


class _Counted(StreamingResponse):
    """A stream that says when it is over, however it ends, even before it began."""

    def __init__(
        self, events: AsyncIterator[bytes], headers: dict[str, str], leave: Callable[[], None]
    ) -> None:
        super().__init__(events, 200, headers, "text/event-stream")
        self._leave = leave

    async def __call__(self, *asgi: object) -> None:
        try:
            await super().__call__(*asgi)  # type: ignore[arg-type]
        finally:
            self._leave()
