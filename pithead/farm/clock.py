"""The time of a farm: it can run faster than the world's, and waits for those who hash.

Numbers never bend: whoever has hashing to do for a stretch of farm time says how far it has come,
and the clock does not run ahead of the slowest by more than a short lead. Time it lost so is not
made up for. When farm time reaches the present, speed becomes 1 for good.
"""

from collections.abc import Callable

LEAD_SECONDS = 2.0
"""Farm time by which the clock may be ahead of the slowest hashing: short against the time
between two shares, so that jobs change and difficulties follow as they would."""


class FarmClock:
    """Unix seconds of farm time. Never goes back."""

    def __init__(
        self,
        start: float,
        speed: float,
        wall: Callable[[], float],
        *,
        lead: float = LEAD_SECONDS,
        at_present: Callable[[float], None] | None = None,
    ) -> None:
        """`start` is farm time now; `wall` gives unix seconds and should not jump; `at_present`
        is called once, with the time, when a fast farm has caught up with the world."""
        if not speed > 0:
            raise ValueError(f"a speed is above zero, not {speed}")
        self.speed = speed
        self._wall = wall
        self._lead = lead
        self._at_present = at_present
        self._now = start
        self._last_wall = wall()
        self._reached: dict[str, float] = {}

    def now(self) -> float:
        wall = self._wall()
        elapsed = max(0.0, wall - self._last_wall)
        self._last_wall = max(wall, self._last_wall)
        ahead = self._now + elapsed * self.speed
        if self.speed != 1 and ahead >= wall:
            ahead = max(self._now, wall)
            self._come_to_present(ahead)
        self._now = max(self._now, min(ahead, self._ceiling()))
        return self._now

    def reached(self, who: str, farm_time: float) -> None:
        """All hashing of `who` up to this time is done; from now on the clock waits for it."""
        self._reached[who] = farm_time

    def leave(self, who: str) -> None:
        """The clock waits for `who` no longer."""
        self._reached.pop(who, None)

    @property
    def is_waiting(self) -> bool:
        """Hashing does not keep up: time is slower than its speed says."""
        return self._now >= self._ceiling()

    def _ceiling(self) -> float:
        return min(self._reached.values(), default=float("inf")) + self._lead

    def _come_to_present(self, now: float) -> None:
        self.speed = 1.0
        if self._at_present is not None:
            self._at_present(now)
