"""Searches clocks and a voltage with which the machine meets a target. Pure.

The voltage is common to all boards, as in live machines; each board has its own clock. The search
starts from the voltage line of the model and more, meets the target with the clocks, then takes
voltage away step by step until chips begin to make errors; the power saved goes into the clocks.
A board that fails alone is clocked lower instead. What it ends with is a profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pithead.hardware.device import BoardReading, BoardSetting, Readings
from pithead.hardware.models import CLOCK_MIN_HZ, MachineModel
from pithead.hardware.thermals import clock_for_power, highest_clock, needed_voltage
from pithead.miner.performance_settings import Kind, Profile
from pithead.miner.snapshot import TunerState

AT_SPEED_HZ = 1e6
STEP_SECONDS = 5.0
"""Between two corrections: the clocks are there by then, the temperature on its way."""
LARGEST_STEP_MHZ = 25.0
CLOSE_ENOUGH = 0.01
"""Of the target: within this a target counts as met."""
LOST = 0.04
"""A stable machine is tuned again when it is off by more."""
STEPS_TO_TRUST = 6
"""So many steps in a row must be close before the machine is called stable."""
WARM_UP_SECONDS = 180.0
"""A cold machine draws less: a known profile is not judged before."""
EXPONENTS: dict[Kind, float] = {"power": 1.6, "hashrate": 1.0}
"""What is aimed at grows with about this power of the clock, the voltage going along."""

FIRST_SPARE = 0.012
"""Over the voltage line, as a part of the reference voltage: enough for any machine that ships."""
VOLT_STEP = 0.05
"""LuxOS and other firmwares step by 0.05 to 0.1 V."""
TOO_MANY_ERRORS = 0.004
SICK = 0.02
"""A stable machine is tuned again when a board has more errors; an estimate."""
TRIM_STEP_MHZ = 5.0
MOST_TRIM_MHZ = 30.0
"""Boards of live machines have clocks up to 38 MHz apart."""


@dataclass(frozen=True, slots=True)
class Target:
    kind: Kind
    value: float
    """Watts or terahashes a second."""


class Tuner:
    """Owns the clocks and the voltage while it is in charge. `boards`: which of them run."""

    def __init__(
        self,
        model: MachineModel,
        target: Target,
        boards: Sequence[bool] | None = None,
        profile: Profile | None = None,
    ) -> None:
        self._model = model
        self._boards = list(boards) if boards is not None else [True] * model.boards
        self.beyond = FIRST_SPARE * model.curve.reference_volt
        """Volts over the line of the model that this machine needs, as far as is known."""
        self._trims = [0.0] * model.boards
        self._told: tuple[tuple[float, ...], tuple[BoardSetting, ...]] | None = None
        self.target = target
        self.restart(profile)

    def aim(self, target: Target, profile: Profile | None = None) -> None:
        """Go for another target: from its profile, or from the best guess a data sheet allows."""
        if target != self.target:
            self.target = target
            self.restart(profile)

    def restart(self, profile: Profile | None = None) -> None:
        """Begin anew, as after a pause: the machine has to warm up first."""
        self._close = 0
        self._next_step = 0.0
        self._judge_from: float | None = None
        self._searching = profile is None
        self._is_known = profile is not None
        self._found = False
        self.state = TunerState.TUNING if profile is None else TunerState.STABLE
        if profile is None:
            self.mhz = self._guess()
        else:
            self._recall(profile)

    def _recall(self, profile: Profile) -> None:
        clocks = [hertz / 1e6 for hertz in profile.frequencies_hz]
        self.mhz = sum(clocks) / len(clocks)
        left = iter(clocks)
        self._trims = [next(left) - self.mhz if runs else 0.0 for runs in self._boards]
        self.beyond = profile.voltage_v - needed_voltage(self._model, self.mhz)

    def _guess(self) -> float:
        model, target = self._model, self.target
        running = sum(self._boards)
        if target.kind == "power":
            return clock_for_power(model, target.value, boards=running, beyond=self.beyond)
        rate = model.board_nominal(1e6) * running * model.curve.yield_ratio / 1e12
        return self._within(target.value / rate if rate else 0.0)

    def settings(self, is_on: bool) -> tuple[BoardSetting, ...]:
        """One setting per board."""
        state = (is_on, self.mhz, self.beyond, *self._trims)
        if self._told is None or self._told[0] != state:
            volt = self.voltage
            self._told = (
                state,
                tuple(
                    BoardSetting(is_on and runs, self.clock(board) * 1e6, volt)
                    for board, runs in enumerate(self._boards)
                ),
            )
        return self._told[1]

    @property
    def voltage(self) -> float:
        return needed_voltage(self._model, self.mhz, self.beyond)

    def clock(self, board: int) -> float:
        """What a board is to have, in MHz."""
        return self._within(self.mhz + self._trims[board])

    def _within(self, mhz: float) -> float:
        return min(max(mhz, CLOCK_MIN_HZ / 1e6), highest_clock(self._model, self.beyond))

    def is_at_speed(self, readings: Readings) -> bool:
        """Whether all boards that answer have the clock they were set to."""
        return all(
            abs(reading.frequency_hz - setting.frequency_hz) < AT_SPEED_HZ
            for reading, setting in zip(readings.boards, self.settings(True), strict=True)
            if setting.enabled and reading.chips
        )

    def _running(self, readings: Readings) -> list[tuple[int, BoardReading]]:
        return [
            (board, reading)
            for board, reading in enumerate(readings.boards)
            if self._boards[board] and reading.chips
        ]

    # --- the search ---

    def step(self, now: float, readings: Readings) -> bool:
        """Look at what the machine does and correct it, every few seconds. True once each time the
        search has come to its end: what was found is worth keeping."""
        if now < self._next_step or not self.is_at_speed(readings):
            return False
        self._next_step = now + STEP_SECONDS
        if self._judge_from is None:
            self._judge_from = now + (WARM_UP_SECONDS if self._is_known else 0.0)
        if now < self._judge_from:
            return False
        running = self._running(readings)
        if not running:
            return False
        ratio = self._ratio(readings)
        if self._is_stable_enough(ratio):
            return self._improve(running)
        self._correct(ratio)
        return False

    def _ratio(self, readings: Readings) -> float:
        """The target over what there is."""
        measured = readings.power_w
        if self.target.kind == "hashrate":
            measured = expected_rate(self._model, readings) / 1e12
        return self.target.value / measured if measured > 0 else 1.0

    def _is_stable_enough(self, ratio: float) -> bool:
        tolerance = LOST if self.state is TunerState.STABLE else CLOSE_ENOUGH
        return abs(ratio - 1) <= tolerance or self._is_at_limit(ratio)

    def _is_at_limit(self, ratio: float) -> bool:
        """More is asked than the highest clock gives, or less than the lowest takes."""
        if ratio > 1:
            return self.mhz >= highest_clock(self._model, self.beyond)
        return self.mhz <= CLOCK_MIN_HZ / 1e6

    def _correct(self, ratio: float) -> None:
        self.state = TunerState.TUNING
        self._close = 0
        self._found = False
        wanted = self.mhz * ratio ** (1 / EXPONENTS[self.target.kind])
        change = min(max(wanted - self.mhz, -LARGEST_STEP_MHZ), LARGEST_STEP_MHZ)
        self.mhz = self._within(self.mhz + change)

    def _improve(self, running: Sequence[tuple[int, BoardReading]]) -> bool:
        """The target is met: less voltage, or enough."""
        failing = [board for board, reading in running if reading.error_ratio > TOO_MANY_ERRORS]
        is_sick = any(reading.error_ratio > SICK for _, reading in running)
        if is_sick and self.state is TunerState.STABLE:
            self.state = TunerState.TUNING
            self._found = False
        if self.state is not TunerState.STABLE and failing and self._relieve(failing, running):
            self._close = 0
            return False
        if self._searching and not failing:
            self._lower_voltage()
            return False
        self._close += 1
        if self._close < STEPS_TO_TRUST:
            return False
        if is_sick:
            self.state = TunerState.ERROR
            return False
        self.state = TunerState.STABLE
        is_new, self._found = not self._found, True
        return is_new

    def _lower_voltage(self) -> None:
        if self.voltage <= self._model.psu.min_voltage:
            self._searching = False
        else:
            self.beyond -= VOLT_STEP

    def _relieve(self, failing: Sequence[int], running: Sequence[tuple[int, BoardReading]]) -> bool:
        """Fewer errors: a lower clock for a weak board, or more voltage for all; False if there is
        no more of either."""
        if len(failing) == 1 < len(running) and self._trims[failing[0]] > -MOST_TRIM_MHZ:
            self._trims[failing[0]] -= TRIM_STEP_MHZ
            for board, _ in running:
                self._trims[board] += TRIM_STEP_MHZ / len(running)
            return True
        self._searching = False
        if self.voltage >= self._model.psu.max_voltage:
            return False
        self.beyond += VOLT_STEP
        return True

    def profile(self, now: float, readings: Readings, names: Sequence[str]) -> Profile:
        """What was found, with what the machine does by it. `names` are the boards' ids."""
        boards = [board for board, runs in enumerate(self._boards) if runs]
        return Profile(
            kind=self.target.kind,
            target=self.target.value,
            created=now,
            boards=tuple(names[board] for board in boards),
            voltage_v=self.voltage,
            frequencies_hz=tuple(self.clock(board) * 1e6 for board in boards),
            measured_hashrate=nominal_rate(self._model, readings),
            estimated_power_w=round(readings.power_w),
        )


def nominal_rate(model: MachineModel, readings: Readings) -> float:
    """Hashes a second of all clocks and chips."""
    return sum(model.board_nominal(board.frequency_hz, board.chips) for board in readings.boards)


def expected_rate(model: MachineModel, readings: Readings) -> float:
    """Right hashes a second: what the nominal rate comes to in machines of this model."""
    right = sum(
        model.board_nominal(board.frequency_hz, board.chips) * (1 - board.error_ratio)
        for board in readings.boards
    )
    return right * model.curve.yield_ratio
