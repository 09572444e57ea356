"""What front ends of their own processes give to the books: each event once, in order of time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from pithead.pool import batches
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.confluence import MARK, Confluence, Mark, Portion
from pithead.pool.events import BlockFound, Event, Reached
from pithead.pool.exchange import Exchange, ExchangeAway, Kept
from pithead.pool.position import START, Position
from pithead.pool.sharelog import ShareLog, segments_in, tell

log = structlog.get_logger(__name__)

JOURNAL_RETRY_SECONDS = 1.0
SECURE_SECONDS = 1.0
TAKEN_AT_ONCE = 1_000
LOOKING_SECONDS = 0.25
"""How soon it is seen that nobody need be waited for any more."""
PATIENCE_SECONDS = 5.0
"""For a front end on the same machine, which is begun again at once when it dies."""

_mark = msgspec.msgpack.Decoder(Mark)


class Intake:
    """For the one process that keeps the books."""

    def __init__(
        self,
        exchange: Exchange,
        take: Callable[[Sequence[Event]], bool],
        confluence: Confluence,
        clock: Callable[[], float],
        secure: Callable[[], Awaitable[bool]] | None = None,
        offer: Callable[[BlockFound], None] = lambda block: None,
    ) -> None:
        """`take` keeps events in the journal of the books, all or none; False where it cannot.
        `offer` gets a block at once, which may have to wait for its place in the books.

        With `secure` nothing is done before the store has it: where the journal of this process is
        not what a successor begins with.
        """
        self._exchange = exchange
        self._take = take
        self._confluence = confluence
        self._clock = clock
        self._secure = secure
        self._offer = offer
        self._releasing = asyncio.Lock()
        self._waiting: list[tuple[Kept, str, Position]] = []
        """What has come and is not in the journal of the books, with the last event of each."""
        self._unsecured: list[Kept] = []
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as both:
            if self._secure is not None:
                both.create_task(self._keep_securing(self._secure))
            both.create_task(self._hear_marks())
            both.create_task(self._keep_looking())
            async for kept in self._exchange.kept():
                self._receive(kept)
                await self._release()

    def _receive(self, kept: Kept) -> None:
        """What cannot be taken stays undone and comes again."""
        try:
            batch = batches.decode(kept.payload)
            news = batches.news(batch, self._confluence.arrived(batch.front_end))
        except batches.BadBatch as error:
            log.error("what a front end gave is not understood and not taken", error=str(error))
            return
        except batches.Gap as error:
            self._refuse(batch.front_end, str(error))
            return
        self._refused.discard(batch.front_end)
        if news.lost:
            log.error("events of a front end are nowhere any more",
                      front_end=batch.front_end, events=news.lost)  # fmt: skip
        for event in news.events:
            if isinstance(event, BlockFound):
                self._offer(event)
        self._confluence.add(batch.front_end, news, self._clock())
        self._waiting.append((kept, batch.front_end, batches.end(batch)))

    def _refuse(self, front_end: str, why: str) -> None:
        if front_end not in self._refused:
            log.error("a front end gives what is not next; waiting for that", why=why)
        self._refused.add(front_end)

    async def _hear_marks(self) -> None:
        async for payload in self._exchange.listen(MARK):
            try:
                mark = _mark.decode(payload)
            except msgspec.MsgspecError as error:
                log.warning("what a front end says is not understood", error=str(error))
                continue
            self._confluence.mark(mark, self._clock())
            await self._release()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOKING_SECONDS)
            await self._release()

    async def _release(self) -> None:
        """Keep what need not wait any more, and say what is done with it."""
        async with self._releasing:
            for portion in self._confluence.release(self._clock()):
                await self._keep(portion)
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                kept, front_end, end = each
                if end > self._confluence.released(front_end):
                    self._waiting.append(each)
                elif self._secure is None:
                    await _is_done(kept)
                else:
                    self._unsecured.append(kept)

    async def _keep(self, portion: Portion) -> None:
        """With how far each front end is taken, in one append: so none comes twice."""
        at = portion.last_ms
        reached = [Reached(at, name, *place) for name, place in portion.reached.items()]
        events = [*portion.events, *reached]
        while not self._take(events):  # noqa: ASYNC110 - nobody tells that there is room again
            await asyncio.sleep(JOURNAL_RETRY_SECONDS)

    async def _keep_securing(self, secure: Callable[[], Awaitable[bool]]) -> None:
        while True:
            await asyncio.sleep(SECURE_SECONDS)
            given, self._unsecured = self._unsecured, []
            if given and not await secure():
                self._unsecured = given + self._unsecured
                continue
            for kept in given:
                await _is_done(kept)


async def _is_done(kept: Kept) -> None:
    """Where nobody hears that, it comes again, and is known."""
    with suppress(ExchangeAway):
        await kept.done()


def take_in(journal: Path, front_end: str, keeper: Bookkeeper, clock: Callable[[], float]) -> int:
    """What a front end that will not run again left, straight from its journal; how many events.

    Raises JournalError where it runs, or cannot be read, or that of the books cannot be written.
    """
    ShareLog(journal, front_end).close()  # nobody writes it, and no torn tail is left
    reached = keeper.reached.get(front_end, START)
    told = tell(segments_in(journal, front_end), reached)
    count = 0
    while some := list(islice(told, TAKEN_AT_ONCE)):
        now_ms = int(clock() * 1000)
        events = [event for _, event in some if isinstance(event, batches.Work)]
        last, _ = some[-1]
        keeper.accept([*batches.in_time(events, now_ms), Reached(now_ms, front_end, *last)])
        count += len(events)
    return count
