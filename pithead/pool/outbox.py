"""A front end's own journal, and the way from there to the books.

An answer leaves when the share is in this journal, whether or not the books can be reached. What
they have not got waits on disk; a front end that was killed gives it again when it is back, with
some that they have: they know which.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Self

import msgspec
import structlog
from msgspec.structs import replace

from pithead.pool import batches
from pithead.pool.confluence import MARK, Mark
from pithead.pool.durability import Durability
from pithead.pool.events import BlockFound, Event, ShareAccepted, ShareRejected, blocks_among
from pithead.pool.exchange import Exchange, ExchangeAway
from pithead.pool.position import START, Position
from pithead.pool.sharelog import ShareLog
from pithead.pool.tail import Tail
from pithead.work.template import Template

log = structlog.get_logger(__name__)

_encode = msgspec.msgpack.Encoder().encode
_time_ms = attrgetter("time_ms")

WORK = (ShareAccepted, ShareRejected, BlockFound)
"""What the books do not follow themselves."""
SEGMENT_BYTES = 4 << 20
"""What may be given twice after a restart: small, as it goes over the exchange."""
BATCH_BYTES = 256 << 10
AGAIN_SECONDS = 0.5
MARK_SECONDS = 0.1
"""How often the books are told that there is nothing: others' work waits for that."""
LAST_WORDS_SECONDS = 3.0
"""Wall time for what the books lack when the front end is stopped."""


class Outbox:
    """Implements `Keeper`. Belongs to the event loop that opened it."""

    def __init__(self, log_: ShareLog, exchange: Exchange, clock: Callable[[], float]) -> None:
        """Use `open`."""
        self._log = log_
        self._exchange = exchange
        self._clock = clock
        self._told_ms = 0
        """What is from before that was told to be all there."""
        self._tail = Tail(log_.directory, log_.front_end, lambda: log_.segment)
        self._appended = asyncio.Event()
        self._idle = asyncio.Event()
        self._before: Position | None = None
        self._forwarding: asyncio.Task[None] | None = None
        self.problem = ""
        """Why the books do not get what is here; empty where they do."""

    @classmethod
    def open(
        cls, directory: Path, front_end: str, exchange: Exchange, clock: Callable[[], float],
        durability: Durability = "write", segment_bytes: int = SEGMENT_BYTES,
    ) -> Self:  # fmt: skip
        """Begins to give what an earlier life left. JournalFull if another process has it.

        Its epoch is above the present second: one that begins with an empty directory, or an old
        copy of it, does not tell anew what the books take for known.
        """
        above = Position(int(time.time()), 0)
        log_ = ShareLog(directory, front_end, durability, segment_bytes, above)
        outbox = cls(log_, exchange, clock)
        outbox._forwarding = asyncio.get_running_loop().create_task(outbox._forward())
        return outbox

    # What a pool needs

    def accept(self, events: Sequence[Event]) -> None:
        """Keep shares and blocks for good. Raises JournalFull.

        The process that keeps the books follows chain and prices itself.
        """
        work = [each for each in events if isinstance(each, WORK)]
        for some in _apart(_not_before(self._told_ms, work)):
            self._log.append(some)
        if work:
            self._idle.clear()
            self._appended.set()

    def template(self, template: Template) -> None:
        """The books have it from the node."""

    @property
    def chain(self) -> Mapping[int, str]:
        return {}

    @property
    def unresolved(self) -> Sequence[BlockFound]:
        """None: the books' process offers every block to the node."""
        return ()

    @property
    def is_idle(self) -> bool:
        """The books have all there is."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Return once the books have all there is."""
        await self._idle.wait()

    async def close(self, seconds: float = LAST_WORDS_SECONDS) -> None:
        """What the books cannot be given in time stays here for the next life."""
        try:
            async with asyncio.timeout(0 if self.problem else seconds):
                await self.idle()
        except TimeoutError:
            log.warning("the books lack what this front end keeps", front_end=self._log.front_end)
        if self._forwarding is not None:
            self._forwarding.cancel()
            await asyncio.gather(self._forwarding, return_exceptions=True)
        if self._idle.is_set():
            await self._tell(leaves=True)
        self._tail.close()
        self._log.close()

    async def failed(self) -> None:
        """Raise what ended the way to the books; never return while all is well."""
        assert self._forwarding is not None
        await asyncio.shield(self._forwarding)

    # To the books

    async def _forward(self) -> None:
        while True:
            self._appended.clear()
            segment = self._tail.segment
            frames = self._tail.read(BATCH_BYTES)
            if self._tail.segment != segment:
                self._forget()
            if not frames:
                self._idle.set()
                await self._nothing()
                continue
            self._idle.clear()
            if not await self._give(frames):
                self._tail.rewind()
                self._before = None
                await asyncio.sleep(AGAIN_SECONDS)

    async def _nothing(self) -> None:
        """Say so, again and again, until there is something."""
        while not self._appended.is_set():
            await self._tell(leaves=False)
            with suppress(TimeoutError):
                async with asyncio.timeout(MARK_SECONDS):
                    await self._appended.wait()

    async def _tell(self, leaves: bool) -> None:
        place = self._before or START
        self._told_ms = int(self._clock() * 1000)
        mark = Mark(self._log.front_end, *place, self._told_ms, leaves)
        with suppress(ExchangeAway):  # that shows when there is something to give
            await self._exchange.tell(MARK, _encode(mark))

    async def _give(self, frames: Sequence[bytes]) -> bool:
        """False where the books are away, or lack something before: all is told again."""
        first, _ = batches.ends(frames[0])
        _, last = batches.ends(frames[-1])
        name = self._log.front_end
        identity = f"{name}.{first.epoch}.{first.sequence}.{last.epoch}.{last.sequence}"
        try:
            await self._exchange.keep(batches.encode(name, self._before, frames), identity)
        except ExchangeAway as error:
            if not self.problem:
                log.warning("the books cannot be reached; shares wait here", error=str(error))
            self.problem = str(error)
            return False
        if self.problem:
            log.info("the books can be reached again")
        self.problem = ""
        self._before = last
        return True

    def _forget(self) -> None:
        """The segments before the present one are kept elsewhere by now."""
        try:
            self._log.forget_before(self._tail.segment)
        except OSError as error:
            log.warning("a journal that is kept cannot be removed", error=str(error))


def _not_before(least_ms: int, events: list[batches.Work]) -> list[batches.Work]:
    if min(map(_time_ms, events), default=least_ms) >= least_ms:
        return events
    return [
        each if each.time_ms >= least_ms else replace(each, time_ms=least_ms) for each in events
    ]


def _apart(events: Sequence[batches.Work]) -> list[Sequence[batches.Work]]:
    """Each block at the end of a frame: two in one may be longer than the exchange takes."""
    if not blocks_among(events):
        return [events] if events else []
    parts: list[Sequence[batches.Work]] = []
    begun = 0
    for index, event in enumerate(events):
        if isinstance(event, BlockFound):
            parts.append(events[begun : index + 1])
            begun = index + 1
    return [part for part in (*parts, events[begun:]) if part]
