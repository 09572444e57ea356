"""What a pool's database alone can answer, asked by several threads."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from pithead.pool.credit_proof import CreditDay, CreditProof
from pithead.pool.credits import PublishedCredits
from pithead.pool.history import DAY, History
from pithead.pool.readings import (
    BlockRewardReading,
    DayHashrate,
    DayRewards,
    PayoutReading,
    StoreAway,
)
from pithead.pool.replica import reads_of

log = structlog.get_logger(__name__)
T = TypeVar("T")


def past_of(
    engine: Engine, replica: str, confirmations: int, until: ExitStack
) -> tuple[History, PublishedCredits, ThreadPoolExecutor]:
    """What a `Past` is made of; it lasts until `until` does. Raises StoreError for a `replica`
    that is no URL; "" is none."""
    readers = ThreadPoolExecutor(2, "history")
    until.callback(readers.shutdown)
    history = History(reads_of(replica, engine, until), confirmations)
    return history, PublishedCredits(engine), readers


class Past:
    """Half of `PoolReadings`: what was."""

    def __init__(
        self, history: History, credits: PublishedCredits, readers: ThreadPoolExecutor
    ) -> None:
        self.history = history
        self.credits = credits
        self.readers = readers

    async def daily_rewards(self, user: str, first_day: int, last_day: int) -> Sequence[DayRewards]:
        return await self._ask(lambda: self.history.daily_rewards(user, first_day, last_day))

    async def daily_hashrate(
        self, user: str, first_day: int, last_day: int, of_group: bool = False
    ) -> Sequence[DayHashrate]:
        ask = self.history.daily_hashrate
        return await self._ask(lambda: ask(user, first_day, last_day, of_group))

    async def payouts(self, user: str, first_day: int, last_day: int) -> Sequence[PayoutReading]:
        return await self._ask(lambda: self.history.payouts(user, first_day, last_day))

    async def block_rewards(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[BlockRewardReading]:
        return await self._ask(lambda: self.history.block_rewards(user, first_day, last_day))

    async def credit_days(self, first_day: int, last_day: int) -> Sequence[CreditDay]:
        return await self._ask(lambda: self.credits.days(first_day // DAY, last_day // DAY))

    async def credit_proof(self, user: str, day: int) -> CreditProof | None:
        return await self._ask(lambda: self.credits.proof(user, day // DAY))

    async def _ask(self, question: Callable[[], T]) -> T:
        """Readers do not wait for a commit: the database has room for both."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.readers, question)
        except DBAPIError as error:
            log.warning("the store cannot be read", error=str(error.orig))
            raise StoreAway from error
