"""The rules of rewards that are wanted are put in force: at the start, and whenever they change."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.rewards import Rules
from pithead.pool.rulebook import Rulebook
from pithead.pool.sharelog import JournalFull

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
"""Wall time until a change by another process is noticed."""


def begin_governed(rulebook: Rulebook, configured: Rules, keeper: Bookkeeper, now: float) -> None:
    """At the start of a pool. Raises DBAPIError, JournalFull."""
    if (ended := rulebook.configure(configured)) is not None:
        log.warning(
            "the rules of the configuration have changed: what an admin chose holds no more",
            chosen=ended, configured=configured,
        )  # fmt: skip
    chosen = rulebook.wanted().chosen
    if chosen is not None:
        log.info("the rules of rewards are those that an admin chose", chosen=chosen)
    keeper.govern(chosen or configured, now)


async def keep_governed(rulebook: Rulebook, keeper: Bookkeeper, clock: Callable[[], float]) -> None:
    """Until it is cancelled. Those in force stay while nobody can say, or nothing can be kept."""
    problem = ""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            wanted = (await asyncio.to_thread(rulebook.wanted)).rules
            if wanted is not None:
                keeper.govern(wanted, clock())
            problem = ""
        except (DBAPIError, JournalFull) as error:
            if not problem:
                log.warning("the rules of rewards cannot be looked at", error=str(error))
            problem = str(error)
