"""The scoring hashrate: work that fades with a time constant, so that old work counts for little.

    S(t) = sum of work * exp(-(t - t_i) / L)        rate = S / L

The scale of S never grows without bound, so it needs no resets, and the ratio of two scores is
the ratio at which a block found now is shared out.
"""

from math import exp

TIME_CONSTANT_SECONDS = 1200.0


class Score:
    """One S, brought forward only when work is added: reading it changes nothing.

    Seconds may be any whole seconds that never go back; one that does counts as no time gone by.
    """

    __slots__ = ("part", "second", "value")

    def __init__(self, value: float = 0.0, second: int = 0, part: float = 0.0) -> None:
        self.value = value
        self.second = second
        self.part = part
        """What of it was done by Braiins OS."""

    def add(self, work: int, second: int, time_constant: float, part: int = 0) -> None:
        """Work done at `second`, which may be the second of the work before."""
        gone = second - self.second
        if gone > 0:
            faded = exp(-gone / time_constant)
            self.value *= faded
            self.part *= faded
            self.second = second
        self.value += work
        self.part += part

    def at(self, second: float, time_constant: float) -> float:
        """S at `second`; never negative, never more than it was."""
        gone = second - self.second
        return self.value * exp(-gone / time_constant) if gone > 0 else self.value

    def part_at(self, second: float, time_constant: float) -> float:
        """What of `at` was done by Braiins OS."""
        gone = second - self.second
        return self.part * exp(-gone / time_constant) if gone > 0 else self.part
