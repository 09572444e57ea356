"""The status of a machine, simple and detailed, and the streams of its changes."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from pithead.bos.detailed_status import (
    MinerDetailedStatus,
    Nothing,
    Phase,
    Running,
    RunReason,
    Stopped,
    StopReason,
)
from pithead.bos.units import Timestamp
from pithead.miner.miner import Miner
from pithead.miner.snapshot import MinerStatus, Snapshot

log = structlog.get_logger(__name__)

WAITING_CHANGES = 64
"""Of one reader; one that lets more wait is dropped."""

_NOTHING = Nothing()
_PHASES = {
    MinerStatus.NOT_STARTED: Phase(
        stopped=Stopped(reason=StopReason(application_unavailable=_NOTHING))
    ),
    MinerStatus.NORMAL: Phase(running=Running(reason=RunReason(normal=_NOTHING))),
    MinerStatus.PAUSED: Phase(stopped=Stopped(reason=StopReason(user_pause=_NOTHING))),
    MinerStatus.SUSPENDED: Phase(stopped=Stopped(reason=StopReason(dead_pools=_NOTHING))),
    MinerStatus.RESTRICTED: Phase(stopped=Stopped(reason=StopReason(missing_license=_NOTHING))),
}


def detailed(seen: Snapshot) -> MinerDetailedStatus:
    return MinerDetailedStatus(
        status=_PHASES[seen.status], status_since=Timestamp.at(seen.status_since)
    )


async def changes(miner: Miner) -> AsyncIterator[MinerStatus]:
    """The present status, then every change; ends for a reader that does not keep up."""
    waiting: asyncio.Queue[MinerStatus | None] = asyncio.Queue(WAITING_CHANGES + 1)

    def tell(status: MinerStatus) -> None:
        if waiting.qsize() < WAITING_CHANGES:
            waiting.put_nowait(status)
        elif waiting.qsize() == WAITING_CHANGES:
            log.warning("a reader of the status stream does not keep up and is dropped")
            waiting.put_nowait(None)

    unwatch = miner.watch_status(tell)
    try:
        yield miner.status
        while (status := await waiting.get()) is not None:
            yield status
    finally:
        unwatch()
