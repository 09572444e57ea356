"""Hands out extranonce1: no two live miners may search the same coinbases.

| bytes             | owner                                            |
|-------------------|--------------------------------------------------|
| prefix            | this front end; differs between the pool's front ends |
| the rest to size  | a counter here, one value per subscription       |

A number that was mined with rests until every job it was used on has expired, and only then goes
to somebody else; meanwhile the session id that came with it gets it back.
"""

import hmac
from dataclasses import dataclass
from hashlib import blake2b

RETENTION_SECONDS = 900.0
"""How long a number rests; longer than any job lives."""

_SEAL_DIGITS = 16


class ExtranoncesExhausted(Exception):
    """Every number is held or rests: this front end is full."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One subscription's share of the search space."""

    extranonce1: bytes
    session_id: str
    """Gives the same extranonce1 again, and cannot be guessed from it."""


class Extranonces:
    """The numbers of one front end. `key` is random bytes that stay secret."""

    def __init__(
        self,
        key: bytes,
        prefix: bytes = b"",
        size: int = 4,
        retention_seconds: float = RETENTION_SECONDS,
    ) -> None:
        if not 1 <= size - len(prefix) <= 8:
            raise ValueError("an extranonce1 needs 1 to 8 bytes beside the prefix")
        self._key = key
        self._prefix = prefix
        self._digits = size - len(prefix)
        self._retention_seconds = retention_seconds
        self._untouched = 0
        self._holders: dict[int, int] = {}
        self._resting: dict[int, float] = {}  # in the order they came back
        self._free: list[int] = []
        self._mined: set[int] = set()

    def lease(self, session_id: str | None, now: float) -> Lease:
        """The number that `session_id` had, or one that nobody has. Raises ExtranoncesExhausted.

        A number that is still held may be resumed too: the old connection can be dead without
        anybody knowing. Its jobs catch duplicates whichever connection they come from.
        """
        self._wake(now)
        number = self._known(session_id)
        if number is None:
            number = self._take()
        if self._resting.pop(number, None) is not None:
            self._mined.add(number)
        self._holders[number] = self._holders.get(number, 0) + 1
        return self._lease_of(number)

    def release(self, lease: Lease, now: float, mined_with: bool = True) -> None:
        """Give a lease back; one that never had a job need not rest."""
        number = int.from_bytes(lease.extranonce1[len(self._prefix) :], "big")
        if mined_with:
            self._mined.add(number)
        holders = self._holders[number] - 1
        if holders:
            self._holders[number] = holders
            return
        del self._holders[number]
        if number in self._mined:
            self._mined.remove(number)
            self._resting[number] = now + self._retention_seconds
        else:
            self._free.append(number)

    @property
    def held(self) -> int:
        return len(self._holders)

    def _take(self) -> int:
        if self._untouched < 1 << (8 * self._digits):
            self._untouched += 1
            return self._untouched - 1
        if not self._free:
            raise ExtranoncesExhausted(f"all {self._untouched} extranonces are taken")
        return self._free.pop()

    def _wake(self, now: float) -> None:
        while self._resting:
            number, rested_at = next(iter(self._resting.items()))
            if rested_at > now:
                break
            del self._resting[number]
            self._free.append(number)

    def _known(self, session_id: str | None) -> int | None:
        if session_id is None or len(session_id) != 2 * self._digits + _SEAL_DIGITS:
            return None
        try:
            number = int.from_bytes(bytes.fromhex(session_id[: 2 * self._digits]), "big")
        except ValueError:
            return None
        if number not in self._holders and number not in self._resting:
            return None
        mine = self._lease_of(number).session_id
        return number if hmac.compare_digest(mine.encode(), session_id.encode()) else None

    def _lease_of(self, number: int) -> Lease:
        raw = number.to_bytes(self._digits, "big")
        extranonce1 = self._prefix + raw
        seal = blake2b(extranonce1, digest_size=_SEAL_DIGITS // 2, key=self._key).hexdigest()
        return Lease(extranonce1, raw.hex() + seal)
