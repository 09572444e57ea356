"""Hashing off the event loop: worker processes that scan for all machines of a farm.

A batch goes to the workers in equal parts and comes back in order. Workers are nice, fewer than
the processors, and end with their parent, however it ends: each holds the end of a pipe that only
the parent has the other end of.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection

import structlog

from pithead.hardware.scanning import ScanRequest, ScanResult, execute_all

log = structlog.get_logger(__name__)

NICENESS = 10
SMALLEST_PART = 2_000
"""Hashes for which a worker of its own is worth the way there."""
MOST_RESTARTS = 3
"""Of the workers for one batch, before its failure is taken for one of the batch."""


class HashingFailed(Exception):
    """Workers died on the same batch again and again."""


class InlineEngine:
    """Scans where it is called: for tests and single machines of a few hashes."""

    async def scan(self, requests: Sequence[ScanRequest]) -> list[ScanResult]:
        return execute_all(requests)

    async def close(self) -> None:
        pass


class WorkerEngine:
    """Scans in worker processes. One batch at a time is meant, more are safe."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or default_workers()
        self._context = multiprocessing.get_context("spawn")
        self._executor: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None
        self._closed = False

    async def scan(self, requests: Sequence[ScanRequest]) -> list[ScanResult]:
        """Execute all; a batch whose worker died is scanned again by new workers.

        Raises HashingFailed when that does not help.
        """
        if not requests:
            return []
        parts = divided(requests, self._workers)
        for _ in range(1 + MOST_RESTARTS):
            executor = self._running()
            try:
                futures = [executor.submit(execute_all, part) for part in parts]
                answers = await asyncio.gather(*map(asyncio.wrap_future, futures))
            except BrokenProcessPool:
                if self._closed:
                    raise HashingFailed("the engine was closed under a batch") from None
                log.warning("hashing.worker_died", workers=self._workers)
                self._abandon(executor)
            else:
                return [result for answer in answers for result in answer]
        raise HashingFailed(f"workers died {1 + MOST_RESTARTS} times on one batch")

    def worker_ids(self) -> list[int]:
        """The process ids of the workers there are."""
        processes = getattr(self._executor, "_processes", None) or {}
        return list(processes)

    async def close(self) -> None:
        """End the workers; a scan under way fails."""
        self._closed = True
        executor, self._executor = self._executor, None
        if self._lifeline is not None:
            self._lifeline.close()
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._closed = False
            theirs, self._lifeline = self._context.Pipe(duplex=False)
            self._executor = ProcessPoolExecutor(
                self._workers, self._context, _start_worker, (theirs,)
            )
        return self._executor

    def _abandon(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
            if self._lifeline is not None:
                self._lifeline.close()
        executor.shutdown(wait=False, cancel_futures=True)


def default_workers() -> int:
    """One processor is left to everything else."""
    return max(1, (os.cpu_count() or 1) - 1)


def divided(requests: Sequence[ScanRequest], workers: int) -> list[list[ScanRequest]]:
    """Split a batch, order kept, into at most so many parts of about equal work."""
    total = sum(request.length for request in requests)
    parts = max(1, min(workers, total // SMALLEST_PART))
    divisions: list[list[ScanRequest]] = [[]]
    done = 0
    for request in requests:
        if divisions[-1] and done * parts >= total * len(divisions):
            divisions.append([])
        divisions[-1].append(request)
        done += request.length
    return divisions


def _start_worker(lifeline: Connection) -> None:
    """Runs first in each worker."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    # Ctrl-C reaches the whole process group; the parent closes its workers in its own order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()


def _end_with_parent(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)
