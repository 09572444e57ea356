"""In the place of the tuner, where a machine has no clocks and no voltage to set. Pure."""

from collections.abc import Sequence

from pithead.hardware.device import BoardSetting, Readings
from pithead.miner.performance_settings import Profile
from pithead.miner.snapshot import TunerState
from pithead.miner.tuner import Target


class Untuned:
    """Boards run or do not. `boards`: which of them are to."""

    state = TunerState.DISABLED
    beyond = 0.0

    def __init__(self, boards: Sequence[bool]) -> None:
        self._boards = tuple(boards)

    def aim(self, target: Target, profile: Profile | None = None) -> None:
        """There is none to be met."""

    def restart(self, profile: Profile | None = None) -> None:
        """There is nothing to begin."""

    def settings(self, is_on: bool) -> tuple[BoardSetting, ...]:
        """One setting per board."""
        return tuple(BoardSetting(is_on and runs, 0.0, 0.0) for runs in self._boards)

    def is_at_speed(self, readings: Readings) -> bool:
        """It is, as soon as it runs."""
        return True
