"""All miners told of a job, in parts: what they say meanwhile is heard between two of them.

A crowd is told at once of a new block alone. Of a fresh template each miner hears with the answer
to its next share, or when nothing else has been said to it for some time: a word to a connection
where nothing happens costs several times what one more word beside another does.
"""

import asyncio
from collections.abc import Callable, Mapping

from pithead.pool.jobs import JobBook, OpenJob
from pithead.pool.listener import Connection

SLICE = 500
"""Sessions told of a job before the loop may turn to others."""
BLOCK_SLICE = 5_000
"""The same after a block, a tenth of a second: what miners say meanwhile is stale."""
CROWD = 1_000
"""So many are not told all at once that there is nothing but a fresh template."""


class FanOut:
    """Tells those who are there; `flush` sends what is queued for them, `clock` is farm time."""

    def __init__(
        self,
        jobs: JobBook,
        connections: Mapping[Connection, None],
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._connections = connections
        self._flush = flush
        self._clock = clock
        self._job: OpenJob | None = None
        self._parent = b""
        """The block that all miners were told to build on last."""

    async def tell(self, job: OpenJob) -> None:
        """Tell every session; a newer job that comes meanwhile ends this round, and tells all of
        them where this one was of a block."""
        is_block = job.template.prev_hash_wire != self._parent
        self._job = job
        if not is_block and len(self._connections) >= CROWD:
            self._jobs.due_sequence = job.sequence
            return
        size = BLOCK_SLICE if is_block else SLICE
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
        self._parent = job.template.prev_hash_wire

    def end(self) -> None:
        """There is no work: who has not been told yet need not be."""
        self._job = None
