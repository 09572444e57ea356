"""The status of a machine, simple and detailed, and the streams of its changes."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

import structlog

from pithead.bos.detailed_status import (
    FailureText,
    MinerDetailedStatus,
    Nothing,
    Phase,
    Precision,
    Running,
    RunReason,
    Starting,
    StartReason,
    Stopped,
    StopReason,
    ThermalPause,
    UnsupportedHardware,
    Until,
)
from pithead.bos.units import Timestamp
from pithead.miner import condition
from pithead.miner.condition import Cause, Condition, Verdict
from pithead.miner.miner import Miner
from pithead.rpc.errors import TooMany

log = structlog.get_logger(__name__)

WAITING_CHANGES = 64
"""Of one reader; one that lets more wait is dropped."""
MOST_STREAMS = 64
"""Of one machine at the same time, over all APIs."""

_NOTHING = Nothing()
_PLAIN_STOPS = {
    Cause.APPLICATION_UNAVAILABLE: StopReason(application_unavailable=_NOTHING),
    Cause.DEAD_POOLS: StopReason(dead_pools=_NOTHING),
    Cause.MISSING_LICENSE: StopReason(missing_license=_NOTHING),
    Cause.USER_PAUSE: StopReason(user_pause=_NOTHING),
    Cause.DPS_COOLDOWN: StopReason(dps_cooldown=_NOTHING),
}
_STARTS = {
    Cause.DELAYED_START: StartReason(delayed_start=_NOTHING),
    Cause.COOLING_DOWN: StartReason(cooling_down=_NOTHING),
    Cause.WAITING_WHILE_COLD: StartReason(waiting_while_cold=_NOTHING),
    Cause.DEFROSTING: StartReason(defrosting=_NOTHING),
}

T = TypeVar("T")


def detailed(seen: Condition) -> MinerDetailedStatus:
    return MinerDetailedStatus(
        status=_phase(seen),
        status_since=Timestamp.at(seen.since),
        status_until=_until(seen.verdict),
    )


def _phase(seen: Condition) -> Phase:
    match seen.phase:
        case condition.Phase.STOPPED:
            return Phase(stopped=Stopped(reason=_stop_reason(seen.verdict)))
        case condition.Phase.STOPPING:
            return Phase(stopping=Stopped(reason=_stop_reason(seen.verdict)))
        case condition.Phase.STARTING:
            return Phase(starting=Starting(reason=_start_reason(seen.verdict.cause)))
        case condition.Phase.RUNNING:
            return Phase(running=Running(reason=_run_reason(seen.verdict.cause)))


def _stop_reason(verdict: Verdict) -> StopReason:
    match verdict.cause:
        case Cause.UNSUPPORTED_HARDWARE:
            return StopReason(unsupported_hardware=UnsupportedHardware(errors=(verdict.message,)))
        case Cause.DANGEROUS_TEMPERATURE:
            reason = ThermalPause(reason="THERMAL_PAUSE_REASON_DANGEROUS_TEMPERATURE")
            return StopReason(thermal_pause=reason)
        case Cause.BROKEN_FANS:
            return StopReason(thermal_pause=ThermalPause(reason="THERMAL_PAUSE_REASON_BROKEN_FANS"))
        case Cause.TUNER_ERROR:
            return StopReason(tuner_error=FailureText(message=verdict.message))
        case Cause.HARDWARE_ERROR:
            return StopReason(hardware_error=FailureText(message=verdict.message))
        case cause:
            return _PLAIN_STOPS.get(cause, StopReason(unspecified=_NOTHING))


def _start_reason(cause: Cause) -> StartReason:
    return _STARTS.get(cause, StartReason(none=_NOTHING))


def _run_reason(cause: Cause) -> RunReason:
    if cause is Cause.PREHEATING:
        return RunReason(preheating=_NOTHING)
    return RunReason(normal=_NOTHING)


def _until(verdict: Verdict) -> Until | None:
    if verdict.until is None:
        return None
    moment = Timestamp.at(verdict.until)
    return Until(
        precision=Precision(exact=moment) if verdict.until_is_exact else Precision(max=moment)
    )


class Streams:
    """The streams of the status of one machine: how many there are is bounded."""

    def __init__(self, miner: Miner) -> None:
        self._miner = miner
        self._open = 0

    def statuses(self) -> AsyncGenerator[condition.MinerStatus, None]:
        """The present simple status, then every change. Raises TooMany."""
        return self._changes(lambda: self._miner.status, self._miner.standing.watch_status)

    def conditions(self) -> AsyncGenerator[Condition, None]:
        """The present detailed status, then every change. Raises TooMany."""
        standing = self._miner.standing
        return self._changes(lambda: standing.condition, standing.watch_condition)

    async def _changes(
        self, present: Callable[[], T], watch: Callable[[Callable[[T], None]], Callable[[], None]]
    ) -> AsyncGenerator[T, None]:
        """Ends for a reader that does not keep up."""
        if self._open >= MOST_STREAMS:
            raise TooMany(
                f"{MOST_STREAMS} readers of the status are there already; close one of them first"
            )
        self._open += 1
        changes = _Changes(watch)
        try:
            yield present()
            while (change := await changes.waiting.get()) is not None:
                yield change[0]
        finally:
            changes.end()
            self._open -= 1


class _Changes(Generic[T]):
    """What one reader has yet to read."""

    def __init__(self, watch: Callable[[Callable[[T], None]], Callable[[], None]]) -> None:
        self.waiting: asyncio.Queue[tuple[T] | None] = asyncio.Queue(WAITING_CHANGES + 1)
        """None is the end."""
        self._unwatch: Callable[[], None] | None = watch(self._tell)

    def _tell(self, change: T) -> None:
        if self.waiting.qsize() < WAITING_CHANGES:
            self.waiting.put_nowait((change,))
            return
        log.warning("a reader of the status stream does not keep up and is dropped")
        self.waiting.put_nowait(None)
        self.end()

    def end(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
