"""The machine itself: identity, statistics, boards, status."""

from collections.abc import AsyncGenerator

from pithead.bos import miner as bos
from pithead.bos.cooling import SensorLocation, TemperatureSensor
from pithead.bos.units import Frequency, Power, PowerEfficiency, Temperature, Voltage
from pithead.miner import snapshot
from pithead.miner.api import status
from pithead.miner.api.reports import Reports
from pithead.miner.api.saving import Configurable, place_for
from pithead.miner.api.shapes import gigahashes, pool_stats, work_solver_stats

_NUMBERS = {
    "Antminer S19": bos.MinerModel.ANTMINER_S19,
    "Antminer S19 Pro": bos.MinerModel.ANTMINER_S19_PRO,
    "Antminer S19j": bos.MinerModel.ANTMINER_S19J,
    "Antminer S19j Pro": bos.MinerModel.ANTMINER_S19J_PRO,
    "Antminer S19j Pro+": bos.MinerModel.ANTMINER_S19J_PRO_PLUS,
    "Antminer S19 XP": bos.MinerModel.ANTMINER_S19XP,
    "Antminer S9": bos.MinerModel.ANTMINER_S9,
    "Antminer S17": bos.MinerModel.ANTMINER_S17,
    "Antminer T19": bos.MinerModel.ANTMINER_T19,
}
"""The contract's list ends here; newer machines have their name alone."""


class MinerState(Reports):
    async def get_miner_details(
        self, request: bos.GetMinerDetailsRequest
    ) -> bos.GetMinerDetailsResponse:
        return _details(self._miner.snapshot(self._clock()))

    async def get_miner_stats(self, request: bos.GetMinerStatsRequest) -> bos.GetMinerStatsResponse:
        seen = self._miner.snapshot(self._clock())
        efficiency = seen.efficiency_j_per_th
        return bos.GetMinerStatsResponse(
            pool_stats=pool_stats(seen.pool_stats),
            miner_stats=work_solver_stats(
                seen.real, seen.nominal, seen.error, seen.found_blocks, seen.best_share
            ),
            power_stats=bos.MinerPowerStats(
                approximated_consumption=Power(watt=seen.consumption_w),
                efficiency=None
                if efficiency is None
                else PowerEfficiency(joule_per_terahash=efficiency),
            ),
        )

    async def get_hashboards(self, request: bos.GetHashboardsRequest) -> bos.GetHashboardsResponse:
        seen = self._miner.snapshot(self._clock())
        return bos.GetHashboardsResponse(
            hashboards=tuple(_board(board, seen) for board in seen.boards)
        )

    async def update_hashboards(
        self, request: bos.UpdateHashboardsRequest
    ) -> bos.EnableHashboardsResponse:
        return bos.EnableHashboardsResponse(
            hashboards=self._set_boards(self._miner, request.hashboard_ids, request.enable)
        )

    async def enable_hashboards(
        self, request: bos.EnableHashboardsRequest
    ) -> bos.EnableHashboardsResponse:
        return bos.EnableHashboardsResponse(
            hashboards=self._set_boards(
                place_for(self._miner, request.save_action), request.hashboard_ids, True
            )
        )

    async def disable_hashboards(
        self, request: bos.DisableHashboardsRequest
    ) -> bos.DisableHashboardsResponse:
        return bos.DisableHashboardsResponse(
            hashboards=self._set_boards(
                place_for(self._miner, request.save_action), request.hashboard_ids, False
            )
        )

    def _set_boards(
        self, place: Configurable, boards: tuple[str, ...], enable: bool
    ) -> tuple[bos.HashboardEnableState, ...]:
        place.set_boards(boards, enable, self._clock())
        return tuple(bos.HashboardEnableState(id=board, is_enabled=enable) for board in boards)

    async def get_miner_status(
        self, request: bos.GetMinerStatusRequest
    ) -> AsyncGenerator[bos.GetMinerStatusResponse, None]:
        async for each in self._streams.statuses():
            yield bos.GetMinerStatusResponse(status=bos.MinerStatus(each))

    async def get_miner_detailed_status(
        self, request: bos.GetMinerDetailedStatusRequest
    ) -> AsyncGenerator[bos.GetMinerDetailedStatusResponse, None]:
        async for seen in self._streams.conditions():
            yield bos.GetMinerDetailedStatusResponse(status=status.detailed(seen))


