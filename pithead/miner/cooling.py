"""Keeps the hottest chip at a target temperature by the speed of the fans. Pure.

In liquid the fans stand still; the limits hold all the same.
"""

from collections.abc import Sequence

from pithead.hardware.device import FanReading
from pithead.miner.condition import Cause
from pithead.miner.cooling_settings import AIR, PAUSE_LIMIT_SECONDS, CoolingPlan, Mode
from pithead.miner.scaling import Heat

TARGET_CHIP_C = AIR.target
HOT_CHIP_C = AIR.hot
DANGEROUS_CHIP_C = AIR.dangerous

GAIN_PER_KELVIN = 0.02
GAIN_PER_KELVIN_SECOND = 0.0006
"""A machine answers full duty with some 40 K after about 50 s; these settle without swinging."""
LONGEST_STEP = 10.0
DECAY_PER_SECOND = 0.02
"""Paused machines let their fans run out."""

NEAR_K = 1.0
"""Within this of the target the fans have done their work."""
COOL_K = 10.0
"""Below hot: cool, where no fans tell."""
FULL_SECONDS = 60.0
"""So long at their limit, fans count as not enough."""
ROOM_FOR_MORE = 0.9
"""Of the highest duty: below it there is room."""

STANDING_RPM = 300.0
STANDING_SECONDS = 10.0
"""A fan that is told to turn and is slower for so long is broken."""


class Cooling:
    """A PI controller in its incremental form: a limit reached leaves nothing to unwind."""

    def __init__(self, plan: CoolingPlan) -> None:
        self.plan = plan
        self.duty = 0.0
        self.is_overheated = False
        self._is_cooling_down: bool | None = None
        """None: not yet known. Whether the mining process found the chips hot and waits."""
        self.heat = Heat.BALANCED
        self._error: float | None = None
        self._seconds_full = 0.0
        self._seconds_resting = 0.0
        self._standing: dict[int, float] = {}

    @property
    def broken_fans(self) -> tuple[int, ...]:
        """Those that are told to turn and do not, from 0."""
        return tuple(fan for fan, so in sorted(self._standing.items()) if so >= STANDING_SECONDS)

    @property
    def is_short_of_fans(self) -> bool:
        """Whether fewer turn than are required."""
        plan = self.plan
        return plan.has_fans and plan.fans - len(self.broken_fans) < plan.min_fans

    @property
    def trouble(self) -> Cause | None:
        """Why the machine must not hash, if it must not."""
        if self.is_overheated:
            return Cause.DANGEROUS_TEMPERATURE
        if self.is_short_of_fans:
            return Cause.BROKEN_FANS
        return Cause.COOLING_DOWN if self._is_cooling_down else None

    def step(
        self,
        seconds: float,
        chip_c: float | None,
        is_hashing: bool,
        fans: Sequence[FanReading] = (),
    ) -> float:
        """The duty for the fans, 0 to 1. An unknown temperature is answered with full speed."""
        self._judge(chip_c)
        self._watch(fans, seconds)
        self._seconds_resting = 0.0 if is_hashing else self._seconds_resting + seconds
        if not self.plan.has_fans:
            self.duty, self._error = 0.0, None
        elif self._needs_all(chip_c):
            self.duty, self._error = 1.0, None
        elif not is_hashing:
            self._rest(seconds)
        elif self.plan.mode is Mode.MANUAL:
            self.duty, self._error = self.plan.fan_ratio, None
        elif chip_c is not None:
            error = chip_c - self.plan.temperatures.target
            self._follow(error, min(seconds, LONGEST_STEP))
        self._feel(seconds, chip_c)
        return self.duty

    def _needs_all(self, chip_c: float | None) -> bool:
        if chip_c is None or self.trouble is not None:
            return True
        return chip_c >= self.plan.temperatures.hot

    def _judge(self, chip_c: float | None) -> None:
        """Dangerous begins there and ends halfway from hot down to the target. A process that
        begins with hot chips lets them cool to there, too."""
        heat = self.plan.temperatures
        if chip_c is None:
            return
        if self._is_cooling_down is None:
            self._is_cooling_down = chip_c >= heat.hot
        elif self._is_cooling_down:
            self._is_cooling_down = chip_c >= cool_again(self.plan)
        if chip_c >= heat.dangerous:
            self.is_overheated = True
        elif chip_c < cool_again(self.plan):
            self.is_overheated = False

    def _watch(self, fans: Sequence[FanReading], seconds: float) -> None:
        for number, fan in enumerate(fans):
            if fan.rpm >= STANDING_RPM:
                self._standing.pop(number, None)
            elif fan.duty > 0:
                self._standing[number] = self._standing.get(number, 0.0) + seconds

    def _rest(self, seconds: float) -> None:
        """A pause: a fixed speed for its time, or what there was runs out."""
        pause = self.plan.pause
        self._error = None
        is_fixed = pause.indefinite or self._seconds_resting <= PAUSE_LIMIT_SECONDS
        if pause.is_manual and is_fixed:
            self.duty = pause.fixed_ratio
        else:
            self.duty = max(0.0, self.duty - DECAY_PER_SECOND * seconds)

    def _follow(self, error: float, seconds: float) -> None:
        change = 0.0 if self._error is None else error - self._error
        self._error = error
        duty = self.duty + GAIN_PER_KELVIN * change + GAIN_PER_KELVIN_SECOND * error * seconds
        self.duty = min(max(duty, self.plan.min_fan), self.plan.max_fan)

    def _feel(self, seconds: float, chip_c: float | None) -> None:
        """How much room there is, for whoever sets the target."""
        heat = self.plan.temperatures
        is_auto = self.plan.mode is Mode.AUTO
        is_full = is_auto and self.duty >= self.plan.max_fan
        self._seconds_full = self._seconds_full + seconds if is_full else 0.0
        if chip_c is None or chip_c >= heat.hot:
            self.heat = Heat.HOT
        elif self._seconds_full >= FULL_SECONDS and chip_c > heat.target + NEAR_K:
            self.heat = Heat.FANS_FULL
        elif is_auto:
            has_room = self.duty <= ROOM_FOR_MORE * self.plan.max_fan
            self.heat = Heat.COOL if has_room and chip_c <= heat.target + NEAR_K else Heat.BALANCED
        else:
            self.heat = Heat.COOL if chip_c <= heat.hot - COOL_K else Heat.BALANCED


def cool_again(plan: CoolingPlan) -> float:
    """Boards that were shut down for heat start again below this."""
    return (plan.temperatures.target + plan.temperatures.hot) / 2
