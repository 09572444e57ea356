"""Of several processes that could do the same, one does it: the one with the lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from pithead.cli.cannotstart import LeadsNoMore
from pithead.cli.ending import until_told_or_failed
from pithead.pool.exchange import ExchangeAway
from pithead.pool.fence import NotLeader
from pithead.pool.lease import Lease
from pithead.pool.natsexchange import NatsExchange

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """It was not renewed in time, or another has it."""


@dataclass(frozen=True, slots=True)
class Led:
    """What is led, from when the lease is taken."""

    lease: Lease
    token: int
    """Greater than that of all who led before."""

    async def lost(self) -> None:
        """Raise LeaseLost when it is not held any more."""
        await asyncio.shield(self.lease.lost)
        raise LeaseLost


@asynccontextmanager
async def leadership(
    exchange: NatsExchange, name: str, does: str, seconds: float, told: asyncio.Event
) -> AsyncIterator[Led | None]:
    """Wait for the lease of that name, and give it back afterwards; None where told to stop.

    LeadsNoMore for what says within that another leads, or may; `does` is what it leads in.
    """
    lease = Lease(exchange.link, name, seconds)
    tokens: list[int] = []

    async def acquire() -> None:
        tokens.append(await lease.acquire())

    log.info(f"waiting for the lease of the {name}")
    await until_told_or_failed(told, acquire())
    try:
        yield None if told.is_set() else Led(lease, tokens[0])
    except Exception as error:
        if not _is_over(error):
            raise
        raise LeadsNoMore(
            f"this process {does} no more, as it lost the lease or another has taken it; "
            "start it again to wait for its turn"
        ) from error
    finally:
        await lease.release()


def _is_over(error: BaseException) -> bool:
    """Whether that says that another leads, or may.

    What was kept is taken by one process: `ExchangeAway` there says that another takes it.
    """
    if isinstance(error, BaseExceptionGroup):
        return any(_is_over(each) for each in error.exceptions)
    return isinstance(error, NotLeader | ExchangeAway | LeaseLost)
