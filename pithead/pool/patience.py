"""How many bad requests a connection may make before it is closed."""


class Patience:
    """It comes back with time: what a miner asks in vain now and then is no flood."""

    __slots__ = ("_at", "_forgiving_seconds", "_left", "_most")

    def __init__(self, most: int, forgiving_seconds: float, wall: float) -> None:
        self._most = most
        self._forgiving_seconds = forgiving_seconds
        self._left = float(most)
        self._at = wall

    def lose(self, cost: int, wall: float) -> None:
        """A bad request; a clock set back forgives nothing."""
        back = max(0.0, wall - self._at) / self._forgiving_seconds
        self._left = min(float(self._most), self._left + back) - cost
        self._at = wall

    def lose_all(self) -> None:
        self._left = 0.0

    @property
    def is_over(self) -> bool:
        return self._left <= 0.0
