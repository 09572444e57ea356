"""Keeps what a machine does and why, and tells whoever watches. Pure."""

from collections.abc import Callable

from pithead.hardware.device import Readings
from pithead.miner.condition import (
    Condition,
    MinerStatus,
    Verdict,
    first_condition,
    next_condition,
)

StatusListener = Callable[[MinerStatus], None]
ConditionListener = Callable[[Condition], None]


class Standing:
    """Both forms of the status, and those who listen to changes."""

    def __init__(self, now: float) -> None:
        self.status = MinerStatus.NOT_STARTED
        self.condition = first_condition(now)
        self._status_listeners: list[StatusListener] = []
        self._condition_listeners: list[ConditionListener] = []

    def watch_status(self, listener: StatusListener) -> Callable[[], None]:
        """Call `listener` at each change of the simple form until the returned function is
        called."""
        self._status_listeners.append(listener)
        return lambda: self._status_listeners.remove(listener)

    def watch_condition(self, listener: ConditionListener) -> Callable[[], None]:
        """The same for the detailed form."""
        self._condition_listeners.append(listener)
        return lambda: self._condition_listeners.remove(listener)

    def enter(self, verdict: Verdict, readings: Readings, is_at_speed: bool, now: float) -> bool:
        """Take a decision; True if the cause is another than before."""
        last = self.condition
        is_at_rest = not any(board.frequency_hz for board in readings.boards)
        condition = next_condition(last, verdict, is_at_rest, is_at_speed, now)
        if condition is not last:
            self.condition = condition
            for listener in tuple(self._condition_listeners):
                listener(condition)
        if verdict.status is not self.status:
            self.status = verdict.status
            for tell in tuple(self._status_listeners):
                tell(self.status)
        return condition.verdict.cause is not last.verdict.cause
