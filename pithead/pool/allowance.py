"""How much a connection, an address and a network may say in a time.

A miner sends some hundred bytes every three seconds. Who sends far more than any miner is not
closed but read more slowly: the network holds back what the pool has not yet read, and nothing
that was sent is lost.
"""

LINE_COST_BYTES = 64
"""What a line costs beside its bytes: a short one takes as much work as a long one."""

BURST_SECONDS = 10.0
"""So much may be saved up: a miner whose difficulty is far too low sends much for a moment."""


class Allowance:
    """Bytes that may still be read; below zero nothing is read until it has been refilled.

    Nobody needs to refill one that is not used up: all that came meanwhile is given at once.
    """

    __slots__ = ("_bytes_per_second", "_refilled_at", "left")

    def __init__(self, bytes_per_second: int, wall: float) -> None:
        self._bytes_per_second = bytes_per_second
        self._refilled_at = wall
        self.left = bytes_per_second * BURST_SECONDS

    def refill(self, wall: float) -> None:
        """It is that moment now. A clock set back gives nothing."""
        more = self._bytes_per_second * max(0.0, wall - self._refilled_at)
        self._refilled_at = wall
        self.left = min(self._bytes_per_second * BURST_SECONDS, self.left + more)

    @property
    def is_full(self) -> bool:
        """At the moment of the last refill."""
        return self.left >= self._bytes_per_second * BURST_SECONDS


def cost(size: int, said: bytes) -> int:
    """Of `size` bytes off the wire that say `said`."""
    return size + LINE_COST_BYTES * said.count(b"\n")
