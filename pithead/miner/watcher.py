"""Notices what breaks in a machine and writes it down once. Pure."""

from collections.abc import Sequence

from pithead.hardware.device import BoardReading, BoardSetting, Readings
from pithead.hardware.models import MachineModel
from pithead.miner.condition import Cause
from pithead.miner.faults import (
    BOARD_LOST,
    CHIPS_LOST,
    FAN_BROKEN,
    LOW_VOLTAGE,
    POOL_NOT_SUPPORTED,
    POOLS_DEAD,
    POWER_LOST,
    SENSOR_LOST,
    TOO_HOT,
    TUNER_FAILED,
    WRONG_HASHES,
    Code,
    Component,
    Faults,
)
from pithead.miner.snapshot import TunerState
from pithead.miner.system import System

CAUSES = {
    Cause.DANGEROUS_TEMPERATURE: ("The boards are too hot and were shut down", TOO_HOT),
    Cause.DEAD_POOLS: ("No pool is alive; mining is suspended", POOLS_DEAD),
    Cause.BROKEN_FANS: ("Fewer fans turn than are required; mining is suspended", FAN_BROKEN),
    Cause.DPS_COOLDOWN: ("Too hot at the lowest target; shut down to cool", TOO_HOT),
    Cause.HARDWARE_ERROR: ("No hashboard answers; mining is suspended", BOARD_LOST),
}

MISSING_V = 0.5
"""A board that measures so much less than it was given has a fault; an estimate."""
WRONG_RATIO = 0.05
"""A board with so many wrong hashes has a fault; an estimate, far beyond what a tuner leaves."""


class Watcher:
    def __init__(self, faults: Faults, model: MachineModel, system: System) -> None:
        self._faults = faults
        self._system = system
        self._has_sensors = model.has_sensors
        self._chips = [model.chips_per_board] * model.boards
        self._told: set[tuple[str, int]] = set()
        self._told_urls: set[str] = set()

    def report(self, cause: Cause, now: float) -> None:
        """The machine has stopped for this."""
        if cause in CAUSES:
            message, code = CAUSES[cause]
            self._faults.report(now, message, code)

    def look(
        self,
        now: float,
        readings: Readings,
        settings: Sequence[BoardSetting],
        broken_fans: tuple[int, ...],
        tuner: TunerState,
    ) -> None:
        """Compare what the machine does with what it was told; not while it is down."""
        if not self._system.is_up:
            return
        if (dark_for := self._system.take_outage()) is not None:
            message = f"Power was lost for {dark_for:.0f} s"
            self._faults.report(now, message, POWER_LOST, Component("PSU", 0))
        for number, (board, setting) in enumerate(zip(readings.boards, settings, strict=True)):
            self._look_at_board(now, number, board, setting)
        self._tell(now, TUNER_FAILED, tuner is TunerState.ERROR, "Tuner", 0)
        if broken_fans or self._told:
            for fan in range(len(readings.fans)):
                self._tell(now, FAN_BROKEN, fan in broken_fans, "Fan", fan)

    def _look_at_board(
        self, now: float, number: int, board: BoardReading, setting: BoardSetting
    ) -> None:
        name, index = "Hashboard", number + 1
        if board.chips and board.chips != self._chips[number]:
            missing = self._chips[number] - board.chips
            if missing > 0:
                message = f"{missing} chips do not answer"
                self._faults.report(now, message, CHIPS_LOST, Component(name, index))
            self._chips[number] = board.chips
        is_clocked = setting.enabled and board.frequency_hz > 0
        is_low = is_clocked and board.voltage_v < setting.voltage_v - MISSING_V
        self._tell(now, BOARD_LOST, board.chips == 0, name, index)
        is_numb = self._has_sensors and board.board_temp_c is None
        self._tell(now, SENSOR_LOST, is_numb, name, index)
        self._tell(now, LOW_VOLTAGE, is_low, name, index)
        self._tell(now, WRONG_HASHES, board.error_ratio > WRONG_RATIO, name, index)

    def look_at_pools(self, now: float, unsupported: set[str]) -> None:
        """Addresses that are set and cannot be mined at."""
        for url in sorted(unsupported - self._told_urls):
            self._faults.report(
                now, f"{url} is not mined at: its scheme is not supported yet", POOL_NOT_SUPPORTED
            )
        self._told_urls = unsupported

    def _tell(self, now: float, code: Code, holds: bool, name: str, index: int) -> None:
        """Once, until it is over."""
        if not (holds or self._told):
            return
        key = (code.code, index)
        if not holds:
            self._told.discard(key)
        elif key not in self._told:
            self._told.add(key)
            self._faults.report(now, code.reason, code, Component(name, index))
