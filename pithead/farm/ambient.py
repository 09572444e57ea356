"""How warm it is round the machines over the day. Pure."""

from bisect import bisect_right
from dataclasses import dataclass

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3600.0
USUAL_C = 25.0


@dataclass(frozen=True, slots=True)
class Ambient:
    """Degrees Celsius at hours of the day, UTC, in ascending order; straight lines between them,
    and from the last over midnight to the first."""

    points: tuple[tuple[float, float], ...] = ((0.0, USUAL_C),)

    def at(self, now: float) -> float:
        """At a moment of farm time, unix seconds."""
        hour = now % DAY_SECONDS / HOUR_SECONDS
        after = bisect_right(self.points, hour, key=lambda point: point[0])
        before_hour, before_c = self.points[after - 1]
        after_hour, after_c = self.points[after % len(self.points)]
        span = (after_hour - before_hour) % 24
        passed = (hour - before_hour) % 24
        return before_c + (after_c - before_c) * passed / span if span else before_c


STEADY = Ambient()
