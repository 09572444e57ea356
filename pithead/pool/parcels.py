"""Payloads longer than one message may be, in several, and together again.

A message that is part of a payload says so in a header: who sends it, which of his attempts it
belongs to, its number and how many there are. A sender makes one attempt at a time, so a new one
means that the one before will never be complete.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_PARTS = 4096
MOST_OPEN = 64
"""Attempts that are not complete, of all senders together."""
FORGET_SECONDS = 600.0
"""After which an attempt will not be completed: its sender has given up long since."""
HEADER = re.compile(r"([0-9a-z]{1,40})\.([0-9]{1,18}) ([0-9]{1,4}) ([0-9]{1,4})")


class BadPart(ValueError):
    """A header that no sender of this program writes."""


class Part(NamedTuple):
    """What the header of a part says."""

    sender: str
    attempt: int
    number: int
    of: int

    @classmethod
    def parse(cls, header: str) -> "Part":
        """BadPart for what is none."""
        match = HEADER.fullmatch(header)
        if match is None:
            raise BadPart("not the header of a part")
        sender, *numbers = match.groups()
        part = cls(sender, *map(int, numbers))
        if not part.number < part.of <= MOST_PARTS:
            raise BadPart("a part that is none of so many")
        return part

    @property
    def is_last(self) -> bool:
        return self.number == self.of - 1

    def __str__(self) -> str:
        return f"{self.sender}.{self.attempt} {self.number} {self.of}"


def split(payload: bytes, longest: int, sender: str, attempt: int) -> Iterator[tuple[Part, bytes]]:
    """Each part and its bytes, `longest` at most."""
    count = max(1, -(-len(payload) // longest))
    for index in range(count):
        piece = payload[index * longest : (index + 1) * longest]
        yield Part(sender, attempt, index, count), piece


class Taken(NamedTuple):
    """What a part has led to."""

    payload: bytes | None = None
    """Complete now."""
    keys: tuple[int, ...] = ()
    """Of the messages the payload came in."""
    dropped: tuple[int, ...] = ()
    """Of messages that are part of nothing any more."""


class _Open:
    def __init__(self, part: Part, at: float) -> None:
        self.attempt, self.count, self.at = part.attempt, part.of, at
        self.pieces: dict[int, tuple[int, bytes]] = {}

    def keys(self) -> tuple[int, ...]:
        return tuple(key for key, _ in self.pieces.values())


class Parcels:
    """Puts together what arrives in parts, for one receiver."""

    def __init__(self, longest: int) -> None:
        """`longest`: bytes of a whole payload."""
        self._longest = longest
        self._open: dict[str, _Open] = {}

    def take(self, header: str, piece: bytes, key: int = 0, at: float = 0.0) -> Taken:
        """`key` names the message; `at` is when it was sent, in seconds of any one clock.

        BadPart for a header that is none."""
        part = Part.parse(header)
        dropped = self._forget(at)
        found = self._open.get(part.sender)
        if found is None or (found.attempt, found.count) != (part.attempt, part.of):
            if found is not None and found.attempt > part.attempt:
                return Taken(dropped=(*dropped, key))
            dropped += self._drop(part.sender)
            found = self._open[part.sender] = _Open(part, at)
            if len(self._open) > MOST_OPEN:
                dropped += self._drop(next(iter(self._open)))
        found.pieces[part.number] = key, piece
        if sum(len(each) for _, each in found.pieces.values()) > self._longest:
            return Taken(dropped=dropped + self._drop(part.sender))
        if len(found.pieces) < found.count:
            return Taken(dropped=dropped)
        keys = self._drop(part.sender)
        whole = b"".join(found.pieces[index][1] for index in range(found.count))
        return Taken(whole, keys, dropped)

    def _forget(self, at: float) -> tuple[int, ...]:
        old = [name for name, each in self._open.items() if each.at < at - FORGET_SECONDS]
        return tuple(key for name in old for key in self._drop(name))

    def _drop(self, sender: str) -> tuple[int, ...]:
        found = self._open.pop(sender, None)
        return () if found is None else found.keys()
