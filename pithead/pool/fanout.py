"""All miners told of a job, in parts: what they say meanwhile is heard between two of them."""

import asyncio
from collections.abc import Callable, Mapping

from pithead.pool.jobs import OpenJob
from pithead.pool.listener import Connection

SLICE = 500
"""Sessions told of a job before the loop may turn to others."""
BLOCK_SLICE = 5_000
"""The same after a block, a tenth of a second: what miners say meanwhile is stale."""


class FanOut:
    """Tells those who are there; `flush` sends what is queued for them, `clock` is farm time."""

    def __init__(
        self,
        connections: Mapping[Connection, None],
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._connections = connections
        self._flush = flush
        self._clock = clock
        self._job: OpenJob | None = None
        self._parent = b""
        """The block that miners were told to build on last."""

    async def tell(self, job: OpenJob) -> None:
        """Tell every session; a newer job that comes meanwhile ends this round."""
        size = SLICE if job.template.prev_hash_wire == self._parent else BLOCK_SLICE
        self._job, self._parent = job, job.template.prev_hash_wire
        for index, connection in enumerate(list(self._connections)):
            if index % size == 0:
                await asyncio.sleep(0)
                if self._job is not job:
                    return
                self._flush()  # what is queued for a session goes before its newer job
            if connection in self._connections:
                lines = connection.session.offer(job, self._clock())
                if lines:
                    connection.send(lines)
                    connection.rearm()

    def end(self) -> None:
        """There is no work: who has not been told yet need not be."""
        self._job = None
