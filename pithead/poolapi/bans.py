"""Addresses that went on asking though they were refused: shut out for a while."""

from collections import OrderedDict
from dataclasses import dataclass

from pithead.poolapi.limits import Buckets
from pithead.poolapi.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Ban:
    """An address that is answered nothing until a moment of wall time."""

    address: str
    since: float
    until: float


class Bans:
    """Counts refusals by address, and shuts out who collects too many.

    `strikes` refusals at once are forgiven, and `refill` a second for ever. Of more than `limit`
    bans the oldest is lifted.
    """

    def __init__(self, strikes: int, refill: float, seconds: float, limit: int) -> None:
        """No ban is ever made where `strikes` is 0."""
        self._strikes = Buckets(strikes, refill, limit) if strikes else None
        self._seconds = seconds
        self._limit = limit
        self._bans: OrderedDict[str, Ban] = OrderedDict()

    @classmethod
    def of(cls, settings: ApiSettings) -> "Bans":
        """As an operator has set it."""
        return cls(
            settings.ban_strikes, settings.ban_refill_per_second, settings.ban_seconds,
            settings.bucket_limit,
        )  # fmt: skip

    def wait(self, address: str, wall: float) -> float:
        """Seconds until the address is heard again; 0 for one that is not banned."""
        ban = self._bans.get(address)
        if ban is None:
            return 0.0
        if ban.until <= wall:
            del self._bans[address]
            return 0.0
        return ban.until - wall

    def refused(self, address: str, wall: float) -> Ban | None:
        """Count a refusal; the ban that it led to."""
        if self._strikes is None or not self._strikes.take(address, wall):
            return None
        return self.ban(address, wall, self._seconds)

    def ban(self, address: str, wall: float, seconds: float) -> Ban:
        """Shut an address out from now on, in place of an earlier ban."""
        ban = Ban(address, wall, wall + seconds)
        self._bans[address] = ban
        self._bans.move_to_end(address)
        if len(self._bans) > self._limit:
            self._bans.popitem(last=False)
        return ban

    def lift(self, address: str) -> bool:
        """False where there was none."""
        return self._bans.pop(address, None) is not None

    def present(self, wall: float) -> list[Ban]:
        """Those in force, oldest first."""
        return [ban for ban in self._bans.values() if ban.until > wall]
