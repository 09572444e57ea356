"""Hands out extranonce1: no two live miners may search the same coinbases.

| bits              | owner                                                  |
|-------------------|--------------------------------------------------------|
| the server's      | this pool server; its number differs from the others'  |
| the rest          | a counter here, one value per subscription             |

A number that was mined with rests until every job it was used on has expired, and only then goes
to somebody else; meanwhile the session id that came with it gets it back. So it does after a
restart of the pool: the id carries the number, when it was given, and a seal that only this
server can make, and the counter of a new life begins elsewhere than that of the last.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

RETENTION_SECONDS = 900.0
"""How long a number rests; longer than any job lives."""

_SEAL_BYTES = 8
_ISSUE_BYTES = 6


class ExtranoncesExhausted(Exception):
    """Every number is held or rests: this front end is full."""


@dataclass(frozen=True, slots=True)
class Server:
    """Which of several pool servers this is: the first `bits` of all its extranonces."""

    bits: int = 0
    number: int = 0


ALONE = Server()


@dataclass(frozen=True, slots=True)
class Lease:
    """One subscription's share of the search space."""

    extranonce1: bytes
    session_id: str
    """Gives the same extranonce1 again, and cannot be guessed from it."""
    number: int
    work: int = 0
    """What its shares had to prove when it was given back; 0 where that is not known."""


class Resting(NamedTuple):
    """A number that nobody holds and nobody else may have yet."""

    number: int
    issue: int
    """When it was given, in milliseconds of farm time, or a little later: no two are equal."""
    work: int
    """What its shares had to prove last; 0 where that is not known."""
    until: float
    """Seconds of farm time."""


class Extranonces:
    """The numbers of one front end. `key` is secret, and the same in every life of a server."""

    def __init__(
        self,
        key: bytes,
        server: Server = ALONE,
        size: int = 4,
        retention_seconds: float = RETENTION_SECONDS,
        born_at: float = 0.0,
    ) -> None:
        self._bits = 8 * size - server.bits
        if not 8 <= self._bits <= 64 or not 0 <= server.number < 1 << server.bits:
            raise ValueError("an extranonce1 needs 8 to 64 bits beside the server's, which hold it")
        self._key = key
        self._size = size
        self._prefix = server.number << self._bits
        self._retention_seconds = retention_seconds
        self._born_at = born_at
        self._last_issue = int(born_at * 1000)
        self._first = self._last_issue % (1 << self._bits)
        self._untouched = 0  # so many from the first one on have been looked at
        self._issues: dict[int, int] = {}  # of those that are held or rest
        self._holders: dict[int, int] = {}
        self._resting: dict[int, float] = {}  # in the order they came back
        self._works: dict[int, int] = {}
        self._free: list[int] = []
        self._mined: set[int] = set()

    def lease(self, session_id: str | None, now: float) -> Lease:
        """The number that `session_id` had, or one that nobody has. Raises ExtranoncesExhausted.

        A number that is still held may be resumed too: the old connection can be dead without
        anybody knowing. Its jobs catch duplicates whichever connection they come from.
        """
        self._wake(now)
        number = self._known(session_id, now)
        if number is None:
            number = self._take()
            self._last_issue = max(self._last_issue + 1, int(now * 1000))
            self._issues[number] = self._last_issue
        if self._resting.pop(number, None) is not None:
            self._mined.add(number)
        self._holders[number] = self._holders.get(number, 0) + 1
        return self._lease_of(number, self._issues[number])

    def release(self, lease: Lease, now: float, mined_with: bool = True, work: int = 0) -> None:
        """Give a lease back; one that never had a job need not rest."""
        number = lease.number
        if mined_with:
            self._mined.add(number)
            self._works[number] = work
        holders = self._holders[number] - 1
        if holders:
            self._holders[number] = holders
            return
        del self._holders[number]
        if number in self._mined:
            self._mined.remove(number)
            self._resting[number] = now + self._retention_seconds
        else:
            self._forget(number)

    @property
    def held(self) -> int:
        return len(self._holders)

    # From one life to the next

    def resting(self) -> list[Resting]:
        """All that rest, for the next life of this server."""
        return [
            Resting(number, self._issues[number], self._works.get(number, 0), until)
            for number, until in self._resting.items()
        ]

    def rest(self, resting: Iterable[Resting]) -> None:
        """Take over what rested at the end of the last life; what makes no sense is passed over."""
        for number, issue, work, until in sorted(resting, key=lambda each: each.until):
            is_ours = 0 <= number < 1 << self._bits and 0 <= issue <= self._last_issue
            if is_ours and work >= 0 and number not in self._issues:
                self._issues[number], self._works[number] = issue, work
                self._resting[number] = min(until, self._born_at + self._retention_seconds)

    # Numbers

    def _take(self) -> int:
        while self._untouched < 1 << self._bits:
            number = (self._first + self._untouched) % (1 << self._bits)
            self._untouched += 1
            if number not in self._issues:  # those of the last life may be back already
                return number
        while self._free:
            number = self._free.pop()
            if number not in self._issues:
                return number
        raise ExtranoncesExhausted(f"all {self._untouched} extranonces are taken")

    def _wake(self, now: float) -> None:
        while self._resting:
            number, rested_at = next(iter(self._resting.items()))
            if rested_at > now:
                break
            del self._resting[number]
            self._forget(number)

    def _forget(self, number: int) -> None:
        del self._issues[number]
        self._works.pop(number, None)
        self._free.append(number)

    def _known(self, session_id: str | None, now: float) -> int | None:
        claim = self._read(session_id)
        if claim is None:
            return None
        number, issue = claim
        if number in self._issues:
            return number if self._issues[number] == issue else None
        is_of_last_life = issue <= int(self._born_at * 1000)
        if not is_of_last_life or now > self._born_at + self._retention_seconds:
            return None
        self._issues[number] = issue
        return number

    def _read(self, session_id: str | None) -> tuple[int, int] | None:
        """The number and the issue that a session id of this server stands for."""
        if session_id is None or len(session_id) != 2 * (self._size + _ISSUE_BYTES + _SEAL_BYTES):
            return None
        try:
            raw = bytes.fromhex(session_id)
        except ValueError:
            return None
        if len(raw) != self._size + _ISSUE_BYTES + _SEAL_BYTES:
            return None
        number = int.from_bytes(raw[: self._size], "big") - self._prefix
        issue = int.from_bytes(raw[self._size : -_SEAL_BYTES], "big")
        if not 0 <= number < 1 << self._bits:
            return None
        is_sealed = hmac.compare_digest(self._seal(raw[:-_SEAL_BYTES]), raw[-_SEAL_BYTES:])
        return (number, issue) if is_sealed else None

    def _seal(self, claim: bytes) -> bytes:
        return blake2b(claim, digest_size=_SEAL_BYTES, key=self._key).digest()

    def _lease_of(self, number: int, issue: int) -> Lease:
        extranonce1 = (self._prefix + number).to_bytes(self._size, "big")
        claim = extranonce1 + issue.to_bytes(_ISSUE_BYTES, "big")
        session_id = (claim + self._seal(claim)).hex()
        return Lease(extranonce1, session_id, number, self._works.get(number, 0))
