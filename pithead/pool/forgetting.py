"""Workers that have vanished are forgotten, from time to time."""

import asyncio
from collections.abc import Callable, Container
from typing import Protocol

import structlog

from pithead.pool.sharelog import JournalFull

log = structlog.get_logger(__name__)

LOOK_SECONDS = 600.0
"""Wall time between two looks, and to the first: who was there before a restart comes again."""


class Forgetful(Protocol):
    """Whoever knows all workers."""

    def forget_idle(
        self, days: float, connected: Container[tuple[str, str]], now: float
    ) -> int: ...


async def keep_forgetting(
    keeper: Forgetful,
    connected: Callable[[], Container[tuple[str, str]]],
    days: float,
    clock: Callable[[], float],
) -> None:
    """Until it is cancelled: those without a share for so many days of farm time, that are not
    `connected` as (user, worker) either. Never with 0 days."""
    while days:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if gone := keeper.forget_idle(days, connected(), clock()):
                log.info("workers without a share for long are forgotten", workers=gone, days=days)
        except JournalFull as error:
            log.warning("vanished workers cannot be forgotten yet", error=str(error))
