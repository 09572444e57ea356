"""The pool of several processes: `Head` where the books are, a `Branch` at each Stratum port.

report     told each second by each branch: how it is
operator   told by the head: a line for all miners, or those of one user
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from pithead.node.node import NodeUnavailable
from pithead.pool.counts import Vitals
from pithead.pool.events import BlockFound, Event
from pithead.pool.exchange import Exchange, ExchangeAway
from pithead.pool.pool import Pool
from pithead.pool.reports import FORGOTTEN_SECONDS, Report, Word, report_of, together
from pithead.pool.rounds import round_seconds

log = structlog.get_logger(__name__)

REPORT, OPERATOR = "report", "operator"

_encode = msgspec.msgpack.Encoder().encode
_report = msgspec.msgpack.Decoder(Report)
_word = msgspec.msgpack.Decoder(Word)


class Head(Pool):
    """Follows the chain and answers for all front ends; has no miners itself."""

    def __init__(self, exchange: Exchange, *rest: Any, **named: Any) -> None:
        super().__init__(*rest, **named)
        self._exchange = exchange
        self._reports: dict[str, tuple[Report, float]] = {}

    async def start(self) -> None:
        await super().start()
        self._spawn(self._listen())

    def take(self, events: Sequence[Event]) -> bool:
        """Keep what a front end credited, and offer its blocks; False where it cannot be kept."""
        if not self._keep_events(events):
            return False
        for event in events:
            if isinstance(event, BlockFound):
                self._spawn(self._submission.submit(event))
        return True

    def offer(self, block: BlockFound) -> None:
        """To the node at once, though it waits for its place in the books, where `take` hears what
        the node says of it."""
        self._spawn(self._offer(block))

    async def _offer(self, block: BlockFound) -> None:
        with suppress(NodeUnavailable):
            await self._node.submit(block.block)

    def attend(self, work: Coroutine[object, object, None]) -> None:
        """Do this as well; the pool fails if it does, and ends it when it stops."""
        self._spawn(work)

    @property
    def reports(self) -> Collection[Report]:
        """Of those front ends that have been heard of lately."""
        now = self._wall()
        return [each for each, at in self._reports.values() if now - at < FORGOTTEN_SECONDS]

    @property
    def connections(self) -> int:
        return sum(each.connections for each in self.reports)

    def vitals(self) -> Vitals:
        return together(super().vitals(), self.reports, self._counts)

    def _push(self, line: bytes, user: str | None) -> int:
        """How many there were by the last reports."""
        self._spawn(self._say(_encode(Word(line, user))))
        if user is not None:
            return sum(each.users.get(user, 0) for each in self.reports)
        return sum(len(each.share_works) for each in self.reports)

    async def _say(self, word: bytes) -> None:
        try:
            await self._exchange.tell(OPERATOR, word)
        except ExchangeAway as error:
            log.error("the operator's word reaches no miner", error=str(error))

    async def _listen(self) -> None:
        async for payload in self._exchange.listen(REPORT):
            try:
                report = _report.decode(payload)
            except msgspec.MsgspecError as error:
                log.warning("a report cannot be read", error=str(error))
                continue
            self._reports[report.front_end] = report, self._wall()


class Branch(Pool):
    """Serves miners; a relayed node gives it work, and an outbox takes what they do."""

    def __init__(self, front_end: str, exchange: Exchange, *rest: Any, **named: Any) -> None:
        super().__init__(*rest, **named)
        self._front_end = front_end
        self._exchange = exchange

    async def start(self) -> None:
        await super().start()
        self._spawn(self._listen())
        self._spawn(self._report())

    async def _listen(self) -> None:
        async for payload in self._exchange.listen(OPERATOR):
            try:
                word = _word.decode(payload)
            except msgspec.MsgspecError as error:
                log.warning("a word of the operator cannot be read", error=str(error))
                continue
            self._push(word.line, word.user)

    async def _report(self) -> None:
        while True:
            users = Counter(
                user
                for each in self._connections
                if each.session.is_ready
                for user in each.session.users
            )
            report = report_of(self._front_end, self.vitals(), dict(users))
            with suppress(ExchangeAway):  # the outbox says so
                await self._exchange.tell(REPORT, _encode(report))
            await asyncio.sleep(round_seconds(len(self._connections), FORGOTTEN_SECONDS / 2))
