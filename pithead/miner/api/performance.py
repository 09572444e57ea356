"""Targets of the tuner."""

from pithead.bos.performance import (
    PerformanceService,
    SetPowerTargetRequest,
    SetPowerTargetResponse,
)
from pithead.bos.units import Power
from pithead.miner.miner import Miner
from pithead.rpc.errors import InvalidArgument


class Performance(PerformanceService):
    def __init__(self, miner: Miner) -> None:
        self._miner = miner

    async def set_power_target(self, request: SetPowerTargetRequest) -> SetPowerTargetResponse:
        if request.power_target is None:
            raise InvalidArgument("power_target is missing")
        watts = self._miner.aim_power(request.power_target.watt)
        return SetPowerTargetResponse(power_target=Power(watt=watts))
