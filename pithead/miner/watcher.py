"""Notices what breaks in a machine and writes it down once. Pure."""

from pithead.hardware.device import Readings
from pithead.miner.condition import Cause
from pithead.miner.faults import (
    BOARD_LOST,
    CHIPS_LOST,
    FAN_BROKEN,
    POOL_NOT_SUPPORTED,
    POOLS_DEAD,
    SENSOR_LOST,
    TOO_HOT,
    Code,
    Component,
    Faults,
)

CAUSES = {
    Cause.DANGEROUS_TEMPERATURE: ("The boards are too hot and were shut down", TOO_HOT),
    Cause.DEAD_POOLS: ("No pool is alive; mining is suspended", POOLS_DEAD),
    Cause.BROKEN_FANS: ("Fewer fans turn than are required; mining is suspended", FAN_BROKEN),
    Cause.DPS_COOLDOWN: ("Too hot at the lowest target; shut down to cool", TOO_HOT),
}


class Watcher:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._chips: dict[int, int] = {}
        self._told: set[tuple[str, int]] = set()
        self._told_urls: set[str] = set()

    def report(self, cause: Cause, now: float) -> None:
        """The machine has stopped for this."""
        if cause in CAUSES:
            message, code = CAUSES[cause]
            self._faults.report(now, message, code)

    def look(self, now: float, readings: Readings, broken_fans: tuple[int, ...]) -> None:
        for number, board in enumerate(readings.boards):
            most = self._chips.setdefault(number, board.chips)
            if 0 < board.chips < most:
                message = f"{most - board.chips} chips do not answer"
                self._faults.report(now, message, CHIPS_LOST, Component("Hashboard", number + 1))
                self._chips[number] = board.chips
            self._tell(now, BOARD_LOST, board.chips == 0, "Hashboard", number + 1)
            self._tell(now, SENSOR_LOST, board.board_temp_c is None, "Hashboard", number + 1)
        if broken_fans or self._told:
            for fan in range(len(readings.fans)):
                self._tell(now, FAN_BROKEN, fan in broken_fans, "Fan", fan)

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
