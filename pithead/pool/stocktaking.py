"""What the database alone can count, asked now and then on a thread of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from pithead.pool.counts import Stock
from pithead.pool.schema import blocks, notices

PATIENCE_SECONDS = 3.0


class Stocktaking:
    """One question at a time: a database that hangs holds up one thread, and no more than it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "stocktaking")
        self._asking: asyncio.Future[Stock] | None = None

    async def take(self) -> Stock | None:
        """None where the database does not answer, or not soon enough."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._ask)
        done, _ = await asyncio.wait({self._asking}, timeout=PATIENCE_SECONDS)
        try:
            return next(iter(done)).result() if done else None
        except DBAPIError:
            return None

    def _ask(self) -> Stock:
        waiting = select(func.count()).select_from(notices).where(notices.c.state == "waiting")
        states = select(blocks.c.state, func.count()).group_by(blocks.c.state)
        with self._engine.connect() as connection:
            by_state = {str(state): int(count) for state, count in connection.execute(states)}
            return Stock(connection.scalar(waiting) or 0, by_state)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
