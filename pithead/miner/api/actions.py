"""Things to do at once."""

import asyncio
from collections.abc import Callable

from pithead.bos.actions import (
    ActionsService,
    FactoryResetRequest,
    FactoryResetResponse,
    GetLocateDeviceStatusRequest,
    LocateDeviceStatusResponse,
    PauseMiningRequest,
    PauseMiningResponse,
    RebootRequest,
    RebootResponse,
    RestartRequest,
    RestartResponse,
    ResumeMiningRequest,
    ResumeMiningResponse,
    SetLocateDeviceStatusRequest,
    StartRequest,
    StartResponse,
    StopRequest,
    StopResponse,
)
from pithead.miner.api.keys import Keys
from pithead.miner.miner import Miner
from pithead.miner.upkeep import Upkeep


class Actions(ActionsService):
    def __init__(
        self, miner: Miner, upkeep: Upkeep, keys: Keys, clock: Callable[[], float]
    ) -> None:
        self._miner = miner
        self._upkeep = upkeep
        self._keys = keys
        self._clock = clock

    async def start(self, request: StartRequest) -> StartResponse:
        return StartResponse(already_running=self._miner.start(self._clock()))

    async def stop(self, request: StopRequest) -> StopResponse:
        return StopResponse(already_stopped=self._miner.stop(self._clock()))

    async def restart(self, request: RestartRequest) -> RestartResponse:
        return RestartResponse(already_running=self._miner.restart(self._clock()))

    async def pause_mining(self, request: PauseMiningRequest) -> PauseMiningResponse:
        return PauseMiningResponse(already_paused=self._miner.pause(self._clock()))

    async def resume_mining(self, request: ResumeMiningRequest) -> ResumeMiningResponse:
        return ResumeMiningResponse(already_mining=self._miner.resume(self._clock()))

    async def reboot(self, request: RebootRequest) -> RebootResponse:
        self._upkeep.reboot(self._clock())
        return RebootResponse()

    async def factory_reset(self, request: FactoryResetRequest) -> FactoryResetResponse:
        self._upkeep.factory_reset(request.wipe_network, self._clock())
        await asyncio.to_thread(self._keys.remove_all)
        return FactoryResetResponse()

    async def set_locate_device_status(
        self, request: SetLocateDeviceStatusRequest
    ) -> LocateDeviceStatusResponse:
        self._miner.change_system(locating=request.enable)
        return LocateDeviceStatusResponse(enabled=request.enable)

    async def get_locate_device_status(
        self, request: GetLocateDeviceStatusRequest
    ) -> LocateDeviceStatusResponse:
        return LocateDeviceStatusResponse(enabled=self._miner.settings.system.locating)
