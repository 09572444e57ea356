"""Keeps the hottest chip at a target temperature by the speed of the fans."""

TARGET_CHIP_C = 65.0
HOT_CHIP_C = 80.0
DANGEROUS_CHIP_C = 90.0
"""Defaults per mode are not published; live machines of this kind show full fans at 65 to 71."""
DANGER_OVER_C = 70.0
"""Boards that were shut down for heat start again below this."""

MIN_DUTY = 0.2
GAIN_PER_KELVIN = 0.02
GAIN_PER_KELVIN_SECOND = 0.0006
"""A machine answers full duty with some 40 K after about 50 s; these settle without swinging."""
LONGEST_STEP = 10.0
DECAY_PER_SECOND = 0.02
"""Paused machines let their fans run out."""


class Cooling:
    """A PI controller in its incremental form: a limit reached leaves nothing to unwind."""

    def __init__(self) -> None:
        self.duty = 0.0
        self.is_overheated = False
        self._error: float | None = None

    def step(self, seconds: float, chip_c: float | None, is_hashing: bool) -> float:
        """The duty for the fans, 0 to 1. An unknown temperature is answered with full speed."""
        if chip_c is None:
            self.duty, self._error = 1.0, None
            return self.duty
        self._judge(chip_c)
        if chip_c >= HOT_CHIP_C or self.is_overheated:
            self.duty, self._error = 1.0, None
        elif not is_hashing:
            self.duty, self._error = max(0.0, self.duty - DECAY_PER_SECOND * seconds), None
        else:
            self._follow(chip_c - TARGET_CHIP_C, min(seconds, LONGEST_STEP))
        return self.duty

    def _judge(self, chip_c: float) -> None:
        if chip_c >= DANGEROUS_CHIP_C:
            self.is_overheated = True
        elif chip_c < DANGER_OVER_C:
            self.is_overheated = False

    def _follow(self, error: float, seconds: float) -> None:
        change = 0.0 if self._error is None else error - self._error
        self._error = error
        duty = self.duty + GAIN_PER_KELVIN * change + GAIN_PER_KELVIN_SECOND * error * seconds
        self.duty = min(max(duty, MIN_DUTY), 1.0)
