"""Fans, temperatures and cooling modes."""

from collections.abc import Callable

from pithead.bos import cooling as bos
from pithead.bos.units import Temperature
from pithead.miner.api.saving import place_for
from pithead.miner.api.shapes_of_cooling import configuration_mode, wanted
from pithead.miner.cooling_settings import CoolingSettings, Mode
from pithead.miner.miner import Miner
from pithead.rpc.errors import InvalidArgument


class Cooling(bos.CoolingService):
    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock

    async def get_cooling_state(
        self, request: bos.GetCoolingStateRequest
    ) -> bos.GetCoolingStateResponse:
        seen = self._miner.snapshot(self._clock())
        hottest = seen.highest_chip_temp_c
        return bos.GetCoolingStateResponse(
            fans=tuple(
                bos.FanState(
                    position=fan.position,
                    rpm=fan.rpm,
                    target_speed_ratio=round(fan.target_speed_ratio, 2),
                )
                for fan in seen.fans
            ),
            highest_temperature=bos.TemperatureSensor(
                id=None,
                location=bos.SensorLocation.CHIP,
                temperature=None if hottest is None else Temperature(degree_c=hottest),
            ),
        )

    async def set_cooling_mode(
        self, request: bos.SetCoolingModeRequest
    ) -> bos.SetCoolingModeResponse:
        settings = None if request.mode is None else wanted(request.mode)
        if settings is None:
            raise InvalidArgument("mode is missing: auto, manual, immersion or hydro")
        place = place_for(self._miner, request.save_action)
        place.set_cooling(settings)
        mode = configuration_mode(place.cooling_plan)
        return bos.SetCoolingModeResponse(
            mode=bos.SetCoolingModeResponseMode(
                auto=mode.auto, manual=mode.manual, immersion=mode.immersion, hydro=mode.hydro
            )
        )

    async def set_immersion_mode(
        self, request: bos.SetImmersionModeRequest
    ) -> bos.SetImmersionModeResponse:
        """Off is the mode with fans that follow the temperature."""
        place = place_for(self._miner, request.save_action)
        is_immersed = place.cooling_plan.mode is Mode.IMMERSION
        if request.enable_immersion_mode is not is_immersed:
            mode = Mode.IMMERSION if request.enable_immersion_mode else Mode.AUTO
            place.set_cooling(CoolingSettings(mode))
        return bos.SetImmersionModeResponse(immersion_mode=request.enable_immersion_mode)
