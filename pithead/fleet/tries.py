"""How often somebody may be wrong about a password. Pure: times are wall time."""

from collections import OrderedDict

BURST, SECONDS_EACH = 10, 10.0
MOST_ADDRESSES = 1_000


class Tries:
    """Ten wrong ones from an address at once, then one every ten seconds."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, wall: float) -> float:
        """Seconds until it may try again; 0 where it may now."""
        return max(0.0, (self._level(address, wall) - BURST + 1) * SECONDS_EACH)

    def wrong(self, address: str, wall: float) -> None:
        self._wrong[address] = (self._level(address, wall) + 1, wall)
        self._wrong.move_to_end(address)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)

    def _level(self, address: str, wall: float) -> float:
        level, at = self._wrong.get(address, (0.0, wall))
        return max(0.0, level - max(0.0, wall - at) / SECONDS_EACH)