def _details(seen: snapshot.Snapshot) -> bos.GetMinerDetailsResponse:
    model, identity, version = seen.model, seen.identity, seen.bos_version
    board = model.control_board
    return bos.GetMinerDetailsResponse(
        uid=identity.uid,
        miner_identity=bos.MinerIdentity(
            brand=bos.MinerBrand.ANTMINER
            if model.name.startswith("Antminer ")
            else bos.MinerBrand.UNSPECIFIED,
            model=_NUMBERS.get(model.name, bos.MinerModel.UNSPECIFIED),
            name=model.name,
            miner_model=model.name,
        ),
        platform=bos.Platform(board.platform),
        bos_mode=bos.BosMode(board.bos_mode),
        bos_version=bos.BosVersion(
            current=version.current, major=version.major, bos_plus=version.bos_plus
        ),
        hostname=identity.hostname,
        mac_address=identity.mac_address,
        system_uptime=seen.system_uptime_s,
        system_uptime_s=seen.system_uptime_s,
        bosminer_uptime_s=seen.bosminer_uptime_s,
        sticker_hashrate=gigahashes(model.sticker_ths * 1e12),
        status=bos.MinerStatus(seen.status),
        kernel_version=board.kernel_version,
        psu_info=_psu(seen),
        control_board_soc_family=bos.ControlBoardSocFamily(board.soc_family),
        serial_number=identity.serial_number,
        detailed_status=status.detailed(seen.condition),
        is_pic_model=model.has_pic,
    )


def _psu(seen: snapshot.Snapshot) -> bos.PsuInfo | None:
    supply = seen.model.psu
    if not seen.model.is_tunable:
        return None
    return bos.PsuInfo(
        model_name=supply.model_name,
        version=supply.version,
        fw_version=supply.firmware_version,
        serial_number=seen.identity.psu_serial_number,
        min_voltage=Voltage(volt=supply.min_voltage),
        max_voltage=Voltage(volt=supply.max_voltage),
    )


def _board(board: snapshot.BoardSnapshot, seen: snapshot.Snapshot) -> bos.Hashboard:
    chip, is_tunable = board.chip_temp_c, seen.model.is_tunable
    return bos.Hashboard(
        id=board.id,
        enabled=board.enabled,
        chips_count=board.chips,
        current_voltage=Voltage(volt=board.voltage_v) if is_tunable else None,
        current_frequency=Frequency(hertz=board.frequency_hz) if is_tunable else None,
        highest_chip_temp=None
        if chip is None
        else TemperatureSensor(
            id=int(board.id),
            location=SensorLocation.CHIP,
            temperature=Temperature(degree_c=chip),
        ),
        board_temp=_temperature(board.board_temp_c),
        stats=work_solver_stats(
            board.real, board.nominal, board.error, board.found_blocks, board.best_share
        ),
        model=seen.model.board_name,
        board_name=seen.model.board_name,
        chip_type=seen.model.chip_type,
        serial_number=board.serial_number or None,
        lowest_inlet_temp=_temperature(board.inlet_temp_c),
        highest_outlet_temp=_temperature(board.outlet_temp_c),
        lowest_water_inlet_temp=_temperature(board.water_inlet_c),
        highest_water_outlet_temp=_temperature(board.water_outlet_c),
    )


def _temperature(celsius: float | None) -> Temperature | None:
    return None if celsius is None else Temperature(degree_c=celsius)
