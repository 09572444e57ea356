"""What front ends of their own processes give to the books: each event once, in their order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import structlog

from pithead.pool import batches
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import Event, Reached
from pithead.pool.exchange import Exchange, ExchangeAway, Kept
from pithead.pool.position import START, Position
from pithead.pool.sharelog import ShareLog, segments_in, tell

log = structlog.get_logger(__name__)

JOURNAL_RETRY_SECONDS = 1.0
SECURE_SECONDS = 1.0
TAKEN_AT_ONCE = 1_000


class Intake:
    """For the one process that keeps the books."""

    def __init__(
        self,
        exchange: Exchange,
        take: Callable[[Sequence[Event]], bool],
        reached: Mapping[str, Position],
        clock: Callable[[], float],
        secure: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`take` keeps events in the journal of the books, all or none; False where it cannot.

        With `secure` nothing is done before the store has it: where the journal of this process is
        not what a successor begins with. `reached` is what the books say at the start.
        """
        self._exchange = exchange
        self._take = take
        self._reached = dict(reached)
        self._clock = clock
        self._secure = secure
        self._unsecured: list[Kept] = []
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as both:
            if self._secure is not None:
                both.create_task(self._keep_securing(self._secure))
            async for kept in self._exchange.kept():
                await self._receive(kept)

    async def _receive(self, kept: Kept) -> None:
        """What cannot be taken stays undone and comes again."""
        try:
            batch = batches.decode(kept.payload)
            news = batches.news(batch, self._reached.get(batch.front_end, START))
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
        await self._keep(batch.front_end, news)
        if self._secure is None:
            await _is_done(kept)
        else:
            self._unsecured.append(kept)

    def _refuse(self, front_end: str, why: str) -> None:
        if front_end not in self._refused:
            log.error("a front end gives what is not next; waiting for that", why=why)
        self._refused.add(front_end)

    async def _keep(self, front_end: str, news: batches.News) -> None:
        if not news.events:
            return
        now_ms = int(self._clock() * 1000)
        reached = Reached(now_ms, front_end, *news.end)
        events = [*batches.in_time(news.events, now_ms), reached]
        while not self._take(events):  # noqa: ASYNC110 - nobody tells that there is room again
            await asyncio.sleep(JOURNAL_RETRY_SECONDS)
        self._reached[front_end] = news.end

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
