"""One pool as a miner sees it: its connection, its work, and what it said of our shares.

Knows no socket: a shell opens a connection while `wants_link` says so, and carries the bytes.
"""

from pithead.hardware.device import Found, Work
from pithead.miner.configuration import PoolTarget
from pithead.miner.pool_url import PoolAddress, read_pool_url
from pithead.miner.tally import Tally

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Between two attempts to connect; doubled at each failure in a row."""
WORKS_KEPT = 32
"""Jobs of one connection whose shares may still be handed in."""


class Upstream:
    def __init__(self, target: PoolTarget, total: Tally, work_scale: int, jitter: float) -> None:
        self.target = target
        self.tally = Tally()
        self.problem: str | None = None
        self.work: Work | None = None
        """The newest work of this pool."""
        self.address: PoolAddress | None = None
        self._tallies = (self.tally, total)
        self._scale = work_scale
        self._jitter = jitter
        self._is_open = False
        self._failures = 0
        self._retry_at = float("-inf")
        self._valid: dict[Work, None] = {}
        try:
            self.address = read_pool_url(target.url)
        except ValueError as error:
            self.problem = str(error)
        if self.address is not None and not self.address.is_supported:
            self.problem = f"{self.address.scheme} is not supported yet"

    @property
    def is_alive(self) -> bool:
        """Connected, authorized and has given work."""
        return self.work is not None

    def wants_link(self, now: float) -> bool:
        """A connection is wanted, or wanted still."""
        if self.address is None or not self.address.is_supported:
            return False
        return self._is_open or now >= self._retry_at

    def submit(self, found: Found, now: float) -> None:
        raise NotImplementedError
