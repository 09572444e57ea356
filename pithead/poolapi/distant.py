"""The API where the books are not: what only they know is asked for before it is answered. Pure."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Protocol

from msgspec import Struct

from pithead.pool.course import Hours
from pithead.pool.questions import What
from pithead.pool.readings import PoolReadings
from pithead.poolapi.public import PublicService
from pithead.poolapi.service import Asked, Operation, PoolService
from pithead.poolapi.settings import ApiSettings

NEEDED: Mapping[str, What] = {
    "stats": "pool",
    "profile": "profile",
    "workers": "workers",
    "public_stats": "pool",
    "public_luck": "pool",
    "public_hash_rate": "course",
}
"""What an operation asks of the books; the others find all in the database."""


class Books(Protocol):
    """The books of another process."""

    @property
    def past(self) -> PoolReadings:
        """What was; of what is, nothing."""

    async def at_hand(self, what: What, user: str, hours: Hours) -> tuple[float, PoolReadings]:
        """Farm time, and what was asked for as it was then. Raises BooksAway."""


def distant_operations(
    books: Books, settings: ApiSettings, pause: Callable[[], Awaitable[None]]
) -> Mapping[str, Operation]:
    """All operations of the API, by name."""

    def of(readings: PoolReadings) -> Mapping[str, Operation]:
        service = PoolService(readings, settings, pause)
        return {**service.operations, **PublicService(readings, settings).operations}

    def asking(name: str, what: What) -> Operation:
        async def answer(asked: Asked) -> Struct:
            now, readings = await books.at_hand(what, asked.user, asked.hours)
            return await of(readings)[name](replace(asked, now=now))

        return answer

    return {**of(books.past), **{name: asking(name, what) for name, what in NEEDED.items()}}
