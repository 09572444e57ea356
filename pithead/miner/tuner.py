"""Turns a power target into a clock and a voltage per board, by what the machine then draws."""

from pithead.hardware.device import BoardSetting, Readings
from pithead.hardware.models import CLOCK_MIN_HZ, MachineModel
from pithead.hardware.thermals import clock_for_power, highest_clock, needed_voltage
from pithead.miner.snapshot import TunerState

STEP_SECONDS = 5.0
"""Between two corrections: the clocks are there by then, the temperature on its way."""
LARGEST_STEP_MHZ = 25.0
CLOSE_ENOUGH = 0.01
"""Of the target: within this a target counts as met."""
LOST = 0.04
"""A stable machine is tuned again when it is off by more."""
STEPS_TO_TRUST = 6
"""So many steps in a row must be close before the machine is called stable."""
POWER_EXPONENT = 1.6
"""Power grows with about this power of the clock, the voltage going along."""


class Tuner:
    """First form: all boards at one clock, stepped until the measured power meets the target."""

    def __init__(self, model: MachineModel, target_w: int) -> None:
        self._model = model
        self._highest_mhz = highest_clock(model)
        self._next_step = 0.0
        self._close = 0
        self.target_w = target_w
        self.state = TunerState.TUNING
        self.mhz = clock_for_power(model, target_w)

    def aim(self, target_w: int) -> None:
        """Go for another target, from the best guess a data sheet allows."""
        if target_w == self.target_w:
            return
        self.target_w = target_w
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a pause: the machine has to warm up first."""
        self.mhz = clock_for_power(self._model, self.target_w)
        self.state = TunerState.TUNING
        self._close = 0
        self._next_step = 0.0

    def settings(self, is_on: bool) -> tuple[BoardSetting, ...]:
        """One setting per board."""
        volt = needed_voltage(self._model, self.mhz)
        setting = BoardSetting(is_on, self.mhz * 1e6, volt)
        return (setting,) * self._model.boards

    def step(self, now: float, readings: Readings) -> None:
        """Look at what the machine draws and correct the clock, every few seconds."""
        if now < self._next_step or not self.is_at_speed(readings):
            return
        self._next_step = now + STEP_SECONDS
        ratio = self.target_w / readings.power_w
        tolerance = LOST if self.state is TunerState.STABLE else CLOSE_ENOUGH
        if abs(ratio - 1) <= tolerance or self._is_at_limit(ratio):
            self._close += 1
            if self._close >= STEPS_TO_TRUST:
                self.state = TunerState.STABLE
            return
        self.state = TunerState.TUNING
        self._close = 0
        wanted = self.mhz * ratio ** (1 / POWER_EXPONENT)
        change = min(max(wanted - self.mhz, -LARGEST_STEP_MHZ), LARGEST_STEP_MHZ)
        self.mhz = min(max(self.mhz + change, CLOCK_MIN_HZ / 1e6), self._highest_mhz)

    def is_at_speed(self, readings: Readings) -> bool:
        """Whether all boards have the clock they were set to."""
        return all(abs(board.frequency_hz / 1e6 - self.mhz) < 1 for board in readings.boards)

    def _is_at_limit(self, ratio: float) -> bool:
        """More is asked than the highest clock gives, or less than the lowest takes."""
        if ratio > 1:
            return self.mhz >= self._highest_mhz
        return self.mhz <= CLOCK_MIN_HZ / 1e6
