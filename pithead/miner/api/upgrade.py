"""Upgrades of the firmware."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

from pithead.bos import upgrade as bos
from pithead.bos.units import DayOfWeek
from pithead.miner.api.shapes import moment
from pithead.miner.images import Incoming
from pithead.miner.system_settings import Schedule
from pithead.miner.upgrades import AutoUpgrades
from pithead.miner.upkeep import Upkeep
from pithead.rpc.errors import BadRequest, InvalidArgument

STALLED_SECONDS = 60.0
"""An upload that brings nothing for so long is given up: it holds the place of the system task."""


class Upgrade(bos.UpgradeService):
    def __init__(
        self,
        upkeep: Upkeep,
        upgrades: AutoUpgrades,
        directory: Path,
        clock: Callable[[], float],
    ) -> None:
        self._upkeep = upkeep
        self._upgrades = upgrades
        self._directory = directory
        self._clock = clock

    async def update_auto_upgrade_config(
        self, request: bos.UpdateAutoUpgradeConfigRequest
    ) -> bos.UpdateAutoUpgradeConfigResponse:
        now = self._clock()
        self._upgrades.configure(request.enabled, _wanted(request.schedule), now)
        return bos.UpdateAutoUpgradeConfigResponse(
            enabled=request.enabled, next_execution=moment(self._upgrades.next_execution(now))
        )

    async def get_auto_upgrade_status(
        self, request: bos.GetAutoUpgradeStatusRequest
    ) -> bos.GetAutoUpgradeStatusResponse:
        kept = self._upgrades.kept
        return bos.GetAutoUpgradeStatusResponse(
            enabled=kept.enabled,
            schedule=_shown(kept.schedule),
            next_execution=moment(self._upgrades.next_execution(self._clock())),
            last_execution=moment(kept.last_execution),
        )

    async def system_upgrade(
        self, requests: AsyncIterator[bos.SystemUpgradeRequest]
    ) -> bos.SystemUpgradeResponse:
        self._upkeep.begin_upgrade()
        try:
            metadata, version = await self._receive(requests)
        except BaseException as error:
            self._upkeep.fail_upgrade(str(error) or "the upload broke off", self._clock())
            raise
        self._upkeep.install(version, metadata.discard_settings, self._clock())
        return bos.SystemUpgradeResponse(successful=True)

    async def _receive(
        self, requests: AsyncIterator[bos.SystemUpgradeRequest]
    ) -> tuple[bos.SystemUpgradeMetadata, str]:
        """Raises BadSetting, BadRequest, InvalidArgument."""
        first = await _next(requests)
        metadata = None if first is None or first.payload is None else first.payload.metadata
        if not isinstance(metadata, bos.SystemUpgradeMetadata):
            raise InvalidArgument("metadata has to come first")
        image = await asyncio.to_thread(Incoming, self._directory, metadata.size, metadata.hash)
        try:
            while (request := await _next(requests)) is not None:
                data = None if request.payload is None else request.payload.data
                if not isinstance(data, bytes):
                    raise InvalidArgument("after the metadata come only data")
                await asyncio.to_thread(image.add, data)
            version = await asyncio.to_thread(image.complete, self._clock())
        except BaseException:
            image.discard()
            raise
        if not metadata.disable_cleanup:
            await asyncio.to_thread(image.discard)
        return metadata, version

    async def restore_stock(self, request: bos.RestoreStockRequest) -> bos.RestoreStockResponse:
        self._upkeep.restore_stock(self._clock())
        return bos.RestoreStockResponse(successful=True)


async def _next(
    requests: AsyncIterator[bos.SystemUpgradeRequest],
) -> bos.SystemUpgradeRequest | None:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            return await anext(requests, None)
    except TimeoutError as error:
        raise BadRequest(f"nothing of the image came for {STALLED_SECONDS:.0f} seconds") from error


def _wanted(schedule: bos.AutoUpgradeSchedule | None) -> Schedule | None:
    if schedule is None or schedule.schedule_type is None:
        return None
    match schedule.schedule_type.chosen[1]:
        case bos.WeeklySchedule(day_of_week=day, time=time):
            return _schedule("week", None if day is None else int(day) or None, time)
        case bos.MonthlySchedule(day_of_month=day, time=time):
            return _schedule("month", day, time)
        case other:
            return _schedule("day", None, other.time)


def _schedule(
    every: Literal["day", "week", "month"], day: int | None, time: bos.UpgradeTime | None
) -> Schedule:
    if time is None:
        return Schedule(every, day)
    return Schedule(every, day, time.hours, time.minutes, time.seconds)


def _shown(schedule: Schedule | None) -> bos.AutoUpgradeSchedule | None:
    if schedule is None:
        return None
    time = None
    if schedule.hour is not None and schedule.minute is not None:
        time = bos.UpgradeTime(
            hours=schedule.hour, minutes=schedule.minute, seconds=schedule.second
        )
    match schedule.every:
        case "day":
            kind = bos.AutoUpgradeScheduleScheduleType(daily=bos.DailySchedule(time=time))
        case "week":
            day = None if schedule.day is None else DayOfWeek(schedule.day)
            weekly = bos.WeeklySchedule(day_of_week=day, time=time)
            kind = bos.AutoUpgradeScheduleScheduleType(weekly=weekly)
        case "month":
            monthly = bos.MonthlySchedule(day_of_month=schedule.day, time=time)
            kind = bos.AutoUpgradeScheduleScheduleType(monthly=monthly)
    return bos.AutoUpgradeSchedule(schedule_type=kind)
