"""Cold boards are warmed at a low clock before they get their full one. Pure.

That machines do so, and sit at low power for it, their owners report; the figures are estimates.
"""

from collections.abc import Sequence
from dataclasses import replace

from pithead.hardware.device import BoardSetting, Readings
from pithead.hardware.models import MachineModel
from pithead.hardware.thermals import clock_for_power

COLD_C = 0.0
"""A board below this when its machine starts is cold."""
WARM_C = 15.0
"""The coldest board is warm enough from here on."""
LONGEST_SECONDS = 300.0
"""Then it has to do."""


class Preheat:
    def __init__(self, model: MachineModel) -> None:
        self._low_hz = clock_for_power(model, model.min_watt) * 1e6 if model.is_tunable else 0.0
        self._is_over = False
        self._until: float | None = None

    @property
    def is_on(self) -> bool:
        return self._until is not None

    def begin(self) -> None:
        """The boards were off and come up."""
        self._is_over = False
        self._until = None

    def step(self, now: float, readings: Readings) -> None:
        """Let time pass for a machine that hashes. Once warm it stays so until the next start."""
        if self._is_over:
            return
        known = [each.board_temp_c for each in readings.boards if each.chips]
        coldest = min((celsius for celsius in known if celsius is not None), default=WARM_C)
        if self._until is None and coldest < COLD_C:
            self._until = now + LONGEST_SECONDS
        elif self._until is None or coldest >= WARM_C or now >= self._until:
            self._until = None
            self._is_over = True

    def limited(self, settings: Sequence[BoardSetting]) -> tuple[BoardSetting, ...]:
        """The same at a low clock: all of the voltage, for it is to be warm."""
        low = self._low_hz
        return tuple(replace(each, frequency_hz=min(each.frequency_hz, low)) for each in settings)
