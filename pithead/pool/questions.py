"""What a process without books asks the one that keeps them, of what only that one knows. Pure.

Answers are JSON, whose integers have no end: a day's work of a large pool has over 64 bits. They
are kept as they came, so that how much is kept is known to the byte.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from pithead.pool.course import Course, Hours
from pithead.pool.readings import PoolReading, ProfileReading, WorkerReading

What = Literal["pool", "profile", "workers", "course"]
"""As the methods of `PoolReadings` are called."""

WORKERS = 5_000
"""Told at once: half a megabyte, which goes in one message."""
MOST_BYTES = 64 << 20
"""Of answers that are kept; one of 200,000 workers has 22 MB."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    what: What
    user: Annotated[str, Meta(max_length=256)]
    hours: Hours = 24
    first: Annotated[int, Meta(ge=0)] = 0
    """How many workers were told before."""

    @property
    def key(self) -> tuple[What, str, Hours]:
        return self.what, self.user, self.hours


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An answer, or a part of one. What was not asked for is not there."""

    now: float
    """Farm time at which it was so."""
    pool: PoolReading | None = None
    profile: ProfileReading | None = None
    course: Course | None = None
    workers: Sequence[WorkerReading] | None = None
    more: bool = False
    """Whether there are more workers."""

    def holds(self, what: What) -> bool:
        return getattr(self, what) is not None


encode = msgspec.json.Encoder().encode
question_of = msgspec.json.Decoder(Question).decode
"""Raises msgspec.MsgspecError; and so the next."""
told_of = msgspec.json.Decoder(Told).decode


class Answer(NamedTuple):
    since: float
    """Wall time at which it was asked for."""
    parts: tuple[bytes, ...]


class Kept:
    """The newest answers, together at most `most_bytes`."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._answers: dict[tuple[What, str, Hours], Answer] = {}
        """The oldest first."""
        self._bytes = 0

    def find(self, question: Question, wall: float, seconds: float) -> Answer | None:
        """One no older than that."""
        found = self._answers.get(question.key)
        return found if found and 0 <= wall - found.since < seconds else None

    def keep(self, question: Question, answer: Answer) -> None:
        self._drop(question.key)
        self._answers[question.key] = answer
        self._bytes += _length(answer)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: tuple[What, str, Hours]) -> None:
        if (gone := self._answers.pop(key, None)) is not None:
            self._bytes -= _length(gone)


def _length(answer: Answer) -> int:
    return sum(map(len, answer.parts))
