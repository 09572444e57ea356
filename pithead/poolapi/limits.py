"""How often somebody may ask: token buckets, one for each key, few enough to hold in memory."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address


class Buckets:
    """One bucket per key: `burst` requests at once, `refill` a second for ever.

    Time is wall time and comes in. Of more than `limit` keys the one asked for longest ago is
    forgotten: its bucket is the fullest, so forgetting it gives the least away.
    """

    def __init__(self, burst: int, refill: float, limit: int) -> None:
        self._burst = float(burst)
        self._refill = refill
        self._limit = limit
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, key: str, wall: float) -> float:
        """Seconds until the key may ask again; 0 where it may now. Takes nothing."""
        return max(0.0, (1.0 - self._level(key, wall)) / self._refill)

    def take(self, key: str, wall: float) -> float:
        """Take one request if there is one, and answer as `wait` did before."""
        level = self._level(key, wall)
        if level < 1.0:
            return (1.0 - level) / self._refill
        self._buckets[key] = (level - 1.0, wall)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._limit:
            self._buckets.popitem(last=False)
        return 0.0

    def _level(self, key: str, wall: float) -> float:
        """What the bucket holds now. A clock set back refills nothing."""
        level, at = self._buckets.get(key, (self._burst, wall))
        return min(self._burst, level + max(0.0, wall - at) * self._refill)


def address_key(host: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: a subscriber has the whole of it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> 64:x}/64"
